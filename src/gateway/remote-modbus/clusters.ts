/** All instances of 10375: each with its registers, polled for those who observe them. */
import { isDeepStrictEqual } from "node:util";
import type { AdapterModule, Link } from "../../adapter.ts";
import { type Clock, type Millis, SECOND } from "../../clock.ts";
import type { LinkPlan } from "../../devices/devices.ts";
import { DeviceError, Lwm2mError } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import type { ObjectDefinition } from "../../lwm2m/objects/definition.ts";
import { isWithin, makePath, type Path } from "../../lwm2m/path.ts";
import { notDone } from "../../lwm2m/refusals.ts";
import type { Evaluation } from "../../lwm2m/report-rules.ts";
import type { Sample } from "../../lwm2m/sample.ts";
import type { ResourceModel } from "../../lwm2m/tree.ts";
import { Cluster } from "./cluster.ts";
import { type Connections, sameWire } from "./connections.ts";
import { type ClusterSettings, type Content, clusterSettings, describeCluster } from "./content.ts";
import { CLUSTER } from "./objects.ts";
import { seenResources } from "./seen.ts";
import type { ClusterStatus } from "./status.ts";

export interface ClustersOptions {
  readonly adapter: AdapterModule;
  readonly clock: Clock;
  readonly log: Logger;
  readonly openLink: (id: string) => Promise<Link>;
  readonly onChange: (samples: readonly Sample[]) => void;
  readonly connections: Connections;
}

/** How often what is observed is read where nobody says otherwise. */
const USUAL_PERIOD: Millis = 10 * SECOND;
const FASTEST_PERIOD: Millis = SECOND;
const MEASURED: readonly number[] = [CLUSTER.values, CLUSTER.minimum, CLUSTER.maximum];

interface Entry {
  readonly content: Content;
  readonly settings?: ClusterSettings;
  readonly wire?: LinkPlan;
  /** Or why there is none. */
  readonly cluster: Cluster | string;
}

export class Clusters {
  private readonly options: ClustersOptions;
  private known: ReadonlyMap<number, Entry> = new Map();
  /** By observed path. */
  private readonly wishes = new Map<Path, readonly Evaluation[]>();

  constructor(options: ClustersOptions) {
    this.options = options;
  }

  /** What is as it was goes on, with all that was measured. */
  renew(kept: ReadonlyMap<number, Content>): void {
    const before = this.known;
    this.known = new Map([...kept].map(([instance, content]) => [instance, this.entry(instance, content)]));
    for (const [instance, { cluster }] of before) {
      if (cluster instanceof Cluster && this.known.get(instance)?.cluster !== cluster) void cluster.close();
    }
    for (const instance of this.known.keys()) this.steerOne(instance);
  }

  /** The cluster of an instance, where that has just these registers. */
  same(instance: number, settings: ClusterSettings): Cluster | undefined {
    const entry = this.known.get(instance);
    if (entry === undefined || !(entry.cluster instanceof Cluster)) return undefined;
    return isDeepStrictEqual(entry.settings, settings) ? entry.cluster : undefined;
  }

  /** One for these registers, which nobody sees yet, or why there can be none. */
  make(path: Path, settings: ClusterSettings): Cluster | string {
    const wire = this.options.connections.wireOf(settings.connection);
    return typeof wire === "string" ? wire : this.cluster(path, settings, wire);
  }

  /** Reads the registers where any of these resources needs it. Resolves to why that failed. */
  async refresh(instance: number, resources: readonly number[]): Promise<Lwm2mError | undefined> {
    const cluster = this.known.get(instance)?.cluster ?? "it is there no more";
    const path = pathOf(instance);
    if (typeof cluster === "string") return notDone(`${path} could not be read: ${cluster}`);
    if (resources.every((id) => id !== CLUSTER.values && cluster.samples(id).length > 0)) return undefined;
    try {
      await cluster.read();
      return undefined;
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      return notDone(`${path} could not be read: ${error.message}`, { cause: error });
    }
  }

  samples(instance: number, resource: number): readonly Sample[] {
    const cluster = this.known.get(instance)?.cluster;
    return cluster instanceof Cluster ? cluster.samples(resource) : [];
  }

  reset(instance: number): void {
    const cluster = this.known.get(instance)?.cluster;
    if (cluster instanceof Cluster) cluster.reset();
  }

  steer(observed: Path, wishes: readonly Evaluation[]): void {
    if (wishes.length === 0) this.wishes.delete(observed);
    else this.wishes.set(observed, wishes);
    for (const instance of this.known.keys()) this.steerOne(instance);
  }

  models(definition: ObjectDefinition): ReadonlyMap<number, ReadonlyMap<number, ResourceModel>> {
    return new Map(
      [...this.known].map(([instance, { content, settings }]) => {
        const ids = Array.from({ length: settings?.quantity ?? 0 }, (_, id) => id);
        const resources = [...content.keys(), ...MEASURED, CLUSTER.reset];
        return [instance, seenResources(definition, resources, () => ids)];
      }),
    );
  }

  async pauseLink(id: string, reason: string): Promise<void> {
    await Promise.all(this.on(id).map((cluster) => cluster.pause(reason)));
  }

  resumeLink(id: string): void {
    for (const cluster of this.on(id)) cluster.resume();
  }

  status(): readonly ClusterStatus[] {
    return [...this.known].map(([instance, { settings, cluster }]) => {
      const trouble = cluster instanceof Cluster ? cluster.trouble : cluster;
      const every = cluster instanceof Cluster ? cluster.polled : undefined;
      return {
        instance,
        ...(settings === undefined ? {} : { connection: settings.connection, registers: describeCluster(settings) }),
        ...(every === undefined ? {} : { every }),
        ...(trouble === undefined ? {} : { trouble }),
      };
    });
  }

  async close(): Promise<void> {
    const clusters = [...this.known.values()].flatMap(({ cluster }) => (cluster instanceof Cluster ? [cluster] : []));
    this.known = new Map();
    await Promise.all(clusters.map((cluster) => cluster.close()));
  }

  private on(link: string): readonly Cluster[] {
    return [...this.known.values()].flatMap(({ wire, cluster }) =>
      wire?.id === link && cluster instanceof Cluster ? [cluster] : [],
    );
  }

  private entry(instance: number, content: Content): Entry {
    const path = pathOf(instance);
    const settings = settingsOf(content, path);
    if (typeof settings === "string") return { content, cluster: settings };
    const wire = this.options.connections.wireOf(settings.connection);
    if (typeof wire === "string") return { content, settings, cluster: wire };
    const before = this.known.get(instance);
    const same =
      before?.wire !== undefined && sameWire(before.wire, wire) && isDeepStrictEqual(before.settings, settings);
    return { content, settings, wire, cluster: same ? before.cluster : this.cluster(path, settings, wire) };
  }

  private cluster(path: Path, settings: ClusterSettings, { id }: LinkPlan): Cluster {
    const { adapter, clock, log, openLink, onChange, connections } = this.options;
    return new Cluster(path, {
      ...{ settings, adapter, clock, onChange, openLink: () => openLink(id) },
      log: log.child({ link: id, unit: settings.unit }),
      onHeard: () => connections.heard(settings.connection),
    });
  }

  private steerOne(instance: number): void {
    const cluster = this.known.get(instance)?.cluster;
    if (!(cluster instanceof Cluster)) return;
    const path = pathOf(instance);
    const places = MEASURED.map((resource) => makePath({ prefix: "", object: CLUSTER.id, instance, resource }));
    let period: Millis | undefined;
    for (const [observed, wishes] of this.wishes) {
      if (!isWithin(path, observed) && !places.some((place) => isWithin(observed, place))) continue;
      for (const { epmin, epmax } of wishes) {
        period = Math.min(period ?? Infinity, Math.max(USUAL_PERIOD, epmin), epmax);
      }
    }
    cluster.steer(period === undefined ? undefined : Math.max(period, FASTEST_PERIOD));
  }
}

/** Or what is wrong with what is kept. */
function settingsOf(content: Content, path: Path): ClusterSettings | string {
  try {
    return clusterSettings(content, path);
  } catch (error) {
    if (!(error instanceof Lwm2mError)) throw error;
    return error.message;
  }
}

function pathOf(instance: number): Path {
  return makePath({ prefix: "", object: CLUSTER.id, instance });
}
