import type { AdapterModule, Ask, Link } from "../adapter.ts";
import type { Clock, Millis, Random, UnixMillis } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import type { BackedTree } from "../lwm2m/tree.ts";
import type { DevicePlan } from "../mapping/plan-types.ts";
import { Device, type DeviceObserver } from "./device.ts";
import { DeviceTarget } from "./device-target.ts";
import { Halts } from "./halts.ts";
import { type LinkStatus, OpenLinks } from "./open-links.ts";
import type { LinkPause } from "./paused-links.ts";
import { samePlan } from "./same-plan.ts";
import { SharedTrees } from "./shared-trees.ts";
import { ValueRows } from "./value-rows.ts";

/** A link as the configuration describes it; `LinkSettings` of config/ is one. */
export interface LinkPlan {
  readonly id: string;
  readonly adapter: AdapterModule;
  /** Parsed by the adapter's `link` schema. */
  readonly options: unknown;
}

/** A device with the place that the store gave it. */
export interface PlacedDevice {
  readonly plan: DevicePlan;
  readonly prefix: string;
}

/** Ids of devices, in the order of the plan. */
export interface DevicesChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Stopped and started again: the plan, the prefix or the link is another. */
  readonly changed: readonly string[];
}

export interface DevicesListener extends DeviceObserver {
  /** Nothing may be asked on this link now; resolves when whoever uses it beside the devices has let it go. */
  onLinkPaused?(link: string, reason: string): Promise<void>;
  onLinkResumed?(link: string): void;
  /** The devices are those of the new plan, and the new ones about to start; not called where nothing changed. */
  onDevicesChanged(change: DevicesChange): void;
}

export interface DevicesSettings {
  /** Object 3, for devices whose mapping has none. */
  readonly deviceObject: ObjectDefinition;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** A few milliseconds of work. */
const STARTED_AT_ONCE = 10;

/** The running devices, and the links that they need. */
export class Devices {
  private readonly settings: DevicesSettings;
  private readonly listener: DevicesListener;
  private readonly links: OpenLinks;
  private readonly halts: Halts;
  private readonly rows = new ValueRows();
  private running: ReadonlyMap<string, Running> = new Map();
  private prefixes: ReadonlyMap<string, Device> = new Map();
  /** What each request looks up: by way of the device it would be one far place in memory more. */
  private trees: ReadonlyMap<string, BackedTree> = new Map();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(settings: DevicesSettings, listener: DevicesListener) {
    this.settings = settings;
    this.listener = listener;
    this.links = new OpenLinks(settings);
    this.halts = new Halts({
      ...{ clock: settings.clock, log: settings.log, links: this.links },
      on: (link) => this.on(link),
      get: (id) => this.get(id),
      onPauseOver: (id) => void this.resumeLink(id),
      onLinkPaused: async (link, reason) => this.listener.onLinkPaused?.(link, reason),
      onLinkResumed: (link) => this.listener.onLinkResumed?.(link),
    });
  }

  /**
   * Makes the running devices those of the plan: equal ones are untouched. Calls are done one after the other. `links`: all
   * that there are; `kept`: ids of those that others than devices use, and which stay open for them.
   */
  apply(
    devices: readonly PlacedDevice[],
    links: ReadonlyMap<string, LinkPlan>,
    kept: readonly string[] = [],
  ): Promise<DevicesChange> {
    return this.inTurn(() => this.change(devices, links, kept));
  }

  /** What `apply` would do now. */
  preview(devices: readonly PlacedDevice[], links: ReadonlyMap<string, LinkPlan>): DevicesChange {
    return this.compare(devices, links);
  }

  /** By how much the latest of what was due has missed its time; 0: nothing has. */
  overdue(): Millis {
    return this.list().reduce((most, device) => Math.max(most, device.overdue()), 0);
  }

  /** In the order of the plan. */
  list(): readonly Device[] {
    return [...this.running.values()].map(({ device }) => device);
  }

  /** Of the links in use that know how they fare. */
  linkStatus(): readonly LinkStatus[] {
    return this.links.status();
  }

  /**
   * Nothing goes out on this link for so long; then, or by `resumeLink`, its devices are looked for again. What is being written is
   * finished first. Resolves when others can have its port. Pausing again counts from now on.
   */
  pauseLink(id: string, span: Millis): Promise<LinkPause> {
    return this.inTurn(() => this.halts.pause(id, span));
  }

  /** Resolves to whether it was paused. */
  resumeLink(id: string): Promise<boolean> {
    return this.inTurn(async () => this.halts.resume(id));
  }

  /** Why the link cannot be opened; undefined: it was, or nobody tried. */
  linkTrouble(id: string): string | undefined {
    return this.links.trouble(id);
  }

  /** Undefined: the link is not paused. */
  pauseOf(id: string): LinkPause | undefined {
    return this.halts.pauseOf(id);
  }

  /** The running devices of a link. */
  on(link: string): readonly Device[] {
    return this.list().filter(({ plan }) => plan.link === link);
  }

  /** The link that requests of tools go to, and the ids of its devices; undefined: it is not open, or takes none. */
  openLink(id: string): { readonly ask: Ask; readonly devices: readonly string[] } | undefined {
    const ask = this.links.asking(id);
    const devices = this.on(id).map(({ plan }) => plan.id);
    return ask === undefined ? undefined : { ask: this.halts.asking(id, ask), devices };
  }

  /** The link itself, opened where it is not yet: for others than devices. Rejects with DeviceError. */
  link(id: string): Promise<Link> {
    return this.links.open(id);
  }

  /** By its id. */
  get(id: string): Device | undefined {
    return this.running.get(id)?.device;
  }

  /** What a firmware job asks of the device; undefined: there is no such device, or its mapping has no `firmware:`. */
  target(id: string): DeviceTarget | undefined {
    const device = this.get(id);
    const firmware = device?.plan.firmware;
    if (device === undefined || firmware === undefined) return undefined;
    return new DeviceTarget(device, firmware, {
      get: (known) => this.get(known),
      hold: (held, reason, line) => this.halts.hold(held, reason, line),
      lend: async (link, reason) => {
        await this.inTurn(() => this.halts.lend(link, reason));
        return () => this.inTurn(async () => this.halts.giveBack(link));
      },
    });
  }

  byPrefix(prefix: string): Device | undefined {
    return this.prefixes.get(prefix);
  }

  /** What servers see under a prefix; undefined where no running device has it. */
  treeOf(prefix: string): BackedTree | undefined {
    return this.trees.get(prefix);
  }

  /** The clock is right now: the machine started then. What was measured before gets its time. */
  dated(started: UnixMillis): void {
    for (const device of this.list()) device.dated(started);
  }

  async close(): Promise<void> {
    await this.turn;
    this.halts.close();
    await Promise.all(this.list().map((device) => device.close()));
    this.setRunning(new Map());
    await this.links.closeAll();
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const worked = this.turn.then(work);
    const done = (): void => {};
    this.turn = worked.then(done, done);
    return worked;
  }

  private async change(
    devices: readonly PlacedDevice[],
    links: ReadonlyMap<string, LinkPlan>,
    kept: readonly string[],
  ): Promise<DevicesChange> {
    const change = this.compare(devices, links);
    const stopped = new Set([...change.removed, ...change.changed]);
    await Promise.all([...stopped].map((id) => this.get(id)?.close()));
    const linkOf = new Map(devices.map(({ plan }) => [plan.id, plan.link]));
    this.halts.keep(new Set(links.keys()), (id) => linkOf.get(id));
    await this.links.adopt(links, new Set([...devices.map(({ plan }) => plan.link), ...kept]));
    const started = new Set([...change.added, ...change.changed]);
    const trees = new SharedTrees();
    this.setRunning(new Map(devices.map((placed) => [placed.plan.id, this.keepOrMake(placed, started, trees)])));
    if (stopped.size > 0 || started.size > 0) this.listener.onDevicesChanged(change);
    this.start(this.list().filter(({ plan }) => started.has(plan.id)));
    return change;
  }

  private setRunning(running: ReadonlyMap<string, Running>): void {
    this.running = running;
    const devices = this.list();
    this.prefixes = new Map(devices.map((device) => [device.prefix, device]));
    this.trees = new Map(devices.map(({ prefix, tree }) => [prefix, tree]));
  }

  /** Some now and the rest a little later, so that what else has begun, a registration above all, gets its turn. */
  private start(devices: readonly Device[]): void {
    const { clock } = this.settings;
    for (const device of devices.slice(0, STARTED_AT_ONCE)) if (this.get(device.plan.id) === device) device.start();
    const rest = devices.slice(STARTED_AT_ONCE);
    if (rest.length > 0) clock.at(clock.monotonic(), () => this.start(rest));
  }

  private compare(devices: readonly PlacedDevice[], links: ReadonlyMap<string, LinkPlan>): DevicesChange {
    const next = new Map(devices.map((placed) => [placed.plan.id, placed]));
    const isChanged = (id: string): boolean => {
      const before = this.running.get(id)?.placed;
      const after = next.get(id);
      if (before === undefined || after === undefined) return false;
      return !samePlan(before, after) || this.links.differs(after.plan.link, links);
    };
    return {
      added: [...next.keys()].filter((id) => !this.running.has(id)),
      removed: [...this.running.keys()].filter((id) => !next.has(id)),
      changed: [...next.keys()].filter(isChanged),
    };
  }

  private keepOrMake(placed: PlacedDevice, started: ReadonlySet<string>, trees: SharedTrees): Running {
    const { id } = placed.plan;
    const running = this.running.get(id);
    if (running !== undefined && !started.has(id)) return running;
    const { link } = placed.plan;
    const log = this.settings.log.child({ device: id, link });
    const { rows } = this;
    const settings = { ...this.settings, ...placed, trees, rows, log, openLink: () => this.links.open(link) };
    const device = new Device(settings, this.listener);
    this.halts.begin(device);
    return { placed, device };
  }
}

interface Running {
  readonly placed: PlacedDevice;
  readonly device: Device;
}
