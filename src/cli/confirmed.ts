import { createInterface } from "node:readline/promises";

/** Asks at the terminal whether something is to be forgotten; only a yes is one. */
export async function confirmed(what: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`Forget ${what} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
