import type { Millis } from "../clock.ts";
import type { Machine } from "../machine.ts";
import type { ReservedNumbers } from "./numbers.ts";
import type { ObservedRequest } from "./observed-request.ts";
import type { CoapMessage } from "./options.ts";

declare const exchange: unique symbol;
/** One request and all its responses. Numbers of one endpoint; never a token: tokens are the endpoint's own. */
export type ExchangeId = number & { readonly [exchange]: true };

export function exchangeId(number: number): ExchangeId {
  return number as ExchangeId;
}

declare const stream: unique symbol;
/** One body that is handed over in parts. Numbers of one endpoint. */
export type StreamId = number & { readonly [stream]: true };

export function streamId(number: number): StreamId {
  return number as StreamId;
}

/**
 * Which part of a body the payload of a request is, where it is not put together: the parts of a stream come in order, each once,
 * the next one after 2.31 (Continue) was answered to the one before. Any other answer to a part ends the stream.
 */
export interface Part {
  readonly stream: StreamId;
  /** Where it begins. 0 begins the stream. */
  readonly offset: number;
  readonly last: boolean;
  /** Of the whole body, as the peer announced it. */
  readonly size?: number;
}

export type CoapEvent =
  /** What the socket received from this endpoint's peer: a datagram, or the next bytes of the stream. */
  | { readonly type: "datagram"; readonly bytes: Uint8Array }
  | ConnectionEvent
  /** Sends a request. `exchange` is chosen by the caller, unique among its own running requests. */
  | {
      readonly type: "request";
      readonly exchange: ExchangeId;
      readonly message: CoapMessage;
      readonly confirmable: boolean;
      /** The answer is handed on as it comes, its Block2 option with it: who asks puts the blocks together. */
      readonly single?: true;
    }
  /** Gives up a request of ours (a running Observe too): later responses are rejected with RST. */
  | { readonly type: "forget"; readonly exchange: ExchangeId }
  /** Answers a served request. With an Observe option in a success response the exchange stays open as an observation. */
  | { readonly type: "respond"; readonly exchange: ExchangeId; readonly message: CoapMessage }
  /** Drops a served request as if it had not arrived: no acknowledgement, no answer; a repetition is served anew. */
  | { readonly type: "ignore"; readonly exchange: ExchangeId }
  /**
   * Sends a notification of the observation that `exchange` began; the Observe number is the endpoint's. A message that is
   * no success (4.04) has no Observe option and ends the observation (RFC 7641 §4.2).
   */
  | {
      readonly type: "notify";
      readonly exchange: ExchangeId;
      /** Named again in `delivered` and `failed`; chosen by the caller. */
      readonly notification: number;
      readonly message: CoapMessage;
      readonly confirmable: boolean;
    }
  /**
   * Gives up a notification that is not acknowledged yet, so that others need not wait for it (RFC 7641 §4.5.2): nothing more of
   * it is sent, and nothing more is said of it.
   */
  | { readonly type: "withdraw"; readonly exchange: ExchangeId; readonly notification: number }
  /** Ends an observation without a word to the peer (de-registered); notifications on their way come to nothing. */
  | { readonly type: "endObservation"; readonly exchange: ExchangeId }
  /**
   * An observation that an earlier process granted, and that the peer still has: it can be notified again. `exchange` is chosen
   * by the caller, below 0: those of requests that are served are above.
   */
  | { readonly type: "restore"; readonly exchange: ExchangeId; readonly observed: ObservedRequest };

/** What becomes of what lies below; plain datagrams have nothing of the kind. */
export type ConnectionEvent = StreamEvent | AssociationEvent;

/** What becomes of a DTLS association (RFC 7252 §9.1). */
export type AssociationEvent =
  /**
   * There is one. In a new session nothing counts any more of what was said and observed in the one before (§9.1.1); in a
   * resumed one everything goes on. `keepAlive`: how long the peer may say nothing before a Ping asks it.
   */
  | { readonly type: "associated"; readonly session: "new" | "resumed"; readonly keepAlive?: Millis | undefined }
  /** It is gone; its session may be taken up again. `reason` says why, in words for the log. */
  | { readonly type: "interrupted"; readonly reason: string };

/** What becomes of a connection (RFC 8323). */
export type StreamEvent =
  /** There is a new connection, over which nothing has gone yet. */
  | { readonly type: "connected" }
  /** It is gone; `reason` says why, in words for the log. */
  | { readonly type: "disconnected"; readonly reason: string }
  /** So many more bytes of ours have left this process. */
  | { readonly type: "written"; readonly bytes: number }
  /** We close in order: the peer is told (§5.5; over DTLS RFC 5246 §7.2.1). */
  | { readonly type: "leave" };

export type CoapEffect =
  | { readonly type: "send"; readonly bytes: Uint8Array }
  /** Close the connection once what was sent before has left. */
  | { readonly type: "disconnect" }
  /** The connection is gone, with everything that was asked and observed over it; not again before so long. */
  | { readonly type: "lost"; readonly reason: string; readonly wait: Millis }
  /** Over DTLS: another session has begun, in which nothing is left of what was asked and observed. */
  | { readonly type: "renewed"; readonly reason: string }
  /** Over DTLS: the association is gone. What was asked has no answer; what is observed may go on in the next one. */
  | { readonly type: "interrupted"; readonly reason: string }
  /** A Ping of ours, which nobody asked for, had no answer. */
  | { readonly type: "silent" }
  /** A request to answer by `respond`, once, whenever the answer is ready: the empty ACK is the endpoint's business. */
  | { readonly type: "serve"; readonly exchange: ExchangeId; readonly message: CoapMessage; readonly part?: Part }
  /** Nothing more comes of this stream: it began anew, fell silent, or its connection is gone. Not said after its end. */
  | { readonly type: "broken"; readonly stream: StreamId }
  /** The answer to a request of ours, its body whole; for an Observe also each notification, in order. */
  | { readonly type: "response"; readonly exchange: ExchangeId; readonly message: CoapMessage }
  /**
   * A confirmable notification was acknowledged, over TCP by a Pong behind it; a non-confirmable one was handed to the socket,
   * and by it to the system.
   */
  | { readonly type: "delivered"; readonly exchange: ExchangeId; readonly notification: number }
  /**
   * A notification was not acknowledged (`timeout`) or came to nothing (`reset`: rejected, or the observation is over); or,
   * without `notification`, a request of ours had no answer, or one that had to be rejected: by the peer, or by us for an
   * unknown critical option or a body over the limit. After a `timeout` the observation goes on: RFC 7641 §4.5 would drop
   * it, but an LwM2M observation outlives an outage, and `endObservation` is there for who thinks otherwise.
   */
  | {
      readonly type: "failed";
      readonly exchange: ExchangeId;
      readonly notification?: number;
      readonly reason: "timeout" | "reset";
    }
  /** The peer ended its observation: Observe=1, RST to a notification (CON or NON), or a new one with the same token. */
  | {
      readonly type: "cancelled";
      readonly exchange: ExchangeId;
      readonly reason: "deregister" | "reset" | "replaced";
    }
  /** Where the endpoint was made to say so: numbers up to these may be in use from now on. */
  | { readonly type: "reserved"; readonly numbers: ReservedNumbers };

/** CoAP towards one peer, client and server at once: its own message IDs, tokens, duplicate filter, NSTART and blocks. */
export interface CoapMachine extends Machine<CoapEvent, CoapEffect> {
  /** What `restore` needs of a running observation; absent where observations end with their connection. */
  observed?(exchange: ExchangeId): ObservedRequest | undefined;
}
