import type { Clock, Millis } from "../clock.ts";
import {
  type CoapEffect,
  type CoapEvent,
  type CoapMachine,
  type ExchangeId,
  exchangeId,
  type Part,
  type ReservedNumbers,
  type StreamId,
} from "../coap/endpoint.ts";
import type { ObservedRequest } from "../coap/observed-request.ts";
import type { CoapMessage } from "../coap/options.ts";
import { type Drive, drive } from "../machine.ts";
import { SparseMap } from "../sparse-map.ts";
import type { Carrier } from "./transport/transport.ts";

/** How a request of ours ended. */
export type Outcome =
  | { readonly type: "response"; readonly message: CoapMessage }
  | { readonly type: "failed"; readonly reason: "timeout" | "reset" };

/** A request of ours that is under way. */
export interface Asked {
  readonly outcome: Promise<Outcome>;
  /** Sends no more of it, and leaves its place (RFC 7252 §4.7) to the next; the outcome is "failed". */
  abandon(): void;
}

/** What reaches the program from the server. */
export interface ConnectionListener {
  /** A request: answer it by `respond`, once. */
  onRequest(exchange: ExchangeId, message: CoapMessage, part?: Part): void;
  /** Nothing more comes of a body that was handed over in parts. */
  onBroken?(stream: StreamId): void;
  onDelivered(notification: number): void;
  /** `exchange`: the one that began its observation. */
  onFailed(notification: number, reason: "timeout" | "reset", exchange: ExchangeId): void;
  /** The server ended the observation that this exchange began. */
  onCancelled(exchange: ExchangeId): void;
  /** Over TCP: the connection is gone, and with it what was asked and observed over it. Not again before `wait` is over. */
  onLost?(reason: string, wait: Millis): void;
  /** Over DTLS: another session has begun, in which nothing is left of what was asked and observed. */
  onRenewed?(reason: string): void;
  /** Over DTLS: the association is gone, and may be taken up again. */
  onInterrupted?(reason: string): void;
  /** Nobody asked it anything, and it does not answer a Ping. */
  onSilent?(): void;
  /** Numbers up to these may be in use from now on. */
  onReserved?(numbers: ReservedNumbers): void;
}

type CarrierEffect = "disconnect" | "lost" | "renewed" | "interrupted" | "silent";

/** One server on the wire: the carrier and the CoAP endpoint joined. */
export class Connection {
  private readonly carrier: Carrier;
  private readonly machine: CoapMachine;
  private readonly feed: Drive<CoapEvent>;
  private readonly listener: ConnectionListener;
  private readonly waiting = new SparseMap<ExchangeId, (outcome: Outcome) => void>();
  private lastExchange = 0;

  constructor(carrier: Carrier, machine: CoapMachine, clock: Clock, listener: ConnectionListener) {
    this.carrier = carrier;
    this.machine = machine;
    this.listener = listener;
    this.feed = drive(machine, clock, (effect) => this.perform(effect));
  }

  async open(): Promise<void> {
    await this.carrier.open((bytes) => this.feed({ type: "datagram", bytes }), this.feed);
  }

  /** Sends a confirmable request; settles when it is answered or given up. */
  request(message: CoapMessage): Promise<Outcome> {
    return this.begin(message).outcome;
  }

  /** The same, for who may lose interest in the answer. */
  begin(message: CoapMessage): Asked {
    const exchange = exchangeId(++this.lastExchange);
    const outcome = new Promise<Outcome>((resolve) => {
      this.waiting.set(exchange, resolve);
      this.feed({ type: "request", exchange, message, confirmable: true });
    });
    const abandon = (): void => {
      if (!this.waiting.has(exchange)) return;
      this.feed({ type: "forget", exchange });
      this.settle(exchange, { type: "failed", reason: "reset" });
    };
    return { outcome, abandon };
  }

  /** Whether a request of ours waits for its answer. */
  get busy(): boolean {
    return this.waiting.size > 0;
  }

  respond(exchange: ExchangeId, message: CoapMessage): void {
    this.feed({ type: "respond", exchange, message });
  }

  /** Leaves a request without an answer and without an acknowledgement, as if it had not arrived. */
  ignore(exchange: ExchangeId): void {
    this.feed({ type: "ignore", exchange });
  }

  /** Sends a notification; `notification` is named again by `onDelivered` or `onFailed`, possibly before this returns. */
  notify(exchange: ExchangeId, notification: number, message: CoapMessage, confirmable: boolean): void {
    this.feed({ type: "notify", exchange, notification, message, confirmable });
  }

  /** Gives up a notification that is not acknowledged yet: nothing more is heard of it. */
  withdraw(exchange: ExchangeId, notification: number): void {
    this.feed({ type: "withdraw", exchange, notification });
  }

  endObservation(exchange: ExchangeId): void {
    this.feed({ type: "endObservation", exchange });
  }

  /** What `restore` needs of a running observation, in another process; undefined where it is over, or cannot be restored. */
  observed(exchange: ExchangeId): ObservedRequest | undefined {
    return this.machine.observed?.(exchange);
  }

  /** Goes on with an observation of an earlier process, under this exchange, which is below 0. */
  restore(exchange: ExchangeId, observed: ObservedRequest): void {
    this.feed({ type: "restore", exchange, observed });
  }

  /** Over TCP and DTLS: takes leave of the server and closes the connection; the next `resolve` makes another. */
  leave(): void {
    this.feed({ type: "leave" });
  }

  async close(): Promise<void> {
    this.feed.stop();
    for (const resolve of this.waiting.values()) resolve({ type: "failed", reason: "timeout" });
    this.waiting.clear();
    await this.carrier.close();
  }

  private perform(effect: CoapEffect): void {
    switch (effect.type) {
      case "send":
        this.carrier.send(effect.bytes);
        break;
      case "serve":
        this.listener.onRequest(effect.exchange, effect.message, effect.part);
        break;
      case "broken":
        this.listener.onBroken?.(effect.stream);
        break;
      case "response":
        this.settle(effect.exchange, { type: "response", message: effect.message });
        break;
      case "delivered":
        this.listener.onDelivered(effect.notification);
        break;
      case "failed":
        if (effect.notification === undefined) this.settle(effect.exchange, { type: "failed", reason: effect.reason });
        else this.listener.onFailed(effect.notification, effect.reason, effect.exchange);
        break;
      case "cancelled":
        this.listener.onCancelled(effect.exchange);
        break;
      case "reserved":
        this.listener.onReserved?.(effect.numbers);
        break;
      case "disconnect":
      case "lost":
      case "renewed":
      case "interrupted":
      case "silent":
        this.onCarrier(effect);
        break;
      default:
        effect satisfies never;
    }
  }

  /** What became of what lies below. */
  private onCarrier(effect: Extract<CoapEffect, { type: CarrierEffect }>): void {
    switch (effect.type) {
      case "disconnect":
        this.carrier.disconnect?.();
        break;
      case "lost":
        this.listener.onLost?.(effect.reason, effect.wait);
        break;
      case "renewed":
        this.listener.onRenewed?.(effect.reason);
        break;
      case "interrupted":
        this.listener.onInterrupted?.(effect.reason);
        break;
      case "silent":
        this.listener.onSilent?.();
        break;
      default:
        effect satisfies never;
    }
  }

  private settle(exchange: ExchangeId, outcome: Outcome): void {
    this.waiting.get(exchange)?.(outcome);
    this.waiting.delete(exchange);
  }
}
