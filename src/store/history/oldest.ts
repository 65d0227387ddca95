import type { ReadAnswer, ReadOrder } from "./calls.ts";
import type { HistoryEntry } from "./history.ts";
import type { Pieces } from "./pieces.ts";
import { readDirectory, readRun } from "./segment.ts";
import type { Waiting } from "./waiting.ts";

/** Whole entries of an observation, the oldest that wait, of at most so many samples together, but one entry at least. */
export async function oldestOf(
  waiting: Waiting,
  maxSamples: number,
  pieces: Pieces,
  read: (order: ReadOrder) => Promise<ReadAnswer>,
): Promise<readonly HistoryEntry[]> {
  // Once is enough, but where everything that was found is confirmed before it is here.
  for (let attempt = 0; attempt < ATTEMPTS && waiting.count > 0; attempt++) {
    const found = await find(waiting, maxSamples, pieces, read);
    const entries = firstOf(found, waiting.watermark, maxSamples);
    if (entries.length > 0) return entries;
  }
  return [];
}

/** From what the thread has over the pieces to the window, as far as it is without a gap. */
async function find(
  { number, id, watermark: after, handed, window }: Waiting,
  maxSamples: number,
  pieces: Pieces,
  read: (order: ReadOrder) => Promise<ReadAnswer>,
): Promise<readonly HistoryEntry[]> {
  // While the thread answers they may be given to it, and would be in neither.
  const held = pieces.holding(number, after);
  const young = [...window];
  const found: HistoryEntry[] = [];
  if (handed > after) {
    const { segment, complete } = await read({ number, after, maxSamples });
    if (segment !== undefined) {
      for (const run of readDirectory(segment.directory)) found.push(...readRun(segment.body, run, id));
    }
    if (!complete) return found;
  }
  for (const { segment, runs } of held) {
    const own = runs.filter((run) => run.observation === number);
    for (const run of own) found.push(...readRun(segment.body, run, id, after));
  }
  return [...found, ...young];
}

function firstOf(found: readonly HistoryEntry[], watermark: number, maxSamples: number): readonly HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  let samples = 0;
  for (const entry of found) {
    if (entry.sequence <= watermark) continue;
    samples += entry.samples.length;
    if (entries.length > 0 && samples > maxSamples) break;
    entries.push(entry);
  }
  return entries;
}

const ATTEMPTS = 4;
