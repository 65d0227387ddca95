/** The passphrase of a backup: from a file, or typed at the terminal, where it is not shown. */
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { reasonOf } from "../../errors.ts";
import { type Arguments, type OptionHelp, UsageError } from "../command.ts";

export const PASSPHRASE_OPTION: OptionHelp = {
  type: "string",
  value: "FILE",
  help: "The first line of this file is the passphrase (default: it is asked for at the terminal).",
};

const FEWEST_LETTERS = 12;

/** For a new backup: typed twice. Throws UsageError where there is none, or it is too short. */
export async function newPassphrase(args: Arguments): Promise<string> {
  const passphrase = (await ofFile(args)) ?? (await typedTwice());
  if ([...passphrase].length >= FEWEST_LETTERS) return passphrase;
  throw new UsageError(`the passphrase has fewer than ${FEWEST_LETTERS} characters: several words are easy to keep`);
}

/** Of a backup that is there. Throws UsageError. */
export async function knownPassphrase(args: Arguments): Promise<string> {
  return (await ofFile(args)) ?? typed("Passphrase of the backup: ");
}

async function ofFile(args: Arguments): Promise<string | undefined> {
  const file = args.text("passphrase-file");
  if (file === undefined) return undefined;
  try {
    const [line = ""] = (await readFile(file, "utf8")).split(/\r?\n/, 1);
    return line;
  } catch (error) {
    throw new UsageError(`cannot read --passphrase-file ${file}: ${reasonOf(error)}`, { cause: error });
  }
}

async function typedTwice(): Promise<string> {
  const first = await typed("Passphrase for the secrets (12 characters at least): ");
  const second = await typed("The same again: ");
  if (first === second) return first;
  throw new UsageError("the two are not the same");
}

/** Asks on standard error: standard output may be JSON. */
async function typed(question: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new UsageError("there is no terminal to ask for the passphrase: needs --passphrase-file FILE", {
      code: "LG105",
    });
  }
  const silence = new Writable({ write: (_piece, _encoding, done) => done() });
  // From here on the terminal shows nothing of what is typed.
  const terminal = createInterface({ input: process.stdin, output: silence, terminal: true });
  process.stderr.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      terminal.once("line", resolve);
      terminal.once("SIGINT", () => reject(new UsageError("nothing was done")));
      terminal.once("close", () => reject(new UsageError("no passphrase was typed")));
    });
  } finally {
    process.stderr.write("\n");
    terminal.close();
  }
}
