/** The requests of one server, from their arrival to their answer: Core 1.2 §6.2.1 says which of them count. */
import type { ExchangeId, Part, StreamId } from "../coap/endpoint.ts";
import { type CoapMessage, findOption, OPTION, withoutObserve } from "../coap/options.ts";
import type { RegistrationState } from "../lwm2m/registration.ts";
import type { Connection } from "./connection.ts";
import type { Reports } from "./reports.ts";
import type { Requests } from "./requests.ts";

/** Requests that may wait for our registration to be answered; a server sends one at a time (NSTART). */
const MOST_HELD = 16;

export interface ServingOptions {
  readonly connection: Connection;
  readonly requests: Requests;
  readonly reports: Reports;
  readonly state: () => RegistrationState;
}

interface Held {
  readonly exchange: ExchangeId;
  readonly message: CoapMessage;
  readonly part: Part | undefined;
}

export class Serving {
  private readonly options: ServingOptions;
  private readonly held: Held[] = [];
  /** How many requests are being served. */
  private running = 0;
  /** Those of them that observe; without those that were cancelled meanwhile. */
  private readonly observing = new Set<ExchangeId>();
  private readonly afterwards: (() => void)[] = [];

  constructor(options: ServingOptions) {
    this.options = options;
  }

  get busy(): boolean {
    return this.running > 0;
  }

  /** Runs when the requests of now are answered; at once where there is none. */
  afterAnswer(act: () => void): void {
    if (this.busy) this.afterwards.push(act);
    else act();
  }

  receive(exchange: ExchangeId, message: CoapMessage, part?: Part): void {
    const state = this.options.state();
    if (state === "registered" || state === "updating") {
      void this.answer({ exchange, message, part });
    } else if (state === "registering" && this.held.length < MOST_HELD) {
      // The server may be quicker with its first request than the network with its answer to our Register.
      this.held.push({ exchange, message, part });
    } else {
      // Core §6.2.1: requests outside a registration are ignored.
      this.options.connection.ignore(exchange);
    }
  }

  /** Nothing more comes of a body that came in parts. */
  broken(stream: StreamId): void {
    this.options.requests.broken(stream);
  }

  /** A slow device may answer an Observe that the server has taken back, or repeated, by then. */
  cancel(exchange: ExchangeId): void {
    this.observing.delete(exchange);
    this.options.reports.cancel(exchange);
  }

  /** The connection is gone: whoever observed has to do so again. */
  disconnected(): void {
    this.held.splice(0);
    this.observing.clear();
  }

  /** We are registered: what came before that is answered. */
  release(): void {
    for (const held of this.held.splice(0)) void this.answer(held);
  }

  /** We are not: what came is left without an answer. */
  drop(): void {
    for (const { exchange } of this.held.splice(0)) this.options.connection.ignore(exchange);
  }

  private async answer({ exchange, message, part }: Held): Promise<void> {
    const { connection, requests, reports } = this.options;
    this.running++;
    const observes = findOption(message, OPTION.observe) !== undefined;
    if (observes) this.observing.add(exchange);
    const { message: response, granted: asked, attributesAt } = await requests.serve(message, part);
    // RFC 7641 §4.1: who has no room for an observation answers as if it was not asked for.
    const granted = asked !== undefined && reports.hasRoomFor(asked) ? asked : undefined;
    connection.respond(exchange, granted === undefined ? withoutObserve(response) : response);
    const wanted = observes && this.observing.delete(exchange);
    if (granted !== undefined && wanted) reports.grant(exchange, granted);
    if (attributesAt !== undefined) reports.attributesChanged(attributesAt);
    this.running--;
    for (const act of this.afterwards.splice(0)) act();
  }
}
