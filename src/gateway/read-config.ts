/** The configuration, read as `run`, `check` and a reload do: with the adapters, the catalogue and the service of this machine. */
import { loadAdapters } from "../../adapters/index.ts";
import type { AdapterModule } from "../adapter.ts";
import { loadConfig } from "../config/load.ts";
import type { SecretSources } from "../config/secrets.ts";
import type { LoadedConfig } from "../config/types.ts";
import { locateData } from "../locate.ts";
import { catalogue } from "../lwm2m/objects/index.ts";
import { dateOfMachine, secretsOfService, stateOfService } from "./host.ts";

/** Rejects with ConfigError. `secrets`: default those of the service. */
export async function readConfig(
  file: string,
  adapters?: readonly AdapterModule[],
  secrets: SecretSources = secretsOfService(),
): Promise<LoadedConfig> {
  return loadConfig(file, {
    adapters: adapters ?? (await loadAdapters()),
    catalogue,
    packagedMappings: locateData("mappings"),
    ...stateOfService(),
    secrets,
    ...dateOfMachine(),
  });
}
