/** The middle of several rounds: half of them are above it, half below. Throws RangeError where there are none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const low = sorted[(sorted.length - 1) >> 1];
  const high = sorted[sorted.length >> 1];
  if (low === undefined || high === undefined) throw new RangeError("the median of no values");
  return (low + high) / 2;
}

/** Of each figure the median over the rounds. Every round has the same figures. */
export function medians<Figure extends string>(
  rounds: readonly Readonly<Record<Figure, number>>[],
): Readonly<Record<Figure, number>> {
  const [first] = rounds;
  if (first === undefined) throw new RangeError("the medians of no rounds");
  const names = Object.keys(first) as Figure[];
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name]))])) as Record<
    Figure,
    number
  >;
}

/** What so many of a hundred are not above; `sorted` is ascending and not empty. */
export function percentile(sorted: Float64Array, percent: number): number {
  const rank = Math.ceil((percent / 100) * sorted.length);
  const value = sorted[Math.min(sorted.length, Math.max(1, rank)) - 1];
  if (value === undefined) throw new RangeError("a percentile of no values");
  return value;
}

/** By how much y rises for each x, by least squares. Throws RangeError where all have one x. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (index: 0 | 1): number => points.reduce((sum, point) => sum + point[index], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  if (!(spread > 0)) throw new RangeError("the slope of one point");
  return points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread;
}

/** With so many decimals: figures are read by people. */
export function round(value: number, decimals = 0): number {
  return Number(value.toFixed(decimals));
}
