/** What an outbox needs of its server: the two ways by which reports leave, the history, and the measures of both. */
import type { Clock, Millis } from "../clock.ts";
import type { CoapMessage } from "../coap/options.ts";
import type { Logger } from "../log.ts";
import type { Restraint } from "../lwm2m/budget.ts";
import type { ObservationId } from "../lwm2m/observation-id.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { History, HistoryEntry } from "../store/store.ts";
import type { Delivery } from "./backlog.ts";
import type { Report } from "./debt.ts";

export interface Composed {
  readonly message: CoapMessage;
  readonly confirmable: boolean;
  /** How many reports, oldest first, this message settles. */
  readonly covers: number;
}

/** The observations, as the outbox needs them. */
export interface NotificationPort {
  /** The message for what an observation owes, oldest first; undefined where the observation is gone. */
  compose(id: ObservationId, reports: readonly Report[]): Composed | undefined;
  /** `onDelivered` or `onFailed` says what became of it, possibly before this returns. */
  transmit(id: ObservationId, notification: number, composed: Composed): void;
  /** Gives it up: neither of the two will be said of it any more. */
  withdraw(id: ObservationId, notification: number): void;
  /** Whether the format in which it is observed carries time; undefined: it is not observed now. */
  carriesTime(id: ObservationId): boolean | undefined;
}

/** Send, as the outbox needs it. */
export interface PackPort {
  /** Whether the server takes Send now: what nobody observes goes by nothing else. */
  canSend(): boolean;
  /** How what waits of observations is delivered now. */
  delivery(): Delivery;
  write(samples: readonly Sample[]): CoapMessage;
  /** Whether what it measures is still there: a Send of what is not would be refused as a whole. */
  isThere(entry: HistoryEntry): boolean;
  /** `onDelivered` or `onFailed` says what became of it. What it returns calls it off, which is a failure, too. */
  transmit(number: number, message: CoapMessage): () => void;
}

export interface OutboxOptions {
  readonly history: Pick<History, "append" | "peek" | "confirm" | "forget" | "waiting">;
  readonly notifications: NotificationPort;
  readonly packs: PackPort;
  /** What a budget allows now; absent: everything. */
  readonly restraint?: () => Restraint;
  /** How many confirmable messages may be unacknowledged at the same time (RFC 7252 §4.7). */
  readonly nstart: number;
  /** RFC 7252 §4.8. */
  readonly ackTimeout: Millis;
  /** Bytes of payload up to which reports are put together. */
  readonly maxMessage: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whose values an observation has; absent: what its id says. */
  readonly deviceOf?: (id: ObservationId) => string;
  /** A report has come that must wait: the server is away, or sleeps with us. */
  readonly onWaiting?: () => void;
}
