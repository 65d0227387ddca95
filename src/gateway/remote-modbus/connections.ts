/** All instances of 10374: where each leads to, and how it fares. */
import type { AdapterModule, Link } from "../../adapter.ts";
import type { Clock } from "../../clock.ts";
import type { RemoteModbusSettings } from "../../config/remote-modbus.ts";
import type { LinkPlan } from "../../devices/devices.ts";
import { sameLink } from "../../devices/same-plan.ts";
import type { Logger } from "../../log.ts";
import type { ObjectDefinition } from "../../lwm2m/objects/definition.ts";
import { makePath, type Path } from "../../lwm2m/path.ts";
import { type Sample, sameValue } from "../../lwm2m/sample.ts";
import type { Edit, ResourceModel } from "../../lwm2m/tree.ts";
import { ConnectionWatch } from "./connection-watch.ts";
import { type Content, linkOf, textAt } from "./content.ts";
import { CONNECTION, STATE, type State } from "./objects.ts";
import { seenResources } from "./seen.ts";
import type { ConnectionStatus } from "./status.ts";
import { availablePorts, describedLink, type Target, targetsOf } from "./target.ts";

export interface ConnectionsOptions {
  readonly settings: RemoteModbusSettings;
  readonly adapter: AdapterModule;
  readonly clock: Clock;
  readonly log: Logger;
  readonly openLink: (id: string) => Promise<Link>;
  readonly onChange: (samples: readonly Sample[]) => void;
}

interface Connection {
  /** As servers see it, without state and ports. */
  readonly seen: Content;
  readonly link?: string;
  readonly target: Target;
  readonly watch?: ConnectionWatch;
}

export class Connections {
  private readonly options: ConnectionsOptions;
  private links: ReadonlyMap<string, LinkPlan> = new Map();
  private known: ReadonlyMap<number, Connection> = new Map();

  constructor(options: ConnectionsOptions) {
    this.options = options;
  }

  /** The links of the configuration from the next `renew` on. */
  adopt(links: ReadonlyMap<string, LinkPlan>): void {
    this.links = links;
  }

  /** What makes instances for the shared links that have none yet, an instance at a time. */
  *missingLinks(kept: ReadonlyMap<number, Content>, free: (object: number) => number): Iterable<readonly Edit[]> {
    const there = new Set([...kept.values()].map(linkOf));
    for (const link of this.options.settings.links) {
      if (there.has(link)) continue;
      const instance = { prefix: "", object: CONNECTION.id, instance: free(CONNECTION.id) };
      yield [
        { type: "create", path: makePath(instance) },
        { type: "set", path: makePath({ ...instance, resource: CONNECTION.enable }), value: true },
        { type: "set", path: makePath({ ...instance, resource: CONNECTION.link }), value: link },
      ];
    }
  }

  /** What is as it was goes on; returns what servers see otherwise. */
  renew(kept: ReadonlyMap<number, Content>): readonly Sample[] {
    const { settings, adapter } = this.options;
    const before = this.known;
    const shown = new Map(
      [...kept].filter(([, content]) => {
        const link = linkOf(content);
        return link === undefined || settings.links.includes(link);
      }),
    );
    const targets = targetsOf(shown, { settings, adapter, links: this.links });
    const now = new Map(
      [...shown].map(([instance, content]) => {
        const target = targets.get(instance) ?? { type: "disabled" };
        return [instance, this.connection(instance, { content, target })] as const;
      }),
    );
    this.known = now;
    for (const [instance, { watch }] of before) if (now.get(instance)?.watch !== watch) watch?.close();
    return [...now].flatMap(([instance, connection]) => this.changes(instance, before.get(instance), connection));
  }

  /** The links can be opened. */
  begin(): void {
    for (const { watch } of this.known.values()) watch?.begin();
  }

  /** The links that enabled instances use, each once. */
  get plans(): readonly LinkPlan[] {
    const plans = [...this.known.values()].flatMap(({ target }) => (target.type === "link" ? [target.plan] : []));
    return [...new Map(plans.map((plan) => [plan.id, plan])).values()];
  }

  /** The link of an instance, or why it has none. */
  wireOf(instance: number): LinkPlan | string {
    const path = pathOf(instance);
    const target = this.known.get(instance)?.target;
    if (target === undefined) return `there is no ${path}`;
    switch (target.type) {
      case "link":
        return target.plan;
      case "disabled":
        return `${path} is disabled (Enable, ${CONNECTION.enable})`;
      case "refused":
        return `${path} leads nowhere: ${target.reason}`;
    }
  }

  /** Something came from the wire of this instance. */
  heard(instance: number): void {
    this.known.get(instance)?.watch?.look();
  }

  seenOf(instance: number): Content | undefined {
    return this.known.get(instance)?.seen;
  }

  samples(instance: number, resource: number): readonly Sample[] {
    const connection = this.known.get(instance);
    if (connection === undefined) return [];
    const at = { prefix: "", object: CONNECTION.id, instance, resource };
    const time = this.options.clock.wall();
    if (resource === CONNECTION.ports) {
      return this.ports.map((value, id) => ({ path: makePath({ ...at, resourceInstance: id }), value, time }));
    }
    const value = resource === CONNECTION.state ? stateOf(connection) : connection.seen.get(resource);
    return value === undefined ? [] : [{ path: makePath(at), value, time }];
  }

  models(definition: ObjectDefinition): ReadonlyMap<number, ReadonlyMap<number, ResourceModel>> {
    const ports = this.ports.map((_, id) => id);
    const always = ports.length === 0 ? [CONNECTION.state] : [CONNECTION.ports, CONNECTION.state];
    return new Map(
      [...this.known].map(([instance, { seen }]) => [
        instance,
        seenResources(definition, [...seen.keys(), ...always], () => ports),
      ]),
    );
  }

  pauseLink(id: string, reason: string): void {
    for (const watch of this.watchesOf(id)) watch.pause(reason);
  }

  resumeLink(id: string): void {
    for (const watch of this.watchesOf(id)) watch.resume();
  }

  status(): readonly ConnectionStatus[] {
    return [...this.known].map(([instance, connection]) => {
      const { seen, link, target, watch } = connection;
      const reason = target.type === "refused" ? target.reason : watch?.reason;
      return {
        instance,
        address: textAt(seen, CONNECTION.address),
        ...(link === undefined ? {} : { link }),
        state: STATES[stateOf(connection)],
        ...(reason === undefined ? {} : { reason }),
      };
    });
  }

  close(): void {
    for (const { watch } of this.known.values()) watch?.close();
  }

  private watchesOf(link: string): readonly ConnectionWatch[] {
    return [...this.known.values()].flatMap(({ target, watch }) =>
      target.type === "link" && target.plan.id === link && watch !== undefined ? [watch] : [],
    );
  }

  private connection(
    instance: number,
    { content, target }: { readonly content: Content; readonly target: Target },
  ): Connection {
    const before = this.known.get(instance);
    if (target.type === "refused") this.tellRefused(instance, target.reason, before?.target);
    const same = target.type === "link" && before?.target.type === "link" && sameWire(before.target.plan, target.plan);
    const watch = target.type !== "link" ? undefined : same ? before?.watch : this.watch(instance, target.plan.id);
    const link = linkOf(content);
    return {
      seen: link === undefined ? content : this.seenLink(link, content),
      ...(link === undefined ? {} : { link }),
      target,
      ...(watch === undefined ? {} : { watch }),
    };
  }

  private seenLink(link: string, content: Content): Content {
    const plan = this.links.get(link);
    const enable = content.get(CONNECTION.enable) ?? false;
    return new Map([...(plan === undefined ? [] : describedLink(plan)), [CONNECTION.enable, enable]]);
  }

  private watch(instance: number, link: string): ConnectionWatch {
    const { adapter, clock, openLink, onChange } = this.options;
    return new ConnectionWatch({
      ...{ adapter, clock, openLink: () => openLink(link) },
      onChange: () => onChange(this.samples(instance, CONNECTION.state)),
    });
  }

  private tellRefused(instance: number, reason: string, before: Target | undefined): void {
    if (before?.type === "refused" && before.reason === reason) return;
    this.options.log.warn(
      { code: "LG550", path: pathOf(instance), reason },
      "a Modbus connection is not possible: its State is 3",
    );
  }

  private changes(instance: number, before: Connection | undefined, now: Connection): readonly Sample[] {
    const changed = [...now.seen].filter(([id, value]) => {
      const old = before?.seen.get(id);
      return old === undefined || !sameValue(old, value);
    });
    const sameState = before !== undefined && stateOf(before) === stateOf(now);
    const ids = [...changed.map(([id]) => id), ...(sameState ? [] : [CONNECTION.state])];
    return ids.flatMap((id) => this.samples(instance, id));
  }

  private get ports(): readonly string[] {
    const { settings, adapter } = this.options;
    return availablePorts({ settings, adapter, links: this.links });
  }
}

const STATES = {
  [STATE.disabled]: "disabled",
  [STATE.connecting]: "connecting",
  [STATE.connected]: "connected",
  [STATE.invalid]: "invalid",
  [STATE.failed]: "failed",
} as const;

function stateOf({ target, watch }: Connection): State {
  switch (target.type) {
    case "disabled":
      return STATE.disabled;
    case "refused":
      return STATE.invalid;
    case "link":
      return watch?.state ?? STATE.connecting;
  }
}

export function sameWire(a: LinkPlan, b: LinkPlan): boolean {
  return a.id === b.id && sameLink(a, b);
}

function pathOf(instance: number): Path {
  return makePath({ prefix: "", object: CONNECTION.id, instance });
}
