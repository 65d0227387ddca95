/** A person at a terminal: one question at a time, in which `?` is help, `<` goes back and `q` or Ctrl-C ends. */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { Known, Question } from "./question.ts";

export type Reply =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "back" }
  | { readonly kind: "quit" };

export interface Conversation {
  say(line: string): void;
  /** `wrong`: what was wrong with the answer before. */
  ask(question: Question, known: Known, wrong: string | undefined): Promise<Reply>;
  /** Resolves when Enter was pressed, or `signal` says that it is over; to false where the person wants to end all of it. */
  enter(signal: AbortSignal): Promise<boolean>;
  /** Takes back so many lines that were said last. */
  unsay(lines: number): void;
}

export const terminal: Conversation = {
  say: (line) => process.stdout.write(`${line}\n`),
  async ask(question, known, wrong) {
    if (wrong !== undefined) terminal.say(wrong);
    else for (const note of question.notes?.(known) ?? []) terminal.say(`  ${note}`);
    if (wrong === undefined)
      for (const [i, choice] of (question.choices?.(known) ?? []).entries()) terminal.say(`  ${i + 1}  ${choice}`);
    for (;;) {
      const text = await answerTo(promptOf(question, known), question.secret === true);
      if (text === undefined || /^q(uit)?$/i.test(text.trim())) return { kind: "quit" };
      if (text.trim() === "<") return { kind: "back" };
      if (text.trim() !== "?") return { kind: "text", text };
      for (const line of [...question.help, `On the command line: ${question.option}`]) terminal.say(`  ${line}`);
    }
  },
  async enter(signal) {
    return (await answerTo("", true, signal)) !== undefined || signal.aborted;
  },
  unsay: (lines) => process.stdout.write(`\x1b[${lines}A\x1b[J`),
};

function promptOf({ text, proposal }: Question, known: Known): string {
  const proposed = proposal?.(known);
  return `${text}${proposed === undefined || proposed === "" ? "" : ` [${proposed}]`}: `;
}

/** Undefined: Ctrl-C, or the end of the input. `isMuted`: what is typed is not shown. */
async function answerTo(prompt: string, isMuted: boolean, signal?: AbortSignal): Promise<string | undefined> {
  const output = isMuted ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stdout;
  const line = createInterface({ input: process.stdin, output, terminal: process.stdin.isTTY });
  if (isMuted) process.stdout.write(prompt);
  try {
    return await new Promise<string | undefined>((resolve) => {
      line.on("SIGINT", () => resolve(undefined));
      line.on("close", () => resolve(undefined));
      signal?.addEventListener("abort", () => resolve(undefined));
      void line.question(isMuted ? "" : prompt).then(resolve, () => resolve(undefined));
    });
  } finally {
    line.close();
    if (isMuted && prompt !== "") process.stdout.write("\n");
  }
}
