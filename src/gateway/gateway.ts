/** The life of a gateway: it reads its configuration, starts what is made of that, reloads and stops it. */
import { type Millis, wallAt } from "../clock.ts";
import { AdapterShelf } from "../config/adapter-shelf.ts";
import type { AdminSettings } from "../config/admin-settings.ts";
import { ReadRecord } from "../config/read-record.ts";
import type { LoadedConfig } from "../config/types.ts";
import type { Devices, DevicesChange } from "../devices/devices.ts";
import { collect } from "../heap.ts";
import { packageVersion } from "../locate.ts";
import type { Logger } from "../log.ts";
import type { ServerSendOutcome } from "../servers/send.ts";
import type { Pulse } from "../service/watchdog.ts";
import { Applying } from "./applying.ts";
import { DeviceAdmin } from "./device-admin.ts";
import type { FirmwareAdmin } from "./firmware/firmware-admin.ts";
import type { GatewayOptions } from "./gateway-options.ts";
import { helperOfService, localAddresses } from "./host.ts";
import { LinkAdmin } from "./links/link-admin.ts";
import { Measured } from "./measured.ts";
import type { SendWish } from "./north.ts";
import type { Happenings } from "./operator/happenings.ts";
import type { Operator } from "./operator/operator.ts";
import type { ServerState } from "./operator/server-watch.ts";
import { Parts } from "./parts.ts";
import { pulsesOf } from "./pulses.ts";
import { everyAdapter, readConfig } from "./read-config.ts";
import { KeptConfigurations } from "./reload/kept-configurations.ts";
import type { ReloadReport } from "./reload/reload-report.ts";
import { notNow, Reloading } from "./reload/reloading.ts";
import { type Standing, standingOf } from "./standing.ts";
import { FirstCheck } from "./state/first-check.ts";
import { closeKept, type Kept, withHistory } from "./state/kept.ts";
import { machineHash } from "./state/machine.ts";
import { openState, ownState } from "./state/opened-state.ts";
import { StateCopies } from "./state/state-copies.ts";
import type { GatewayStatus } from "./status.ts";
import type { GatewayClock } from "./time/gateway-clock.ts";
import { keepTime, knownClock } from "./time/known-clock.ts";
import { openTransport } from "./transport/schemes.ts";
import { secured } from "./transport/secured.ts";
import { DeviceViews } from "./views/device-views.ts";
import type { ForgetWish, Forgotten } from "./waiting/forgetting.ts";
import type { StoreReport } from "./waiting/store-report.ts";

type RunOptions = GatewayOptions & { readonly clock: GatewayClock; readonly adapters: AdapterShelf };

/** A configuration, and the files that it was read from. */
interface Loaded {
  readonly config: LoadedConfig;
  readonly record: ReadRecord;
}

export class Gateway {
  readonly deviceAdmin: DeviceAdmin;
  /** How the configuration came to be, and of which files. */
  readonly reloading: Reloading;
  /** What monitoring asks for. */
  readonly measured: Measured;
  readonly links: LinkAdmin;
  readonly firmwareAdmin: FirmwareAdmin;
  readonly stateCopies: StateCopies;
  readonly views: DeviceViews;
  private readonly options: RunOptions;
  private readonly log: Logger;
  private readonly kept: Kept;
  private readonly parts: Parts;
  private readonly firstCheck: FirstCheck;
  private readonly started: Millis;
  private config: LoadedConfig;
  private readonly applying: Applying;

  private constructor(options: RunOptions, { config, record }: Loaded, kept: Kept) {
    const { clock, random, log, adapters, edges } = options;
    const { store } = kept;
    this.options = options;
    this.log = log;
    this.config = config;
    this.kept = kept;
    this.started = clock.monotonic();
    this.stateCopies = new StateCopies({ kept, clock, random, log });
    this.firstCheck = new FirstCheck(store, clock);
    this.parts = new Parts({
      ...{ kept, clock, random, log, adapters },
      config: () => this.config,
      openTransport: edges?.openTransport ?? openTransport,
      localAddresses: edges?.localAddresses ?? localAddresses,
      helper: edges?.helper ?? helperOfService(),
      reconsider: () => this.applying.reconsider(),
      restart: () => options.onRestart?.(),
      onRegistered: () => this.firstCheck.run(),
    });
    this.applying = new Applying({ parts: this.parts, links: () => this.links, config: () => this.config });
    const { devices, waits } = this.parts;
    this.deviceAdmin = new DeviceAdmin({
      ...{ store, devices, log },
      config: () => this.config,
      forget: (wish) => waits.forget(wish),
      forgetFirmware: (id, prefix) => this.parts.firmware.firmwares.forget(id, prefix),
    });
    this.reloading = this.makeReloading(record);
    this.measured = new Measured({
      ...{ parts: this.parts, reloading: this.reloading, clock, started: this.started },
      disabled: () => this.parts.places.disabled(this.config).length,
    });
    this.links = new LinkAdmin({
      ...{ devices, log },
      config: () => this.config,
      apply: () => this.applying.again(),
    });
    this.firmwareAdmin = this.parts.firmware.admin;
    this.views = new DeviceViews({
      ...{ devices, links: this.links },
      config: () => this.config,
      status: () => this.status(),
      fullStatus: () => this.fullStatus(),
      instanceOf: (id) => this.parts.places.instanceOf(id),
    });
  }

  /** Reads and checks everything, then starts it. Rejects with ConfigError, ForeignState or StoreError, nothing left running. */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const record = new ReadRecord();
    const { configFile, edges } = options;
    const adapters = edges?.adapters === undefined ? everyAdapter() : AdapterShelf.of(edges.adapters);
    const reading = record.during(() => readConfig(configFile, adapters).then(secured));
    const opened = await openState({
      directory: reading.then((config) => config.gateway.state),
      log: options.log,
      onFailure: options.onFatal,
    });
    const config = await reading;
    await ownState(opened, (edges?.machine ?? machineHash)(), options.log);
    const clock = await knownClock(options, config.gateway.clock, opened.store);
    const kept = await withHistory(opened, config.gateway.store, clock);
    const gateway = new Gateway({ ...options, clock, adapters }, { config, record }, kept);
    try {
      await gateway.run();
      await gateway.reloading.started();
    } catch (error) {
      // What goes wrong on the way out must not hide why we leave.
      await gateway
        .stop()
        .catch((stopError) => options.log.error({ code: "LG748", err: stopError }, "not stopped in order"));
      throw error;
    }
    return gateway;
  }

  /**
   * Takes the files as they are now. A broken config.yaml changes nothing; devices whose plan is the same are untouched.
   * `by`: who asked for it, as the list of kept configurations tells.
   */
  reload(by = "reload"): Promise<ReloadReport> {
    return this.inTurn(() => this.reloading.reload(by));
  }

  /** What a reload would do now: everything is read and checked, and nothing changed. */
  checkReload(): Promise<ReloadReport> {
    return this.inTurn(() => this.reloading.check());
  }

  /** De-registers, then closes in the reverse order of opening; each, whatever became of the one before. */
  async stop(): Promise<void> {
    this.firstCheck.stop();
    this.parts.variants.stop();
    await this.applying.stop();
    try {
      await this.parts.north.stop();
    } finally {
      try {
        await this.parts.firmware.close();
        await this.parts.filled.close();
        await this.parts.devices.close();
      } finally {
        keepTime(this.kept.store, this.options.clock.stop(), this.log);
        await closeKept(this.kept, this.log);
      }
    }
  }

  /** Sends, by LwM2M Send, what stands at these paths now; tells what became of it at each server. */
  send(wish: SendWish): Promise<readonly ServerSendOutcome[]> {
    return this.parts.north.send(wish);
  }

  /** The API over HTTP as the configuration had it at the start; undefined: none. */
  get adminSettings(): AdminSettings | undefined {
    return this.config.gateway.admin;
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
      started: wallAt(this.options.clock, this.started),
      now: this.options.clock.wall(),
      clock: this.options.clock.status,
      servers: this.parts.north.status(),
      devices: this.parts.devices.list().map((device) => device.status()),
      links: this.parts.devices.linkStatus(),
      handled: this.links.handled(),
      ...this.parts.filled.status(),
      ...this.parts.firmware.status(),
      disabled: this.parts.places.disabled(this.config),
      ...(this.parts.own.versions === undefined ? {} : { versions: this.parts.own.versions.status() }),
      configuration: this.reloading.status,
    };
  }

  /** With what waits on the disk, unless that does not answer soon. */
  async fullStatus(): Promise<GatewayStatus> {
    const store = await this.parts.waits.summary();
    return { ...this.status(), ...(store === undefined ? {} : { store }) };
  }

  /** What waits for servers, in memory and on disk. Rejects with StoreError where the disk cannot be asked. */
  storeReport(): Promise<StoreReport> {
    return this.parts.waits.report();
  }

  /** Drops what waits: no server gets it any more. */
  forget(wish: ForgetWish): Promise<Forgotten> {
    return this.parts.waits.forget(wish);
  }

  /** What a person does to objects. */
  get operator(): Operator {
    return this.parts.operator;
  }

  serverStates(): readonly ServerState[] {
    return this.parts.north.states();
  }

  /** For whoever watches. */
  get happenings(): Happenings {
    return this.parts.happenings;
  }

  /** For tools: see Devices. */
  openLink(id: string): ReturnType<Devices["openLink"]> {
    return this.parts.devices.openLink(id);
  }

  /** Whether the disk is waited for. */
  get waitsForDisk(): boolean {
    return this.kept.store.busy || this.parts.firmware.images.busy;
  }

  /** Gives back the memory that a start took beyond what is needed now: some 50 ms. Resolves to whether it is over. */
  async tidy(): Promise<boolean> {
    if (this.applying.stopped) return true;
    collect();
    await this.kept.store.collect();
    return this.parts.north.settled;
  }

  get standing(): Standing {
    return standingOf(this.parts.north, this.parts.devices, this.kept.history);
  }

  /** For the watchdog. */
  get pulses(): readonly Pulse[] {
    return pulsesOf({ clock: this.options.clock, devices: this.parts.devices, store: this.kept.store });
  }

  /** Where this gateway keeps its files, the admin socket among them. */
  get stateDirectory(): string {
    return this.kept.directory;
  }

  private inTurn(reload: () => Promise<ReloadReport>): Promise<ReloadReport> {
    return this.applying.inTurn(reload, () => notNow("the gateway is stopping"));
  }

  private makeReloading(record: ReadRecord): Reloading {
    const { configFile, adapters, clock, log } = this.options;
    const { devices, places, variants, filled } = this.parts;
    return new Reloading(
      {
        ...{ configFile, clock, log, adapters },
        config: () => this.config,
        swap: (config) => this.swap(config),
        preview: (config) =>
          devices.preview(
            variants.chosen(places.expected(config, (id) => devices.get(id)?.prefix)),
            filled.links(config.links),
          ),
        disabled: () => places.disabled(this.config).map(({ id }) => id),
        kept: this.kept.discard === undefined ? new KeptConfigurations(this.kept.directory) : undefined,
      },
      record,
    );
  }

  /** Rejects with StoreError, and then that of before runs on. */
  private async swap(config: LoadedConfig): Promise<DevicesChange> {
    const before = this.config;
    const keepSet = this.links.configured();
    this.config = config;
    try {
      const change = await this.applying.apply();
      // A device may be called something else, and be the same.
      this.parts.north.treesChanged();
      return change;
    } catch (error) {
      this.config = before;
      keepSet();
      throw error;
    }
  }

  private async run(): Promise<void> {
    this.options.clock.watch({
      onDated: (started) => {
        this.kept.history.redate(started);
        this.parts.dated(started);
      },
      onKnown: (known) => keepTime(this.kept.store, known, this.log),
    });
    await this.applying.apply();
    await this.parts.north.start(this.parts.trees);
  }
}
