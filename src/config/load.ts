import type { AdapterModule } from "../adapter.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import type { LoadedConfig } from "./types.ts";

export interface LoadOptions {
  readonly adapters: readonly AdapterModule[];
  readonly catalogue: ObjectCatalogue;
  /** The directory of the mappings that come with the program. */
  readonly packagedMappings: string;
}

/**
 * Reads config.yaml, `devices.d/*.yaml` beside it and every mapping that a device names. Rejects with ConfigError, which
 * lists every problem, where config.yaml or the links of devices.d are wrong; a wrong mapping or device entry only puts its
 * devices in `disabled`.
 */
export declare function loadConfig(file: string, options: LoadOptions): Promise<LoadedConfig>;
