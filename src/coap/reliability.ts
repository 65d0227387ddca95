/** Messages of ours until they are acknowledged: RFC 7252 §4.2 (CON), §4.3 (NON), §4.4 (message IDs), §4.7 (NSTART). */

import { type Millis, type Random, randomFraction } from "../clock.ts";
import { SparseMap } from "../sparse-map.ts";
import { Alarm } from "./alarms.ts";
import type { Context } from "./context.ts";
import { Fifo } from "./fifo.ts";
import { encodeMessage, NO_TOKEN, TYPE } from "./message.ts";
import type { CoapMessage } from "./options.ts";
import { Rejectable } from "./rejectable.ts";

/**
 * What became of a message. A confirmable one ends once, in `acknowledged`, `reset` or `timeout`; a non-confirmable one is
 * `sent`, after which `reset` may come.
 */
export type Outcome = "sent" | "acknowledged" | "reset" | "timeout";

/** A message to be sent, and who wants to know. */
export interface Outgoing {
  readonly token: Uint8Array;
  readonly confirmable: boolean;
  /** What to send; asked when its turn comes. */
  message(now: Millis): CoapMessage;
  ended(outcome: Outcome, now: Millis): void;
}

/** A message of ours that waits for its turn or its acknowledgement. Only who sends it writes it. */
export interface Transmission {
  readonly token: Uint8Array;
  readonly confirmable: boolean;
  /** Gone once it was asked. */
  message: Outgoing["message"] | undefined;
  readonly ended: Outgoing["ended"];
  state: "waiting" | "outstanding" | "ended";
  messageId: number;
  bytes: Uint8Array;
  /** How often it went out after the first time. */
  repeated: number;
  timeout: Millis;
  /** Undefined for a non-confirmable one, and on a stream. */
  readonly alarm: Alarm | undefined;
}

/** What leaves this endpoint in its turn: as datagrams until acknowledged, or on the stream of TCP. */
export interface Sending {
  /** Whether nothing waits for its turn or its acknowledgement. */
  readonly idle: boolean;
  send(outgoing: Outgoing, now: Millis): Transmission;
  /** Stops sending these; their owners hear no more of them. */
  cancel(transmissions: Iterable<Transmission>, now: Millis): void;
}

/** How many non-confirmable messages are remembered for their RST. */
const REMEMBERED = 1024;

/** Everything that one endpoint sends with message IDs of its own. */
export class Transmissions implements Sending {
  private readonly context: Context;
  private readonly random: Random;
  private readonly outstanding = new SparseMap<number, Transmission>();
  private readonly waiting = new Fifo<Transmission>();
  private readonly unconfirmed = new Rejectable(REMEMBERED);

  constructor(context: Context, random: Random) {
    this.context = context;
    this.random = random;
  }

  /** Whether nothing waits for its turn or its acknowledgement. */
  get idle(): boolean {
    return this.outstanding.size === 0 && this.waiting.length === 0;
  }

  /**
   * Sends as soon as NSTART and what waits already allow. A non-confirmable message takes no place of NSTART, but does not
   * overtake.
   */
  send(outgoing: Outgoing, now: Millis): Transmission {
    const { token, confirmable, message, ended } = outgoing;
    const running: Transmission = {
      token,
      confirmable,
      message,
      ended,
      state: "waiting",
      messageId: 0,
      bytes: NO_TOKEN,
      repeated: 0,
      timeout: 0,
      alarm: confirmable ? new Alarm((time) => this.onTimeout(running, time)) : undefined,
    };
    this.waiting.push(running);
    this.startWaiting(now);
    return running;
  }

  /** Sends a non-confirmable message that nobody asks about any more. */
  sendOnce(token: Uint8Array, message: CoapMessage): void {
    this.put(encodeMessage(TYPE.non, this.nextMessageId(), token, message));
  }

  /** The peer has acknowledged; false where nothing of ours has this ID. */
  acknowledge(messageId: number, now: Millis): boolean {
    const running = this.outstanding.get(messageId);
    if (running === undefined) return false;
    this.end(running, "acknowledged", now);
    return true;
  }

  /** The peer has rejected; false where nothing of ours has this ID. */
  reset(messageId: number, now: Millis): boolean {
    const running = this.outstanding.get(messageId);
    if (running !== undefined) {
      this.end(running, "reset", now);
      return true;
    }
    const ended = this.unconfirmed.take(messageId, now);
    ended?.("reset", now);
    return ended !== undefined;
  }

  cancel(transmissions: Iterable<Transmission>, now: Millis): void {
    for (const running of transmissions) {
      if (running.state === "outstanding") this.release(running);
      else this.unconfirmed.forget(running.messageId, running.ended);
      running.state = "ended";
    }
    this.startWaiting(now);
  }

  /** There is nobody any more whom they could reach: all end in `timeout`. */
  clear(now: Millis): void {
    const open = [...this.outstanding.values()];
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) open.push(next);
    this.unconfirmed.clear();
    for (const running of open) {
      if (running.state === "ended") continue;
      this.release(running);
      running.state = "ended";
      running.ended("timeout", now);
    }
  }

  private startWaiting(now: Millis): void {
    for (let next = this.waiting.peek(); next !== undefined; next = this.waiting.peek()) {
      const full = this.outstanding.size >= this.context.times.nstart;
      if (next.state === "waiting" && next.confirmable && full) return;
      this.waiting.shift();
      if (next.state === "waiting") this.start(next, now);
    }
  }

  private start(running: Transmission, now: Millis): void {
    if (running.message === undefined) return;
    running.messageId = this.nextMessageId();
    const type = running.confirmable ? TYPE.con : TYPE.non;
    running.bytes = encodeMessage(type, running.messageId, running.token, running.message(now));
    running.message = undefined;
    this.put(running.bytes);
    const { alarm } = running;
    if (alarm === undefined) {
      running.state = "ended";
      this.unconfirmed.add(running.messageId, running.ended, now + this.context.times.nonLifetime);
      running.ended("sent", now);
      return;
    }
    const { ackTimeout, ackRandomFactor } = this.context.times;
    running.state = "outstanding";
    // RFC 7252 §4.2: the first timeout is random in [ACK_TIMEOUT, ACK_TIMEOUT * ACK_RANDOM_FACTOR].
    running.timeout = ackTimeout * (1 + randomFraction(this.random) * (ackRandomFactor - 1));
    this.outstanding.set(running.messageId, running);
    this.context.alarms.set(alarm, now + running.timeout);
  }

  private onTimeout(running: Transmission, now: Millis): void {
    if (running.repeated === this.context.times.maxRetransmit) {
      this.end(running, "timeout", now);
      return;
    }
    running.repeated++;
    running.timeout *= 2;
    this.context.counters.retransmissions++;
    this.put(running.bytes);
    if (running.alarm !== undefined) this.context.alarms.set(running.alarm, now + running.timeout);
  }

  private end(running: Transmission, outcome: Outcome, now: Millis): void {
    this.release(running);
    running.state = "ended";
    running.ended(outcome, now);
    this.startWaiting(now);
  }

  private release(running: Transmission): void {
    this.outstanding.delete(running.messageId);
    if (running.alarm !== undefined) this.context.alarms.clear(running.alarm);
  }

  /**
   * RFC 7252 §4.4 asks that an ID rests for EXCHANGE_LIFETIME, which 65,536 IDs allow at 265 messages a second. Faster
   * senders come round earlier: then only those still in use are left out.
   */
  private nextMessageId(): number {
    let next = this.context.numbers.nextMessageId();
    while (this.outstanding.has(next)) next = this.context.numbers.nextMessageId();
    return next;
  }

  private put(bytes: Uint8Array): void {
    this.context.counters.sent++;
    this.context.emit({ type: "send", bytes });
  }
}
