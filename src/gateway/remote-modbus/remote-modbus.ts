/** Modbus for servers: objects 10374 and 10375 in the gateway's own tree, over what servers made and the store keeps. */
import type { AdapterModule, Link } from "../../adapter.ts";
import type { Clock } from "../../clock.ts";
import type { RemoteModbusSettings } from "../../config/remote-modbus.ts";
import type { LinkPlan } from "../../devices/devices.ts";
import { DeviceError, Lwm2mError } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import type { ObjectCatalogue } from "../../lwm2m/objects/index.ts";
import { makePath, type Path, pathParts } from "../../lwm2m/path.ts";
import { notDone, notFound } from "../../lwm2m/refusals.ts";
import type { Evaluation } from "../../lwm2m/report-rules.ts";
import type { PathValue, Sample } from "../../lwm2m/sample.ts";
import type { StoredBacking, StoredChange } from "../../lwm2m/stored-backing.ts";
import type { Backing, Commit, Edit, Editing, ReadOutcome, TreeModel } from "../../lwm2m/tree.ts";
import { Cluster } from "./cluster.ts";
import { Clusters } from "./clusters.ts";
import { Connections, sameWire } from "./connections.ts";
import { type Content, contentOf } from "./content.ts";
import { checkedEdits, type RegisterWrite } from "./edits.ts";
import { CLUSTER, CONNECTION, type RemoteObjects, seenObjects } from "./objects.ts";
import { lostBetween } from "./seen.ts";
import type { RemoteModbusStatus } from "./status.ts";

export interface RemoteModbusOptions {
  readonly settings: RemoteModbusSettings;
  readonly adapter: AdapterModule;
  readonly catalogue: ObjectCatalogue;
  readonly clock: Clock;
  readonly log: Logger;
  /** Rejects with DeviceError. */
  readonly openLink: (id: string) => Promise<Link>;
  /** Something is another now that servers see. */
  readonly onChange: (samples: readonly Sample[]) => void;
  /** `plans` gives others now; resolves when the links are open to be used. */
  readonly onLinks: () => Promise<void>;
}

export class RemoteModbus implements Backing {
  readonly prefix = "";
  readonly editing: Editing;
  private readonly options: RemoteModbusOptions;
  private readonly objects: RemoteObjects;
  private readonly stored: StoredBacking;
  private readonly connections: Connections;
  private readonly clusters: Clusters;
  private seen: TreeModel = new Map();
  /** Links that were asked for can be opened when this is done. */
  private ready: Promise<void> = Promise.resolve();
  private adopting = false;

  /** `stored` keeps what servers make, and the other objects that they fill. */
  constructor(options: RemoteModbusOptions, stored: StoredBacking) {
    const { settings, adapter, catalogue, clock, log, onChange } = options;
    const openLink = async (id: string): Promise<Link> => {
      await this.ready;
      return options.openLink(id);
    };
    this.options = options;
    this.stored = stored;
    this.objects = seenObjects(catalogue);
    this.connections = new Connections({ settings, adapter, clock, log, openLink, onChange });
    this.clusters = new Clusters({ adapter, clock, log, openLink, onChange, connections: this.connections });
    this.editing = {
      objects: stored.editing.objects,
      freeInstance: (object) => stored.editing.freeInstance(object),
      prepare: (edits) => this.prepare(edits),
    };
  }

  get model(): TreeModel {
    return this.seen;
  }

  /** The links of the configuration as they are from now on; `begin` is called when they can be opened. */
  async adopt(links: ReadonlyMap<string, LinkPlan>): Promise<void> {
    this.adopting = true;
    this.connections.adopt(links);
    try {
      const edits = this.connections.missingLinks(this.contents(CONNECTION.id), (object) =>
        this.stored.editing.freeInstance(object),
      );
      for (const made of edits) await this.stored.editing.prepare(made)();
    } catch (error) {
      // The disk takes nothing: the rest is there.
      if (!(error instanceof Lwm2mError)) throw error;
      this.options.log.error({ code: "LG550", reason: error.message }, "links could not be given to servers");
    }
    this.renew();
    this.adopting = false;
  }

  /** The links that were made for servers, beside those of the configuration. */
  plans(links: ReadonlyMap<string, LinkPlan>): ReadonlyMap<string, LinkPlan> {
    return new Map([...links, ...this.connections.plans.map((plan) => [plan.id, plan] as const)]);
  }

  /** Ids of the links that are to be open. */
  get used(): readonly string[] {
    return this.connections.plans.map(({ id }) => id);
  }

  /** The links can be opened. */
  begin(): void {
    this.connections.begin();
  }

  /** The store has something else now: what servers are to hear of it. */
  changed(change: StoredChange): StoredChange {
    const before = this.seen;
    const { plans } = this.connections;
    const samples = this.renew();
    const news = [...change.samples.filter(({ path }) => this.isSeen(path)), ...samples];
    const removed = [...change.removed.filter((path) => !isServed(path)), ...lostBetween(before, this.seen)];
    if (!this.adopting) {
      if (sameWires(plans, this.connections.plans)) this.begin();
      else this.openLinks();
    }
    return { ...change, samples: news, removed };
  }

  async read(resources: readonly Path[]): Promise<readonly ReadOutcome[]> {
    const asked = [...new Set(resources.filter(isMeasured).map(instanceOf))];
    const failures = new Map<number, Lwm2mError>();
    await Promise.all(
      asked.map(async (instance) => {
        const wanted = resources.filter((path) => isMeasured(path) && instanceOf(path) === instance);
        const failure = await this.clusters.refresh(
          instance,
          wanted.map((path) => pathParts(path).resource ?? -1),
        );
        if (failure !== undefined) failures.set(instance, failure);
      }),
    );
    const rest = await this.stored.read(resources);
    return resources.map((path, i) => {
      if (!isServed(path)) return rest[i] ?? [];
      const failure = isMeasured(path) ? failures.get(instanceOf(path)) : undefined;
      return failure ?? this.samples(path);
    });
  }

  prepareWrite(values: readonly PathValue[]): Commit {
    return this.prepare(values.map((value) => ({ type: "set", ...value })));
  }

  async execute(resource: Path): Promise<void> {
    const parts = pathParts(resource);
    if (parts.object === CLUSTER.id && parts.resource === CLUSTER.reset) this.clusters.reset(parts.instance ?? -1);
    else await this.stored.execute(resource);
  }

  /** What stands at the path of a value, as far as it is known. */
  latest(path: Path): Sample | undefined {
    if (!isServed(path)) return this.stored.latest(path);
    const { resourceInstance: _id, ...parts } = pathParts(path);
    return this.samples(makePath(parts)).find((sample) => sample.path === path);
  }

  /** What those who observe this very path wish how often it is read; none: nobody observes it. */
  steer(observed: Path, wishes: readonly Evaluation[]): void {
    this.clusters.steer(observed, wishes);
  }

  async pauseLink(id: string, reason: string): Promise<void> {
    this.connections.pauseLink(id, reason);
    await this.clusters.pauseLink(id, reason);
  }

  resumeLink(id: string): void {
    this.connections.resumeLink(id);
    this.clusters.resumeLink(id);
  }

  status(): RemoteModbusStatus {
    return { connections: this.connections.status(), clusters: this.clusters.status() };
  }

  async close(): Promise<void> {
    this.connections.close();
    await this.clusters.close();
  }

  private openLinks(): void {
    this.ready = this.options.onLinks().then(() => this.begin());
  }

  private prepare(edits: readonly Edit[]): Commit {
    const { kept, written } = checkedEdits(edits, {
      keptOf: (object, instance) => this.contentAt(object, instance),
      seenOf: (object, instance) =>
        object === CONNECTION.id ? this.connections.seenOf(instance) : this.contentAt(object, instance),
      write: this.options.settings.write,
    });
    const keep = kept.length === 0 ? undefined : this.stored.editing.prepare(kept);
    // The device fails more often than the disk.
    return async () => {
      for (const write of written) await this.write(write);
      await keep?.();
    };
  }

  /** By the cluster that is there, or by one for this write alone where it changes what the cluster is. */
  private async write({ path, settings, runs }: RegisterWrite): Promise<void> {
    const known = this.clusters.same(pathParts(path).instance ?? -1, settings);
    const cluster = known ?? this.clusters.make(path, settings);
    try {
      if (!(cluster instanceof Cluster)) throw notDone(`${path} was not written: ${cluster}`);
      await cluster.write(runs);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      throw notDone(`${path}/${CLUSTER.values} was not written: ${error.message}`, { cause: error });
    } finally {
      if (known === undefined && cluster instanceof Cluster) await cluster.close();
    }
  }

  /** Everything anew from what is kept; what is as it was goes on. Returns what servers see otherwise. */
  private renew(): readonly Sample[] {
    const samples = this.connections.renew(this.contents(CONNECTION.id));
    this.clusters.renew(this.contents(CLUSTER.id));
    this.seen = new Map([
      ...this.stored.model,
      [
        CONNECTION.id,
        { definition: this.objects.connection, instances: this.connections.models(this.objects.connection) },
      ],
      [CLUSTER.id, { definition: this.objects.cluster, instances: this.clusters.models(this.objects.cluster) }],
    ]);
    return samples;
  }

  private samples(resource: Path): ReadOutcome & readonly Sample[] {
    const { object, instance = -1, resource: id = -1 } = pathParts(resource);
    if (object === CONNECTION.id) return this.connections.samples(instance, id);
    if (isMeasured(resource)) return this.clusters.samples(instance, id);
    const kept = this.stored.latest(resource);
    return kept === undefined ? [] : [kept];
  }

  private isSeen(path: Path): boolean {
    const { object = -1, instance = -1, resource = -1 } = pathParts(path);
    return this.seen.get(object)?.instances.get(instance)?.has(resource) === true;
  }

  private contents(object: number): ReadonlyMap<number, Content> {
    const instances = [...(this.stored.model.get(object)?.instances.keys() ?? [])].sort((a, b) => a - b);
    return new Map(instances.map((instance) => [instance, this.contentAt(object, instance) ?? new Map()]));
  }

  private contentAt(object: number, instance: number): Content | undefined {
    const values = this.stored.valuesOf(object, instance);
    return values === undefined ? undefined : contentOf(values);
  }
}

function sameWires(before: readonly LinkPlan[], after: readonly LinkPlan[]): boolean {
  return before.length === after.length && before.every((plan) => after.some((other) => sameWire(plan, other)));
}

function isServed(path: Path): boolean {
  const { object } = pathParts(path);
  return object === CONNECTION.id || object === CLUSTER.id;
}

/** Of what comes from the device. */
function isMeasured(path: Path): boolean {
  const { object, resource } = pathParts(path);
  if (object !== CLUSTER.id) return false;
  return resource === CLUSTER.values || resource === CLUSTER.minimum || resource === CLUSTER.maximum;
}

function instanceOf(path: Path): number {
  const { instance } = pathParts(path);
  if (instance === undefined) throw notFound(path);
  return instance;
}
