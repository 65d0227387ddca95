/** The servers of the configuration, each with its account in object 1. */
import { type Random, SECOND, type UnixMillis } from "../clock.ts";
import type { ServerSettings } from "../config/types.ts";
import { Lwm2mError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { AttributeStore } from "../lwm2m/attribute-store.ts";
import type { Attributes } from "../lwm2m/attributes.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import type { ObservationId } from "../lwm2m/observation-id.ts";
import { Observations } from "../lwm2m/observations.ts";
import { type Path, pathParts } from "../lwm2m/path.ts";
import { Registration } from "../lwm2m/registration.ts";
import type { Evaluation } from "../lwm2m/report-rules.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { SendFormat } from "../lwm2m/send-formats.ts";
import type { TreeOf } from "../lwm2m/tree.ts";
import { accountOf, bindingOf, type ServerAccount } from "../servers/account.ts";
import { writtenOf } from "../servers/kept-account.ts";
import { NOTHING_KEPT } from "../servers/kept-state.ts";
import { isThere } from "../servers/known-tree.ts";
import { readForSend, type ServerSendOutcome } from "../servers/send.ts";
import { Server } from "../servers/server.ts";
import { ServerObject } from "../servers/server-object.ts";
import type { ServerOptions } from "../servers/server-options.ts";
import {
  BINDING,
  DEFAULT_MAXIMUM_PERIOD,
  DEFAULT_MINIMUM_PERIOD,
  LIFETIME,
  MUTE_SEND,
  NOTIFICATION_MODE,
} from "../servers/server-resources.ts";
import type { ServerStatus } from "../servers/server-status.ts";
import type { Transport } from "../servers/transport/transport.ts";
import type { GatewayClock } from "./gateway-clock.ts";
import { type Keeping, type KeepingOptions, KeptServers } from "./kept-servers.ts";
import { coapEndpoint, type OpenTransport, outstanding, versionsOver } from "./schemes.ts";
import { requiredObject, type Trees } from "./trees.ts";

export interface NorthOptions {
  readonly settings: readonly ServerSettings[];
  /** Endpoint Client Name. */
  readonly endpoint: string;
  readonly catalogue: ObjectCatalogue;
  readonly clock: GatewayClock;
  readonly random: Random;
  readonly log: Logger;
  readonly openTransport: OpenTransport;
  /** What of servers outlives the process. */
  readonly store: KeepingOptions["store"];
  /** What servers are owed and do not have yet. */
  readonly history: ServerOptions["history"];
  /** Reports that are kept of an observation where no hqmax says how many. */
  readonly keep: number;
  /** A server has registered us. */
  readonly onRegistered: () => void;
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

/** What a server is made of that is its own. */
interface ServerParts extends Account {
  readonly attributes: AttributeStore;
  readonly keeping: Keeping | undefined;
}

export class North {
  /** Object 1, for the gateway's tree. */
  readonly serverObject: ServerObject;
  private readonly options: NorthOptions;
  private readonly accounts: readonly Account[];
  private servers: readonly Server[] = [];
  private kept: KeptServers | undefined;
  private treeOf: TreeOf = () => undefined;

  constructor(options: NorthOptions) {
    this.options = options;
    this.accounts = options.settings.map((settings, i) => ({ settings, account: accountOf(settings, i) }));
    const definition = (version: string) => requiredObject(options.catalogue, 1, version);
    this.serverObject = new ServerObject(
      { "1.0": definition("1.0"), "1.1": definition("1.1"), "1.2": definition("1.2") },
      this.accounts.map(({ account }) => account),
      {
        onWritten: (account, samples, removed) => this.onWritten(account, samples, removed),
        onUpdateTrigger: (account) => this.server(account)?.onAccount({ type: "updateTriggered" }),
        onDisable: (account) =>
          this.server(account)?.onAccount({ type: "disable", for: account.disableTimeout * SECOND }),
      },
      () => options.clock.wall(),
    );
  }

  /** Opens the sockets and begins to register everywhere. Rejects where a socket cannot be had. */
  async start(trees: Trees): Promise<void> {
    this.treeOf = trees.of;
    this.kept = await KeptServers.load(this.options);
    const joined = this.accounts.map((account) => this.join(account, trees));
    this.servers = joined.map(({ server }) => server);
    await Promise.all(
      joined.map(async ({ server, begin }) => {
        await server.start();
        begin();
      }),
    );
  }

  /** Of every server, each letter once: "U", "UT". */
  get bindings(): string {
    return [...new Set(this.options.settings.map(({ scheme }) => bindingOf(scheme)))].sort().reverse().join("");
  }

  /** De-registers everywhere, in order. */
  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
    await this.kept?.flush();
  }

  /** `gone`: what went at the same moment. */
  changed(samples: readonly Sample[], gone: readonly Path[] = []): void {
    if (samples.length + gone.length > 0) for (const server of this.servers) server.changed(samples, gone);
  }

  removed(path: Path): void {
    for (const server of this.servers) server.removed(path);
  }

  /** A device answers again, or for the first time. */
  appeared(prefix: string): void {
    for (const server of this.servers) server.appeared(prefix);
  }

  /** The history has forgotten what waits of these observations. */
  forgotten(match: (id: ObservationId) => boolean): void {
    for (const server of this.servers) server.forgotten(match);
  }

  /** The clock is right now: the machine started then. */
  dated(started: UnixMillis): void {
    for (const server of this.servers) server.dated(started);
  }

  /** Devices came, went or became others; with a prefix: what servers fill under it did. Said after `removed` and `changed`. */
  treesChanged(prefix?: string): void {
    for (const server of this.servers) server.treesChanged(prefix);
  }

  objectsChanged(): void {
    for (const server of this.servers) server.objectsChanged();
  }

  /** Reads the paths once, and sends what stands there to each of these servers, or to all. */
  async send({ paths, servers, format }: SendWish): Promise<readonly ServerSendOutcome[]> {
    const wanted = this.servers.filter(({ shortServerId }) => servers === undefined || servers.includes(shortServerId));
    const samples = await this.readForSend(paths);
    return Promise.all(
      wanted.map(async (server): Promise<ServerSendOutcome> => {
        const { shortServerId } = server;
        if (typeof samples === "string") return { server: shortServerId, type: "notSent", reason: samples };
        return { server: shortServerId, ...(await server.send({ samples, format })) };
      }),
    );
  }

  status(): readonly ServerStatus[] {
    return this.servers.map((server) => server.status());
  }

  /** Or why they could not be read, as a sentence. */
  private async readForSend(paths: readonly Path[]): Promise<readonly Sample[] | string> {
    try {
      return await readForSend(paths, this.treeOf);
    } catch (error) {
      if (!(error instanceof Lwm2mError)) throw error;
      return error.message;
    }
  }

  /** A server, and what begins to keep its state: not before it stands as it was left. */
  private join({ settings, account }: Account, trees: Trees): { readonly server: Server; readonly begin: () => void } {
    const { endpoint } = this.options;
    const keeping = this.kept?.of(settings.id, { endpoint, uri: settings.uri });
    const attributes = new AttributeStore(
      () => defaultsOf(account),
      () => keeping?.touch(),
    );
    keeping?.restore("account", (written) => this.serverObject.restore(account, written));
    keeping?.restore("attributes", (text) => attributes.restore(text, (path) => isThere(trees.of, path)));
    const server = new Server(this.optionsOf({ settings, account, attributes, keeping }, trees));
    const begin = () =>
      keeping?.begin(() => ({
        account: writtenOf(account),
        attributes: attributes.empty ? undefined : attributes.serialize(),
        ...server.toKeep,
      }));
    return { server, begin };
  }

  private optionsOf({ settings, account, attributes, keeping }: ServerParts, trees: Trees): ServerOptions {
    const { random, clock, log, history, keep } = this.options;
    const { kept = NOTHING_KEPT } = keeping ?? {};
    return {
      shortServerId: settings.id,
      uri: settings.uri,
      clock,
      log,
      transport: this.open(settings, kept.registration?.from.port),
      coap: coapEndpoint(settings, random, kept.numbers),
      registration: this.registrationOf(settings, account),
      observations: new Observations(attributes),
      attributes,
      gatewayTree: trees.gateway,
      treeOf: trees.of,
      latest: (path) => trees.latest(path),
      reports: settings.reports,
      prefixes: () => trees.prefixes,
      storing: () => account.notificationStoring,
      onEvaluation: this.options.onEvaluation,
      queueMode: { enabled: account.queueMode, awake: settings.awake },
      muted: () => account.muteSend,
      onRegistered: (registered) => {
        this.serverObject.registered(account, registered);
        this.options.onRegistered();
      },
      nstart: outstanding(settings),
      ackTimeout: settings.ackTimeout,
      history,
      delivery: settings.history,
      keep,
      maxMessage: settings.maxMessage,
      kept,
      onToKeep: () => keeping?.touch(),
    };
  }

  private open(settings: ServerSettings, port: number | undefined): Transport {
    const { clock, random, log, openTransport } = this.options;
    const certificateTime = () => clock.forCertificates;
    return openTransport(settings, { clock, random, log: log.child({ server: settings.id }), certificateTime }, port);
  }

  private registrationOf({ version, scheme, profileIds }: ServerSettings, account: ServerAccount): Registration {
    const { endpoint, random } = this.options;
    return new Registration({
      endpoint,
      lifetime: account.lifetime,
      binding: account.binding,
      queueMode: account.queueMode,
      versions: version === "auto" ? versionsOver(scheme) : [version],
      supportedVersions: () => [...account.supportedVersions.values()],
      profileIds,
      random,
      serverRetry: () => account.retry,
      outlivesConnection: scheme === "coaps",
    });
  }

  private onWritten(account: ServerAccount, samples: readonly Sample[], removed: readonly Path[]): void {
    const server = this.server(account);
    const written = new Set([...samples.map(({ path }) => path), ...removed].map((path) => pathParts(path).resource));
    if (written.has(LIFETIME)) server?.onAccount({ type: "lifetimeChanged", lifetime: account.lifetime });
    if (written.has(BINDING)) server?.onAccount({ type: "queueModeChanged", queueMode: account.queueMode });
    if (written.has(MUTE_SEND)) server?.muteChanged();
    if (DEFAULTS.some((resource) => written.has(resource))) server?.defaultsChanged();
    this.kept?.touch(account.shortServerId);
    this.changed(samples, removed);
  }

  private server({ shortServerId }: ServerAccount): Server | undefined {
    return this.servers.find((server) => server.shortServerId === shortServerId);
  }
}

/** Resources of the Server object that are attributes where no other are (Core §5.1.2). */
const DEFAULTS: readonly number[] = [DEFAULT_MINIMUM_PERIOD, DEFAULT_MAXIMUM_PERIOD, NOTIFICATION_MODE];

/** What counts where no attribute is attached. */
function defaultsOf({
  defaultMinimumPeriod: pmin,
  defaultMaximumPeriod: pmax,
  notificationMode: con,
}: ServerAccount): Attributes {
  return {
    ...(pmin === undefined ? {} : { pmin }),
    ...(pmax === undefined ? {} : { pmax }),
    ...(con === undefined ? {} : { con }),
  };
}
