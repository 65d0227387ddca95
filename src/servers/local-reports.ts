/**
 * What the gateway tells one server by itself: the entries of its `report:`. No server asks for it, so it needs no registration
 * to be made, and gathers in the outbox from the start; it leaves by Send (Core 1.2 §6.4.6).
 */
import { type Clock, type Millis, SECOND, type UnixMillis } from "../clock.ts";
import type { ObservationId } from "../lwm2m/observation-id.ts";
import { type Path, prefixOf } from "../lwm2m/path.ts";
import type { ReportEntry, ReportTrigger } from "../lwm2m/report-entry.ts";
import type { Evaluation } from "../lwm2m/report-rules.ts";
import { type Sample, sameValue } from "../lwm2m/sample.ts";
import type { TreeOf } from "../lwm2m/tree.ts";
import { type Drive, drive } from "../machine.ts";
import { type ChangeEvent, ChangeReports } from "./change-reports.ts";
import { ReportIntervals } from "./report-intervals.ts";
import { type PartChange, type ReportPart, ReportParts } from "./report-parts.ts";

export interface LocalReportsOptions {
  readonly server: number;
  readonly entries: readonly ReportEntry[];
  readonly clock: Clock;
  readonly treeOf: TreeOf;
  /** Of all that there is now; "" is the gateway itself. */
  readonly prefixes: () => readonly string[];
  /** The newest measurement that is known of a path, without asking a device. */
  readonly latest: (path: Path) => Sample | undefined;
  /** How often what devices have is to be evaluated for the entry of a device; empty: it has ended. */
  readonly onEvaluation: (id: ObservationId, evaluations: readonly Evaluation[]) => void;
  /** The least time between two reports of a value now, whatever the entries say; absent: there is none. */
  readonly floor?: () => Millis;
  /** Reports of different devices that are due at the same moment. */
  readonly onDue: (reports: readonly LocalReport[]) => void;
}

export interface LocalReport {
  /** Of the queue: one for each entry and device. */
  readonly id: ObservationId;
  readonly samples: readonly Sample[];
  /** Reports that are kept; undefined: what holds for observations. */
  readonly keep: number | undefined;
  /** A limit that the entry watches is crossed. */
  readonly urgent: boolean;
}

/** For a person: what an entry has found. */
export interface ReportEntryStatus {
  readonly name: string;
  readonly devices: number;
  readonly values: number;
}

/** A few milliseconds of work. */
const VALUES_AT_ONCE = 2000;

type Owed = readonly [part: ReportPart, samples: readonly Sample[], urgent?: boolean | undefined];

export class LocalReports {
  private readonly options: LocalReportsOptions;
  private readonly parts: ReportParts;
  private readonly intervals: ReportIntervals;
  private readonly changes: Drive<ChangeEvent>;
  private readonly hasChanges: boolean;
  /** The parts that want each measurement of a path. */
  private readonly sampled = new Map<Path, Set<ReportPart>>();
  /** While there is a floor: when a measurement was told last. */
  private readonly sampledAt = new Map<Path, Millis>();
  private running = false;

  constructor(options: LocalReportsOptions) {
    const { server, entries, clock, treeOf } = options;
    this.options = options;
    this.parts = new ReportParts(server, entries, treeOf);
    const floor = (): Millis => options.floor?.() ?? 0;
    this.intervals = new ReportIntervals(clock, (every) => this.turn(every), floor);
    this.hasChanges = entries.some(({ when }) => when.type === "change");
    this.changes = drive(new ChangeReports(() => floor() / SECOND), clock, (due) =>
      this.owe(due.map(({ part, samples, urgent }) => [part, this.measured(inOrder(samples, part)), urgent])),
    );
  }

  /** Devices and servers must be there; nothing is reported before. */
  start(): void {
    const { entries } = this.options;
    if (entries.length === 0) return;
    this.running = true;
    this.intervals.start(entries.flatMap(({ when }) => (when.type === "interval" ? [when.every] : [])));
    this.look();
  }

  stop(): void {
    this.running = false;
    this.intervals.stop();
    this.changes.stop();
  }

  /** Devices came, went or became others; with a prefix: what servers fill under it did. */
  look(prefix?: string): void {
    if (!this.running) return;
    const changes = prefix === undefined ? this.parts.look(this.options.prefixes()) : this.parts.lookAgain(prefix);
    for (const { part } of changes) this.options.onEvaluation(part.id, evaluationsOf(part));
    for (const change of changes) this.follow(change);
    if (changes.length === 0) return;
    this.changes({ type: "parts", changes });
    for (const { part, added } of changes) if (part.entry.when.type !== "interval") this.begin(part, added);
  }

  /** Values changed, or were measured again unchanged where an entry wants each measurement. */
  changed(samples: readonly Sample[]): void {
    if (!this.running) return;
    if (this.hasChanges) this.changes({ type: "changed", samples });
    if (this.sampled.size === 0) return;
    const due = new Map<ReportPart, Sample[]>();
    for (const sample of this.thinned(samples)) {
      for (const part of this.sampled.get(sample.path) ?? []) {
        const own = due.get(part);
        if (own === undefined) due.set(part, [sample]);
        else own.push(sample);
      }
    }
    this.report(due);
  }

  /** `floor` gives another now. */
  restraintChanged(): void {
    if (!this.running) return;
    this.sampledAt.clear();
    this.intervals.floorChanged();
    if (this.hasChanges) this.changes({ type: "attributesChanged" });
  }

  /** The clock is right now: the machine started then. What was told with no date is the same measurement with one. */
  dated(started: UnixMillis): void {
    for (const part of this.parts.of()) part.dated(started);
  }

  status(): readonly ReportEntryStatus[] {
    return this.options.entries.map((entry) => {
      const parts = [...this.parts.of(entry)];
      const devices = parts.filter(({ prefix }) => prefix !== "").length;
      return { name: entry.name, devices, values: parts.reduce((sum, { leaves }) => sum + leaves.length, 0) };
    });
  }

  /** Those of a path that are nearer to each other than the floor are the same for who wants each measurement. */
  private thinned(samples: readonly Sample[]): readonly Sample[] {
    const { floor = () => 0, clock } = this.options;
    const least = floor();
    if (least === 0) return samples;
    const now = clock.monotonic();
    return samples.filter(({ path }) => {
      if (!this.sampled.has(path) || now - (this.sampledAt.get(path) ?? Number.NEGATIVE_INFINITY) < least) return false;
      this.sampledAt.set(path, now);
      return true;
    });
  }

  private follow({ part, added, gone }: PartChange): void {
    if (part.entry.when.type !== "sample") return;
    for (const path of added) {
      const wanting = this.sampled.get(path) ?? new Set();
      this.sampled.set(path, wanting.add(part));
    }
    for (const path of gone) {
      const wanting = this.sampled.get(path);
      wanting?.delete(part);
      if (wanting?.size === 0) this.sampled.delete(path);
    }
  }

  /** What is known already is the first change, or the first measurement. */
  private begin(part: ReportPart, added: readonly Path[]): void {
    this.read(part, added, (samples) => {
      if (samples.length === 0) return;
      if (part.entry.when.type === "change") this.changes({ type: "changed", samples });
      else this.report(new Map([[part, samples]]));
    });
  }

  private turn(every: Millis): void {
    const due = [...this.parts.of()].filter(({ entry: { when } }) => when.type === "interval" && when.every === every);
    const own = due.filter(({ prefix }) => prefix === "");
    const devices = due.filter(({ prefix }) => prefix !== "");
    if (own.length === 0) {
      this.tell(devices);
      return;
    }
    // What is due together leaves together: the devices' values wait until ours are read.
    const reads = own.map(async (part): Promise<Owed> => [part, await this.readOwn(part.leaves)]);
    void Promise.all(reads).then((read) => this.tell(devices, read));
  }

  /** Some thousand values at a time: what else has come meanwhile gets its turn. */
  private tell(parts: readonly ReportPart[], read: readonly Owed[] = []): void {
    const due = [...read];
    let taken = 0;
    let next = 0;
    for (; next < parts.length && taken < VALUES_AT_ONCE; next++) {
      const part = parts[next];
      if (part === undefined) break;
      taken += part.leaves.length;
      due.push([part, part.leaves.flatMap((path) => this.options.latest(path) ?? [])]);
    }
    this.owe(due);
    const rest = parts.slice(next);
    const { clock } = this.options;
    if (rest.length > 0) clock.at(clock.monotonic(), () => this.running && this.tell(rest));
  }

  /** Of devices what was measured last; nothing polls the gateway's own objects, which are read. */
  private read(part: ReportPart, paths: readonly Path[], then: (samples: readonly Sample[]) => void): void {
    if (part.prefix !== "") then(paths.flatMap((path) => this.options.latest(path) ?? []));
    else if (paths.length > 0) void this.readOwn(paths).then(then);
  }

  private async readOwn(paths: readonly Path[]): Promise<readonly Sample[]> {
    return (await this.options.treeOf("")?.readComposite(paths)) ?? [];
  }

  /**
   * Only changes come up; the time of a report is that of the last measurement, which may be younger. Of the gateway's own clock
   * and memory no change is told: they are what they are now.
   */
  private measured(samples: readonly Sample[]): readonly Sample[] {
    return samples.map((sample) => {
      const latest = this.options.latest(sample.path);
      if (latest === undefined) return sample;
      return prefixOf(sample.path) === "" || sameValue(latest.value, sample.value) ? latest : sample;
    });
  }

  private owe(due: readonly Owed[]): void {
    this.report(due.map(([part, samples, urgent]) => [part, part.news(samples), urgent] as const));
  }

  private report(due: Iterable<Owed>): void {
    const reports = [...due].flatMap(([{ id, entry }, samples, urgent = false]) =>
      samples.length === 0 ? [] : [{ id, samples, keep: entry.keep, urgent }],
    );
    if (this.running && reports.length > 0) this.options.onDue(reports);
  }
}

/** Names that stand side by side are shorter on the wire. */
function inOrder(samples: readonly Sample[], { leaves }: ReportPart): readonly Sample[] {
  if (samples.length < 2) return samples;
  const byPath = new Map(samples.map((sample) => [sample.path, sample]));
  return leaves.flatMap((path) => byPath.get(path) ?? []);
}

/** An interval wants a measurement of its own each time; the others what the mapping says, whatever else wishes less. */
function evaluationsOf({ prefix, entry: { when }, leaves }: ReportPart): readonly Evaluation[] {
  // Nobody polls what is the gateway's own.
  return prefix === "" ? [] : leaves.map((path) => ({ path, ...paceOf(when) }));
}

function paceOf(when: ReportTrigger): Omit<Evaluation, "path"> {
  switch (when.type) {
    case "interval":
      return { epmin: 0, epmax: when.every };
    case "change":
      return { epmin: 0, epmax: Number.POSITIVE_INFINITY };
    case "sample":
      return { epmin: 0, epmax: Number.POSITIVE_INFINITY, each: true };
  }
}
