/** The servers of the configuration, each with its account in object 1. */
import { type Random, SECOND, type UnixMillis } from "../clock.ts";
import type { ServerSettings } from "../config/types.ts";
import { Lwm2mError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import type { ObservationId } from "../lwm2m/observation-id.ts";
import type { Path } from "../lwm2m/path.ts";
import type { Sequenced } from "../lwm2m/registration-sequence.ts";
import type { Evaluation } from "../lwm2m/report-rules.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { SendFormat } from "../lwm2m/send-formats.ts";
import { isVisible, type Visible } from "../servers/access/guarded.ts";
import { accountOf, bindingOf, type ServerAccount } from "../servers/account.ts";
import type { InstanceNumbers } from "../servers/layouts/folding.ts";
import { RegistrationOrder } from "../servers/registration-order.ts";
import { readForSend, type ServerSendOutcome } from "../servers/send.ts";
import { ServerObject } from "../servers/server-object.ts";
import type { ServerOptions } from "../servers/server-options.ts";
import type { ServerStatus } from "../servers/server-status.ts";
import type { Sight } from "../servers/sight.ts";
import type { LocalAddresses } from "../servers/uplink/local-addresses.ts";
import type { View } from "../servers/view.ts";
import { type AccessControl, accessControl } from "./access/access-control.ts";
import { admitted } from "./access/admitted.ts";
import type { DeviceNames } from "./access/visible-devices.ts";
import type { ClientDevice } from "./clients/client-device.ts";
import type { ServerState } from "./operator/server-watch.ts";
import { accountListener } from "./presences/account-listener.ts";
import { type Edition, editionOf } from "./presences/first-definition.ts";
import { keptLayout, presenceOf } from "./presences/layouts.ts";
import type { Presence } from "./presences/presence.ts";
import { type Inventory, ShownNow } from "./shown/shown-now.ts";
import { type KeepingOptions, KeptServers } from "./state/kept-servers.ts";
import type { SeeingServerStatus } from "./status.ts";
import type { GatewayClock } from "./time/gateway-clock.ts";
import { Outlets } from "./transport/outlets.ts";
import type { OpenTransport } from "./transport/schemes.ts";
import { requiredObject } from "./trees.ts";

export interface NorthOptions {
  readonly settings: readonly ServerSettings[];
  /** Endpoint Client Name. */
  readonly endpoint: string;
  readonly catalogue: ObjectCatalogue;
  readonly clock: GatewayClock;
  readonly random: Random;
  readonly log: Logger;
  readonly openTransport: OpenTransport;
  /** Of this machine, now. */
  readonly localAddresses: LocalAddresses;
  /** What of servers outlives the process. */
  readonly store: KeepingOptions["store"];
  /** What servers are owed and do not have yet. */
  readonly history: ServerOptions["history"];
  readonly deviceNames: DeviceNames;
  /** Reports that are kept of an observation where no hqmax says how many. */
  readonly keep: number;
  /** A server has registered us. */
  readonly onRegistered: () => void;
  /** Layout `instances`: which number each instance of a device has. */
  readonly numbers: InstanceNumbers;
  /** Layout `clients`: the device that has the prefix now, as a client of the server; undefined: none. */
  readonly clientOf: (server: number, prefix: string) => ClientDevice | undefined;
  /** How often what devices have is to be evaluated for an observation; empty: it has ended. */
  readonly onEvaluation: (id: ObservationId, evaluations: readonly Evaluation[]) => void;
}

/** What somebody asks to be sent. */
export interface SendWish {
  readonly paths: readonly Path[];
  /** Short Server IDs; absent: all. */
  readonly servers?: readonly number[];
  readonly format: SendFormat;
}

interface Account {
  readonly settings: ServerSettings;
  readonly account: ServerAccount;
}

/** One server, and what of all that happens it hears. */
interface Seat {
  readonly presence: Presence;
  /** Undefined: it sees every device. */
  readonly visible: Visible | undefined;
  readonly edition: Edition;
}

export class North {
  /** Object 1, for the gateway's tree. */
  readonly serverObject: ServerObject;
  private readonly options: NorthOptions;
  private readonly accounts: readonly Account[];
  private readonly order: RegistrationOrder;
  private seats: readonly Seat[] = [];
  private kept: KeptServers | undefined;
  private control: AccessControl | undefined;
  private outlets: Outlets | undefined;
  private sight: Inventory | undefined;
  private shown: ShownNow | undefined;

  constructor(options: NorthOptions) {
    this.options = options;
    this.accounts = options.settings.map((settings, i) => ({ settings, account: accountOf(settings, i) }));
    this.order = new RegistrationOrder(options.settings.flatMap(sequenced));
    const definition = (version: string) => requiredObject(options.catalogue, 1, version);
    this.serverObject = new ServerObject(
      { "1.0": definition("1.0"), "1.1": definition("1.1"), "1.2": definition("1.2") },
      this.accounts.map(({ account }) => account),
      accountListener({
        listenerOf: ({ shortServerId }) =>
          this.seats.find(({ presence }) => presence.shortServerId === shortServerId)?.presence.listener,
        onWritten: (account, samples, removed) => {
          this.kept?.touch(account.shortServerId);
          this.changed(samples, removed);
        },
      }),
      () => options.clock.wall(),
    );
  }

  /** Opens the sockets and begins to register everywhere. Rejects where a socket cannot be had. */
  async start(sight: Inventory): Promise<void> {
    this.sight = sight;
    this.shown = new ShownNow({ ...this.options, inventory: sight });
    const { accounts } = this;
    const kept = await KeptServers.load(this.options);
    this.kept = kept;
    this.control = accessControl({ ...this.options, accounts, kept, sight });
    const outlets = new Outlets(this.options, kept);
    this.outlets = outlets;
    outlets.start();
    this.seats = accounts.map((account) => this.join(account, sight, { kept, outlets }));
    await Promise.all(this.seats.map(({ presence }) => presence.start()));
  }

  /** Of every server, each letter once: "U", "UT". */
  get bindings(): string {
    return [...new Set(this.options.settings.map(({ scheme }) => bindingOf(scheme)))].sort().reverse().join("");
  }

  /** De-registers everywhere, in order. */
  async stop(): Promise<void> {
    await Promise.all(this.seats.map(({ presence }) => presence.stop()));
    this.outlets?.stop();
    await this.kept?.flush();
  }

  /** `gone`: what went at the same moment. */
  changed(samples: readonly Sample[], gone: readonly Path[] = []): void {
    for (const path of gone) this.control?.gone(path);
    for (const { presence, visible, edition } of this.seats) {
      const seen = visible === undefined ? samples : samples.filter(({ path }) => isVisible(visible, path));
      if (seen.length + gone.length > 0) presence.listener.changed(edition.changed(seen), edition.gone(gone));
    }
  }

  removed(path: Path): void {
    for (const { presence, edition } of this.seats) {
      for (const each of edition.gone([path])) presence.listener.removed(each);
    }
  }

  /** A device answers again, or for the first time. */
  appeared(prefix: string): void {
    for (const { presence, visible } of this.seats) {
      if (visible?.prefix(prefix) !== false) presence.listener.appeared(prefix);
    }
  }

  /** A device does not answer any more. */
  disappeared(prefix: string): void {
    for (const { presence, visible } of this.seats) {
      if (visible?.prefix(prefix) !== false) presence.listener.disappeared?.(prefix);
    }
  }

  /** The history has forgotten what waits of these observations. */
  forgotten(match: (id: ObservationId) => boolean): void {
    for (const { presence } of this.seats) presence.listener.forgotten(match);
  }

  /** The clock is right now: the machine started then. */
  dated(started: UnixMillis): void {
    for (const { presence } of this.seats) presence.listener.dated(started);
  }

  /** Devices came, went or became others; with a prefix: what servers fill under it did. Said after `removed` and `changed`. */
  treesChanged(prefix?: string): void {
    this.shown?.changed();
    for (const { presence } of this.seats) presence.treesChanged(prefix);
  }

  objectsChanged(): void {
    for (const { presence } of this.seats) presence.listener.objectsChanged();
  }

  /** Reads the paths once, and sends what stands there to each of these servers, or to all. */
  async send({ paths, servers, format }: SendWish): Promise<readonly ServerSendOutcome[]> {
    const wanted = this.seats.filter(
      ({ presence: { shortServerId } }) => servers === undefined || servers.includes(shortServerId),
    );
    const samples = await this.readForSend(paths);
    return Promise.all(
      wanted.map(async ({ presence }): Promise<ServerSendOutcome> => {
        const { shortServerId } = presence;
        if (typeof samples === "string") return { server: shortServerId, type: "notSent", reason: samples };
        return { server: shortServerId, ...(await presence.send({ samples, format })) };
      }),
    );
  }

  /** Whether nobody waits for a turn to register. */
  get settled(): boolean {
    return this.seats.every(({ presence: { settled = true } }) => settled);
  }

  /** The state of each, and nothing else of it. */
  states(): readonly ServerState[] {
    return this.seats.map(({ presence }) => {
      const { shortServerId: server, state, reason } = presence.status();
      return { server, state, reason };
    });
  }

  /** How many servers have registered the gateway, of all. */
  registrations(): { readonly registered: number; readonly all: number } {
    return { registered: this.seats.filter(({ presence }) => presence.registered).length, all: this.accounts.length };
  }

  status(): readonly SeeingServerStatus[] {
    const { seats, outlets, shown } = this;
    if (shown === undefined) return [];
    return seats.map(({ presence }) => {
      const status = presence.status();
      return { ...status, ...outlets?.of(status.shortServerId).status(), shown: shown.of(status) };
    });
  }

  /** The same without what it costs to tell. */
  measured(): readonly ServerStatus[] {
    return this.seats.map(({ presence }) => presence.status());
  }

  /** Or why they could not be read, as a sentence. */
  private async readForSend(paths: readonly Path[]): Promise<readonly Sample[] | string> {
    try {
      return await readForSend(paths, (prefix) => this.sight?.of(prefix));
    } catch (error) {
      if (!(error instanceof Lwm2mError)) throw error;
      return error.message;
    }
  }

  private join(
    { settings, account }: Account,
    all: Sight,
    { kept, outlets }: { readonly kept: KeptServers; readonly outlets: Outlets },
  ): Seat {
    const { endpoint, store: _, ...options } = this.options;
    const north = { ...options, outlets };
    const { serverObject } = this;
    const { sight, visible } = admitted(all, settings, account, north);
    const edition = editionOf(settings, this.options.catalogue);
    const keeping = kept.of(settings.id, { endpoint, uri: settings.uri, ...keptLayout(settings) });
    const turn = this.order.placeOf(settings.id, () => (account.initialDelay ?? 0) * SECOND);
    const making = { north, settings, endpoint, account, serverObject, turn, keeping };
    const { control } = this;
    const shared = control === undefined ? {} : { control: (view: View) => control.controlled(view, settings.id) };
    const presence = presenceOf({
      making: { ...making, ...shared },
      sight: edition.sight(sight),
      numbers: this.options.numbers,
      kept,
      clientOf: this.options.clientOf,
    });
    return { presence, visible, edition };
  }
}

/** Servers without a priority wait for nobody. */
function sequenced({ id, priority, failureBlock = false }: ServerSettings): readonly Sequenced[] {
  return priority === undefined ? [] : [{ shortServerId: id, priority, failureBlock }];
}
