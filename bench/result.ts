/** What a benchmark comes to: one line of JSON at its end, and its part of docs/benchmarks.md. */

export interface Result {
  readonly name: string;
  readonly figures: Readonly<Record<string, number>>;
  /** The same figures of others, in the same run, by their names. */
  readonly peers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Our figure that counts, divided by the best of theirs; null where there are no peers. */
  readonly ratio: number | null;
  readonly goal: string;
  readonly met: boolean;
}

/** One goal of several, with what was reached. */
export interface Goal {
  readonly text: string;
  readonly met: boolean;
}

/** The goals of a benchmark as one: all of them must be met. */
export function goals(list: readonly Goal[]): { readonly goal: string; readonly met: boolean } {
  return {
    goal: list.map(({ text, met }) => `${text}: ${met ? "met" : "MISSED"}`).join("; "),
    met: list.every(({ met }) => met),
  };
}

export function line({ name, figures, peers, ratio, goal, met }: Result): string {
  return JSON.stringify({ name, figures, peers, ratio, goal, met });
}
