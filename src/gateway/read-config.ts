/** The configuration, read as `run`, `check` and a reload do: with the adapters, the catalogue and the service of this machine. */
import { adapters as known } from "../../adapters/index.ts";
import { AdapterShelf } from "../config/adapter-shelf.ts";
import { loadConfig } from "../config/load.ts";
import type { SecretSources } from "../config/secrets.ts";
import type { LoadedConfig } from "../config/types.ts";
import { locateData } from "../locate.ts";
import { catalogue } from "../lwm2m/objects/index.ts";
import { dateOfMachine, secretsOfService, stateOfService } from "./host.ts";

/** Those of the program. */
export function everyAdapter(): AdapterShelf {
  return new AdapterShelf(known);
}

/** Rejects with ConfigError. `secrets`: default those of the service. */
export async function readConfig(
  file: string,
  adapters = everyAdapter(),
  secrets: SecretSources = secretsOfService(),
): Promise<LoadedConfig> {
  return loadConfig(file, {
    adapters,
    catalogue,
    packagedMappings: locateData("mappings"),
    ...stateOfService(),
    secrets,
    ...dateOfMachine(),
  });
}
