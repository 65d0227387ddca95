import { StoreError } from "../store-error.ts";
import type { ArchiveIndex } from "./archive-index.ts";
import { DamagedSegment } from "./byte-reader.ts";
import type { HistoryFile } from "./history-file.ts";
import type { IndexedSegment } from "./observed.ts";
import { checkBody, readDirectory, type Segment, sizeOf } from "./segment.ts";

/**
 * What a damaged file still gives of what waits, the newest first, so many bytes of it: each segment says itself whether it is what
 * was written.
 */
export function rescue(
  { segments }: ArchiveIndex,
  file: HistoryFile,
  room: number,
): ReadonlyMap<IndexedSegment, Segment> {
  const rescued = new Map<IndexedSegment, Segment>();
  let [left, failures] = [room, 0];
  for (const segment of segments.toReversed()) {
    if (segment.pending !== undefined || segment.live === 0) continue;
    // The limits are never so tight that only a small one finds room: those after it are older.
    if (segment.size > left || failures > MOST_FAILURES) break;
    const bytes = readSound(segment, file);
    if (bytes === undefined) {
      failures++;
      continue;
    }
    rescued.set(segment, bytes);
    left -= segment.size;
  }
  return rescued;
}

function readSound(segment: IndexedSegment, file: HistoryFile): Segment | undefined {
  try {
    const row = file.use((table) => table.read(segment.id));
    if (row === undefined) return undefined;
    const bytes = { directory: Uint8Array.from(row.directory), body: Uint8Array.from(row.body) };
    checkBody(bytes.directory, bytes.body);
    const runs = readDirectory(bytes.directory);
    const same = segment.runs.every(
      ({ observation, first }, i) => runs[i]?.observation === observation && runs[i]?.first === first,
    );
    return same && sizeOf(bytes) === segment.size ? bytes : undefined;
  } catch (error) {
    if (error instanceof DamagedSegment || error instanceof StoreError) return undefined;
    throw error;
  }
}

/** A disk that gives nothing any more may take its time for each answer. */
const MOST_FAILURES = 100;
