/**
 * What leaves on the stream of one connection: RFC 8323 §3.3 (no acknowledgements), §3.4, §5.4 (Ping and Pong). TCP tells
 * nobody what has arrived, so a Ping goes behind what must be confirmed, and its Pong says that the peer has read everything
 * before it. Back-pressure takes the place of NSTART: so many bytes unwritten, and so many unconfirmed.
 */
import type { Millis } from "../clock.ts";
import { Alarm } from "./alarms.ts";
import type { Context } from "./context.ts";
import { Fifo } from "./fifo.ts";
import { NO_TOKEN } from "./message.ts";
import type { CoapMessage } from "./options.ts";
import type { Outcome, Outgoing, Sending, Transmission } from "./reliability.ts";
import { ping } from "./signaling.ts";
import { encodeFrame } from "./tcp-framing.ts";

export interface StreamOptions {
  /** How many bytes of confirmable messages may be unconfirmed; and how many of all may be unwritten. */
  readonly inFlight: number;
  /** How long a peer may say nothing before it is asked; undefined: it is asked only where something is owed. */
  readonly keepAlive: Millis | undefined;
  /** The peer has not answered a Ping: the connection is dead. */
  readonly onSilence: (now: Millis) => void;
}

/** A message on its way, and where it ends in the stream. */
interface Passing {
  readonly transmission: Transmission;
  readonly length: number;
  readonly end: number;
  /** Ends with the Pong, else when it is written. */
  readonly awaitsPong: boolean;
}

export class StreamSending implements Sending {
  private readonly context: Context;
  private readonly options: StreamOptions;
  private readonly waiting = new Fifo<Transmission>();
  private readonly unwritten = new Fifo<Passing>();
  private readonly unconfirmed = new Fifo<Passing>();
  private readonly idleAlarm = new Alarm((now) => this.probe(now));
  private readonly silenceAlarm = new Alarm((now) => this.onSilence(now));
  private open = false;
  /** Bytes of this connection. */
  private sent = 0;
  private written = 0;
  private unconfirmedBytes = 0;
  /** Up to where the Ping that is not answered asks; one at a time, so that a Pong without token is no riddle. */
  private asked: number | undefined;
  /** Whether the peer answers Pings, as it must: it is believed to until it has let two pass without ever answering one. */
  private confirms = true;
  private answers = false;
  private silences = 0;

  constructor(context: Context, options: StreamOptions) {
    this.context = context;
    this.options = options;
  }

  get idle(): boolean {
    return this.waiting.length + this.unwritten.length + this.unconfirmed.length === 0;
  }

  /** Messages that the stream has no room for yet. */
  get backlog(): number {
    return this.waiting.length;
  }

  /** A new connection, on which nothing but signals may go until `start`. */
  connect(): void {
    this.sent = 0;
    this.written = 0;
  }

  /** The peer has said what it takes: what waits may go. */
  start(now: Millis): void {
    this.open = true;
    this.startWaiting(now);
  }

  /** A confirmable message is `acknowledged` by a Pong behind it; another one is `sent` when it is written. */
  send({ token, confirmable, message, ended }: Outgoing, now: Millis): Transmission {
    const transmission: Transmission = {
      ...{ token, confirmable, message, ended, state: "waiting", alarm: undefined },
      ...{ messageId: 0, bytes: NO_TOKEN, repeated: 0, timeout: 0 },
    };
    if (this.open) {
      this.waiting.push(transmission);
      this.startWaiting(now);
    } else end(transmission, "timeout", now);
    return transmission;
  }

  cancel(transmissions: Iterable<Transmission>, now: Millis): void {
    for (const transmission of transmissions) transmission.state = "ended";
    this.startWaiting(now);
  }

  /** A message about the connection itself: it waits for nothing. */
  signal(message: CoapMessage, token: Uint8Array = NO_TOKEN): void {
    this.put(encodeFrame(token, message));
  }

  /** So many more bytes have left this process. */
  onWritten(bytes: number, now: Millis): void {
    this.written += bytes;
    for (
      let next = this.unwritten.peek();
      next !== undefined && next.end <= this.written;
      next = this.unwritten.peek()
    ) {
      this.unwritten.shift();
      const { transmission, awaitsPong } = next;
      if (!awaitsPong) end(transmission, transmission.confirmable ? "acknowledged" : "sent", now);
    }
    if (!this.confirms) this.confirm(this.written, now);
    this.startWaiting(now);
  }

  /** The peer lives: it has said something. */
  onHeard(now: Millis): void {
    const { keepAlive } = this.options;
    if (keepAlive === undefined) this.context.alarms.clear(this.idleAlarm);
    else this.context.alarms.set(this.idleAlarm, now + keepAlive);
  }

  onPong(now: Millis): void {
    const { asked } = this;
    this.answers = true;
    this.confirms = true;
    this.silences = 0;
    if (asked === undefined) return;
    this.asked = undefined;
    this.context.alarms.clear(this.silenceAlarm);
    this.confirm(asked, now);
    this.startWaiting(now);
    if (this.unconfirmed.length > 0) this.probe(now);
  }

  /** Nothing more is said on this connection, which is about to close. */
  halt(): void {
    this.open = false;
    this.asked = undefined;
    for (const alarm of [this.idleAlarm, this.silenceAlarm]) this.context.alarms.clear(alarm);
  }

  /** The connection is gone: whatever is not confirmed may not have arrived. */
  disconnect(now: Millis): void {
    this.halt();
    this.unconfirmedBytes = 0;
    const open = [this.unconfirmed, this.unwritten]
      .flatMap((queue) => drain(queue))
      .map((passing) => passing.transmission);
    for (const transmission of [...open, ...drain(this.waiting)]) end(transmission, "timeout", now);
  }

  private startWaiting(now: Millis): void {
    for (let next = this.waiting.peek(); this.open && next !== undefined; next = this.waiting.peek()) {
      if (next.state === "waiting" && !this.hasRoomFor(next)) return;
      this.waiting.shift();
      if (next.state === "waiting") this.begin(next, now);
    }
  }

  private hasRoomFor({ confirmable }: Transmission): boolean {
    const { inFlight } = this.options;
    if (this.sent - this.written >= inFlight) return false;
    return !confirmable || this.unconfirmedBytes < inFlight;
  }

  private begin(transmission: Transmission, now: Millis): void {
    if (transmission.message === undefined) return;
    const bytes = encodeFrame(transmission.token, transmission.message(now));
    transmission.message = undefined;
    transmission.state = "outstanding";
    this.put(bytes);
    const awaitsPong = transmission.confirmable && this.confirms;
    const passing = { transmission, length: bytes.length, end: this.sent, awaitsPong };
    this.unwritten.push(passing);
    if (awaitsPong) {
      this.unconfirmed.push(passing);
      this.unconfirmedBytes += bytes.length;
      this.probe(now);
    } else this.expect(now);
  }

  /** What is sent brings an answer sooner or later: without one the peer is asked whether it is there. */
  private expect(now: Millis): void {
    const due = now + this.context.times.maxTransmitSpan;
    if (this.idleAlarm.slot < 0 || this.idleAlarm.due > due) this.context.alarms.set(this.idleAlarm, due);
  }

  private probe(now: Millis): void {
    if (this.asked !== undefined || !this.open) return;
    this.signal(ping());
    this.asked = this.sent;
    this.context.alarms.set(this.silenceAlarm, now + this.context.times.maxTransmitWait);
  }

  private onSilence(now: Millis): void {
    this.asked = undefined;
    this.silences++;
    if (this.answers || this.silences === 1) {
      this.options.onSilence(now);
      return;
    }
    // RFC 8323 §5.4 says that it must answer. One that never does is served all the same: written is as much as we can know.
    this.confirms = false;
    this.confirm(this.written, now);
  }

  private confirm(position: number, now: Millis): void {
    for (
      let next = this.unconfirmed.peek();
      next !== undefined && next.end <= position;
      next = this.unconfirmed.peek()
    ) {
      this.unconfirmed.shift();
      this.unconfirmedBytes -= next.length;
      end(next.transmission, "acknowledged", now);
    }
  }

  private put(bytes: Uint8Array): void {
    this.sent += bytes.length;
    this.context.counters.sent++;
    this.context.emit({ type: "send", bytes });
  }
}

/** Once: nobody hears of one that was cancelled. */
function end(transmission: Transmission, outcome: Outcome, now: Millis): void {
  if (transmission.state === "ended") return;
  transmission.state = "ended";
  transmission.ended(outcome, now);
}

function drain<T>(queue: Fifo<T>): T[] {
  const all: T[] = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) all.push(next);
  return all;
}
