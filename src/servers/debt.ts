/** What one server is owed of one observation, or of one local report. */
import { deviceOf, isReport, type ObservationId } from "../lwm2m/observation-id.ts";
import type { Sample } from "../lwm2m/sample.ts";

/** What an observation owes its server: the samples of one due notification. */
export interface Report {
  readonly samples: readonly Sample[];
  readonly confirmable: boolean;
  /** A limit that somebody watches is crossed: no budget holds it back. */
  readonly urgent?: boolean;
}

/** One of the newest reports, which goes before everything older. */
export interface LiveReport extends Report {
  /** In the history; undefined: it is not kept there. */
  readonly sequence: number | undefined;
}

/** What keeps one waiting does not keep the others: NSTART, the pace of non-confirmable messages, Mute Send. */
export type Lane = "confirmable" | "nonConfirmable" | "send";

/** Sequences, both ends among them. */
export interface SequenceRange {
  readonly from: number;
  readonly to: number;
}

/** How many reports, and of how many samples together, stay in memory. */
interface Room {
  readonly reports: number;
  readonly samples: number;
}

/** The newest reports of an observation stand here, all that wait in the history. */
export class Debt {
  readonly id: ObservationId;
  /** Delivered by Send alone. */
  readonly report: boolean;
  /** With whose others it shares its turns. */
  readonly device: string;
  /** How many reports the history keeps of it. */
  keep = 0;
  /** The observation is void: it waits for the server to observe again. */
  held = false;
  /** Where it waits for its turn, and the order in which it became due. */
  lane: Lane | undefined;
  turn = 0;
  /** How older reports are on their way. */
  draining: "send" | "notification" | undefined;
  private reports: LiveReport[] = [];
  /** How many of them, the oldest, are on their way. */
  private airborne = 0;
  private sampleCount = 0;

  constructor(id: ObservationId, device = deviceOf(id)) {
    this.id = id;
    this.report = isReport(id);
    this.device = device;
  }

  /** The oldest first. */
  get live(): readonly LiveReport[] {
    return this.reports;
  }

  get flying(): number {
    return this.airborne;
  }

  /** An observation has one notification on its way at most. */
  get notifying(): boolean {
    return this.airborne > 0 || this.draining === "notification";
  }

  get confirmable(): boolean {
    return this.reports.some(({ confirmable }) => confirmable);
  }

  get urgent(): boolean {
    return this.reports.some(({ urgent }) => urgent === true);
  }

  /** The oldest of the live ones that the history has: what is older is the backlog. */
  get oldestLive(): number {
    for (const { sequence } of this.reports) if (sequence !== undefined) return sequence;
    return Number.POSITIVE_INFINITY;
  }

  /** How many of the live ones the history has. */
  get keptLive(): number {
    let kept = 0;
    for (const { sequence } of this.reports) if (sequence !== undefined) kept++;
    return kept;
  }

  push(report: LiveReport): void {
    this.reports.push(report);
    this.sampleCount += report.samples.length;
  }

  /** The oldest leave for the server. */
  fly(reports: number): void {
    this.airborne = reports;
  }

  /** They came to nothing. Where others had to leave behind them, they are no longer next to what is live: the history has them. */
  land(): void {
    const [last, next] = [this.reports[this.airborne - 1]?.sequence, this.reports[this.airborne]?.sequence];
    if (last !== undefined && next !== undefined && next > last + 1) this.take(0, this.airborne);
    this.airborne = 0;
  }

  /** They arrived. Returns what the history has of them. */
  settle(): SequenceRange | undefined {
    const settled = this.take(0, this.airborne);
    this.airborne = 0;
    return rangeOf(settled);
  }

  /** Takes out the oldest beyond the room; not what is on its way, which its acknowledgement settles by position. */
  shorten({ reports, samples }: Room): readonly LiveReport[] {
    const waiting = this.reports.length - this.airborne;
    if (waiting <= reports && this.sampleCount <= samples) return NONE;
    let excess = Math.max(0, waiting - reports);
    let left = this.sampleCount;
    for (let i = 0; i < excess; i++) left -= this.reports[this.airborne + i]?.samples.length ?? 0;
    // The newest stays, however large it is.
    while (left > samples && excess < waiting - 1) left -= this.reports[this.airborne + excess++]?.samples.length ?? 0;
    return excess === 0 ? NONE : this.take(this.airborne, excess);
  }

  /** Nothing of it is live any more. */
  clear(): readonly LiveReport[] {
    this.airborne = 0;
    return this.take(0, this.reports.length);
  }

  private take(from: number, count: number): readonly LiveReport[] {
    const taken = this.reports.splice(from, count);
    for (const { samples } of taken) this.sampleCount -= samples.length;
    return taken;
  }
}

const NONE: readonly LiveReport[] = [];

/** What the history has of them. */
export function rangeOf(reports: readonly LiveReport[]): SequenceRange | undefined {
  let from: number | undefined;
  let to: number | undefined;
  for (const { sequence } of reports) {
    from ??= sequence;
    to = sequence ?? to;
  }
  return from === undefined || to === undefined ? undefined : { from, to };
}
