/**
 * One connection after the other to one peer, and what is said about it: RFC 8323 §3.3 (CSM first), §5.3 (CSM), §5.4 (Ping),
 * §5.5 (Release), §5.6 (Abort).
 */
import type { Millis } from "../clock.ts";
import { ProtocolError } from "../errors.ts";
import { Alarm } from "./alarms.ts";
import { BERT_SZX, szxOf } from "./block.ts";
import type { Blocks, Context } from "./context.ts";
import type { TokenMessage } from "./message.ts";
import type { CoapMessage, CoapOption } from "./options.ts";
import {
  abort,
  BASE_CAPABILITIES,
  BadCsmOption,
  type Capabilities,
  checkSignal,
  csm,
  diagnosticOf,
  hasBert,
  holdOffOf,
  isSignal,
  pong,
  readCsm,
  release,
  SIGNAL,
} from "./signaling.ts";
import type { StreamSending } from "./stream-sending.ts";
import { FrameReader, roomForPayload } from "./tcp-framing.ts";

/** Block options, sizes and an ETag, which a message gets when it is cut. */
const BLOCK_OPTIONS = 32;

/**
 * `closed`: there is no connection. `opening`: the peer's CSM is waited for. `leaving`: the peer wants to close, and waits for
 * what is under way. `closing`: nothing more is said.
 */
export type SessionState = "closed" | "opening" | "open" | "leaving" | "closing";

export interface SessionOptions {
  readonly context: Context;
  readonly sending: StreamSending;
  /** Written as the peer tells them. */
  readonly capabilities: PeerCapabilities;
  /** What we tell the peer, and hold it to. */
  readonly maxMessageSize: number;
}

/** What the session asks of the endpoint. */
export interface SessionListener {
  /** The peer has said what it takes: requests may go. */
  onOpen(now: Millis): void;
  /** A request or a response. */
  onMessage(message: TokenMessage, now: Millis): void;
  /** Whether a request of the peer is being worked on. */
  serves(): boolean;
}

export class TcpSession {
  private readonly context: Context;
  private readonly sending: StreamSending;
  private readonly listener: SessionListener;
  private readonly maxMessageSize: number;
  private readonly openingAlarm = new Alarm(() => this.abort("no CSM came"));
  private readonly capabilities: PeerCapabilities;
  private frames = new FrameReader(0);
  private current: SessionState = "closed";
  /** Why the connection ends, as far as we or the peer have said it; and how long the peer wants no other one. */
  private ending: { readonly reason: string; readonly wait: Millis } | undefined;

  constructor({ context, sending, capabilities, maxMessageSize }: SessionOptions, listener: SessionListener) {
    this.context = context;
    this.sending = sending;
    this.capabilities = capabilities;
    this.maxMessageSize = maxMessageSize;
    this.listener = listener;
  }

  get state(): SessionState {
    return this.current;
  }

  connect(now: Millis): void {
    const { times, alarms } = this.context;
    const { maxMessageSize } = this;
    this.current = "opening";
    this.capabilities.now = BASE_CAPABILITIES;
    this.ending = undefined;
    this.frames = new FrameReader(maxMessageSize);
    this.sending.connect();
    // RFC 8323 §3.3: the first message of each side; who connects does not wait for the other's.
    this.sending.signal(csm({ maxMessageSize, blockWise: true }));
    alarms.set(this.openingAlarm, now + times.maxTransmitWait);
  }

  /** The connection is gone. Tells so first of all: what fails then fails for this reason. */
  disconnect(reason: string, now: Millis): void {
    this.current = "closed";
    this.context.alarms.clear(this.openingAlarm);
    this.context.emit({ type: "lost", ...(this.ending ?? { reason, wait: 0 }) });
    this.sending.disconnect(now);
  }

  receive(bytes: Uint8Array, now: Millis): void {
    if (this.isOver) return;
    this.sending.onHeard(now);
    try {
      this.frames.read(bytes, (message) => this.take(message, now));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.context.counters.malformed++;
      // RFC 8323 §5.6: where the next message would begin is not known.
      this.abort(error.message, error instanceof BadCsmOption ? error.option : undefined);
    }
  }

  /** We close, in order. */
  leave(): void {
    if (this.isOver) return;
    this.ending = { reason: "closed by us", wait: 0 };
    this.sending.signal(release());
    this.close();
  }

  /** We close since something is wrong; `said` is for both sides. */
  abort(said: string, badCsmOption?: number): void {
    this.ending = { reason: `connection aborted: ${said}`, wait: 0 };
    this.sending.signal(abort(said, badCsmOption));
    this.close();
  }

  /** RFC 8323 §5.5: who is asked to close does so when nothing is under way any more. */
  closeIfDone(done: boolean): void {
    if (this.current === "leaving" && done) this.close();
  }

  private get isOver(): boolean {
    return this.current === "closed" || this.current === "closing";
  }

  private take(message: TokenMessage, now: Millis): void {
    // What was said before our Abort arrived counts no more.
    if (this.isOver) return;
    this.context.counters.received++;
    if (message.code === 0) return;
    if (this.current === "opening" && message.code !== SIGNAL.csm)
      throw new ProtocolError("the first message is no CSM");
    if (isSignal(message.code)) this.takeSignal(message, now);
    else this.listener.onMessage(message, now);
  }

  private takeSignal(message: TokenMessage, now: Millis): void {
    checkSignal(message);
    switch (message.code) {
      case SIGNAL.csm:
        this.capabilities.now = readCsm(message, this.capabilities.now);
        if (this.current === "opening") this.open(now);
        break;
      case SIGNAL.ping:
        this.sending.signal(pong(message, !this.listener.serves()), message.token);
        break;
      case SIGNAL.pong:
        this.sending.onPong(now);
        break;
      case SIGNAL.release:
        this.current = "leaving";
        this.ending = { reason: saying("the server asked to close the connection", message), wait: holdOffOf(message) };
        break;
      case SIGNAL.abort:
        this.ending = { reason: saying("the server aborted the connection", message), wait: 0 };
        this.close();
        break;
      default:
        // RFC 8323 §5.1 leaves room for others.
        this.context.counters.stray++;
    }
  }

  private open(now: Millis): void {
    this.current = "open";
    this.context.alarms.clear(this.openingAlarm);
    this.sending.start(now);
    this.listener.onOpen(now);
  }

  private close(): void {
    this.current = "closing";
    this.context.alarms.clear(this.openingAlarm);
    this.sending.halt();
    this.context.emit({ type: "disconnect" });
  }
}

/** What the peer takes, as of its newest CSM; and what follows from it for what we send. */
export class PeerCapabilities implements Blocks {
  readonly largest = BERT_SZX;
  now: Capabilities = BASE_CAPABILITIES;

  room(options: readonly CoapOption[]): number {
    return Math.max(0, roomForPayload(options, this.now.maxMessageSize) - BLOCK_OPTIONS);
  }

  szx(options: readonly CoapOption[]): number | undefined {
    if (!this.now.blockWise) return undefined;
    return hasBert(this.now) && this.room(options) >= 1024 ? BERT_SZX : szxOf(this.room(options));
  }
}

/** With what the peer says for a person to read. */
function saying(what: string, message: CoapMessage): string {
  const said = diagnosticOf(message);
  return said === "" ? what : `${what}: ${said}`;
}
