/** The peer's observations of our resources: the server's side of RFC 7641. */

import type { Millis } from "../clock.ts";
import { SparseMap } from "../sparse-map.ts";
import { isSuccess } from "./codes.ts";
import type { Context } from "./context.ts";
import type { CoapEffect, CoapEvent, ExchangeId } from "./events.ts";
import type { ObservedRequest } from "./observed-request.ts";
import { type CoapMessage, OPTION, uintOption, withOption, withoutObserve } from "./options.ts";
import type { Outgoing, Sending, Transmission } from "./reliability.ts";
import type { Snapshots } from "./snapshots.ts";

type Notify = Extract<CoapEvent, { type: "notify" }>;
type CancelReason = Extract<CoapEffect, { type: "cancelled" }>["reason"];

/** One observation: what the request was, and where its notifications stand. */
interface Observation extends ObservedRequest {
  readonly exchange: ExchangeId;
  /** Notifications on their way, and those that an RST could still answer. */
  readonly pending: Map<number, Transmission>;
  running: boolean;
}

export class Observers {
  private readonly context: Context;
  private readonly sending: Sending;
  private readonly snapshots: Snapshots;
  private readonly byExchange = new SparseMap<ExchangeId, Observation>();
  private readonly byToken = new SparseMap<string, Observation>();

  constructor(context: Context, sending: Sending, snapshots: Snapshots) {
    this.context = context;
    this.sending = sending;
    this.snapshots = snapshots;
  }

  get idle(): boolean {
    return this.byExchange.size === 0;
  }

  /** Begins an observation; its first number is in the answer to the request. */
  begin(exchange: ExchangeId, { token, request, block }: ObservedRequest): void {
    const observation: Observation = { exchange, token, request, block, pending: new Map(), running: true };
    this.byExchange.set(exchange, observation);
    this.byToken.set(tokenKey(token), observation);
  }

  /** What began the observation; undefined where it is over. */
  observed(exchange: ExchangeId): ObservedRequest | undefined {
    return this.byExchange.get(exchange);
  }

  /** Sends a notification, or says at once that it failed where the observation is over. */
  notify(event: Notify, now: Millis): void {
    const { exchange, notification, confirmable } = event;
    const observation = this.byExchange.get(exchange);
    if (observation === undefined) {
      this.context.emit({ type: "failed", exchange, notification, reason: "reset" });
      return;
    }
    // RFC 7641 §4.2: a notification that is no success has no Observe option and is the last one.
    if (!isSuccess(event.message.code)) this.remove(observation);
    const outgoing = {
      token: observation.token,
      confirmable,
      message: (time: Millis) => this.build(observation, event.message, time),
      ended: this.whenEnded(observation, notification),
    };
    const transmission = this.sending.send(outgoing, now);
    if (transmission.state !== "ended") observation.pending.set(notification, transmission);
  }

  /** Nothing more is sent of a notification that is not acknowledged yet. */
  withdraw(exchange: ExchangeId, notification: number, now: Millis): void {
    const pending = this.byExchange.get(exchange)?.pending;
    const transmission = pending?.get(notification);
    if (transmission === undefined) return;
    pending?.delete(notification);
    this.sending.cancel([transmission], now);
  }

  /** The application ends it: nothing more is sent. */
  end(exchange: ExchangeId, now: Millis): void {
    const observation = this.byExchange.get(exchange);
    if (observation === undefined) return;
    this.remove(observation);
    this.drop(observation, now);
  }

  /** The peer ends the observation that has this token. */
  cancelToken(token: Uint8Array, reason: CancelReason, now: Millis): void {
    const observation = this.byToken.get(tokenKey(token));
    if (observation !== undefined) this.cancel(observation, reason, now);
  }

  /** The connection that they are bound to is gone (RFC 8323 §5.5, Appendix A.4): nobody is told, each owner knows. */
  clear(now: Millis): void {
    for (const exchange of [...this.byExchange.keys()]) this.end(exchange, now);
  }

  private cancel(observation: Observation, reason: CancelReason, now: Millis): void {
    if (!observation.running) return;
    this.remove(observation);
    this.drop(observation, now);
    this.context.emit({ type: "cancelled", exchange: observation.exchange, reason });
  }

  /** Every notification comes to an end that is reported: these came to nothing. */
  private drop({ exchange, pending }: Observation, now: Millis): void {
    this.sending.cancel(pending.values(), now);
    for (const notification of pending.keys()) {
      this.context.emit({ type: "failed", exchange, notification, reason: "reset" });
    }
    pending.clear();
  }

  /** A closure of its own, since it may be kept long after the content of the notification went out. */
  private whenEnded(observation: Observation, notification: number): Outgoing["ended"] {
    return (outcome, now) => {
      const wasPending = observation.pending.delete(notification);
      const { exchange } = observation;
      switch (outcome) {
        case "sent":
        case "acknowledged":
          this.context.emit({ type: "delivered", exchange, notification });
          return;
        case "timeout":
          this.context.emit({ type: "failed", exchange, notification, reason: "timeout" });
          return;
        case "reset":
          // A non-confirmable one was reported as delivered when it was sent.
          if (wasPending) this.context.emit({ type: "failed", exchange, notification, reason: "reset" });
          this.cancel(observation, "reset", now);
          return;
        default:
          outcome satisfies never;
      }
    };
  }

  private build(observation: Observation, message: CoapMessage, now: Millis): CoapMessage {
    if (!isSuccess(message.code)) return withoutObserve(message);
    const observe = uintOption(OPTION.observe, this.context.numbers.nextObserve());
    return this.snapshots.cut(observation.request, withOption(message, observe), observation.block, now);
  }

  private remove(observation: Observation): void {
    observation.running = false;
    this.byExchange.delete(observation.exchange);
    const key = tokenKey(observation.token);
    if (this.byToken.get(key) === observation) this.byToken.delete(key);
  }
}

function tokenKey(token: Uint8Array): string {
  return String.fromCharCode(...token);
}
