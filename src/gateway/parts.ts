/** What a gateway is made of, south and north, and how the two hear of each other. */
import type { Random, UnixMillis } from "../clock.ts";
import type { AdapterShelf } from "../config/adapter-shelf.ts";
import type { LoadedConfig } from "../config/types.ts";
import { Devices, type DevicesListener, type LinkPlan } from "../devices/devices.ts";
import type { MachineControl } from "../devices/gateway-objects.ts";
import type { Logger } from "../log.ts";
import { prefixOf } from "../lwm2m/path.ts";
import type { StoredChange } from "../lwm2m/stored-backing.ts";
import type { LocalAddresses } from "../servers/uplink/local-addresses.ts";
import { clientOf } from "./clients/client-device.ts";
import { Filled } from "./filled.ts";
import { type JoinedFirmwares, makeFirmwares } from "./firmware/make-firmwares.ts";
import { OwnFirmware } from "./firmware/own-firmware.ts";
import { identityOf } from "./gateway-identity.ts";
import { storageOf } from "./host.ts";
import { type HelperPlace, machineControl } from "./machine-control.ts";
import { North } from "./north.ts";
import { Happenings } from "./operator/happenings.ts";
import { Operator } from "./operator/operator.ts";
import { needsNumbers } from "./presences/layouts.ts";
import { KeptNumbers } from "./state/instance-numbers.ts";
import type { Kept } from "./state/kept.ts";
import { type PlacedDevice, Places } from "./state/places.ts";
import { Variants } from "./state/variants.ts";
import { Steering } from "./steering.ts";
import type { GatewayClock } from "./time/gateway-clock.ts";
import type { OpenTransport } from "./transport/schemes.ts";
import { deviceObject, type FilledBacking, Trees } from "./trees.ts";
import { WhatWaits } from "./waiting/what-waits.ts";

export interface PartsOptions {
  readonly kept: Kept;
  readonly clock: GatewayClock;
  readonly random: Random;
  readonly log: Logger;
  readonly adapters: AdapterShelf;
  /** As it is now. */
  readonly config: () => LoadedConfig;
  readonly openTransport: OpenTransport;
  readonly localAddresses: LocalAddresses;
  /** Who does what only root may do. */
  readonly helper: HelperPlace;
  /** Devices have said what they are, or there are other links: both are to be run as it is now. */
  readonly reconsider: () => Promise<void>;
  /** This process is to end in order, and to be started again. */
  readonly restart: () => void;
  /** A server has registered us. */
  readonly onRegistered: () => void;
}

/** Nothing runs yet: the gateway says when. */
export class Parts {
  readonly devices: Devices;
  readonly filled: Filled;
  readonly north: North;
  readonly trees: Trees;
  readonly places: Places;
  readonly numbers: KeptNumbers;
  readonly variants: Variants;
  readonly waits: WhatWaits;
  readonly happenings = new Happenings();
  readonly operator: Operator;
  readonly own: OwnFirmware;
  readonly firmware: JoinedFirmwares;
  private readonly options: PartsOptions;
  private readonly steering: Steering;
  /** That of the start. */
  private readonly config: LoadedConfig;

  constructor(options: PartsOptions) {
    const { clock, random, log, reconsider } = options;
    const { store } = options.kept;
    const config = options.config();
    this.options = options;
    this.config = config;
    this.own = new OwnFirmware({ config, directory: options.kept.directory, clock, log, restart: options.restart });
    this.places = new Places(store, log);
    this.numbers = new KeptNumbers(store, log, config.servers.some(needsNumbers));
    this.variants = new Variants({ store, clock, log, onChange: () => void reconsider() });
    this.waits = this.makeWaits();
    const south = { deviceObject: deviceObject(config.catalogue), clock, random, log };
    this.devices = new Devices(south, this.devicesListener());
    this.filled = this.makeFilled();
    this.firmware = this.makeFirmware();
    this.steering = new Steering((prefix) => (prefix === "" ? this.filled.remote : this.devices.byPrefix(prefix)));
    this.north = this.makeNorth();
    this.trees = this.makeTrees();
    this.operator = new Operator(this.trees, this.happenings);
  }

  /** Devices came, went or became others: who observes them, or object 25, hears it. */
  devicesChanged(): void {
    const vanished = this.trees.vanished();
    for (const path of vanished) this.north.removed(path);
    const changes = this.trees.gatewayObjectChanges();
    this.north.changed(changes);
    this.north.treesChanged();
    // A new conversion is nobody's business; of another list of objects a server may hear by nothing but an Update.
    if (changes.length > 0 || vanished.some((path) => prefixOf(path) === "")) this.north.objectsChanged();
  }

  /**
   * What stands beside the objects of these devices from now on, which must have their places. Resolves to whether that is another.
   * Rejects with StoreError.
   */
  async adopt(placed: readonly PlacedDevice[], links: ReadonlyMap<string, LinkPlan>): Promise<boolean> {
    const stored = await this.filled.adopt(
      placed.map(({ plan: { id, storedObjects = [] }, prefix }) => ({ device: id, prefix, objects: storedObjects })),
      links,
    );
    const firmware = await this.firmware.firmwares.adopt(placed);
    return stored || firmware;
  }

  /** Links can be opened, and devices are there. */
  begin(): void {
    this.filled.begin();
    this.firmware.firmwares.begin();
  }

  /** The clock is right now: the machine started then. */
  dated(started: UnixMillis): void {
    this.devices.dated(started);
    this.north.dated(started);
    this.firmware.firmwares.reconsider();
  }

  /** A server wrote, made or removed something that the gateway keeps. */
  private storedChanged(prefix: string, { samples, removed, instances }: StoredChange): void {
    this.north.changed(samples, removed);
    this.happenings.values(samples);
    this.north.treesChanged(prefix);
    if (!instances) return;
    if (prefix !== "") this.north.changed(this.trees.gatewayObjectChanges());
    this.north.objectsChanged();
  }

  private devicesListener(): DevicesListener {
    return {
      onSamples: (device, samples) => {
        this.north.changed(samples);
        this.variants.heard(device, samples);
        this.happenings.values(samples, device);
      },
      onStateChange: (device, state) => {
        const { prefix } = device;
        this.happenings.device(device, state);
        this.firmware.firmwares.presence(device.plan.id, state === "online");
        if (state === "online") this.north.appeared(prefix);
        else this.north.disappeared(prefix);
      },
      onLinkPaused: (link, reason) => this.filled.pauseLink(link, reason),
      onLinkResumed: (link) => this.filled.resumeLink(link),
      onDevicesChanged: ({ added, changed }) => {
        for (const id of [...added, ...changed]) this.steering.adopt(this.devices.get(id));
        this.devicesChanged();
      },
    };
  }

  private makeNorth(): North {
    const { config } = this;
    const { kept, clock, random, log, openTransport, localAddresses } = this.options;
    return new North({
      settings: config.servers,
      endpoint: config.gateway.endpoint,
      catalogue: config.catalogue,
      ...{ clock, random, log, openTransport, localAddresses },
      onRegistered: () => this.registered(),
      store: kept.store,
      history: kept.history,
      deviceNames: {
        ofPrefix: (prefix) => this.devices.byPrefix(prefix)?.plan.id,
        ofInstance: (instance) => this.places.idAt(instance),
      },
      keep: config.gateway.store.hqmax,
      numbers: this.numbers,
      clientOf: (server, prefix) => clientOf(this.options.config(), server, this.devices.byPrefix(prefix)),
      onEvaluation: (id, evaluations) => this.steering.take(id, evaluations),
    });
  }

  private registered(): void {
    this.options.onRegistered();
    this.own.registered();
  }

  private makeTrees(): Trees {
    const { config } = this;
    const { kept, clock } = this.options;
    return new Trees({
      catalogue: config.catalogue,
      identity: identityOf(config, this.north.bindings),
      host: { memory: () => storageOf(kept.directory), control: this.control() },
      endpoint: config.gateway.endpoint,
      devices: this.devices,
      instanceOf: (id) => this.places.instanceOf(id),
      serverObject: this.north.serverObject,
      besides: (prefix) => this.besides(prefix),
      clock,
    });
  }

  private besides(prefix: string): readonly FilledBacking[] {
    const stored = this.filled.of(prefix);
    const update = this.firmware.firmwares.of(prefix);
    // Most devices have neither, and each request asks.
    if (stored === undefined) return update === undefined ? NOTHING : [update];
    return update === undefined ? [stored] : [stored, update];
  }

  private control(): MachineControl {
    const { kept, clock, log, helper } = this.options;
    return machineControl({ helper, directory: kept.directory, clock, log });
  }

  private makeFilled(): Filled {
    const { gateway, catalogue } = this.config;
    const { kept, clock, log, adapters, reconsider } = this.options;
    return new Filled({
      ...{ gateway, catalogue, adapters, clock, log },
      store: kept.store,
      openLink: (id) => this.devices.link(id),
      onChange: (prefix, change) => this.storedChanged(prefix, change),
      onLinks: reconsider,
    });
  }

  private makeFirmware(): JoinedFirmwares {
    const { config, devices } = this;
    const { kept, clock, random, log } = this.options;
    return makeFirmwares({
      ...{ config, devices, clock, random, log },
      directory: kept.directory,
      store: kept.store,
      onChange: (_, samples) => {
        this.north.changed(samples);
        this.happenings.values(samples);
      },
      onProgress: (owner) => this.happenings.firmware(owner),
      ...this.own.self,
    });
  }

  private makeWaits(): WhatWaits {
    const { kept, clock, log, config } = this.options;
    return new WhatWaits({
      history: kept.history,
      directory: kept.directory,
      ...{ clock, log },
      servers: () => config().servers.map(({ id }) => id),
      onForgotten: (match) => this.north.forgotten(match),
    });
  }
}

const NOTHING: readonly FilledBacking[] = [];
