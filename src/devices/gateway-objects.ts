/** The gateway's own objects: Device (object 3, Core TS E.4) and LwM2M Gateway (object 25 v2.0, Gateway TS 1.1). */
import type { Clock } from "../clock.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import type { PathValue, Sample } from "../lwm2m/sample.ts";
import type { Backing, ReadOutcome, TreeModel } from "../lwm2m/tree.ts";

/** What object 3 of the gateway says; absent resources do not exist. */
export interface GatewayIdentity {
  readonly manufacturer: string;
  readonly model: string;
  readonly serial?: string;
  /** The version of this program. */
  readonly version: string;
}

/** Memory of the machine in bytes. */
export interface Memory {
  readonly free: number;
  readonly total: number;
}

/** Object 3 of the gateway itself. */
export declare class GatewayDeviceBacking implements Backing {
  readonly prefix: "";
  readonly model: TreeModel;
  /** `definition`: object 3. `memory` is asked at each read. */
  constructor(definition: ObjectDefinition, identity: GatewayIdentity, memory: () => Memory, clock: Clock);
  read(resources: Parameters<Backing["read"]>[0]): Promise<readonly ReadOutcome[]>;
  write(values: readonly PathValue[]): Promise<void>;
  execute(resource: Parameters<Backing["execute"]>[0], args: string): Promise<void>;
}

/** One device behind the gateway: one instance of object 25. */
export interface GatewayEntry {
  /** The instance: assigned once, like the prefix. */
  readonly instance: number;
  readonly deviceId: string;
  readonly prefix: string;
  /** Its objects and instances in link-format, without prefix, e.g. `</3/0>,</3303>;ver=1.1,</3303/0>`. */
  readonly objects: string;
}

/** Object 25 v2.0. */
export declare class GatewayObjectBacking implements Backing {
  readonly prefix: "";
  readonly model: TreeModel;
  /** `definition`: object 25 v2.0. */
  constructor(definition: ObjectDefinition, entries: () => readonly GatewayEntry[], clock: Clock);
  /** What changed since the last call (the first: everything), as samples; what is gone has none. */
  changes(): readonly Sample[];
  read(resources: Parameters<Backing["read"]>[0]): Promise<readonly ReadOutcome[]>;
  write(values: readonly PathValue[]): Promise<void>;
  execute(resource: Parameters<Backing["execute"]>[0], args: string): Promise<void>;
}
