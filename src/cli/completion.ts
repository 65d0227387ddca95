/** `completion bash|zsh|fish`: a script for the shell, made of the tables of the subcommands; `--words` is what it asks. */
import { resolve } from "node:path";
import { listYaml } from "../config/files.ts";
import { ERROR_CODES } from "../error-codes.ts";
import { readConfig } from "../gateway/read-config.ts";
import { locateData } from "../locate.ts";
import { unknownWord } from "../yaml/issues.ts";
import { type Arguments, type Command, EXIT, UsageError } from "./command.ts";
import { allCommands } from "./commands.ts";
import { bashScript } from "./completion/bash-script.ts";
import { completionTable, WORD_KINDS, type WordKind } from "./completion/completion-table.ts";
import { fishScript } from "./completion/fish-script.ts";
import { zshScript } from "./completion/zsh-script.ts";
import { CONFIG_OPTION, configFile } from "./config-option.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export const completion: Command = {
  name: "completion",
  summary: "Prints what makes a shell complete subcommands, options, devices, links and mappings.",
  positionals: "bash|zsh|fish",
  options: {
    config: CONFIG_OPTION,
    words: {
      type: "string",
      value: WORD_KINDS.join("|"),
      help: "Prints words of one kind, a line each, for the script.",
    },
    json: { type: "boolean", help: "Prints the words as JSON." },
  },
  async run(args) {
    const kind = args.text("words");
    process.stdout.write(kind === undefined ? await scriptFor(args.positionals) : await wordsText(args, kind));
    return EXIT.ok;
  },
};

async function scriptFor([shell = "", surplus]: readonly string[]): Promise<string> {
  if (surplus !== undefined) throw new UsageError(`completion takes one shell, not "${surplus}" as well`);
  if (shell !== "bash" && shell !== "zsh" && shell !== "fish") {
    if (shell === "") throw new UsageError(`for which shell? expected ${Object.keys(SCRIPTS).join(", ")}`);
    throw new UsageError(unknownWord("shell", shell, Object.keys(SCRIPTS)));
  }
  return SCRIPTS[shell](completionTable(await allCommands()));
}

async function wordsText(args: Arguments, kind: string): Promise<string> {
  const known = WORD_KINDS.find((each) => each === kind);
  if (known === undefined) throw new UsageError(unknownWord("kind of words", kind, WORD_KINDS));
  const words = await wordsOf(args, known);
  return args.flag("json") ? `${JSON.stringify(words)}\n` : words.map((word) => `${word}\n`).join("");
}

/** Whoever presses Tab is told nothing of what is wrong: then there are no words. */
async function wordsOf(args: Arguments, kind: WordKind): Promise<readonly string[]> {
  try {
    return [...new Set(await WORDS[kind](args))].sort();
  } catch {
    return [];
  }
}

const WORDS: Readonly<Record<WordKind, (args: Arguments) => Promise<readonly string[]>>> = {
  devices: async (args) => {
    const { devices, disabled } = await readConfig(configFile(args));
    return [...devices, ...disabled].map(({ id }) => id);
  },
  links: async (args) => [...(await readConfig(configFile(args))).links.keys()],
  servers: async (args) => (await readConfig(configFile(args))).servers.map(({ id }) => String(id)),
  mappings: async () => {
    const folders = await Promise.all([resolve("mappings"), locateData("mappings")].map((folder) => listYaml(folder)));
    return folders.flat().map((file) => file.replace(/\.yaml$/, ""));
  },
  codes: async () => Object.keys(ERROR_CODES),
};
