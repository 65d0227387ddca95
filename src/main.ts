/** The process: picks the subcommand, turns what went wrong into a sentence and an exit code. */
import { existsSync } from "node:fs";
import {
  type Command,
  type CommandGroup,
  EXIT,
  groupHelpText,
  helpText,
  parseArguments,
  UsageError,
} from "./cli/command.ts";
import { COMMANDS, HIDDEN_COMMANDS } from "./cli/commands.ts";
import { keepCompiledCode } from "./cli/compiled-code.ts";
import { explain } from "./cli/explained-error.ts";
import { systemCode } from "./errors.ts";
import { packageRoot, packageVersion } from "./locate.ts";
import { unknownWord } from "./yaml/issues.ts";

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === "--version" || name === "-v") return print(`lwm2m-gateway ${packageVersion()}`);
  if (name === undefined || name === "--help" || name === "-h" || name === "help") return print(await overview());
  const launched = name === "run" ? await launchOther(rest) : undefined;
  if (launched !== undefined) return launched;
  const all = { ...HIDDEN_COMMANDS, ...COMMANDS };
  const load = Object.hasOwn(all, name) ? all[name] : undefined;
  if (load === undefined) throw new UsageError(unknownWord("subcommand", name, Object.keys(COMMANDS)));
  const found = await load();
  return "commands" in found ? runOf(found, rest) : runCommand(found, rest);
}

/** A version of this program that a server has sent runs in its place; undefined: none. */
async function launchOther(rest: readonly string[]): Promise<number | undefined> {
  const { STATE_DIRECTORY = "" } = process.env;
  const [directory = ""] = STATE_DIRECTORY.split(":");
  const isAsked = rest.includes("--help") || rest.includes("-h");
  if (directory === "" || isAsked || !existsSync(`${directory}/versions/record.json`)) return undefined;
  process.on("SIGHUP", () => {});
  return (await import("./cli/launch/launch.ts")).launch(rest);
}

/** The second word picks one of the group. */
function runOf(group: CommandGroup, [word, ...rest]: readonly string[]): number | Promise<number> {
  const { name, commands, others = {}, usual } = group;
  if (word === "--help" || word === "-h") return print(groupHelpText(group));
  const known = Object.keys(commands);
  if (word === undefined) throw new UsageError(`${name} needs a second word: ${known.join(", ")}`);
  const all = { ...others, ...commands };
  const command = Object.hasOwn(all, word) ? all[word] : undefined;
  const meant = usual === undefined || word.startsWith("-") ? undefined : commands[usual];
  if (command === undefined && meant !== undefined) return runCommand(meant, [word, ...rest]);
  if (command === undefined) throw new UsageError(unknownWord(`subcommand of ${name}`, word, known));
  return runCommand(command, rest);
}

function runCommand(command: Command, rest: readonly string[]): number | Promise<number> {
  if (rest.includes("--help") || rest.includes("-h")) return print(helpText(command));
  return command.run(parseArguments(command, rest));
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  return [
    "usage: lwm2m-gateway SUBCOMMAND [options]",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`),
    "",
    "lwm2m-gateway SUBCOMMAND --help tells the options of one; --version the version.",
  ].join("\n");
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
}

/** A name that is still being looked up cannot be called off, and would hold a process for which all is done. */
const PATIENCE = 1000;

// Whoever reads may have had enough, as in `… | head`: an end like any other.
process.stdout.on("error", (error) => {
  if (systemCode(error) !== "EPIPE") throw error;
  process.exit();
});

/** The help that tells what was expected. */
function helpOf([name = ""]: readonly string[]): string {
  return `lwm2m-gateway ${Object.hasOwn(COMMANDS, name) ? `${name} --help` : "--help"}`;
}

// Of the built program it would save a twentieth of a start, and hold 5 MB for as long as the gateway runs.
if (import.meta.url.endsWith(".ts")) keepCompiledCode(process.env, packageRoot);
const argv = process.argv.slice(2);
process.exitCode = await main(argv).catch((error: unknown) => explain(error, argv, helpOf(argv)));
setTimeout(() => process.exit(), PATIENCE).unref();
