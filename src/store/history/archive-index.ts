import { deviceOf } from "../../lwm2m/observation-id.ts";
import type { Dropped, ObservationName } from "./calls.ts";
import { DATED, Epochs } from "./epochs.ts";
import type { DropCause } from "./history.ts";
import {
  bySegment,
  droppedOf,
  type IndexedRun,
  type IndexedSegment,
  isOwed,
  isPlain,
  type Observed,
  runFrom,
} from "./observed.ts";
import { lastOf, type Run, type Segment, sizeOf } from "./segment.ts";
import type { SequenceRange } from "./sequences.ts";

/** What the thread knows without reading: which entries of whom lie in which segment, and what they take. */
export class ArchiveIndex {
  readonly observed = new Map<number, Observed>();
  /** The oldest first. */
  segments: IndexedSegment[] = [];
  /** Of all segments; of those that wait for the disk. */
  bytes = 0;
  pendingBytes = 0;
  /** In all segments. */
  samples = 0;
  /** By device: what waits, in bytes. */
  readonly byDevice = new Map<string, number>();
  /** Stored segments of which nothing waits, to be deleted. */
  readonly doomed = new Set<number>();
  /** Observations whose row is to be written or deleted. */
  readonly changed = new Set<Observed>();
  /** Above all numbers of observations. */
  nextNumber = 1;
  readonly epochs = new Epochs();
  private nextSegment = 1;
  private dead = false;

  name({ number, id, keep }: ObservationName): Observed {
    const known = this.observed.get(number);
    if (known !== undefined) {
      if (known.keep !== keep) this.changed.add(known);
      known.keep = keep;
      return known;
    }
    this.nextNumber = Math.max(this.nextNumber, number + 1);
    const observed: Observed = {
      ...{ number, id, keep, device: deviceOf(id), watermark: 0, confirmed: 0 },
      ...{ gaps: [], over: false, runs: [], references: 0, rowKeep: undefined },
    };
    this.observed.set(number, observed);
    return observed;
  }

  /** A segment that lies on disk, in the order of their numbers. Of runs of observations without name nothing waits. */
  load(runs: readonly Run[], stored: Pick<IndexedSegment, "id" | "level" | "size">): void {
    this.nextSegment = stored.id + 1;
    this.segments.push(this.indexed(runs, { ...stored, pending: undefined }));
  }

  /** A segment that the disk does not have yet. */
  append(runs: readonly Run[], pending: Segment): void {
    this.segments.push(this.indexed(runs, { id: this.nextSegment++, level: 0, size: sizeOf(pending), pending }));
  }

  /** What was doomed is gone from the disk, and the rows of observations are as they should be. */
  removed(): void {
    this.doomed.clear();
    for (const observed of this.changed) {
      observed.rowKeep = observed.references > 0 ? observed.keep : undefined;
      this.forget(observed);
    }
    this.changed.clear();
  }

  /** What was pending is on disk. */
  stored(): void {
    this.epochs.stored();
    for (const segment of this.segments) segment.pending = undefined;
    this.pendingBytes = 0;
  }

  /** These come from a file that is given up: for the next one they are new. */
  keep(rescued: ReadonlyMap<IndexedSegment, Segment>): void {
    for (const [segment, bytes] of rescued) {
      segment.pending = bytes;
      this.pendingBytes += segment.size;
    }
  }

  /** The disk has nothing any more of what it had. */
  lost(): readonly Dropped[] {
    const lost = this.segments.filter(({ pending }) => pending === undefined);
    const all = lost.flatMap((segment) => this.dropSegment(segment, "damaged"));
    this.sweep();
    this.forgetDisk();
    return all;
  }

  /** The disk has a new file, with nothing in it. */
  forgetDisk(): void {
    this.doomed.clear();
    this.epochs.forgetDisk();
    for (const observed of this.observed.values()) {
      observed.rowKeep = undefined;
      if (observed.references > 0) this.changed.add(observed);
      else this.forget(observed);
    }
  }

  /** Nothing up to this sequence waits any more, and nothing in the gaps above it. */
  advance(observed: Observed, sequence: number, gaps: readonly SequenceRange[]): void {
    observed.watermark = Math.max(observed.watermark, sequence);
    observed.gaps = gaps;
    this.releaseAll(observed, { from: 0, to: observed.watermark });
    for (const gap of gaps) this.releaseAll(observed, gap);
  }

  /** The server has everything up to this sequence, and what lies in the gaps. */
  confirm(observed: Observed, sequence: number, gaps: readonly SequenceRange[]): void {
    observed.confirmed = Math.max(observed.confirmed, sequence);
    if (observed.references > 0) this.changed.add(observed);
    this.advance(observed, sequence, gaps);
  }

  /** Of an observation that is over nothing is kept but the row that says so, while a segment still has runs of it. */
  forget({ number, over, references, rowKeep }: Observed): void {
    if (over && references === 0 && rowKeep === undefined) this.observed.delete(number);
  }

  /** The oldest run of an observation is given up, or with -1 the newest. */
  dropRun(observed: Observed, at: 0 | -1, cause: DropCause): Dropped | undefined {
    const [run] = observed.runs.splice(at, 1);
    if (run === undefined) return undefined;
    this.release(run, observed);
    return droppedOf(observed, run, cause);
  }

  /** A whole segment is given up. */
  dropSegment(segment: IndexedSegment, cause: DropCause): readonly Dropped[] {
    const all: Dropped[] = [];
    for (const run of segment.runs) {
      const observed = this.observed.get(run.observation);
      const at = observed?.runs.indexOf(run) ?? -1;
      if (observed === undefined || at < 0) continue;
      observed.runs.splice(at, 1);
      this.release(run, observed);
      all.push(droppedOf(observed, run, cause));
    }
    // One without live runs, too.
    segment.live = 0;
    this.dead = true;
    return all;
  }

  /** Takes out the segments of which nothing waits, and the rows that would say nothing new. */
  sweep(): void {
    if (this.dead) {
      this.dead = false;
      for (const segment of this.segments) if (segment.live === 0) this.remove(segment);
      this.segments = this.segments.filter(({ live }) => live > 0);
    }
    for (const observed of this.changed) if (isPlain(observed)) this.changed.delete(observed);
  }

  /** Adjacent segments became one, which is stored under the id of the first. */
  replace(old: readonly IndexedSegment[], runs: readonly Run[], size: number): void {
    const [first] = old;
    if (first === undefined) return;
    const at = this.segments.indexOf(first);
    const level = Math.max(...old.map(({ level }) => level)) + (old.length > 1 ? 1 : 0);
    for (const segment of old) {
      for (const run of segment.runs) this.withdraw(run);
      this.remove(segment);
      this.doomed.delete(segment.id);
    }
    const merged = this.indexed(runs, { id: first.id, level, size, pending: undefined });
    this.segments.splice(at, old.length, merged);
    for (const { observation } of runs) this.observed.get(observation)?.runs.sort(bySegment);
  }

  private indexed(
    runs: readonly Run[],
    about: Pick<IndexedSegment, "id" | "level" | "size" | "pending">,
  ): IndexedSegment {
    const own: IndexedRun[] = [];
    const { newest, epoch } = runs.reduce((a, b) => (b.newest > a.newest ? b : a), NO_RUN);
    const runBytes = runs.reduce((sum, { length }) => sum + length, 0);
    const segment: IndexedSegment = { ...about, newest, epoch, runs: own, runBytes, live: 0, liveBytes: 0 };
    this.bytes += segment.size;
    for (const run of runs) this.samples += run.samples;
    if (segment.pending !== undefined) this.pendingBytes += segment.size;
    for (const run of runs) {
      const indexed: IndexedRun = { ...run, segment };
      own.push(indexed);
      this.epochs.use(run.epoch);
      this.nextNumber = Math.max(this.nextNumber, run.observation + 1);
      const observed = this.observed.get(run.observation);
      if (observed === undefined) continue;
      observed.references++;
      if (observed.rowKeep !== observed.keep) this.changed.add(observed);
      if (isOwed(run, observed)) this.hold(indexed, observed);
    }
    if (segment.live === 0) this.dead = true;
    return segment;
  }

  private hold(run: IndexedRun, observed: Observed): void {
    observed.runs.push(run);
    run.segment.live++;
    run.segment.liveBytes += run.length;
    this.byDevice.set(observed.device, (this.byDevice.get(observed.device) ?? 0) + run.length);
  }

  /** Those that lie within a range. */
  private releaseAll(observed: Observed, { from, to }: SequenceRange): void {
    const { runs } = observed;
    const at = runFrom(runs, from);
    // Of one that begins before it, something waits.
    const begin = (runs[at]?.first ?? from) < from ? at + 1 : at;
    let end = begin;
    for (let run = runs[end]; run !== undefined && lastOf(run) <= to; run = runs[++end]) this.release(run, observed);
    if (end > begin) runs.splice(begin, end - begin);
  }

  private release({ segment, length }: IndexedRun, { device }: Observed): void {
    segment.live--;
    segment.liveBytes -= length;
    if (segment.live === 0) this.dead = true;
    const left = (this.byDevice.get(device) ?? 0) - length;
    if (left > 0) this.byDevice.set(device, left);
    else this.byDevice.delete(device);
  }

  /** It is somewhere else now. */
  private withdraw(run: IndexedRun): void {
    const observed = this.observed.get(run.observation);
    const at = observed?.runs.indexOf(run) ?? -1;
    if (observed === undefined || at < 0) return;
    observed.runs.splice(at, 1);
    this.release(run, observed);
  }

  private remove(segment: IndexedSegment): void {
    this.bytes -= segment.size;
    for (const run of segment.runs) this.samples -= run.samples;
    if (segment.pending !== undefined) this.pendingBytes -= segment.size;
    else this.doomed.add(segment.id);
    for (const { observation } of segment.runs) {
      const observed = this.observed.get(observation);
      if (observed === undefined) continue;
      observed.references--;
      if (observed.references > 0) continue;
      // Its row has nothing to say any more, but will have soon where a server is only slow: it goes with the observation.
      if (observed.over) this.changed.add(observed);
      else this.changed.delete(observed);
      this.forget(observed);
    }
  }
}

const NO_RUN = { newest: Number.NEGATIVE_INFINITY, epoch: DATED };
