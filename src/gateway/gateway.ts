/** The composition: builds everything from the configuration, joins it, starts, reloads and stops it. */
import { loadAdapters } from "../../adapters/index.ts";
import type { AdapterModule } from "../adapter.ts";
import { type Clock, type Millis, type Random, wallAt } from "../clock.ts";
import type { LoadedConfig } from "../config/types.ts";
import type { Device } from "../devices/device.ts";
import type { DeviceState } from "../devices/device-status.ts";
import { Devices, type DevicesListener } from "../devices/devices.ts";
import { ConfigError, formatProblem } from "../errors.ts";
import { collect } from "../heap.ts";
import { packageVersion } from "../locate.ts";
import type { Logger } from "../log.ts";
import { prefixOf } from "../lwm2m/path.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { StoredChange } from "../lwm2m/stored-backing.ts";
import type { ServerSendOutcome } from "../servers/send.ts";
import type { LocalAddresses } from "../servers/uplink/local-addresses.ts";
import { clientOf } from "./clients/client-device.ts";
import { DeviceAdmin } from "./device-admin.ts";
import { Filled } from "./filled.ts";
import { fixedSettings, identityOf } from "./fixed-settings.ts";
import { localAddresses, storageOf } from "./host.ts";
import { North, type SendWish } from "./north.ts";
import { needsNumbers } from "./presences/layouts.ts";
import { readConfig } from "./read-config.ts";
import { FirstCheck } from "./state/first-check.ts";
import { KeptNumbers } from "./state/instance-numbers.ts";
import { closeKept, type Kept, withHistory } from "./state/kept.ts";
import { openState } from "./state/opened-state.ts";
import { Places } from "./state/places.ts";
import { Variants } from "./state/variants.ts";
import type { GatewayStatus } from "./status.ts";
import { Steering } from "./steering.ts";
import type { Boot, ClockSign } from "./time/clock-verdict.ts";
import type { GatewayClock } from "./time/gateway-clock.ts";
import { keepTime, knownClock } from "./time/known-clock.ts";
import { type OpenTransport, openTransport } from "./transport/schemes.ts";
import { secured } from "./transport/secured.ts";
import { deviceObject, Trees } from "./trees.ts";
import type { ForgetWish, Forgotten } from "./waiting/forgetting.ts";
import type { StoreReport } from "./waiting/store-report.ts";
import { WhatWaits } from "./waiting/what-waits.ts";

export interface GatewayOptions {
  /** Path of config.yaml. */
  readonly configFile: string;
  /** The machine's. */
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The store's thread died: the process must end, so that it is started again. */
  readonly onFatal: (error: Error) => void;
  /** The outermost rim, which a test replaces; by default real sockets and the adapters of `adapters/`. */
  readonly edges?: Partial<Edges>;
}

type RunOptions = GatewayOptions & { readonly clock: GatewayClock; readonly adapters: readonly AdapterModule[] };

export interface Edges {
  readonly adapters: readonly AdapterModule[];
  readonly openTransport: OpenTransport;
  readonly localAddresses: LocalAddresses;
  readonly boot: () => Boot;
  readonly clockSign: () => ClockSign;
}

export class Gateway {
  private readonly options: RunOptions;
  private readonly clock: GatewayClock;
  private readonly log: Logger;
  private readonly kept: Kept;
  private readonly devices: Devices;
  private readonly steering: Steering;
  private readonly north: North;
  private readonly trees: Trees;
  private readonly filled: Filled;
  private readonly places: Places;
  private readonly numbers: KeptNumbers;
  private readonly variants: Variants;
  private readonly waits: WhatWaits;
  private readonly firstCheck: FirstCheck;
  readonly deviceAdmin: DeviceAdmin;
  private readonly started: Millis;
  private readonly state: string;
  private config: LoadedConfig;
  /** Reloads are done one after the other, and a stop after the last. */
  private turn: Promise<unknown> = Promise.resolve();
  private stopping = false;

  private constructor(options: RunOptions, config: LoadedConfig, kept: Kept) {
    const { clock, random, log } = options;
    this.options = options;
    this.clock = clock;
    this.log = log;
    this.config = config;
    this.kept = kept;
    this.places = new Places(kept.store, log);
    this.numbers = new KeptNumbers(kept.store, log, config.servers.some(needsNumbers));
    this.variants = new Variants({ store: kept.store, clock, log, onChange: () => void this.reconsider() });
    this.waits = this.makeWaits();
    this.deviceAdmin = new DeviceAdmin({
      store: kept.store,
      devices: () => this.devices,
      config: () => this.config,
      forget: (wish) => this.waits.forget(wish),
      log,
    });
    this.firstCheck = new FirstCheck(kept.store, clock);
    this.started = clock.monotonic();
    this.state = kept.directory;
    const south = { deviceObject: deviceObject(config.catalogue), clock, random, log };
    this.devices = new Devices(south, this.devicesListener());
    this.filled = this.makeFilled();
    this.steering = new Steering((prefix) => (prefix === "" ? this.filled.remote : this.devices.byPrefix(prefix)));
    this.north = this.makeNorth();
    this.trees = new Trees({
      catalogue: config.catalogue,
      identity: identityOf(config, this.north.bindings),
      memory: () => storageOf(this.state),
      endpoint: config.gateway.endpoint,
      devices: this.devices,
      instanceOf: (id) => this.places.instanceOf(id),
      serverObject: this.north.serverObject,
      storedOf: (prefix) => this.filled.of(prefix),
      clock,
    });
  }

  /** Reads and checks everything, then starts it. Rejects with ConfigError or StoreError, nothing left running. */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const reading = readConfig(options.configFile, options.edges?.adapters).then(secured);
    const opened = await openState({
      directory: reading.then((config) => config.gateway.state),
      log: options.log,
      onFailure: options.onFatal,
    });
    const config = await reading;
    const clock = await knownClock(options, config.gateway.clock, opened.store);
    const kept = await withHistory(opened, config.gateway.store, clock);
    const adapters = options.edges?.adapters ?? (await loadAdapters());
    const gateway = new Gateway({ ...options, clock, adapters }, config, kept);
    try {
      await gateway.run();
    } catch (error) {
      // What goes wrong on the way out must not hide why we leave.
      await gateway.stop().catch((stopError) => options.log.error({ err: stopError }, "not stopped in order"));
      throw error;
    }
    return gateway;
  }

  /**
   * Takes the files as they are now. A broken config.yaml changes nothing; devices whose plan is the same are untouched.
   * Resolves to whether they were taken.
   */
  reload(): Promise<boolean> {
    const reloaded = this.turn.then(() => !this.stopping && this.reloadNow());
    this.turn = reloaded.catch(() => {});
    return reloaded;
  }

  /** De-registers, then closes in the reverse order of opening; each, whatever became of the one before. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.firstCheck.stop();
    this.variants.stop();
    await this.turn;
    try {
      await this.north.stop();
    } finally {
      try {
        await this.filled.close();
        await this.devices.close();
      } finally {
        keepTime(this.kept.store, this.clock.stop(), this.log);
        await closeKept(this.kept, this.log);
      }
    }
  }

  /** Sends, by LwM2M Send, what stands at these paths now; tells what became of it at each server. */
  send(wish: SendWish): Promise<readonly ServerSendOutcome[]> {
    return this.north.send(wish);
  }

  /** Short Server IDs. */
  get serverIds(): readonly number[] {
    return this.config.servers.map(({ id }) => id);
  }

  status(): GatewayStatus {
    return {
      version: packageVersion(),
      endpoint: this.config.gateway.endpoint,
      config: this.config.file,
      started: wallAt(this.clock, this.started),
      now: this.clock.wall(),
      clock: this.clock.status,
      servers: this.north.status(),
      devices: this.devices.list().map((device) => device.status()),
      links: this.devices.linkStatus(),
      ...this.filled.status(),
      disabled: this.places.disabled(this.config),
    };
  }

  /** With what waits on the disk, unless that does not answer soon. */
  async fullStatus(): Promise<GatewayStatus> {
    const store = await this.waits.summary();
    return { ...this.status(), ...(store === undefined ? {} : { store }) };
  }

  /** What waits for servers, in memory and on disk. Rejects with StoreError where the disk cannot be asked. */
  storeReport(): Promise<StoreReport> {
    return this.waits.report();
  }

  /** Drops what waits: no server gets it any more. */
  forget(wish: ForgetWish): Promise<Forgotten> {
    return this.waits.forget(wish);
  }

  /** For tools: see Devices. */
  openLink(id: string): ReturnType<Devices["openLink"]> {
    return this.devices.openLink(id);
  }

  /** Whether the disk is waited for. */
  get waitsForDisk(): boolean {
    return this.kept.store.busy;
  }

  /** Gives back the memory that a start took beyond what is needed now: some 50 ms. Resolves to whether it is over. */
  async tidy(): Promise<boolean> {
    if (this.stopping) return true;
    collect();
    await this.kept.store.collect();
    return this.north.settled;
  }

  /** Where this gateway keeps its files, the admin socket among them. */
  get stateDirectory(): string {
    return this.state;
  }

  private makeNorth(): North {
    const { config, kept, clock, log, options } = this;
    return new North({
      settings: config.servers,
      endpoint: config.gateway.endpoint,
      catalogue: config.catalogue,
      clock,
      random: options.random,
      log,
      openTransport: options.edges?.openTransport ?? openTransport,
      localAddresses: options.edges?.localAddresses ?? localAddresses,
      store: kept.store,
      history: kept.history,
      deviceNames: {
        ofPrefix: (prefix) => this.devices.byPrefix(prefix)?.plan.id,
        ofInstance: (instance) => this.places.idAt(instance),
      },
      keep: config.gateway.store.hqmax,
      numbers: this.numbers,
      clientOf: (server, prefix) => clientOf(this.config, server, this.devices.byPrefix(prefix)),
      onEvaluation: (id, evaluations) => this.steering.take(id, evaluations),
      onRegistered: () => this.firstCheck.run(),
    });
  }

  private makeFilled(): Filled {
    const { config, kept, clock, log, options } = this;
    return new Filled({
      ...{ gateway: config.gateway, catalogue: config.catalogue, adapters: options.adapters },
      ...{ store: kept.store, clock, log },
      openLink: (id) => this.devices.link(id),
      onChange: (prefix, change) => this.onStoredChange(prefix, change),
      onLinks: () => this.reconsider(),
    });
  }

  private makeWaits(): WhatWaits {
    const { clock, log } = this;
    return new WhatWaits({
      history: this.kept.history,
      directory: this.kept.directory,
      clock,
      servers: () => this.serverIds,
      onForgotten: (match) => this.north.forgotten(match),
      log,
    });
  }

  private devicesListener(): DevicesListener {
    return {
      onSamples: (device: Device, samples: readonly Sample[]) => {
        this.north.changed(samples);
        this.variants.heard(device, samples);
      },
      onStateChange: ({ prefix }: Device, state: DeviceState) => {
        if (state === "online") this.north.appeared(prefix);
        else this.north.disappeared(prefix);
      },
      onDevicesChanged: ({ added, changed }) => {
        for (const id of [...added, ...changed]) this.steering.adopt(this.devices.get(id));
        this.onDevicesChanged();
      },
    };
  }

  private async reloadNow(): Promise<boolean> {
    try {
      const config = await readConfig(this.options.configFile, this.options.edges?.adapters);
      this.warnOfFixedSettings(config);
      this.config = config;
      await this.applyDevices();
      // A device may be called something else, and be the same.
      this.north.treesChanged();
      this.log.info({ devices: config.devices.length, disabled: config.disabled.length }, "configuration reloaded");
      return true;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const problem of error.problems) this.log.error({}, formatProblem(problem));
      this.log.error({ problems: error.problems.length }, "configuration not reloaded: everything runs on as before");
      return false;
    }
  }

  private async run(): Promise<void> {
    this.clock.watch({
      onDated: (started) => {
        this.kept.history.redate(started);
        this.devices.dated(started);
        this.north.dated(started);
      },
      onKnown: (known) => keepTime(this.kept.store, known, this.log),
    });
    await this.applyDevices();
    await this.north.start(this.trees);
  }

  /** A device that is wrong, or that gets no place, is off and named; the rest runs. */
  private async applyDevices(): Promise<void> {
    const placed = await this.places.place(this.config);
    const otherStored = await this.filled.adopt(
      placed.map(({ plan: { id, storedObjects = [] }, prefix }) => ({ device: id, prefix, objects: storedObjects })),
      this.config.links,
    );
    await this.variants.adopt(placed);
    await this.runDevices();
    // A device runs on where servers may fill other objects of it, but it has others now.
    if (otherStored) this.onDevicesChanged();
  }

  /** Devices have said what they are: they get what their mapping has for that, as by a reload. */
  private reconsider(): Promise<void> {
    const done = this.turn.then(async () => {
      if (!this.stopping) await this.runDevices();
    });
    this.turn = done;
    return done;
  }

  private async runDevices(): Promise<void> {
    const chosen = this.variants.chosen();
    await this.numbers.adopt(chosen);
    await this.devices.apply(chosen, this.filled.links(this.config.links), this.filled.used);
    this.filled.begin();
  }

  /** Devices came, went or became others: who observes them, or object 25, hears it. */
  private onDevicesChanged(): void {
    const vanished = this.trees.vanished();
    for (const path of vanished) this.north.removed(path);
    const changes = this.trees.gatewayObjectChanges();
    this.north.changed(changes);
    this.north.treesChanged();
    // A new conversion is nobody's business; of another list of objects a server may hear by nothing but an Update.
    if (changes.length > 0 || vanished.some((path) => prefixOf(path) === "")) this.north.objectsChanged();
  }

  /** A server wrote, made or removed something that the gateway keeps. */
  private onStoredChange(prefix: string, { samples, removed, instances }: StoredChange): void {
    this.north.changed(samples, removed);
    this.north.treesChanged(prefix);
    if (!instances) return;
    if (prefix !== "") this.north.changed(this.trees.gatewayObjectChanges());
    this.north.objectsChanged();
  }

  private warnOfFixedSettings(config: LoadedConfig): void {
    if (fixedSettings(config) !== fixedSettings(this.config)) {
      this.log.warn({}, "changes under gateway: and servers: take effect when the gateway is started again");
    }
  }
}
