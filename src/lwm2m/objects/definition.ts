import type { ResourceType } from "../sample.ts";

/** One version of one LwM2M object, as the OMA registry or a vendor's XML defines it. */
export interface ObjectDefinition {
  readonly id: number;
  readonly name: string;
  readonly version: string;
  /** Whether it may have several instances. */
  readonly multiple: boolean;
  readonly mandatory: boolean;
  readonly resources: ReadonlyMap<number, ResourceDefinition>;
}

export interface ResourceDefinition {
  readonly id: number;
  readonly name: string;
  /** "" belongs to a Bootstrap-Server alone. */
  readonly operations: "" | "R" | "W" | "RW" | "E";
  readonly multiple: boolean;
  readonly mandatory: boolean;
  /** Undefined for an executable resource. */
  readonly type: ResourceType | undefined;
  /** As the registry spells it, e.g. "0..100"; see parseRange. */
  readonly range?: string;
  /** As the registry spells it, e.g. "V", "/100". */
  readonly unit?: string;
}
