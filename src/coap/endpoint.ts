/**
 * CoAP towards one peer over UDP or DTLS, client and server at once: RFC 7252, 7641, 7959, 8132. This file sorts what comes
 * in; reliability.ts sends until acknowledged, duplicates.ts remembers, server-role.ts and client-role.ts hold the exchanges.
 */
import type { Millis, Random } from "../clock.ts";
import { ProtocolError } from "../errors.ts";
import type { Timeout } from "../machine.ts";
import { pooled } from "../random-pool.ts";
import { Alarms } from "./alarms.ts";
import { blockSize, LARGEST_SZX } from "./block.ts";
import { ClientRole } from "./client-role.ts";
import { isRequest, isResponse } from "./codes.ts";
import type { CoapCounters, Context, Limits } from "./context.ts";
import { type Arrival, DuplicateFilter, fingerprint } from "./duplicates.ts";
import type { CoapEffect, CoapEvent, CoapMachine, ConnectionEvent, ExchangeId } from "./events.ts";
import { KeepAlive } from "./keep-alive.ts";
import { limitsOf } from "./limits.ts";
import { decodeMessage, encodeEmpty, encodeMessage, TYPE, type UdpMessage } from "./message.ts";
import { Numbers, type ReservedNumbers } from "./numbers.ts";
import type { ObservedRequest } from "./observed-request.ts";
import type { CoapMessage } from "./options.ts";
import { type CoapParameters, coapTimes } from "./parameters.ts";
import { noRoom } from "./refusals.ts";
import { Transmissions } from "./reliability.ts";
import { changesSomething } from "./requests.ts";
import { ServerRole } from "./server-role.ts";
import { type UdpReplies, UdpReply } from "./udp-reply.ts";

export type { CoapCounters } from "./context.ts";
export {
  type CoapEffect,
  type CoapEvent,
  type CoapMachine,
  type ExchangeId,
  exchangeId,
  type Part,
  type StreamId,
} from "./events.ts";
export type { ReservedNumbers } from "./numbers.ts";
export type { CoapParameters } from "./parameters.ts";

export interface CoapEndpointOptions {
  /** For the first message ID, tokens and the spread of first timeouts. */
  readonly random: Random;
  readonly parameters?: Partial<CoapParameters>;
  /** The longest body in either direction, in bytes: 1 MiB. More is refused (4.13), or makes a request of ours fail. */
  readonly maxBody?: number;
  /** The largest block, 16 to 1024 bytes: 1024. */
  readonly blockSize?: number;
  /** Other limits on what the peer can make us keep. */
  readonly limits?: Partial<Omit<Limits, "maxBody" | "szx">>;
  /**
   * Whether the body of a request is handed over part by part as its blocks arrive, whatever its length; absent: all are put
   * together.
   */
  readonly streams?: (request: CoapMessage) => boolean;
  /** Somebody keeps them: `reserved` tells which numbers are in use, for the process after this one. */
  readonly reserve?: boolean;
  /** What the process before this one had reserved. */
  readonly after?: ReservedNumbers | undefined;
}

type AnswerEvent = Extract<CoapEvent, { type: "respond" | "ignore" }>;

export class CoapEndpoint implements CoapMachine {
  private readonly alarms = new Alarms();
  private readonly transmissions: Transmissions;
  private readonly duplicates: DuplicateFilter;
  private readonly server: ServerRole;
  private readonly client: ClientRole;
  private readonly replies: UdpReplies;
  private readonly keepAlive: KeepAlive;
  /** Whether there was a DTLS session. */
  private associated = false;
  private readonly count: CoapCounters;
  private effects: CoapEffect[] = [];

  constructor(options: CoapEndpointOptions) {
    const times = coapTimes(options.parameters);
    const limits = limitsOf(options);
    this.count = { received: 0, sent: 0, retransmissions: 0, duplicates: 0, malformed: 0, stray: 0, refused: 0 };
    const emit = (effect: CoapEffect): void => {
      this.effects.push(effect);
    };
    const random = pooled(options.random);
    const { reserve = false, after, streams = () => false } = options;
    const onReserved = (reserved: ReservedNumbers): void => {
      if (reserve) emit({ type: "reserved", numbers: reserved });
    };
    const numbers = new Numbers(random, onReserved, after);
    const { alarms, count: counters } = this;
    const size = blockSize(limits.szx);
    const blocks = { largest: LARGEST_SZX, room: () => size, szx: () => limits.szx };
    const context: Context = { times, limits, alarms, counters, numbers, blocks, ordered: false, streams, emit };
    this.transmissions = new Transmissions(context, random);
    this.duplicates = new DuplicateFilter(limits, times);
    this.server = new ServerRole(context, this.transmissions);
    this.replies = { context, transmissions: this.transmissions, duplicates: this.duplicates };
    this.client = new ClientRole(context, this.transmissions, random);
    this.keepAlive = new KeepAlive(context, this.transmissions);
  }

  /** What happened since the endpoint was made. */
  get counters(): Readonly<CoapCounters> {
    return this.count;
  }

  get deadline(): Millis | undefined {
    return this.alarms.next;
  }

  /** Whether nothing runs that would be missed: no request, answer, body or observation. */
  get idle(): boolean {
    return this.transmissions.idle && this.server.idle && this.client.idle;
  }

  observed(exchange: ExchangeId): ObservedRequest | undefined {
    return this.server.observed(exchange);
  }

  handle(event: CoapEvent | Timeout, now: Millis): CoapEffect[] {
    // Those of an event that ended in an error are nobody's.
    if (this.effects.length > 0) this.effects = [];
    this.take(event, now);
    // They hold whole messages: not for as long as nothing happens.
    const { effects } = this;
    this.effects = [];
    return effects;
  }

  private take(event: CoapEvent | Timeout, now: Millis): void {
    switch (event.type) {
      case "timeout":
        this.alarms.ring(now);
        break;
      case "datagram":
        this.receive(event.bytes, now);
        break;
      case "request":
        this.client.request(event, now);
        break;
      case "forget":
        this.client.forget(event.exchange, now);
        break;
      case "associated":
      case "interrupted":
      case "connected":
      case "disconnected":
      case "written":
      case "leave":
        this.onConnection(event, now);
        break;
      case "respond":
      case "ignore":
        this.answer(event, now);
        break;
      case "notify":
        this.server.notify(event, now);
        break;
      case "withdraw":
      case "endObservation":
        this.server.giveUp(event, now);
        break;
      case "restore":
        this.server.restore(event.exchange, event.observed);
        break;
      default:
        event satisfies never;
    }
  }

  private answer(event: AnswerEvent, now: Millis): void {
    if (event.type === "respond") this.server.respond(event.exchange, event.message, now);
    else this.server.ignore(event.exchange, now);
  }

  private onConnection(event: ConnectionEvent, now: Millis): void {
    switch (event.type) {
      case "associated":
        if (event.session === "new" && this.associated) this.renew(now);
        this.associated = true;
        this.keepAlive.begin(event.keepAlive, now);
        break;
      case "interrupted":
        this.effects.push(event);
        this.client.clear(now);
        this.keepAlive.begin(undefined, now);
        break;
      case "leave":
        this.keepAlive.begin(undefined, now);
        this.effects.push({ type: "disconnect" });
        break;
      case "connected":
      case "disconnected":
      case "written": // Of a stream.
        break;
      default:
        event satisfies never;
    }
  }

  /** RFC 7252 §9.1.1: message IDs, tokens and observations are those of one DTLS session. Says so first of all. */
  private renew(now: Millis): void {
    this.effects.push({ type: "renewed", reason: "the server began a new DTLS session" });
    this.transmissions.clear(now);
    this.client.clear(now);
    this.server.clear(now);
    this.duplicates.clear();
  }

  private receive(bytes: Uint8Array, now: Millis): void {
    this.count.received++;
    this.keepAlive.onHeard(now);
    let message: UdpMessage;
    try {
      message = decodeMessage(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.count.malformed++;
      this.rejectMalformed(bytes);
      return;
    }
    switch (message.type) {
      case TYPE.con:
      case TYPE.non:
        this.receiveFirstHand(message, bytes, now);
        return;
      case TYPE.ack:
        this.receiveAcknowledgement(message, now);
        return;
      case TYPE.rst:
        if (message.code !== 0 || !this.transmissions.reset(message.messageId, now)) this.count.stray++;
        return;
      default:
        message.type satisfies never;
    }
  }

  /** A message that has an ID of the peer's: a request, a response that comes by itself, or a ping. */
  private receiveFirstHand(message: UdpMessage, bytes: Uint8Array, now: Millis): void {
    const confirmable = message.type === TYPE.con;
    if (message.code === 0) {
      // RFC 7252 §4.3: an empty CON asks for an RST; an empty NON is nothing.
      if (confirmable) this.put(encodeEmpty(TYPE.rst, message.messageId));
      else this.count.stray++;
      return;
    }
    const mark = fingerprint(bytes);
    const earlier = this.duplicates.find(message.messageId, mark, now);
    if (earlier !== undefined) {
      this.count.duplicates++;
      if (confirmable && earlier.answer !== undefined) this.put(earlier.answer);
      return;
    }
    const request = isRequest(message.code);
    const retention = request && changesSomething(message) ? "lasting" : "passing";
    const arrival = this.duplicates.add({ messageId: message.messageId, mark, confirmable, retention }, now);
    if (arrival === undefined) this.refuse(message);
    else if (request) this.server.receive(message, new UdpReply(message, arrival, this.replies), now);
    else this.receiveResponse(message, arrival, now);
  }

  /** There is no room to remember a request, which may come again. */
  private refuse(message: UdpMessage): void {
    this.count.refused++;
    if (message.type === TYPE.con) this.put(encodeMessage(TYPE.ack, message.messageId, message.token, noRoom()));
  }

  private receiveResponse(message: UdpMessage, arrival: Arrival, now: Millis): void {
    const confirmable = message.type === TYPE.con;
    const accepted = isResponse(message.code) && this.client.accepts(message, now);
    if (!accepted) this.count.stray++;
    // RFC 7641 §3.6: an RST also for a NON, so that the peer ends an observation that we have given up.
    if (confirmable || !accepted) {
      const answer = encodeEmpty(accepted ? TYPE.ack : TYPE.rst, message.messageId);
      if (confirmable) this.duplicates.answer(arrival, answer);
      this.put(answer);
    }
    if (accepted) this.client.receive(message, now);
  }

  private receiveAcknowledgement(message: UdpMessage, now: Millis): void {
    if (message.code === 0) {
      if (!this.transmissions.acknowledge(message.messageId, now)) this.count.stray++;
    } else if (isResponse(message.code) && this.client.accepts(message, now, message.messageId))
      this.client.receive(message, now, message.messageId);
    else this.count.stray++;
  }

  /** RFC 7252 §4.2: a confirmable message with a format error is rejected, with no more bytes than it has. */
  private rejectMalformed(bytes: Uint8Array): void {
    const [first = 0, , high, low] = bytes;
    if (high !== undefined && low !== undefined && first >> 4 === 0b0100) {
      this.put(encodeEmpty(TYPE.rst, (high << 8) | low));
    }
  }

  private put(bytes: Uint8Array): void {
    this.count.sent++;
    this.effects.push({ type: "send", bytes });
  }
}
