/** What can be typed behind what, for whichever shell. */
import type { Command, OptionHelp } from "../command.ts";
import type { NamedCommand } from "../commands.ts";

/** Words that are not known before somebody asks: `completion --words KIND` has them. */
export const WORD_KINDS = ["devices", "links", "servers", "mappings", "codes"] as const;
export type WordKind = (typeof WORD_KINDS)[number];

export type Values =
  | { readonly kind: "fixed"; readonly words: readonly string[] }
  | { readonly kind: "asked"; readonly words: WordKind }
  | { readonly kind: "files" }
  /** Anything: nothing is proposed. */
  | { readonly kind: "any" };

export interface CompletedOption {
  /** "--config" and, where there is one, "-c". */
  readonly flags: readonly string[];
  readonly help: string;
  /** Absent: it takes none. */
  readonly values?: Values;
}

/** What stands behind one subcommand, or one group. */
export interface CompletedCommand {
  /** "store export", "store"; "" for the program itself. */
  readonly path: string;
  /** The subcommands, of the program or a group. */
  readonly commands: readonly { readonly word: string; readonly summary: string }[];
  readonly options: readonly CompletedOption[];
  readonly arguments: Values;
}

export function completionTable(commands: readonly NamedCommand[]): readonly CompletedCommand[] {
  const groups = new Set(commands.flatMap(({ words }) => (words.length > 1 ? words.slice(0, 1) : [])));
  const first = [...new Set(commands.map(({ words }) => words[0] ?? ""))];
  const top = first.map((word) => ({ word, summary: summaryOf(commands, word) }));
  const version = { flags: ["--version"], help: "Prints the version." };
  return [
    { path: "", commands: top, options: [HELP, version], arguments: { kind: "any" } },
    ...[...groups].map((group) => ({
      path: group,
      commands: commands.flatMap(({ words: [name, word], command: { summary } }) =>
        name === group && word !== undefined ? [{ word, summary }] : [],
      ),
      options: [HELP],
      arguments: { kind: "any" } as const,
    })),
    ...commands.map(({ words, command }) => ({
      path: words.join(" "),
      commands: [],
      options: [...Object.entries(command.options).map(([name, option]) => completedOption(name, option)), HELP],
      arguments: argumentsOf(command),
    })),
  ];
}

const HELP: CompletedOption = { flags: ["--help"], help: "Shows the options." };

function summaryOf(commands: readonly NamedCommand[], wanted: string): string {
  const found = commands.find(({ words: [word] }) => word === wanted);
  return found?.groupSummary ?? found?.command.summary ?? "";
}

function completedOption(name: string, { type, short, help, value, choices }: OptionHelp): CompletedOption {
  const flags = [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
  if (type === "boolean") return { flags, help };
  return {
    flags,
    help,
    values: choices === undefined ? valuesOf(name, value ?? "") : { kind: "fixed", words: choices },
  };
}

const ASKED: Readonly<Record<string, WordKind>> = {
  link: "links",
  server: "servers",
  device: "devices",
  mapping: "mappings",
};

/** Words in small letters between bars are all that there are; what is in capitals stands for something. */
const FIXED = /^[a-z0-9.-]+(?:\|[a-z0-9.-]+)+$/;
const FILES = /^(?:.*\|)?@?(?:FILE|PATH|DIRECTORY|FOLDER|PORT)$/;

function valuesOf(name: string, value: string): Values {
  if (FIXED.test(value)) return { kind: "fixed", words: value.split("|") };
  const asked = Object.hasOwn(ASKED, name) ? ASKED[name] : undefined;
  if (asked !== undefined) return { kind: "asked", words: asked };
  return FILES.test(value) ? { kind: "files" } : { kind: "any" };
}

/** By the name that the help has for them, e.g. "[MAPPING]", "ID". */
function argumentsOf({ name, positionals = "" }: Command): Values {
  const [first = ""] = positionals.replace(/[[\]]/g, "").split(/[ .]/);
  if (FIXED.test(first)) return { kind: "fixed", words: first.split("|") };
  if (first === "CODE") return { kind: "asked", words: "codes" };
  if (first === "MAPPING" || name.startsWith("mapping ")) return { kind: "asked", words: "mappings" };
  if (first === "LINK" || name.startsWith("link ")) return { kind: "asked", words: "links" };
  if (["DEVICE", "ID", "OLD"].includes(first) || name.startsWith("device")) return { kind: "asked", words: "devices" };
  return FILES.test(first) || first.endsWith(".zip") ? { kind: "files" } : { kind: "any" };
}
