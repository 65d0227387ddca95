/** One line, whatever carries it: opened and opened again, one request at a time, and all that comes told to every device. */
import { type AdapterContext, DeviceError, type LineReport, type Millis } from "../../src/adapter.ts";
import { exchanged, type Hearer, type Question, type SpokenLine } from "../spoken/stream/line.ts";
import type { Message } from "../spoken/stream/messages.ts";
import type { Urgency } from "../wires/bus.ts";
import type { ClaimableWire, ClaimedWire, ClaimListener, ClaimTerms } from "../wires/claimed-wire.ts";
import { orAborted } from "../wires/deadline.ts";
import { type ConnectionListener, KeptConnection } from "../wires/kept-connection.ts";
import { PATIENCE } from "../wires/reconnection.ts";
import { formatSerialSettings } from "../wires/serial-settings.ts";
import { LineClaim } from "./line-claim.ts";
import type { SerialOptions } from "./options.ts";
import { SinceSent } from "./since-sent.ts";
import { type ByteStream, connectorOf } from "./stream.ts";

/** Opening a port takes no time; a host may be far away, and its name looked up. */
const CONNECT_TIMEOUT: Millis = 5000;

/** Who claims the line is no unit on it. */
const NOBODY = -1;

/** Hears all that is carried, as it is: what came, an echo too, and what was sent. */
export interface Tap {
  /** `bytes` are valid during the call only. */
  carried(way: "in" | "out", bytes: Uint8Array): void;
  /** Nothing is carried any more. */
  closed(): void;
}

/** One request, ready to be sent. */
export interface LineQuestion<Answer = Message> extends Question<Answer> {
  /** Somebody tries something: that nobody answers says nothing of the line, and is not counted. */
  readonly trial?: true | undefined;
}

/** What came of the requests on the line. */
interface Counts {
  requests: number;
  timeouts: number;
  refusals: number;
  malformed: number;
}

export class SerialLine implements SpokenLine, ClaimableWire {
  private readonly options: SerialOptions;
  private readonly context: AdapterContext;
  private readonly kept: KeptConnection<ByteStream>;
  private readonly hearers = new Set<Hearer>();
  private readonly taps = new Set<Tap>();
  private readonly counts: Counts = { requests: 0, timeouts: 0, refusals: 0, malformed: 0 };
  private over = false;
  /** Of whoever has the line for itself. */
  private claimed: LineClaim | undefined;
  private readonly sinceSent = new SinceSent();
  /** What we sent and the adapter has not repeated yet. */
  private echo: Uint8Array = new Uint8Array(0);

  constructor(options: SerialOptions, context: AdapterContext) {
    this.options = options;
    this.context = context;
    const name = nameOf(options);
    const log = context.log.child({ line: name });
    const connect = connectorOf(options, { ...context, log }, (chunk) => this.receive(chunk));
    // Devices may be dead, and the serial server before them well.
    const kept = {
      ...{ name, what: "the serial line", reconnect: options.reconnect },
      ...{ connectTimeout: CONNECT_TIMEOUT, patience: PATIENCE.shared },
    };
    this.kept = new KeptConnection(connect, kept, { ...context, log });
    this.kept.listen((reachable) => {
      if (!reachable) return;
      if (this.claimed === undefined) this.tellOpened();
      else void this.claimed.opened(context);
    });
  }

  start(): void {
    this.kept.start();
  }

  /** Hears everything that comes from now on; returns what ends it. */
  hear(hearer: Hearer): () => void {
    this.hearers.add(hearer);
    return () => this.hearers.delete(hearer);
  }

  /** Hears all that is carried from now on; returns what ends it. */
  tap(tap: Tap): () => void {
    if (this.over) tap.closed();
    this.taps.add(tap);
    return () => this.taps.delete(tap);
  }

  /** Hears when the line is lost (false) and there again (true). Called at once where it is lost now. */
  listen(listener: ConnectionListener): () => void {
    return this.kept.listen(listener);
  }

  /** A device has said something: the line is well. */
  spoke(unit: number): void {
    this.kept.feed({ type: "answered", unit });
  }

  /**
   * Sends in its turn, and resolves with the answer; without one to await, when it is sent. Rejects with DeviceError
   * `rejected` where the device says no, `malformed` where only something else came, else `unreachable`.
   */
  ask<Answer = Message>(urgency: Urgency, question: LineQuestion<Answer>): Promise<Answer | undefined> {
    if (this.claimed !== undefined) return Promise.reject(this.claimed.refusal());
    return this.kept.use({ urgency, unit: question.unit }, () => this.exchange(question));
  }

  async claim(terms: ClaimTerms, listener: ClaimListener): Promise<ClaimedWire> {
    if (this.claimed !== undefined) throw this.claimed.refusal("rejected");
    const claim = new LineClaim(terms, listener, {
      options: this.options,
      stream: () => this.kept.open.connection,
      send: (bytes) => this.sendClaimed(bytes),
      before: () => this.sinceSent.take(),
      release: (claimed) => this.release(claimed),
    });
    this.claimed = claim;
    try {
      // What waits for its turn gets it after this, and is refused.
      await this.kept.use({ urgency: "write", unit: NOBODY }, () => this.kept.bus.quiet(this.kept.open.signal));
      await claim.begin(this.context);
      return claim;
    } catch (error) {
      claim.release();
      throw error;
    }
  }

  /** The IP address of the other end, while it is connected to one. */
  get peer(): string | undefined {
    return this.kept.current?.peer;
  }

  report(): LineReport {
    const { bus, standing, waiting } = this.kept;
    const { requests, timeouts, refusals, malformed } = this.counts;
    const units = requests === 0 ? [] : [{ unit: "all", requests, timeouts, exceptions: refusals, malformed }];
    return { name: nameOf(this.options), ...standing, load: bus.load, waiting, units };
  }

  /** What runs or waits fails at once; nothing is heard afterwards. */
  close(): void {
    this.over = true;
    this.kept.close();
    this.hearers.clear();
    for (const tap of this.taps) tap.closed();
    this.taps.clear();
  }

  private async exchange<Answer>(question: LineQuestion<Answer>): Promise<Answer | undefined> {
    if (this.claimed !== undefined) throw this.claimed.refusal();
    const { clock, log } = this.context;
    const { connection, signal } = this.kept.open;
    const { bus } = this.kept;
    await bus.quiet(signal);
    const started = clock.monotonic();
    const { gap, settle, echo } = this.options;
    let silence = gap;
    if (question.trial !== true) this.counts.requests++;
    if (echo) this.echo = question.bytes;
    const awaited = question.expect?.();
    try {
      const { timeout } = question;
      this.sinceSent.sent();
      const answer = exchanged(() => this.send(connection, question.bytes), awaited, { timeout, clock });
      const message = await orAborted(answer, signal);
      this.kept.feed({ type: "answered", unit: question.unit });
      return message;
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      this.failed(error, question, signal);
      // What comes now would be taken for the answer to the next request.
      if (error.kind !== "rejected") silence = Math.max(gap, settle ?? question.timeout);
      throw new DeviceError(error.kind, `${question.name}: ${error.message}`, { cause: error });
    } finally {
      awaited?.forget();
      bus.used(started, clock.monotonic() + silence);
      log.debug({ request: question.name, took: clock.monotonic() - started }, "exchange");
    }
  }

  private send(stream: ByteStream, bytes: Uint8Array): Promise<void> {
    for (const tap of this.taps) tap.carried("out", bytes);
    return stream.write(bytes);
  }

  private async sendClaimed(bytes: Uint8Array): Promise<void> {
    const { connection, signal } = this.kept.open;
    // What comes now is for who has the line.
    this.sinceSent.take();
    if (this.options.echo) this.echo = Buffer.concat([this.echo, bytes]);
    await orAborted(this.send(connection, bytes), signal);
  }

  private release(claim: LineClaim): void {
    if (this.claimed !== claim) return;
    this.claimed = undefined;
    const now = this.context.clock.monotonic();
    if (claim.since !== undefined) this.kept.bus.used(claim.since, now + this.options.gap);
    this.tellOpened();
  }

  private tellOpened(): void {
    for (const hearer of this.hearers) hearer.opened();
  }

  private failed({ kind }: DeviceError, { unit, trial }: LineQuestion<unknown>, signal: AbortSignal): void {
    if (trial === true) return;
    if (kind === "rejected") this.counts.refusals++;
    else if (kind === "malformed") this.counts.malformed++;
    else this.counts.timeouts++;
    if (!signal.aborted) this.kept.feed({ type: kind === "rejected" ? "answered" : "silent", unit });
  }

  private receive(chunk: Uint8Array): void {
    for (const tap of this.taps) tap.carried("in", chunk);
    const fresh = this.withoutEcho(chunk);
    if (fresh.length === 0) return;
    if (this.claimed?.since !== undefined) this.claimed.push(fresh);
    else this.hearUnclaimed(fresh);
  }

  private hearUnclaimed(bytes: Uint8Array): void {
    this.sinceSent.came(bytes);
    for (const hearer of this.hearers) hearer.push(bytes);
  }

  /** What the adapter repeats of our own is no answer; something else means that it repeats nothing. */
  private withoutEcho(chunk: Uint8Array): Uint8Array {
    const { echo } = this;
    if (echo.length === 0) return chunk;
    const length = Math.min(echo.length, chunk.length);
    const isEcho = echo.subarray(0, length).every((byte, i) => byte === chunk[i]);
    this.echo = isEcho ? echo.subarray(length) : new Uint8Array(0);
    return isEcho ? chunk.subarray(length) : chunk;
  }
}

/** For people: where the link leads to. */
export function nameOf(options: SerialOptions): string {
  switch (options.transport) {
    case "port":
      return `${options.port} (${formatSerialSettings(options.line)})`;
    case "tcp": {
      const { host, port } = options;
      return `${host.includes(":") ? `[${host}]` : host}:${port}`;
    }
  }
}
