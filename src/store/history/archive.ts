import type { LogFields } from "../../log.ts";
import { StoreError } from "../store-error.ts";
import { contentOf, loadIndex, measuresOf } from "./archive-content.ts";
import { ArchiveIndex } from "./archive-index.ts";
import type {
  CommitOrder,
  CommitOutcome,
  Dropped,
  HistoryContent,
  HistoryFindings,
  HistoryMeasures,
  HistoryOpening,
  ReadAnswer,
  ReadOrder,
  Watermark,
} from "./calls.ts";
import { HistoryFile, isDamage } from "./history-file.ts";
import { fullness, isScarce, limit, limitPending, MEMORY } from "./limits.ts";
import { mergeable, merged } from "./merge.ts";
import type { IndexedSegment } from "./observed.ts";
import { Reading } from "./reading.ts";
import { rescue } from "./rescue.ts";
import { readDirectory, sizeOf } from "./segment.ts";
import { SegmentBodies, UnreadableSegment } from "./segment-bodies.ts";

/** How the thread says something to the person who runs the gateway. */
export type Tell = (level: "error" | "warn", fields: LogFields, message: string) => void;

/**
 * The history as the store's thread has it: an index in memory, segments on disk. What the disk does not take waits in memory;
 * what it does not give back is dropped and told to the main thread, and the rest goes on.
 */
export class Archive {
  private readonly file: HistoryFile;
  private readonly tell: Tell;
  private readonly opening: HistoryOpening;
  private readonly index = new ArchiveIndex();
  private readonly bodies: SegmentBodies;
  /** Whether the disk took nothing the last time: only the change is told. */
  private failing = false;
  private toldUnreadable = false;

  constructor(directory: string, opening: HistoryOpening, tell: Tell) {
    this.opening = opening;
    this.tell = tell;
    this.file = new HistoryFile(directory, ({ file, reason }) => {
      const message =
        "the history was damaged: set aside, and a new one begun; what cannot be read of it is lost to the servers that waited for it";
      tell("error", { file, reason }, message);
    });
    this.bodies = new SegmentBodies(this.file);
  }

  /** Reads which entries there are, without reading them. */
  open(): HistoryContent {
    try {
      const unreadable = this.file.use((table) => loadIndex(this.index, table));
      if (unreadable !== undefined) this.tellUnreadable(unreadable);
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.beginAnew(error);
    }
    this.index.epochs.begin(this.opening.boot);
    return contentOf(this.index);
  }

  commit({ segments, names, marks, now, started }: CommitOrder): CommitOutcome {
    if (started !== undefined) this.index.epochs.redate(started);
    for (const name of names) this.index.name(name);
    for (const segment of segments) this.index.append(readDirectory(segment.directory), segment);
    for (const mark of marks) this.apply(mark);
    this.index.sweep();
    const dropped = [...limit(this.index, this.opening, now)];
    const unwritten = this.write(dropped);
    if (unwritten === undefined) this.tidy(dropped);
    dropped.push(...limitPending(this.index, this.opening));
    return { unwritten, dropped, full: fullness(this.index, this.opening, dropped) };
  }

  read(order: ReadOrder): ReadAnswer {
    const reading = new Reading(order);
    const dropped: Dropped[] = [];
    const observed = this.index.observed.get(order.number);
    for (const run of [...(observed?.runs ?? [])]) {
      // With one that was not readable others may have gone.
      if (!reading.wants(run) || observed?.runs.includes(run) !== true) continue;
      if (reading.full) break;
      try {
        this.bodies.use(run.segment, (body) => reading.take(body, run));
      } catch (error) {
        dropped.push(...this.giveUp(error));
      }
    }
    return { ...reading.end(), dropped };
  }

  measure(): HistoryMeasures {
    return { ...measuresOf(this.index), fileBytes: this.file.bytes };
  }

  /** Another thread may read the file until `endCheck`. Returns its name. Throws StoreError where that cannot be now. */
  share(): string {
    this.file.share();
    return this.file.name;
  }

  /** The other thread has closed the file. What it found is given up, as if it had been found in use. Returns what is lost. */
  endCheck({ damage, segments }: HistoryFindings): readonly Dropped[] {
    // It is another file by now.
    if (!this.file.shared) return [];
    this.file.unshare();
    const dropped: Dropped[] = [];
    if (damage !== undefined) {
      dropped.push(...this.beginAnew(new StoreError("damaged", `${this.file.name} is damaged: ${damage}`)));
    }
    for (const segment of this.index.segments.filter(({ id }) => segments.includes(id))) {
      try {
        this.bodies.forget(segment);
        this.bodies.use(segment, () => {});
      } catch (error) {
        dropped.push(...this.giveUp(error));
      }
    }
    if (dropped.length > 0) this.write(dropped);
    return dropped;
  }

  close(): void {
    this.file.close();
  }

  private apply({ number, sequence, gaps, confirmed, over }: Watermark): void {
    const observed = this.index.observed.get(number);
    if (observed === undefined) return;
    observed.over ||= over;
    if (confirmed) this.index.confirm(observed, sequence, gaps);
    else this.index.advance(observed, sequence, gaps);
    this.index.forget(observed);
  }

  /** Says why the disk does not have everything. */
  private write(dropped: Dropped[]): string | undefined {
    try {
      try {
        this.writeAll();
      } catch (error) {
        if (!isDamage(error)) throw error;
        dropped.push(...this.beginAnew(error));
        this.writeAll();
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return this.onFailure(error);
    }
  }

  private writeAll(): void {
    const { segments, doomed, changed, epochs } = this.index;
    const added = segments.flatMap(({ id, level, pending }) =>
      pending === undefined ? [] : [{ id, level, segment: pending }],
    );
    if (added.length + doomed.size + changed.size + epochs.changed.size === 0) return;
    const change = { removed: doomed, added, observations: changed, epochs: epochs.changed };
    const apply = (): void => this.file.use((table) => table.apply(change));
    try {
      apply();
    } catch (error) {
      if (isDamage(error)) throw error;
      this.makeRoom();
      apply();
    }
    this.index.removed();
    this.index.stored();
    if (!this.failing) return;
    this.failing = false;
    this.tell("warn", { file: this.file.name }, "history: the disk takes it again, and has everything that waited");
  }

  /** What is delivered goes from a full disk even where what is new finds no room: then that may find it. */
  private makeRoom(): void {
    const { doomed, changed, segments } = this.index;
    if (segments.every(({ pending }) => pending !== undefined)) {
      // A file of which nothing is needed goes without being written to.
      this.file.discard();
      this.bodies.clear();
      this.index.forgetDisk();
      return;
    }
    this.file.use((table) => table.emptyLog());
    if (doomed.size === 0) return;
    this.file.use((table) => table.apply({ removed: doomed, added: [], observations: changed }));
    this.index.removed();
  }

  private onFailure(error: StoreError): string {
    if (!this.failing) {
      this.tell(
        "error",
        { reason: error.message },
        "history: not written; it waits in memory, and is tried again until the disk takes it",
      );
    }
    this.failing = true;
    return error.message;
  }

  private beginAnew(error: StoreError): readonly Dropped[] {
    const room = (this.opening.memory ?? MEMORY) - this.index.pendingBytes;
    const rescued = rescue(this.index, this.file, room);
    this.file.abandon(error.message);
    this.index.keep(rescued);
    this.bodies.clear();
    return this.index.lost();
  }

  /** A little at a time, so that nobody waits long for it. */
  private tidy(dropped: Dropped[]): void {
    if (this.index.segments.length === 0 && this.file.bytes > WORTH_SHRINKING) this.shrink();
    this.forgetEpochs();
    for (let left = MOST_MERGES; left > 0; left--) {
      const old = mergeable(this.index.segments, isScarce(this.index, this.opening));
      if (old.length === 0) return;
      try {
        this.merge(old);
      } catch (error) {
        // Where the disk has no room for it, it stays as it is.
        if (!(error instanceof StoreError) || isDamage(error)) dropped.push(...this.giveUp(error));
        return;
      }
    }
  }

  /** The file was needed for a long time without server, and is empty now. */
  private shrink(): void {
    try {
      this.file.use((table) => table.shrink());
    } catch (error) {
      // It stays as large as it is.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  private forgetEpochs(): void {
    const { unused } = this.index.epochs;
    if (unused.length === 0) return;
    try {
      this.file.use((table) => table.forgetEpochs(unused));
      this.index.epochs.forget(unused);
    } catch (error) {
      // They take next to nothing.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  private merge(old: readonly IndexedSegment[]): void {
    const [first] = old;
    if (first === undefined) return;
    const { observed, epochs } = this.index;
    const { segment, runs } = merged(old, observed, (part, work) => this.bodies.use(part, work), epochs);
    const { id, level } = first;
    const added = [{ id, level: old.length > 1 ? level + 1 : level, segment }];
    this.file.use((table) => table.apply({ removed: old.map(({ id }) => id), added, observations: [] }));
    for (const part of old) this.bodies.forget(part);
    this.index.replace(old, runs, sizeOf(segment));
  }

  /** What cannot be read is dropped: a segment, or all where the file itself is broken. Any other error is thrown on. */
  private giveUp(error: unknown): readonly Dropped[] {
    if (isDamage(error)) return this.beginAnew(error);
    if (!(error instanceof UnreadableSegment)) throw error;
    this.tellUnreadable(error);
    const dropped = this.index.dropSegment(error.segment, "damaged");
    this.index.sweep();
    return dropped;
  }

  /** Once: where one is damaged, many may be. */
  private tellUnreadable({ message }: Error): void {
    if (this.toldUnreadable) return;
    this.toldUnreadable = true;
    const fields = { file: this.file.name, reason: message };
    this.tell(
      "error",
      fields,
      "history: the disk did not give back what it was given; the part is lost, the rest goes on",
    );
  }
}

const MOST_MERGES = 4;
const WORTH_SHRINKING = 16 * 2 ** 20;
