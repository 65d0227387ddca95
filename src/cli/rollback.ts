import { dirname, resolve } from "node:path";
import { systemClock } from "../clock.ts";
import { formatProblem, reasonOf, systemCode } from "../errors.ts";
import {
  CONFIGURATIONS,
  type KeptConfiguration,
  KeptConfigurations,
  type KeptFile,
} from "../gateway/reload/kept-configurations.ts";
import { type PutBack, planPutBack, presentFiles, putBack } from "../gateway/reload/put-back.ts";
import type { ReloadReport } from "../gateway/reload/reload-report.ts";
import { NotRunning, SOCKET_OPTION } from "./admin.ts";
import { type Arguments, type Command, EXIT, FailureError, UsageError } from "./command.ts";
import { CONFIG_OPTION, configFile } from "./config-option.ts";
import { confirmed } from "./confirmed.ts";
import { askToReload } from "./reload.ts";
import { reloadText } from "./reload-text.ts";
import { changesText, differenceText, keptList } from "./rollback-text.ts";
import { likelyState } from "./state-directory.ts";

/** The files as they were when the gateway ran with them. */
export const rollback: Command = {
  name: "rollback",
  summary: "Puts the files of an earlier configuration back, and has the running gateway take them.",
  positionals: "[NUMBER]",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    state: { type: "string", value: "DIR", help: "The state directory, where config.yaml is too broken to tell." },
    list: { type: "boolean", help: "Lists the configurations that are kept." },
    diff: { type: "boolean", help: "Shows what would change, line by line, and changes nothing." },
    yes: { type: "boolean", help: "Does not ask; needed where there is no terminal." },
    json: { type: "boolean", help: "Prints the answer as JSON." },
  },
  async run(args) {
    const file = resolve(configFile(args));
    const kept = new KeptConfigurations(args.text("state") ?? (await likelyState(args, CONFIGURATIONS)));
    const all = await readable(() => kept.list(), kept.directory);
    if (args.flag("list")) return print(args, all.map(withoutTexts), keptList(all));
    if (!args.flag("diff")) mustBeAbleToAsk(args);
    const present = await presentFiles(file);
    const chosen = choose(args, { all, present: present.files, file, directory: kept.directory });
    const plan = await planPutBack(chosen, present.files);
    if (args.flag("diff")) return print(args, differencesOf(chosen, plan), differenceText(plan));
    if (plan.changes.length === 0) return print(args, doneOf(chosen, plan), `the files are those of ${chosen.number}`);
    if (!plan.runs) throw notTaken(chosen, plan);
    if (!(await isWanted(args, chosen, plan))) return print(args, { number: null }, "nothing is changed");
    const before = await readable(() => kept.keep(presentAs(file, chosen, present)), kept.directory);
    await writeBack(plan, chosen, file);
    return report(args, { chosen, plan, before, reload: await reloaded(args, chosen) });
  },
};

/** The number that is named; else the newest that ran and is not what stands in the files now. */
function choose(
  args: Arguments,
  {
    all,
    present,
    file,
    directory,
  }: {
    readonly all: readonly KeptConfiguration[];
    readonly present: readonly KeptFile[];
    readonly file: string;
    readonly directory: string;
  },
): KeptConfiguration {
  const [word, ...surplus] = args.positionals;
  const [extra] = surplus;
  if (extra !== undefined) throw new UsageError(`rollback takes one number; "${extra}" is one too many`);
  const chosen =
    word === undefined
      ? all.findLast(({ taken, config, files }) => taken && config === file && !isSame(files, present))
      : all.find(({ number }) => String(number) === word);
  if (chosen === undefined) {
    const numbers = all.map(({ number }) => number).join(", ");
    const what = word === undefined ? "no earlier configuration is kept" : `no configuration ${word} is kept`;
    const there = all.length === 0 ? `nothing is kept in ${directory}` : `there are ${numbers}`;
    throw new UsageError(`${what}: ${there}`, { code: "LG602", next: "lwm2m-gateway rollback --list" });
  }
  if (chosen.config === file) return chosen;
  const message = `configuration ${chosen.number} is that of ${chosen.config}, not of ${file}`;
  throw new UsageError(message, { code: "LG602", next: `lwm2m-gateway rollback --config ${chosen.config}` });
}

function isSame(a: readonly KeptFile[], b: readonly KeptFile[]): boolean {
  const texts = new Map(a.map(({ path, text }) => [path, text]));
  return a.length === b.length && b.every(({ path, text }) => texts.get(path) === text);
}

function notTaken({ number }: KeptConfiguration, { problems }: PutBack): UsageError {
  const errors = problems.filter(({ severity }) => severity === "error").map(formatProblem);
  return new UsageError(
    `configuration ${number} would not be taken now, so nothing is put back:\n${errors.join("\n")}\n` +
      "Secrets, keys and certificates are as they are now, and the program may be another",
    { code: "LG603", next: "lwm2m-gateway rollback --list" },
  );
}

function mustBeAbleToAsk(args: Arguments): void {
  if (args.flag("yes") || process.stdin.isTTY) return;
  throw new UsageError("there is no terminal to ask at: needs --yes", { code: "LG105" });
}

async function isWanted(args: Arguments, { number }: KeptConfiguration, plan: PutBack): Promise<boolean> {
  if (args.flag("yes")) return true;
  process.stdout.write(`${changesText(plan)}\n`);
  return confirmed(`Go back to configuration ${number}?`);
}

/** What stands there now is kept first, whether it runs or not. */
function presentAs(
  config: string,
  { number }: KeptConfiguration,
  { files, runs }: { readonly files: readonly KeptFile[]; readonly runs: boolean },
) {
  const summary = runs ? "as it was on the disk" : "as it was on the disk; it would not start";
  return { time: systemClock.wall(), by: `before rollback to ${number}`, config, taken: runs, summary, files };
}

async function writeBack(plan: PutBack, { number }: KeptConfiguration, file: string): Promise<void> {
  try {
    await putBack(plan, file);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    const next = `sudo lwm2m-gateway rollback ${number} --config ${file}`;
    const message = `the files cannot be put back: ${reasonOf(error)}; whoever may change ${dirname(file)} can`;
    throw new FailureError(message, { cause: error, code: "LG604", next });
  }
}

async function readable<T>(work: () => Promise<T>, directory: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    const message = `${directory} is for the gateway's own user and root: ${reasonOf(error)}`;
    throw new FailureError(message, { cause: error, code: "LG604", next: "sudo lwm2m-gateway rollback --list" });
  }
}

/** Undefined where no gateway runs: the next start takes the files. */
async function reloaded(args: Arguments, { number }: KeptConfiguration): Promise<ReloadReport | undefined> {
  try {
    return await askToReload(args, { by: `rollback to ${number}` });
  } catch (error) {
    if (error instanceof NotRunning) return undefined;
    throw error;
  }
}

interface Done {
  readonly chosen: KeptConfiguration;
  readonly plan: PutBack;
  /** The number under which the files are kept as they were. */
  readonly before: number;
  readonly reload: ReloadReport | undefined;
}

function report(args: Arguments, { chosen, plan, before, reload }: Done): number {
  const state =
    reload === undefined ? "no gateway runs: start it, e.g. systemctl start lwm2m-gateway" : reloadText(reload);
  const back = `the files are those of ${chosen.number}; as they were before they are kept as ${before}`;
  print(args, { ...doneOf(chosen, plan), before, reload: reload ?? null }, [changesText(plan), back, state].join("\n"));
  return reload === undefined || reload.taken ? EXIT.ok : EXIT.wrong;
}

function doneOf({ number }: KeptConfiguration, { changes, foreign }: PutBack): object {
  const paths = (isWritten: boolean): readonly string[] =>
    changes.filter(({ after }) => (after !== undefined) === isWritten).map(({ path }) => path);
  return { number, written: paths(true), removed: paths(false), foreign };
}

function differencesOf({ number }: KeptConfiguration, { changes, problems, runs, foreign }: PutBack): object {
  return { number, runs, changes, foreign, problems: problems.map(formatProblem) };
}

function withoutTexts({ files, ...rest }: KeptConfiguration): object {
  return { ...rest, files: files.map(({ path }) => path) };
}

function print(args: Arguments, json: unknown, text: string): number {
  process.stdout.write(`${args.flag("json") ? JSON.stringify(json, undefined, 2) : text}\n`);
  return EXIT.ok;
}
