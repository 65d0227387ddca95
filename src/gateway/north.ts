/** The servers of the configuration, each with its account in object 1. */
import { type Clock, type Random, SECOND } from "../clock.ts";
import { CoapEndpoint } from "../coap/endpoint.ts";
import type { ServerSettings } from "../config/types.ts";
import type { Logger } from "../log.ts";
import { AttributeStore } from "../lwm2m/attribute-store.ts";
import type { Attributes } from "../lwm2m/attributes.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import { type ObservationId, Observations } from "../lwm2m/observations.ts";
import { type Path, pathParts } from "../lwm2m/path.ts";
import { ALL_VERSIONS, Registration } from "../lwm2m/registration.ts";
import type { Evaluation } from "../lwm2m/report-rules.ts";
import type { Sample } from "../lwm2m/sample.ts";
import { accountOf, type ServerAccount } from "../servers/account.ts";
import { Server } from "../servers/server.ts";
import { DEFAULT_MAXIMUM_PERIOD, DEFAULT_MINIMUM_PERIOD, LIFETIME, ServerObject } from "../servers/server-object.ts";
import type { ServerStatus } from "../servers/server-status.ts";
import type { Transport } from "../servers/transport/transport.ts";
import { requiredObject, type Trees } from "./trees.ts";

export interface NorthOptions {
  readonly settings: readonly ServerSettings[];
  /** Endpoint Client Name. */
  readonly endpoint: string;
  readonly catalogue: ObjectCatalogue;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly openTransport: (settings: ServerSettings) => Transport;
  /** How often what devices have is to be evaluated for an observation; empty: it has ended. */
  readonly onEvaluation: (id: ObservationId, evaluations: readonly Evaluation[]) => void;
}

interface Account {
  readonly settings: ServerSettings;
  readonly account: ServerAccount;
}

export class North {
  /** Object 1, for the gateway's tree. */
  readonly serverObject: ServerObject;
  private readonly options: NorthOptions;
  private readonly accounts: readonly Account[];
  private servers: readonly Server[] = [];

  constructor(options: NorthOptions) {
    this.options = options;
    this.accounts = options.settings.map((settings, i) => ({ settings, account: accountOf(settings, i) }));
    this.serverObject = new ServerObject(
      requiredObject(options.catalogue, 1, "1.2"),
      this.accounts.map(({ account }) => account),
      {
        onWritten: (account, sample) => this.onWritten(account, sample),
        onUpdateTrigger: (account) => this.server(account)?.onAccount({ type: "updateTriggered" }),
        onDisable: (account) =>
          this.server(account)?.onAccount({ type: "disable", for: account.disableTimeout * SECOND }),
      },
      () => options.clock.wall(),
    );
  }

  /** Opens the sockets and begins to register everywhere. Rejects where a socket cannot be had. */
  async start(trees: Trees): Promise<void> {
    this.servers = this.accounts.map((account) => this.makeServer(account, trees));
    await Promise.all(this.servers.map((server) => server.start()));
  }

  /** De-registers everywhere, in order. */
  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  changed(samples: readonly Sample[]): void {
    if (samples.length > 0) for (const server of this.servers) server.changed(samples);
  }

  removed(path: Path): void {
    for (const server of this.servers) server.removed(path);
  }

  /** A device answers again, or for the first time. */
  appeared(prefix: string): void {
    for (const server of this.servers) server.appeared(prefix);
  }

  objectsChanged(): void {
    for (const server of this.servers) server.objectsChanged();
  }

  status(): readonly ServerStatus[] {
    return this.servers.map((server) => server.status());
  }

  private makeServer({ settings, account }: Account, trees: Trees): Server {
    const { endpoint, random, clock, log } = this.options;
    const { nstart, ackTimeout, maxRetransmit, maxBody, version } = settings;
    const attributes = new AttributeStore(() => defaultsOf(account));
    return new Server({
      shortServerId: settings.id,
      uri: settings.uri,
      clock,
      log,
      transport: this.options.openTransport(settings),
      coap: new CoapEndpoint({ random, maxBody, parameters: { nstart, ackTimeout, maxRetransmit } }),
      registration: new Registration({
        endpoint,
        lifetime: account.lifetime,
        binding: account.binding,
        queueMode: false,
        versions: version === "auto" ? ALL_VERSIONS : [version],
        random,
        serverRetry: () => account.retry,
      }),
      observations: new Observations(attributes),
      attributes,
      gatewayTree: trees.gateway,
      treeOf: trees.of,
      latest: (path) => trees.latest(path),
      storing: () => account.notificationStoring,
      onEvaluation: this.options.onEvaluation,
      nstart,
    });
  }

  private onWritten(account: ServerAccount, sample: Sample): void {
    const { resource } = pathParts(sample.path);
    const server = this.server(account);
    if (resource === LIFETIME) server?.onAccount({ type: "lifetimeChanged", lifetime: account.lifetime });
    if (resource === DEFAULT_MINIMUM_PERIOD || resource === DEFAULT_MAXIMUM_PERIOD) server?.defaultsChanged();
    this.changed([sample]);
  }

  private server({ shortServerId }: ServerAccount): Server | undefined {
    return this.servers.find((server) => server.shortServerId === shortServerId);
  }
}

/** What counts where no attribute is attached (Core §5.1.2). */
function defaultsOf({ defaultMinimumPeriod: pmin, defaultMaximumPeriod: pmax }: ServerAccount): Attributes {
  return { ...(pmin === undefined ? {} : { pmin }), ...(pmax === undefined ? {} : { pmax }) };
}
