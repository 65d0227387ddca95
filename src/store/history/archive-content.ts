import type { ArchiveIndex } from "./archive-index.ts";
import { DamagedSegment } from "./byte-reader.ts";
import type { HistoryContent, KnownObservation } from "./calls.ts";
import type { HistoryTable } from "./history-table.ts";
import { lastOf, readDirectory } from "./segment.ts";

/** Fills an empty index from the directories of all segments. Returns what is wrong with one of those that cannot be read. */
export function loadIndex(index: ArchiveIndex, table: HistoryTable): DamagedSegment | undefined {
  for (const { number, id, keep, confirmed } of table.observations()) {
    const observed = index.name({ number, id, keep });
    Object.assign(observed, { hasRow: true, confirmed, watermark: confirmed });
    observed.over = confirmed === Number.MAX_SAFE_INTEGER;
  }
  const damaged: number[] = [];
  let unreadable: DamagedSegment | undefined;
  for (const { id, level, size, directory } of table.segments()) {
    try {
      index.load(readDirectory(directory), { id, level, size });
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

/** What waits, for the main thread. */
export function contentOf(index: ArchiveIndex): HistoryContent {
  const observations: KnownObservation[] = [];
  for (const { number, id, keep, over, watermark, runs } of index.observed.values()) {
    if (over || runs.length === 0) continue;
    const waiting = runs.map((run) => ({ from: Math.max(run.first, watermark + 1), to: lastOf(run) }));
    const last = Math.max(watermark, waiting.at(-1)?.to ?? 0);
    const newest = runs.reduce((time, run) => Math.max(time, run.newest), Number.NEGATIVE_INFINITY);
    observations.push({ number, id, keep, last, waiting, newest });
  }
  return { observations, nextNumber: index.nextNumber };
}
