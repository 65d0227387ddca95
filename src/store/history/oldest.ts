import type { UnixMillis } from "../../clock.ts";
import type { ReadAnswer, ReadOrder } from "./calls.ts";
import { datedEntries } from "./epochs.ts";
import type { HistoryEntry } from "./history.ts";
import type { Pieces } from "./pieces.ts";
import { type Run, readDirectory, readRun } from "./segment.ts";
import type { Waiting } from "./waiting.ts";

/** Where entries are that have left the window. */
export interface Sources {
  readonly pieces: Pieces;
  /** Of epochs, as far as they are known. */
  readonly starts: ReadonlyMap<number, UnixMillis>;
  readonly read: (order: ReadOrder) => Promise<ReadAnswer>;
}

/** Whole entries of an observation, the oldest that wait, of at most so many samples together, but one entry at least. */
export async function oldestOf(
  waiting: Waiting,
  maxSamples: number,
  { pieces, starts, read }: Sources,
): Promise<readonly HistoryEntry[]> {
  // Once is enough, but where everything that was found is confirmed before it is here.
  for (let attempt = 0; attempt < ATTEMPTS && waiting.count > 0; attempt++) {
    const found = await find(waiting, maxSamples, { pieces, starts, read });
    const entries = firstOf(found, waiting, maxSamples);
    if (entries.length > 0) return entries;
  }
  return [];
}

/** From what the thread has over the pieces to the window, as far as it is without a gap. */
async function find(
  waiting: Waiting,
  maxSamples: number,
  { pieces, starts, read }: Sources,
): Promise<readonly HistoryEntry[]> {
  const dated = (body: Uint8Array, run: Run, after?: number): readonly HistoryEntry[] =>
    datedEntries(readRun(body, run, id, after), starts.get(run.epoch));
  const { number, id, watermark: after } = waiting;
  // While the thread answers they may be given to it, and would be in neither.
  const held = pieces.holding(number, after);
  const young = waiting.window.entries;
  const found: HistoryEntry[] = [];
  const wanted = waiting.handedOldest(MOST_RANGES);
  if (wanted.length > 0) {
    const { segment, complete } = await read({ number, wanted, maxSamples });
    if (segment !== undefined) {
      for (const run of readDirectory(segment.directory)) found.push(...dated(segment.body, run));
    }
    if (!complete || wanted.length === MOST_RANGES) return found;
  }
  for (const { segment, runs } of held) {
    const own = runs.filter((run) => run.observation === number);
    for (const run of own) found.push(...dated(segment.body, run, after));
  }
  return [...found, ...young];
}

function firstOf(found: readonly HistoryEntry[], waiting: Waiting, maxSamples: number): readonly HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  let samples = 0;
  for (const entry of found) {
    if (!waiting.waits(entry.sequence)) continue;
    samples += entry.samples.length;
    if (entries.length > 0 && samples > maxSamples) break;
    entries.push(entry);
  }
  return entries;
}

const ATTEMPTS = 4;
/** What is asked of the thread at once: more would be in another message anyhow. */
const MOST_RANGES = 64;
