/**
 * What `run` does first: where another version is current, and sound, that one runs in the place of this program. One that is
 * believed takes over the process; one on trial is a child, so that whatever it does, somebody is there who takes it back.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { reasonOf, withCode } from "../../errors.ts";
import { chooseVersion } from "../../firmware/self/choose.ts";
import { MAIN, NODE } from "../../firmware/self/manifest.ts";
import { PACKAGED } from "../../firmware/self/record.ts";
import { Versions } from "../../firmware/self/versions.ts";
import { environmentOf, launchedAs } from "../../gateway/firmware/launched-as.ts";
import { pinnedKeys } from "../../gateway/firmware/pinned-keys.ts";
import { configFile } from "../config-option.ts";
import { writtenKeys } from "./self-settings.ts";
import { type Program, supervise } from "./supervise.ts";

/** The exit code; undefined: this program runs. `argv`: behind the word `run`. */
export async function launch(argv: readonly string[]): Promise<number | undefined> {
  const { version, packaged, directory } = launchedAs();
  if (directory === undefined || version !== PACKAGED || !existsSync(join(directory, "record.json"))) return undefined;
  try {
    const config = configOf(argv);
    const names = writtenKeys(config);
    // Whoever takes them out of the configuration wants the installed program.
    if (names.length === 0) return undefined;
    const versions = new Versions(directory, pinnedKeys(config, names));
    const choice = chooseVersion(versions, packaged);
    if (choice.version === PACKAGED) return undefined;
    const program = programOf(versions.folder(choice.version), argv, environmentOf(choice.version, packaged));
    if (choice.trial !== undefined) return await supervise(program, choice.trial, versions);
    replace(program);
  } catch (error) {
    // The installed program says what is wrong with the configuration, or with the disk.
    const sentence = `the versions cannot be looked at, so the installed program runs: ${reasonOf(error)}`;
    process.stderr.write(`lwm2m-gateway: ${withCode(sentence, "LG563")}\n`);
  }
  return undefined;
}

function programOf(folder: string, argv: readonly string[], environment: NodeJS.ProcessEnv): Program {
  const own = join(folder, NODE);
  const node = existsSync(own) ? own : process.execPath;
  return { node, args: [...process.execArgv, join(folder, MAIN), "run", ...argv], environment };
}

/** The same process, so that whoever watches it, signals it or waits for its end need not know. Returns only where that fails. */
function replace({ node, args, environment }: Program): void {
  const known = Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  process.execve?.(node, [node, ...args], Object.fromEntries(known));
}

function configOf(argv: readonly string[]): string {
  const { values } = parseArgs({
    args: [...argv],
    options: { config: { type: "string", short: "c" } },
    strict: false,
    allowPositionals: true,
  });
  const { config } = values;
  const text = typeof config === "string" ? config : undefined;
  return configFile({ positionals: [], text: () => text, texts: () => [], flag: () => false });
}
