/** One LwM2M Server: registration, requests and reports over one connection. The north, joined. */
import type { Clock } from "../clock.ts";
import type { CoapMachine, ExchangeId } from "../coap/endpoint.ts";
import { type CoapMessage, findOption, OPTION } from "../coap/options.ts";
import type { Logger } from "../log.ts";
import type { AttributeStore } from "../lwm2m/attribute-store.ts";
import type { Lwm2mVersion } from "../lwm2m/objects/versions.ts";
import type { ObservationId, Observations } from "../lwm2m/observations.ts";
import type { Path } from "../lwm2m/path.ts";
import type { Registration, RegistrationEvent, RegistrationState } from "../lwm2m/registration.ts";
import type { Evaluation } from "../lwm2m/report-rules.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { ObjectTree, TreeOf } from "../lwm2m/tree.ts";
import { Connection } from "./connection.ts";
import { Registrar } from "./registrar.ts";
import { Reports } from "./reports.ts";
import { Requests } from "./requests.ts";
import type { ServerStatus } from "./server-status.ts";
import type { Transport } from "./transport/transport.ts";

/** Requests that may wait for our registration to be answered; a server sends one at a time (NSTART). */
const MOST_HELD = 16;

export interface ServerOptions {
  readonly shortServerId: number;
  readonly uri: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly transport: Transport;
  readonly coap: CoapMachine;
  readonly registration: Registration;
  readonly observations: Observations;
  readonly attributes: AttributeStore;
  /** The gateway's own objects: what Register lists. */
  readonly gatewayTree: ObjectTree;
  readonly treeOf: TreeOf;
  /** The newest measurement that is known of a path, without asking a device. */
  readonly latest: (path: Path) => Sample | undefined;
  /** /1/x/6: whether reports are kept for a server that is away. */
  readonly storing: () => boolean;
  /** How often what devices have is to be evaluated for an observation; empty: it has ended. */
  readonly onEvaluation: (id: ObservationId, evaluations: readonly Evaluation[]) => void;
  /** RFC 7252 §4.7. */
  readonly nstart: number;
}

interface Held {
  readonly exchange: ExchangeId;
  readonly message: CoapMessage;
}

export class Server {
  readonly shortServerId: number;
  private readonly options: ServerOptions;
  private readonly log: Logger;
  private readonly connection: Connection;
  private readonly registrar: Registrar;
  private readonly requests: Requests;
  private readonly reports: Reports;
  private readonly held: Held[] = [];
  /** How many requests are being served. */
  private serving = 0;
  /** Those of them that observe; without those that were cancelled meanwhile. */
  private readonly observing = new Set<ExchangeId>();
  private readonly afterAnswer: (() => void)[] = [];
  private registration: { readonly location: string; readonly version: Lwm2mVersion } | undefined;
  private onStopped: () => void = () => {};

  constructor(options: ServerOptions) {
    const { shortServerId, clock, transport, treeOf, attributes, gatewayTree } = options;
    this.options = options;
    this.shortServerId = shortServerId;
    this.log = options.log.child({ server: shortServerId });
    this.connection = new Connection(transport, options.coap, clock, {
      onRequest: (exchange, message) => this.onRequest(exchange, message),
      onDelivered: (notification) => this.reports.outbox.onDelivered(notification),
      onFailed: (notification, reason, exchange) => this.onUndelivered(notification, reason, exchange),
      onCancelled: (exchange) => this.onCancelled(exchange),
    });
    this.requests = new Requests({
      treeOf,
      attributes,
      version: () => this.registration?.version ?? "1.1",
      log: this.log,
    });
    this.reports = new Reports({
      server: shortServerId,
      machine: options.observations,
      clock,
      treeOf,
      latest: options.latest,
      storing: options.storing,
      onEvaluation: options.onEvaluation,
      notifier: this.connection,
      nstart: options.nstart,
    });
    this.registrar = new Registrar(
      {
        machine: options.registration,
        connection: this.connection,
        resolve: () => transport.resolve(),
        gatewayTree,
        clock,
        log: this.log,
      },
      {
        onAccepted: (location, version) => this.onAccepted(location, version),
        onState: (state) => this.onState(state),
      },
    );
  }

  /** Opens the socket and begins to register. Rejects where the socket cannot be had. */
  async start(): Promise<void> {
    await this.connection.open();
    this.registrar.handle({ type: "start" });
  }

  /** De-registers in order, waits for the answer (a few seconds at most), closes the socket. */
  async stop(): Promise<void> {
    if (this.registrar.standing.state !== "deregistered") {
      await new Promise<void>((resolve) => {
        this.onStopped = resolve;
        this.registrar.handle({ type: "stop" });
      });
    }
    this.registrar.stop();
    this.reports.stop();
    await this.connection.close();
  }

  /** Values of any tree changed. */
  changed(samples: readonly Sample[]): void {
    this.reports.changed(samples);
  }

  /** A device, or a part of one, is gone: whoever observes it hears 4.04. */
  removed(path: Path): void {
    this.reports.removed(path);
    this.options.attributes.remove(path);
  }

  /** A device answers again, or for the first time. */
  appeared(prefix: string): void {
    this.reports.appeared(prefix);
  }

  /** The instances of the gateway's own objects are others now. */
  objectsChanged(): void {
    this.onAccount({ type: "objectsChanged" });
  }

  /** What was done to the account of this server; acted on once its own request is answered. */
  onAccount(event: RegistrationEvent): void {
    if (this.serving === 0) this.registrar.handle(event);
    else this.afterAnswer.push(() => this.registrar.handle(event));
  }

  /** /1/x/2 or /1/x/3 was written. */
  defaultsChanged(): void {
    this.reports.attributesChanged();
  }

  status(): ServerStatus {
    return {
      shortServerId: this.shortServerId,
      uri: this.options.uri,
      ...this.registrar.standing,
      ...this.registration,
      observations: this.reports.paths,
      reports: this.reports.counters,
      transport: { ...this.options.transport.counters },
    };
  }

  private onRequest(exchange: ExchangeId, message: CoapMessage): void {
    const { state } = this.registrar.standing;
    if (state === "registered" || state === "updating") {
      void this.answer(exchange, message);
    } else if (state === "registering" && this.held.length < MOST_HELD) {
      // The server may be quicker with its first request than the network with its answer to our Register.
      this.held.push({ exchange, message });
    } else {
      // Core §6.2.1: requests outside a registration are ignored.
      this.connection.ignore(exchange);
    }
  }

  private async answer(exchange: ExchangeId, message: CoapMessage): Promise<void> {
    this.serving++;
    const observes = findOption(message, OPTION.observe) !== undefined;
    if (observes) this.observing.add(exchange);
    const { message: response, granted, attributesAt } = await this.requests.serve(message);
    this.connection.respond(exchange, response);
    const wanted = observes && this.observing.delete(exchange);
    if (granted !== undefined && wanted) this.reports.grant(exchange, granted);
    if (attributesAt !== undefined) this.reports.attributesChanged(attributesAt);
    this.serving--;
    if (this.afterAnswer.length > 0) for (const act of this.afterAnswer.splice(0)) act();
  }

  /** A slow device may answer an Observe that the server has taken back, or repeated, by then. */
  private onCancelled(exchange: ExchangeId): void {
    this.observing.delete(exchange);
    this.reports.cancel(exchange);
  }

  /** An RST means that the observation is over; silence puts the whole session in doubt. */
  private onUndelivered(notification: number, reason: "timeout" | "reset", exchange: ExchangeId): void {
    switch (reason) {
      case "reset":
        this.reports.cancel(exchange);
        this.reports.outbox.onFailed(notification);
        break;
      case "timeout":
        this.reports.outbox.pause();
        this.reports.outbox.onFailed(notification);
        this.registrar.handle({ type: "suspect" });
        break;
      default:
        reason satisfies never;
    }
  }

  private onAccepted(location: readonly string[], version: Lwm2mVersion): void {
    this.registration = { location: `/${location.join("/")}`, version };
    this.reports.clear();
  }

  private onState(state: RegistrationState): void {
    if (state === "registered") {
      this.reports.outbox.resume();
      for (const { exchange, message } of this.held.splice(0)) void this.answer(exchange, message);
    } else if (state !== "updating") {
      this.reports.outbox.pause();
      if (state !== "registering") for (const { exchange } of this.held.splice(0)) this.connection.ignore(exchange);
    }
    if (state === "deregistered") {
      this.registration = undefined;
      this.reports.clear();
      this.onStopped();
    }
  }
}
