/** What a benchmark comes to: one line of JSON at its end, and its part of docs/benchmarks.md. */

/** By name, the unit in it. */
export type Figures = Readonly<Record<string, number>>;

export interface Result {
  readonly name: string;
  /** Whose figures are `figures`, where it is not the gateway with 1000 devices. */
  readonly subject?: string;
  /** What was done, for the reader of the page. */
  readonly about: string;
  /** What the goals are about: the gateway with 1000 devices. */
  readonly figures: Figures;
  /** The same figures of the gateway under other conditions, and of others, in the same run; by their names. */
  readonly variants: Readonly<Record<string, Figures>>;
  readonly peers: Readonly<Record<string, Figures>>;
  /** Our figure that counts, divided by the best of theirs; null where there is nothing to compare. */
  readonly ratio: number | null;
  readonly goals: readonly Goal[];
}

/** One goal, and what was reached. */
export interface Goal {
  readonly goal: string;
  readonly reached: string;
  readonly met: boolean;
}

/** The result as one line for machines; of several goals all must be met. */
export function line({ name, figures, variants, peers, ratio, goals }: Result): string {
  const goal = goals.map(({ goal, reached }) => `${goal}: ${reached}`).join("; ");
  const met = goals.every((goal) => goal.met);
  return JSON.stringify({ name, figures: { ...figures, ...flat(variants) }, peers, ratio, goal, met });
}

function flat(variants: Result["variants"]): Figures {
  const entries = Object.entries(variants).flatMap(([variant, figures]) =>
    Object.entries(figures).map(([name, value]) => [`${name}, ${variant}`, value] as const),
  );
  return Object.fromEntries(entries);
}
