/** The gateway's own objects: Device (object 3, Core TS E.4) and LwM2M Gateway (object 25 v2.0, Gateway TS 1.1). */
import { type Clock, SECOND, type UnixMillis } from "../clock.ts";
import { Lwm2mError } from "../errors.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import { makePath, type Path, pathParts } from "../lwm2m/path.ts";
import { type Sample, sameValue, type Value } from "../lwm2m/sample.ts";
import type { Backing, ReadOutcome, ResourceModel, TreeModel } from "../lwm2m/tree.ts";

/** What object 3 of the gateway says; absent resources do not exist. */
export interface GatewayIdentity {
  readonly manufacturer: string;
  readonly model: string;
  readonly serial?: string;
  /** The version of this program. */
  readonly version: string;
}

/** The file system on which the gateway keeps its data, in bytes: what Memory Free and Memory Total mean. */
export interface Storage {
  readonly free: number;
  readonly total: number;
}

export interface GatewayDeviceSettings {
  /** Object 3. */
  readonly definition: ObjectDefinition;
  readonly identity: GatewayIdentity;
  /** Asked at each read. */
  readonly storage: () => Storage;
  readonly clock: Clock;
}

/** Object 3 of the gateway itself. It cannot be rebooted or set by a server: Execute and Write answer 4.05. */
export class GatewayDeviceBacking implements Backing {
  readonly prefix = "";
  readonly model: TreeModel;
  private readonly settings: GatewayDeviceSettings;

  constructor(settings: GatewayDeviceSettings) {
    const { definition } = settings;
    const resources = modelOf(definition, [...Object.keys(deviceValues(settings)).map(Number), REBOOT]);
    this.model = new Map([[definition.id, { definition, instances: new Map([[0, resources]]) }]]);
    this.settings = settings;
  }

  async read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    const values = deviceValues(this.settings);
    const time = this.settings.clock.wall();
    return resources.map((resource) => {
      const value = values[pathParts(resource).resource ?? -1];
      if (value === undefined) return [];
      const multiple = this.settings.definition.resources.get(pathParts(resource).resource ?? -1)?.multiple;
      return [{ path: multiple ? (`${resource}/0` as Path) : resource, value, time }];
    });
  }

  async write(): Promise<void> {
    throw notAllowed("object 3 of the gateway cannot be written");
  }

  async execute(): Promise<void> {
    throw notAllowed("object 3 of the gateway cannot be executed");
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
  private readonly clock: Clock;
  private readonly resources: ReadonlyMap<number, ResourceModel>;
  private samples: ReadonlyMap<Path, Sample> = new Map();
  private tree: TreeModel;

  /** `definition`: object 25 v2.0. */
  constructor(definition: ObjectDefinition, clock: Clock) {
    this.definition = definition;
    this.clock = clock;
    this.resources = modelOf(definition, Object.values(GATEWAY_RESOURCE));
    this.tree = this.treeOf([]);
  }

  get model(): TreeModel {
    return this.tree;
  }

  /** These are the devices now. Returns what is new or changed, as samples; what is gone has none. */
  update(entries: readonly GatewayEntry[]): readonly Sample[] {
    const before = this.samples;
    const time = this.clock.wall();
    const samples = new Map<Path, Sample>();
    for (const sample of entries.flatMap((entry) => this.samplesOf(entry, time))) {
      const old = before.get(sample.path);
      samples.set(sample.path, old !== undefined && sameValue(old.value, sample.value) ? old : sample);
    }
    this.samples = samples;
    this.tree = this.treeOf(entries);
    return [...samples.values()].filter((sample) => before.get(sample.path) !== sample);
  }

  async read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    return resources.map((resource) => {
      const sample = this.samples.get(resource);
      return sample === undefined ? [] : [sample];
    });
  }

  async write(): Promise<void> {
    throw notAllowed("object 25 cannot be written");
  }

  async execute(): Promise<void> {
    throw notAllowed("object 25 cannot be executed");
  }

  private treeOf(entries: readonly GatewayEntry[]): TreeModel {
    const instances = [...entries].sort((a, b) => a.instance - b.instance).map((entry) => entry.instance);
    const { definition, resources } = this;
    return new Map([[definition.id, { definition, instances: new Map(instances.map((id) => [id, resources])) }]]);
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

const GATEWAY_RESOURCE = { deviceId: 0, prefix: 1, objects: 3 } as const;
const REBOOT = 4;
/** Memory Free and Memory Total count kilobytes of 1000 bytes. */
const KILOBYTE = 1000;
/** CoAP response code 4.05. */
const METHOD_NOT_ALLOWED = 0x85;

/** By resource ID of object 3; Error Code has one instance, 0: no error. */
function deviceValues({ identity, storage, clock }: GatewayDeviceSettings): Readonly<Record<number, Value>> {
  const { free, total } = storage();
  return {
    0: identity.manufacturer,
    1: identity.model,
    ...(identity.serial === undefined ? {} : { 2: identity.serial }),
    3: identity.version,
    10: Math.floor(free / KILOBYTE),
    11: 0,
    13: Math.floor(clock.wall() / SECOND),
    16: "U",
    21: Math.floor(total / KILOBYTE),
  };
}

/** Nothing here can be written or executed; what is executable by its definition is there and refuses. */
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

function notAllowed(message: string): Lwm2mError {
  return new Lwm2mError(METHOD_NOT_ALLOWED, message);
}
