/** Two subjects that differ by little: less than the machine differs from one minute to the next. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Generator } from "./load/generator.ts";
import { type Bench, whileRunning } from "./run.ts";
import { medians } from "./statistics.ts";
import type { Subject } from "./subjects/subject.ts";

/** A process is a little faster or slower for as long as it runs, by where its memory lies: it takes more of them to compare two. */
export const ROUNDS = 11;

export interface Turns<Figure extends string> {
  /** Before the first turn, of each. */
  readonly prepare: (bench: Bench) => Promise<unknown>;
  readonly turn: (bench: Bench) => Promise<Readonly<Record<Figure, number>>>;
  /** Of each, in a round. */
  readonly turns: number;
}

/** What was measured in one round, by the name of the subject. */
export type Round<Figure extends string> = ReadonlyMap<string, Readonly<Record<Figure, number>>>;

/**
 * Starts all of them anew each round, and measures them in turn while all of them run, each with a load generator of its own.
 * Resolves with each round's medians.
 */
export async function sideBySide<Figure extends string>(
  makeSubjects: (directory: string) => readonly Subject[],
  turns: Turns<Figure>,
): Promise<readonly Round<Figure>[]> {
  const rounds: Round<Figure>[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const directory = mkdtempSync(join(tmpdir(), "lwm2m-gateway-bench-"));
    const figures = await together(makeSubjects(directory), (benches) => inTurn(benches, turns));
    process.stderr.write(`${round}/${ROUNDS} side by side: ${JSON.stringify(Object.fromEntries(figures))}\n`);
    rounds.push(figures);
    rmSync(directory, { recursive: true });
  }
  return rounds;
}

async function together<Result>(
  [first, ...others]: readonly Subject[],
  measure: (benches: readonly Bench[]) => Promise<Result>,
): Promise<Result> {
  if (first === undefined) return measure([]);
  const generator = new Generator();
  try {
    return await whileRunning(first, generator, (bench) => together(others, (benches) => measure([bench, ...benches])));
  } finally {
    generator.close();
  }
}

/** There and back again, so that none is always the one after another. */
async function inTurn<Figure extends string>(
  benches: readonly Bench[],
  { prepare, turn, turns }: Turns<Figure>,
): Promise<Round<Figure>> {
  for (const bench of benches) await prepare(bench);
  const measured = new Map(benches.map((bench) => [bench, [] as Readonly<Record<Figure, number>>[]]));
  for (let i = 0; i < turns; i++) {
    for (const bench of i % 2 === 0 ? benches : benches.toReversed()) measured.get(bench)?.push(await turn(bench));
  }
  return new Map([...measured].map(([{ subject }, figures]) => [subject.name, medians(figures)]));
}
