import type { HistoryMeasures } from "./calls.ts";
import type { HistoryStats, Inflow } from "./history.ts";
import type { Waiting } from "./waiting.ts";

/** What was measured on disk, with what is known of those that wait. */
export function statsOf(measures: HistoryMeasures, all: Iterable<Waiting>): Omit<HistoryStats, "limit" | "inflow"> {
  const stored = new Map(measures.observations.map((measured) => [measured.number, measured]));
  const waiting = [...all].filter(({ count }) => count > 0);
  const observations = new Map(waiting.map((each) => [each.id, each.stats(stored.get(each.number))]));
  const { bytes, fileBytes } = measures;
  const oldest = [...observations.values()].reduce(
    (time: number | undefined, stats) => Math.min(time ?? stats.oldest, stats.oldest),
    undefined,
  );
  return { observations, bytes, fileBytes, oldest };
}

export function inflowOf({ bytes, samples }: HistoryMeasures, arrived: Pick<Inflow, "span" | "samples">): Inflow {
  const each = samples > 0 ? bytes / samples : USUAL_BYTES;
  return { ...arrived, bytes: Math.round(arrived.samples * each) };
}

/** Of a sample on disk, as long as there is none: a float of one resource once a second, merged, takes eight (docs/benchmarks.md). */
const USUAL_BYTES = 10;
