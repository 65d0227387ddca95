/** Where the gateway of a configuration keeps what it must not forget. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { LoadedConfig } from "../config/types.ts";
import { readConfig } from "../gateway/read-config.ts";
import type { Arguments } from "./command.ts";
import { configFile, SERVICE_CONFIG } from "./config-option.ts";

/** Where the systemd unit keeps the state of the service: only the service itself is told so. */
const SERVICE_STATE = "/var/lib/lwm2m-gateway";

export interface StatePlace {
  readonly config: LoadedConfig;
  readonly directory: string;
}

/** `sign`: a file that is there where the state is. Rejects with ConfigError or UsageError. */
export async function statePlace(args: Arguments, sign: string): Promise<StatePlace> {
  const file = configFile(args);
  const config = await readConfig(file);
  const { state } = config.gateway;
  const isService = file === SERVICE_CONFIG && !existsSync(join(state, sign));
  return { config, directory: isService ? SERVICE_STATE : state };
}
