/** The gateway's own objects: Device (object 3, Core TS E.4) and LwM2M Gateway (object 25 v2.0, Gateway TS 1.1). */
import { type Clock, SECOND, type UnixMillis } from "../clock.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import { makePath, type Path, pathParts } from "../lwm2m/path.ts";
import { notAllowed } from "../lwm2m/refusals.ts";
import { type PathValue, type Sample, sameValue, type Value } from "../lwm2m/sample.ts";
import type { Backing, Commit, ReadOutcome, ResourceModel, TreeModel } from "../lwm2m/tree.ts";

/** What object 3 of the gateway says; absent resources do not exist. */
export interface GatewayIdentity {
  readonly manufacturer: string;
  readonly model: string;
  readonly serial?: string;
  /** The version of this program. */
  readonly version: string;
  /** Supported Binding and Modes: letters of the bindings in use; "U" where nothing is said. */
  readonly bindings?: string;
}

/** In bytes: the file system that holds the gateway's data. Memory Free and Memory Total mean storage, not RAM (Core TS E.4). */
export interface Memory {
  readonly free: number;
  readonly total: number;
}

/** What a server may have done to the machine. Each throws, or rejects with, Lwm2mError where it is not to be. */
export interface MachineControl {
  /** Whether Factory Reset and a Current Time that can be written are shown. */
  readonly offered: boolean;
  /** Returns before it happens, so that there is time for an answer. */
  reboot(): void;
  /** Of what servers wrote, prefixes and history: as `reboot`. */
  factoryReset(): void;
  setClock(time: UnixMillis): Promise<void>;
}

/** The machine that the gateway runs on. */
export interface Host {
  /** Asked at each read; undefined where nobody knows now. */
  readonly memory: () => Memory | undefined;
  readonly control: MachineControl;
}

/** Object 3 of the gateway itself. */
export class GatewayDeviceBacking implements Backing {
  readonly prefix = "";
  readonly model: TreeModel;
  private readonly definition: ObjectDefinition;
  private readonly identity: GatewayIdentity;
  private readonly host: Host;
  private readonly clock: Clock;

  /** `definition`: object 3. */
  constructor(definition: ObjectDefinition, identity: GatewayIdentity, host: Host, clock: Clock) {
    this.definition = definition;
    this.identity = identity;
    this.host = host;
    this.clock = clock;
    const { offered } = host.control;
    const shown = [...Object.keys(this.values()).map(Number), REBOOT, ...(offered ? [FACTORY_RESET] : [])];
    const resources = new Map(modelOf(definition, shown));
    for (const id of offered ? [REBOOT, FACTORY_RESET, CURRENT_TIME] : [REBOOT]) allow(resources, id);
    this.model = new Map([[definition.id, { definition, instances: new Map([[0, resources]]) }]]);
  }

  async read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    const values = this.values();
    const time = this.clock.wall();
    return resources.map((path) => {
      const parts = pathParts(path);
      const id = parts.resource ?? -1;
      const value = values[id];
      if (value === undefined) return [];
      const multiple = this.definition.resources.get(id)?.multiple ?? false;
      return [{ path: multiple ? makePath({ ...parts, resourceInstance: 0 }) : path, value, time }];
    });
  }

  /** Of what is in the model Current Time alone can be written. */
  prepareWrite(values: readonly PathValue[]): Commit {
    return async () => {
      for (const { value } of values) await this.host.control.setClock(Number(value) * SECOND);
    };
  }

  async execute(resource: Path): Promise<void> {
    if (pathParts(resource).resource === REBOOT) this.host.control.reboot();
    else this.host.control.factoryReset();
  }

  /** What is true now of a resource or its instance, for those who are told unasked: nobody says when the clock moves. */
  latest(path: Path): Sample | undefined {
    const { object, resource = -1 } = pathParts(path);
    const value = object === this.definition.id ? this.values()[resource] : undefined;
    return value === undefined ? undefined : { path, value, time: this.clock.wall() };
  }

  /** By resource ID; Error Code has one instance, 0: no error. */
  private values(): Readonly<Record<number, Value>> {
    const { identity } = this;
    const memory = this.host.memory();
    return {
      0: identity.manufacturer,
      1: identity.model,
      ...(identity.serial === undefined ? {} : { 2: identity.serial }),
      3: identity.version,
      ...(memory === undefined ? {} : { 10: Math.floor(memory.free / KILOBYTE) }),
      11: 0,
      13: Math.floor(this.clock.wall() / SECOND),
      16: identity.bindings ?? "U",
      ...(memory === undefined ? {} : { 21: Math.floor(memory.total / KILOBYTE) }),
    };
  }
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

/** Object 25 v2.0: which devices there are, and what each has. Read-only. */
export class GatewayObjectBacking implements Backing {
  readonly prefix = "";
  private readonly definition: ObjectDefinition;
  private readonly entries: () => readonly GatewayEntry[];
  private readonly clock: Clock;
  private readonly resources: ReadonlyMap<number, ResourceModel>;
  private view: GatewayView | undefined;
  private told: ReadonlyMap<Path, Sample> = new Map();

  /** `definition`: object 25 v2.0. `entries` is asked at first, and then by `changes`: call it when they may have changed. */
  constructor(definition: ObjectDefinition, entries: () => readonly GatewayEntry[], clock: Clock) {
    this.definition = definition;
    this.entries = entries;
    this.clock = clock;
    this.resources = modelOf(definition, Object.values(GATEWAY_RESOURCE));
  }

  get model(): TreeModel {
    return this.current().model;
  }

  /** Takes the entries as they are now. Returns what is new since the last call (at first: everything); what is gone has no sample. */
  changes(): readonly Sample[] {
    const { samples } = this.look();
    const before = this.told;
    this.told = samples;
    return [...samples.values()].filter((sample) => before.get(sample.path) !== sample);
  }

  async read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    const { samples } = this.current();
    return resources.map((resource) => {
      const sample = samples.get(resource);
      return sample === undefined ? [] : [sample];
    });
  }

  prepareWrite(): Commit {
    throw notAllowed("object 25 cannot be written");
  }

  async execute(): Promise<void> {
    throw notAllowed("object 25 cannot be executed");
  }

  /** A thousand devices are not listed anew for each path of a request. */
  private current(): GatewayView {
    return this.view ?? this.look();
  }

  private look(): GatewayView {
    const entries = [...this.entries()].sort((a, b) => a.instance - b.instance);
    const { definition, resources } = this;
    const instances = new Map(entries.map(({ instance }) => [instance, resources]));
    const samples = new Map<Path, Sample>();
    const time = this.clock.wall();
    for (const sample of entries.flatMap((entry) => this.samplesOf(entry, time))) {
      const old = this.view?.samples.get(sample.path);
      samples.set(sample.path, old !== undefined && sameValue(old.value, sample.value) ? old : sample);
    }
    this.view = { model: new Map([[definition.id, { definition, instances }]]), samples };
    return this.view;
  }

  private samplesOf({ instance, deviceId, prefix, objects }: GatewayEntry, time: UnixMillis): Sample[] {
    const sample = (resource: number, value: string): Sample => ({
      path: makePath({ prefix: "", object: this.definition.id, instance, resource }),
      value,
      time,
    });
    return [
      sample(GATEWAY_RESOURCE.deviceId, deviceId),
      sample(GATEWAY_RESOURCE.prefix, prefix),
      sample(GATEWAY_RESOURCE.objects, objects),
    ];
  }
}

interface GatewayView {
  readonly model: TreeModel;
  /** In order of instance and resource; a value that stays keeps its time. */
  readonly samples: ReadonlyMap<Path, Sample>;
}

const GATEWAY_RESOURCE = { deviceId: 0, prefix: 1, objects: 3 } as const;
const REBOOT = 4;
const FACTORY_RESET = 5;
const CURRENT_TIME = 13;
/** Memory Free and Memory Total count kilobytes of 1000 bytes. */
const KILOBYTE = 1000;

/** With all that its definition allows. */
function allow(resources: Map<number, ResourceModel>, id: number): void {
  const found = resources.get(id);
  if (found !== undefined) resources.set(id, { ...found, operations: found.definition.operations });
}

/** Nothing here can be written or executed. */
function modelOf(definition: ObjectDefinition, ids: readonly number[]): ReadonlyMap<number, ResourceModel> {
  const resources = new Map<number, ResourceModel>();
  for (const id of [...ids].sort((a, b) => a - b)) {
    const found = definition.resources.get(id);
    if (found === undefined) continue;
    const operations = found.operations.includes("R") ? "R" : "";
    resources.set(id, { definition: found, operations, ...(found.multiple ? { instances: [0] } : {}) });
  }
  return resources;
}
