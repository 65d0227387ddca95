import { type Clock, datedFrom, HOUR, type Millis, SECOND, type UnixMillis } from "../../clock.ts";
import type { Logger } from "../../log.ts";
import type { ObservationId } from "../../lwm2m/observation-id.ts";
import { StoreError } from "../store-error.ts";
import { Alarm } from "./alarm.ts";
import { Arrivals } from "./arrivals.ts";
import type {
  CommitOrder,
  CommitOutcome,
  HistoryCalls,
  HistoryContent,
  HistoryFindings,
  ReadAnswer,
  ReadOrder,
} from "./calls.ts";
import { Drops } from "./drops.ts";
import { DATED } from "./epochs.ts";
import type { DropCause, History, HistoryEntry, HistoryOptions, HistoryReport, HistoryStats } from "./history.ts";
import { MEMORY } from "./limits.ts";
import { Marks } from "./marks.ts";
import { oldestOf } from "./oldest.ts";
import { OpenWindow } from "./open-window.ts";
import { Pieces } from "./pieces.ts";
import { lastOf } from "./segment.ts";
import type { SequenceRange } from "./sequences.ts";
import { inflowOf, statsOf } from "./stats.ts";
import { Waiting } from "./waiting.ts";

/** The way to the store's thread. */
export type HistoryThread = <C extends keyof HistoryCalls>(
  call: C,
  argument: HistoryCalls[C]["argument"],
  transfer?: ArrayBuffer[],
) => Promise<HistoryCalls[C]["result"]>;

/**
 * The queue as the main thread has it. Entries wait here for the end of the commit window; those that are still owed then
 * are packed into segments and given to the thread, which has them from there on, whether its disk takes them or not.
 */
export class HistoryQueue implements History {
  private readonly thread: HistoryThread;
  private readonly clock: Clock;
  private readonly commit: Millis;
  private readonly age: Millis | undefined;
  /** In bytes. */
  private readonly limit: number | undefined;
  private readonly byId = new Map<ObservationId, Waiting>();
  private readonly byNumber = new Map<number, Waiting>();
  private nextNumber: number;
  private readonly pieces: Pieces;
  private readonly window: OpenWindow;
  /** Of samples without date that come now; and when epochs began, as far as it is known. */
  private readonly epoch: number;
  private readonly starts: Map<number, UnixMillis>;
  private readonly marks = new Marks();
  private readonly drops: Drops;
  private readonly arrivals: Arrivals;
  private readonly alarm: Alarm;
  private underway: Promise<CommitOutcome> | undefined;
  /** Another window ended while a commit was under way. */
  private overdue = false;
  /** The thread has what the disk did not take. */
  private unwritten = false;
  /** The thread has not looked at its limits yet. */
  private unchecked: boolean;

  constructor(thread: HistoryThread, log: Logger, options: HistoryOptions, content: HistoryContent) {
    this.thread = thread;
    this.drops = new Drops(this.byNumber, log);
    this.clock = options.clock;
    this.alarm = new Alarm(options.clock, () => this.onAlarm());
    this.commit = options.commit ?? COMMIT_WINDOW;
    this.age = options.age;
    this.limit = options.bytes;
    this.arrivals = new Arrivals(options.clock.monotonic());
    this.pieces = new Pieces(options.memory ?? MEMORY, options.whenFull ?? "drop-oldest");
    this.window = new OpenWindow(this.pieces, this.drops, content.epoch);
    this.nextNumber = content.nextNumber;
    this.epoch = content.epoch;
    this.starts = new Map(content.starts);
    for (const known of content.observations) this.adopt(Waiting.known(known));
    // Limits may be others than those of the last run.
    this.unchecked = content.observations.length > 0;
    if (this.unchecked) this.alarm.ring(this.commit);
    this.watchAge();
  }

  append(id: ObservationId, report: HistoryReport, keep: number): HistoryEntry {
    const waiting = this.byId.get(id) ?? this.adopt(new Waiting(this.nextNumber++, id));
    const entry = waiting.append(report);
    if (waiting.keep !== keep) this.keepOther(waiting, keep);
    this.window.add(waiting, report.samples.length);
    this.arrivals.add(report.samples.length);
    const excess = waiting.excess;
    if (excess !== undefined) this.trim(waiting, excess);
    if (this.window.large) this.window.pack();
    this.alarm.ring(this.commit);
    return entry;
  }

  async peek(id: ObservationId, maxSamples: number): Promise<readonly HistoryEntry[]> {
    const waiting = this.byId.get(id);
    if (waiting === undefined) return [];
    const read = async (order: ReadOrder): Promise<ReadAnswer> => {
      const answer = await this.thread("readHistory", order);
      this.drops.take(answer.dropped);
      return answer;
    };
    return oldestOf(waiting, maxSamples, { pieces: this.pieces, starts: this.starts, read });
  }

  confirm(id: ObservationId, sequences: SequenceRange): void {
    const waiting = this.byId.get(id);
    if (waiting === undefined || !waiting.owes(sequences)) return;
    if (waiting.owesPacked(sequences) || waiting.unsaid) this.persist(waiting);
    this.settle(waiting, sequences);
  }

  forget(id: ObservationId): void {
    const waiting = this.byId.get(id);
    if (waiting === undefined) return;
    this.settle(waiting, { from: 1, to: waiting.last });
    this.byId.delete(id);
    this.byNumber.delete(waiting.number);
    if (this.marks.end(waiting)) this.alarm.ring(this.commit);
  }

  forgetWhere(match: (id: ObservationId) => boolean): number {
    let entries = 0;
    for (const { id, count, last } of this.byId.values()) {
      if (count === 0 || !match(id)) continue;
      entries += count;
      this.confirm(id, { from: 1, to: last });
    }
    return entries;
  }

  waiting(id: ObservationId): number {
    return this.byId.get(id)?.count ?? 0;
  }

  dropped(server: number): Readonly<Record<DropCause, number>> {
    return this.drops.of(server);
  }

  observations(): readonly ObservationId[] {
    return [...this.byId.values()].filter(({ count }) => count > 0).map(({ id }) => id);
  }

  redate(started: UnixMillis): void {
    if (this.epoch === DATED || this.starts.has(this.epoch)) return;
    this.starts.set(this.epoch, started);
    for (const waiting of this.byId.values()) waiting.newest = datedFrom(started, waiting.newest);
    // The thread is told though nothing else may be to be said.
    this.unchecked = true;
    this.alarm.ring(this.commit);
  }

  async stats(): Promise<HistoryStats> {
    const measures = await this.thread("measureHistory", undefined);
    const inflow = inflowOf(measures, this.arrivals.until(this.clock.monotonic()));
    return { ...statsOf(measures, this.byId.values()), limit: this.limit, inflow };
  }

  /** Has somebody read the whole file, beside everything else that is done here; drops and counts what that finds lost. */
  async check<Unread extends object>(
    read: (file: string) => Promise<HistoryFindings | Unread>,
  ): Promise<HistoryFindings | Unread> {
    const found = await read(await this.thread("shareHistory", undefined));
    const findings = "segments" in found ? found : { damage: undefined, segments: [] };
    this.drops.take(await this.thread("endHistoryCheck", findings));
    return found;
  }

  async flush(): Promise<void> {
    while (this.underway !== undefined) await this.underway;
    const outcome = await this.handOver(this.unwritten || this.unchecked);
    if (outcome?.unwritten !== undefined) throw new StoreError("unwritable", outcome.unwritten);
  }

  /** Nothing is written by itself any more: flush before. */
  close(): void {
    this.alarm.close();
  }

  private adopt(waiting: Waiting): Waiting {
    this.byId.set(waiting.id, waiting);
    this.byNumber.set(waiting.number, waiting);
    if (waiting.packed === 0) return waiting;
    this.marks.known(waiting);
    // What is more than it keeps was dropped before: that is not written for itself.
    const excess = waiting.excess;
    if (excess !== undefined) this.settle(waiting, { from: 1, to: excess });
    return waiting;
  }

  /** More waits than it keeps: the oldest goes, but where nothing new finds room, the oldest of what is new. */
  private trim(waiting: Waiting, excess: number): void {
    const refusal = this.window.refusal(waiting);
    if (refusal !== undefined && waiting.count === waiting.keep + 1) {
      this.drops.count(refusal, waiting, this.settle(waiting, waiting.windowRange("oldest")));
      return;
    }
    waiting.unsaid ||= waiting.watermark < waiting.packed;
    this.drops.count("hqmax", waiting, this.settle(waiting, { from: 1, to: excess }));
  }

  /** What was dropped while it kept fewer must not come again after a restart, when it keeps more. */
  private keepOther(waiting: Waiting, keep: number): void {
    waiting.keep = keep;
    if (waiting.packed > 0) this.persist(waiting);
  }

  private persist(waiting: Waiting): void {
    this.marks.persist(waiting);
    this.alarm.ring(this.commit);
  }

  /** Nothing of these waits any more. Returns how many entries did. */
  private settle(waiting: Waiting, range: SequenceRange): number {
    const marked = waiting.owesPacked(range);
    const { entries, windowSamples } = waiting.settle(range);
    this.window.settle(waiting, windowSamples);
    if (marked) {
      this.marks.moved(waiting);
      this.alarm.ring(this.commit);
    }
    return entries;
  }

  private onAlarm(): void {
    this.arrivals.note(this.clock.monotonic());
    this.window.pack();
    if (this.underway !== undefined) {
      this.overdue = true;
      return;
    }
    const outcome = this.handOver(this.unwritten || this.unchecked || this.age !== undefined);
    // What a dead thread means to the process is told elsewhere, once.
    outcome?.catch(ignoreStoreError);
  }

  /** Gives the thread what it does not have; with nothing to give it is asked only where it must. */
  private handOver(must: boolean): Promise<CommitOutcome> | undefined {
    this.window.pack();
    const pieces = this.pieces.take().filter(({ runs }) => runs.some((run) => this.isOwed(run)));
    if (pieces.length === 0 && this.marks.empty && !must) return undefined;
    this.unchecked = false;
    const order: CommitOrder = {
      segments: pieces.map(({ segment }) => segment),
      names: this.marks.takeNames(pieces, this.byNumber),
      marks: this.marks.takeWatermarks(),
      now: this.clock.wall(),
      started: this.starts.get(this.epoch),
    };
    const buffers = order.segments.flatMap(({ directory, body }) => [directory.buffer, body.buffer]);
    this.underway = this.thread("commitHistory", order, buffers).then(
      (outcome) => this.onCommitted(outcome),
      (error: unknown) => {
        this.underway = undefined;
        throw error;
      },
    );
    return this.underway;
  }

  private onCommitted(outcome: CommitOutcome): CommitOutcome {
    this.underway = undefined;
    this.unwritten = outcome.unwritten !== undefined;
    this.window.limit(outcome.full);
    this.drops.take(outcome.dropped);
    if (this.overdue) {
      this.overdue = false;
      this.alarm.ring(0);
    } else if (this.unwritten) {
      this.alarm.ring(this.commit);
    }
    this.watchAge();
    return outcome;
  }

  private isOwed(run: { readonly observation: number; readonly first: number; readonly entries: number }): boolean {
    const waiting = this.byNumber.get(run.observation);
    return waiting?.owes({ from: run.first, to: lastOf(run) }) === true;
  }

  private watchAge(): void {
    if (this.age === undefined || ![...this.byId.values()].some(({ count }) => count > 0)) return;
    this.alarm.ring(Math.max(this.commit, Math.min(HOUR, this.age / LOOKS)));
  }
}

function ignoreStoreError(error: unknown): void {
  if (!(error instanceof StoreError)) throw error;
}

const COMMIT_WINDOW: Millis = SECOND;
/** How often within the limit of age it is looked whether something has reached it. */
const LOOKS = 64;
