import { parseArgs } from "node:util";

/** Exit codes of every subcommand, as docs/cli.md lists them. */
export const EXIT = {
  ok: 0,
  /** Something failed while running: no daemon to ask, a port taken. */
  failure: 1,
  /** The user's files or arguments are wrong; nothing was started. */
  wrong: 2,
} as const;

export interface OptionHelp {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** What stands for the value in the help, e.g. "FILE". */
  readonly value?: string;
  readonly help: string;
  readonly multiple?: boolean;
  readonly default?: string;
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

export interface Arguments {
  readonly positionals: readonly string[];
  text(option: string): string | undefined;
  texts(option: string): readonly string[];
  flag(option: string): boolean;
}

/** The command line is wrong; the message says what was expected. */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UsageError";
  }
}

export function parseArguments(command: Command, argv: readonly string[]): Arguments {
  const parsed = parse(command, argv);
  if (parsed.positionals.length > 0 && command.positionals === undefined) {
    throw new UsageError(`${command.name} takes no argument "${parsed.positionals[0]}"`);
  }
  const values: Readonly<Record<string, unknown>> = parsed.values;
  return {
    positionals: parsed.positionals,
    text: (option) => (typeof values[option] === "string" ? values[option] : command.options[option]?.default),
    texts: (option) => (Array.isArray(values[option]) ? values[option].map(String) : []),
    flag: (option) => values[option] === true,
  };
}

function parse(command: Command, argv: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short === undefined ? {} : { short }), ...(multiple === undefined ? {} : { multiple }) },
    ]),
  );
  try {
    return parseArgs({ args: [...argv], options: { ...options, help: { type: "boolean" } }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
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
