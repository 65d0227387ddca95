import { parseArgs } from "node:util";
import type { ErrorCode } from "../error-codes.ts";
import { type Telling, tellingOf } from "../errors.ts";
import { unknownWord } from "../yaml/issues.ts";

/** Exit codes of every subcommand, as docs/cli.md lists them. */
export const EXIT = {
  ok: 0,
  /** Something failed while running: no daemon to ask, a port taken. */
  failure: 1,
  /** The user's files or arguments are wrong; nothing was started. */
  wrong: 2,
  /** Another version of the program is to run: EX_TEMPFAIL of sysexits.h. */
  again: 75,
} as const;

export interface OptionHelp {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** What stands for the value in the help, e.g. "FILE". */
  readonly value?: string;
  readonly help: string;
  readonly default?: string;
  /** All values that there are, for the completion of shells; those of a `value` such as "on|off" are known by it. */
  readonly choices?: readonly string[];
}

/** One subcommand of `lwm2m-gateway`: a file in this folder. */
export interface Command {
  readonly name: string;
  /** One line for the list of subcommands. */
  readonly summary: string;
  /** Positional arguments as the help shows them, e.g. "MAPPING". */
  readonly positionals?: string;
  readonly options: Readonly<Record<string, OptionHelp>>;
  /** Returns the exit code. Throws UsageError for wrong arguments, ConfigError for wrong files. */
  run(args: Arguments): Promise<number>;
}

/** Subcommands that belong together: `lwm2m-gateway store stats`. */
export interface CommandGroup {
  readonly name: string;
  /** One line for the list of subcommands. */
  readonly summary: string;
  /** By the second word; their names are both words. */
  readonly commands: Readonly<Record<string, Command>>;
  /** Of these the one that is meant where the second word is none of them, but its argument: `device meter-1`. */
  readonly usual?: string;
  /** Second words that are understood, too, and that no help lists. */
  readonly others?: Readonly<Record<string, Command>>;
}

export interface Arguments {
  readonly positionals: readonly string[];
  text(option: string): string | undefined;
  texts(option: string): readonly string[];
  flag(option: string): boolean;
}

/** What a person is told who typed a command. Its code and its `next` are given, or those of its cause. */
class ToldError extends Error {
  readonly code: ErrorCode;
  readonly next: string | undefined;

  constructor(message: string, usual: ErrorCode, telling: Telling) {
    super(message, telling.cause === undefined ? undefined : { cause: telling.cause });
    const known = { ...tellingOf(telling.cause), ...telling };
    this.code = known.code ?? usual;
    this.next = known.next;
  }
}

/** The command line is wrong; the message says what was expected. Without `next` the help of the subcommand is named. */
export class UsageError extends ToldError {
  constructor(message: string, telling: Telling = {}) {
    super(message, "LG101", telling);
    this.name = "UsageError";
  }
}

/** It could not be done, for a reason outside the program; the message is for the person who can mend it. */
export class FailureError extends ToldError {
  constructor(message: string, telling: Telling = {}) {
    super(message, "LG102", telling);
    this.name = "FailureError";
  }
}

/** Reads what stands behind the subcommand. Throws UsageError. */
export function parseArguments(command: Command, argv: readonly string[]): Arguments {
  const { options } = command;
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokensOf(command, argv)) {
    if (token.kind === "positional") positionals.push(token.value.replace(NUMBER_MARK, ""));
    if (token.kind === "option") {
      const value = optionValue(command, token);
      values.set(token.name, [...(values.get(token.name) ?? []), value]);
    }
  }
  const [surplus] = positionals;
  if (surplus !== undefined && command.positionals === undefined) {
    throw new UsageError(`${command.name} takes no argument "${surplus}"`);
  }
  return {
    positionals,
    text: (option) => values.get(option)?.at(-1) ?? options[option]?.default,
    texts: (option) => values.get(option) ?? [],
    flag: (option) => values.has(option),
  };
}

type Token = NonNullable<ReturnType<typeof parseArgs>["tokens"]>[number];
type OptionToken = Token & { readonly kind: "option" };

/** Not in the strict way, whose sentences are written for programmers. */
function tokensOf({ options }: Command, argv: readonly string[]): readonly Token[] {
  const known = Object.entries(options).map(([name, { type, short }]) => [
    name,
    { type, ...(short === undefined ? {} : { short }) },
  ]);
  const { tokens } = parseArgs({
    args: argv.map((arg) => (NEGATIVE.test(arg) ? NUMBER_MARK + arg : arg)),
    options: Object.fromEntries(known),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  return tokens;
}

/** A number below zero is no option, since none is called by a digit. */
const NEGATIVE = /^-\.?\d/;
/** Keeps it from being read as one; no argument of a process can have it. */
const NUMBER_MARK = "\0";

function optionValue({ name, options }: Command, { rawName, name: key, value, inlineValue }: OptionToken): string {
  const option = Object.hasOwn(options, key) ? options[key] : undefined;
  if (option === undefined) {
    const names = [...Object.keys(options), "help"].map((each) => `--${each}`);
    throw new UsageError(`${name}: ${unknownWord("option", rawName, names)}`);
  }
  if (option.type === "boolean") {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value "${value}"`);
    return "";
  }
  if (value === undefined || value === "" || (/^\0?-/.test(value) && inlineValue !== true)) {
    throw new UsageError(`${rawName} needs a value: ${rawName} ${option.value ?? "TEXT"}`);
  }
  return value;
}

/** The help of a group: what there is in it. */
export function groupHelpText({ name, summary, commands, usual }: CommandGroup): string {
  const short = usual === undefined ? undefined : commands[usual];
  return [
    `usage: lwm2m-gateway ${name} ${Object.keys(commands).join("|")} [options]`,
    "",
    summary,
    "",
    ...Object.values(commands).map((command) => `  ${command.name.padEnd(14)} ${command.summary}`),
    "",
    ...(short === undefined ? [] : [`lwm2m-gateway ${name} ${short.positionals ?? ""} is short for ${short.name}.`]),
    `lwm2m-gateway ${name} ${Object.keys(commands)[0]} --help tells the options of one.`,
    "",
  ].join("\n");
}

/** The help of one subcommand. */
export function helpText(command: Command): string {
  const usage = ["lwm2m-gateway", command.name, command.positionals, "[options]"].filter(Boolean).join(" ");
  const lines = Object.entries(command.options).map(([name, option]) => {
    const short = option.short === undefined ? "    " : `-${option.short}, `;
    const flag = `${short}--${name}${option.value === undefined ? "" : ` ${option.value}`}`;
    const preset = option.default === undefined ? "" : ` (default: ${option.default})`;
    return `  ${flag.padEnd(28)} ${option.help}${preset}`;
  });
  return [
    `usage: ${usage}`,
    "",
    command.summary,
    "",
    ...lines,
    `  ${"    --help".padEnd(28)} Shows this text.`,
    "",
  ].join("\n");
}
