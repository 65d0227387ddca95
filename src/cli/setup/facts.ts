/** What `setup` knows beside the answers. */
import type { ParameterSpec } from "../../mapping/parameters.ts";

export interface Facts {
  /** There is no configuration yet. */
  readonly isNew: boolean;
  /** config.yaml, as it is there or will be. */
  readonly file: string;
  /** A name for the gateway that no other one has. */
  readonly endpoint: string;
  /** Serial ports of this machine, those with lasting names first. */
  readonly ports: readonly string[];
  /** What the configuration has already. */
  readonly links: readonly KnownLink[];
  readonly deviceIds: readonly string[];
  readonly secretNames: readonly string[];
  readonly mappings: readonly MappingFact[];
  /** Whether values are looked at before anything is saved. */
  readonly watches: boolean;
  /** A gateway runs with this configuration. */
  readonly runs: boolean;
  /** The link of the configuration that leads where the new one would. */
  readonly sameLink?: string;
  /** What a scan found; absent: nobody has looked. */
  readonly found?: readonly FoundDevice[];
  /** Whether a value has come. */
  readonly valuesCame?: boolean;
}

export interface KnownLink {
  readonly id: string;
  readonly type: string;
  readonly protocol: string;
}

export interface MappingFact {
  readonly name: string;
  readonly protocol: string;
  readonly vendor: string | undefined;
  readonly model: string | undefined;
  /** All in which somebody may look for it, in small letters. */
  readonly text: string;
  readonly parameters: readonly ParameterFact[];
}

export interface ParameterFact {
  readonly name: string;
  readonly spec: ParameterSpec;
  /** As the mapping writes it; absent: there is none. */
  readonly preset: string | undefined;
  readonly required: boolean;
}

export interface FoundDevice {
  /** Who it is, on one line. */
  readonly text: string;
  /** The best one first. */
  readonly mappings: readonly string[];
  /** Parameters of the mapping that it has told, as YAML. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
  readonly id?: string;
}
