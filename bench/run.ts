/** How every benchmark runs its subjects: one process at a time, in turn, round after round. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Generator } from "./load/generator.ts";
import type { RegistrationFigures } from "./load/orders.ts";
import { medians } from "./statistics.ts";
import { Running, type Subject } from "./subjects/subject.ts";

export const ROUNDS = 7;
/** How long a subject may take to register, in milliseconds. */
const REGISTRATION_LIMIT = 30_000;

/** A subject that has registered, and what it is measured with. */
export interface Bench {
  readonly subject: Subject;
  readonly running: Running;
  readonly generator: Generator;
  readonly registration: RegistrationFigures;
}

/**
 * Measures every subject once a round, in a process that starts for it alone: whatever disturbs the machine disturbs all of
 * them. Resolves with the medians of the figures, by the name of the subject.
 */
export async function interleaved<Figure extends string>(
  makeSubjects: (directory: string) => readonly Subject[],
  measure: (bench: Bench) => Promise<Readonly<Record<Figure, number>>>,
): Promise<ReadonlyMap<string, Readonly<Record<Figure, number>>>> {
  const rounds = new Map<string, Readonly<Record<Figure, number>>[]>();
  const generator = new Generator();
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      const directory = mkdtempSync(join(tmpdir(), "lwm2m-gateway-bench-"));
      for (const subject of makeSubjects(directory)) {
        const figures = await whileRunning(subject, generator, measure);
        process.stderr.write(`${round}/${ROUNDS} ${subject.name}: ${JSON.stringify(figures)}\n`);
        rounds.set(subject.name, [...(rounds.get(subject.name) ?? []), figures]);
      }
      rmSync(directory, { recursive: true });
    }
  } finally {
    generator.close();
  }
  return new Map([...rounds].map(([name, figures]) => [name, medians(figures)]));
}

/** The figures of one subject. Throws where it was not measured. */
export function figuresOf<Figures>(all: ReadonlyMap<string, Figures>, name: string): Figures {
  const figures = all.get(name);
  if (figures === undefined) throw new Error(`${name} was not measured`);
  return figures;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Starts the subject, and ends it when it is measured. Rejects where it ends by itself, or does not register. */
export async function whileRunning<Figures>(
  subject: Subject,
  generator: Generator,
  measure: (bench: Bench) => Promise<Figures>,
): Promise<Figures> {
  const running = new Running(subject, await generator.listen(subject.security));
  const failure = running.failure();
  failure.catch(() => {});
  try {
    const measured = generator
      .registration(REGISTRATION_LIMIT)
      .then((registration) => measure({ subject, running, generator, registration }));
    return await Promise.race([measured, failure]);
  } catch (error) {
    throw new Error(`${subject.name}, whose output is in ${subject.log}`, { cause: error });
  } finally {
    await running.stop();
  }
}
