import { StoreError } from "../store-error.ts";
import type { ArchiveIndex } from "./archive-index.ts";
import { DamagedSegment } from "./byte-reader.ts";
import type { HistoryContent, HistoryMeasures, KnownObservation } from "./calls.ts";
import { decodeGaps, withoutGaps } from "./gaps.ts";
import { crcOf, type HistoryTable } from "./history-table.ts";
import { lastOf, type Run, readDirectory } from "./segment.ts";

/** Fills an empty index from the directories of all segments. Returns what is wrong with one of those that cannot be read. Throws StoreError `damaged`. */
export function loadIndex(index: ArchiveIndex, table: HistoryTable): DamagedSegment | undefined {
  let unreadable: DamagedSegment | undefined;
  for (const row of table.observations()) {
    const { number, id, keep, confirmed, gaps, crc } = row;
    if (crc !== crcOf(row)) {
      unreadable = new DamagedSegment("the name of an observation has changed");
      continue;
    }
    const observed = index.name({ number, id, keep });
    Object.assign(observed, { rowKeep: keep, confirmed, watermark: confirmed, gaps: decodeGaps(gaps) });
    observed.over = confirmed === Number.MAX_SAFE_INTEGER;
  }
  for (const epoch of table.epochs()) index.epochs.load(epoch);
  const damaged: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const { id, level, size, directory } of table.segments()) {
    // A file whose rows are not where it looks for them would lose what is written to it.
    if (id <= last) throw new StoreError("damaged", `row ${id} stands behind row ${last}`);
    last = id;
    try {
      const runs = readDirectory(directory);
      for (const run of runs) checkOrder(run, index);
      index.load(runs, { id, level, size });
    } catch (error) {
      if (!(error instanceof DamagedSegment)) throw error;
      unreadable = error;
      damaged.push(id);
    }
  }
  // A row without segment is of no use.
  for (const observed of index.observed.values()) if (observed.references === 0) index.changed.add(observed);
  index.sweep();
  for (const id of damaged) index.doomed.add(id);
  return unreadable;
}

/** A segment in another place than it was would give old entries after new ones. */
function checkOrder({ observation, first }: Run, index: ArchiveIndex): void {
  const before = index.observed.get(observation)?.runs.at(-1);
  if (before !== undefined && first <= lastOf(before)) throw new DamagedSegment("it is not where it was");
}

/** What it takes. */
export function measuresOf({ observed, epochs, bytes, samples }: ArchiveIndex): Omit<HistoryMeasures, "fileBytes"> {
  const observations = [...observed.values()].flatMap(({ number, runs }) => {
    if (runs.length === 0) return [];
    const oldest = runs.reduce(
      (time, run) => Math.min(time, epochs.dated(run.epoch, run.oldest)),
      Number.POSITIVE_INFINITY,
    );
    return [{ number, oldest, bytes: runs.reduce((sum, { length }) => sum + length, 0) }];
  });
  return { observations, bytes, samples };
}

/** What waits, for the main thread. */
export function contentOf(index: ArchiveIndex): HistoryContent {
  const observations: KnownObservation[] = [];
  for (const { number, id, keep, over, watermark, gaps, runs } of index.observed.values()) {
    if (over || runs.length === 0) continue;
    const waiting = runs.flatMap((run) =>
      withoutGaps({ from: Math.max(run.first, watermark + 1), to: lastOf(run) }, gaps),
    );
    const last = Math.max(watermark, gaps.at(-1)?.to ?? 0, waiting.at(-1)?.to ?? 0);
    const newest = runs.reduce(
      (time, run) => Math.max(time, index.epochs.dated(run.epoch, run.newest)),
      Number.NEGATIVE_INFINITY,
    );
    observations.push({ number, id, keep, last, waiting, newest });
  }
  const { nextNumber, epochs } = index;
  return { observations, nextNumber, epoch: epochs.own, starts: epochs.starts };
}
