/** What the arrivals at the server say: how old, how complete, in which order. */
import type { Millis, UnixMillis } from "../../src/clock.ts";
import type { Path } from "../../src/lwm2m/path.ts";
import type { Arrival } from "./server.ts";

/** Of what was measured within this time, in milliseconds, ascending. */
export function ages(arrivals: readonly Arrival[], from: UnixMillis, to: UnixMillis): Float64Array {
  const within = arrivals.filter(({ measured }) => measured >= from && measured < to);
  return Float64Array.from(within, ({ measured, arrived }) => arrived - measured).sort();
}

/** How often a path has no value for longer than this. */
export function gaps(arrivals: readonly Arrival[], longest: Millis): number {
  let count = 0;
  for (const times of byPath(arrivals).values()) {
    const sorted = Float64Array.from(times).sort();
    for (let i = 1; i < sorted.length; i++) if ((sorted[i] ?? 0) - (sorted[i - 1] ?? 0) > longest) count++;
  }
  return count;
}

/** Values that came more than once. */
export function repeated(arrivals: readonly Arrival[]): number {
  let count = 0;
  for (const times of byPath(arrivals).values()) count += times.length - new Set(times).size;
  return count;
}

/** Values that first came after a newer one of the same path, of those measured within this time. */
export function overtaken(arrivals: readonly Arrival[], from: UnixMillis, to: UnixMillis): number {
  let count = 0;
  for (const times of byPath(arrivals.filter(({ measured }) => measured >= from && measured < to)).values()) {
    const first = [...new Set(times)];
    for (let i = 1; i < first.length; i++) if ((first[i] ?? 0) < (first[i - 1] ?? 0)) count++;
  }
  return count;
}

/** When they were measured, in the order of their arrival. */
function byPath(arrivals: readonly Arrival[]): ReadonlyMap<Path, readonly UnixMillis[]> {
  const times = new Map<Path, UnixMillis[]>();
  for (const { path, measured } of arrivals) {
    const own = times.get(path);
    if (own === undefined) times.set(path, [measured]);
    else own.push(measured);
  }
  return times;
}
