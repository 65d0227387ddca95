/** Where the gateway of a configuration keeps what it must not forget. */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { readText } from "../config/files.ts";
import type { LoadedConfig } from "../config/types.ts";
import { ConfigError } from "../errors.ts";
import { readConfig } from "../gateway/read-config.ts";
import { childOf } from "../yaml/nodes.ts";
import { parseYaml } from "../yaml/parse.ts";
import type { Arguments } from "./command.ts";
import { configFile, SERVICE_CONFIG } from "./config-option.ts";

/** Where the systemd unit keeps the state of the service: only the service itself is told so. */
export const SERVICE_STATE = "/var/lib/lwm2m-gateway";

export interface StatePlace {
  readonly config: LoadedConfig;
  readonly directory: string;
}

/** `sign`: a file that is there where the state is. Rejects with ConfigError or UsageError. */
export async function statePlace(args: Arguments, sign: string): Promise<StatePlace> {
  const file = configFile(args);
  const config = await readConfig(file);
  return { config, directory: ofService(file, config.gateway.state, sign) };
}

/**
 * The same of a configuration that may be wrong: the gateway that runs began with another, and has to be found all the same.
 * Rejects with UsageError; with ConfigError where there is nothing at the place that is likely.
 */
export async function likelyState(args: Arguments, sign: string): Promise<string> {
  try {
    return (await statePlace(args, sign)).directory;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const file = configFile(args);
    const directory = ofService(file, resolve(dirname(file), await writtenState(file)), sign);
    if (!existsSync(join(directory, sign))) throw error;
    return directory;
  }
}

function ofService(file: string, state: string, sign: string): string {
  return file === SERVICE_CONFIG && !existsSync(join(state, sign)) ? SERVICE_STATE : state;
}

/** `gateway.state`, where the file is so far in order that it can be read; else the usual one. */
async function writtenState(file: string): Promise<string> {
  try {
    const state = childOf(childOf(parseYaml(await readText(file), file), "gateway"), "state");
    return state?.kind === "scalar" && state.text !== "" ? state.text : "state";
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return "state";
  }
}
