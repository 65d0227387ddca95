/** One Modbus line, whatever carries it: connects, keeps order, watches over every request. */
import {
  type AdapterContext,
  type Clock,
  DeviceError,
  type Drive,
  drive,
  formatDuration,
  type Logger,
  type Millis,
  type PauseRange,
  reasonOf,
  SECOND,
} from "../../src/adapter.ts";
import { until, withDeadline } from "./deadline.ts";
import { exchangeError, ModbusException } from "./errors.ts";
import { LineQueue, type Urgency } from "./line-queue.ts";
import { formatRequest, type Request } from "./pdu.ts";
import { Reconnection, type ReconnectionEffect, type ReconnectionEvent } from "./reconnection.ts";

/** An open connection, or an open port: carries one request at a time. */
export interface Connection {
  /**
   * The data of a read: registers high byte first, bits packed from the least significant (V1.1b3 §6.1). Nothing for a
   * write, whose echo was checked (codec.ts says what the others give). May never settle: the line sets the deadline.
   */
  exchange(unit: number, request: Request): Promise<Uint8Array>;
  /**
   * Sends a request PDU of any function (code and data, at most 253 bytes) and resolves with the response PDU. Rejects
   * with ModbusException for an exception PDU, with DeviceError `malformed` for an answer of another function. May never
   * settle, as `exchange`.
   */
  transact(unit: number, pdu: Uint8Array): Promise<Uint8Array>;
  /** Closes at once; nothing is heard of it afterwards. */
  destroy(): void;
}

/** Opens a transport. Once open, `onLost` is called where the connection ends by itself. `signal`: given up. */
export type Connect = (signal: AbortSignal, onLost: (error: DeviceError) => void) => Promise<Connection>;

export interface LineSettings {
  /** For people, e.g. "10.0.4.20:502". */
  readonly name: string;
  /** How long to wait for an answer, where the unit has no time of its own. */
  readonly timeout: Millis;
  /** Silence between an answer and the next request, across all units. */
  readonly gap: Millis;
  readonly reconnect: PauseRange;
}

/** One request and its answer. Settles in time; rejects with DeviceError. */
export type Exchange = (request: Request) => Promise<Uint8Array>;

/** The same with the PDUs of both, whatever the function: see Connection. */
export type Transact = (pdu: Uint8Array) => Promise<Uint8Array>;

/** Hears that the line is down, and why, or there again. */
export type LineListener = (reachable: boolean, reason?: string) => void;

export interface Unit {
  readonly unit: number;
  readonly timeout?: Millis | undefined;
}

/** More than this waits only where a line is hopelessly behind. */
const MOST_WAITING = 1024;
/** A connection takes longer than an answer: name resolution, and SYN packets are repeated after 1 s. */
const CONNECT_TIMEOUT: Millis = 5000;

export class Line {
  private readonly connect: Connect;
  private readonly settings: LineSettings;
  private readonly clock: Clock;
  private readonly log: Logger;
  private readonly queue = new LineQueue(MOST_WAITING);
  private readonly listeners = new Set<LineListener>();
  private readonly reconnection: Reconnection;
  private readonly feed: Drive<ReconnectionEvent>;
  private connection: Connection | undefined;
  /** Ends what belongs to this connection, or attempt. */
  private life = new AbortController();
  private quietUntil: Millis = 0;
  private downBecause: DeviceError | undefined;
  private closed = false;

  constructor(connect: Connect, settings: LineSettings, { clock, log, random }: AdapterContext) {
    this.connect = connect;
    this.settings = settings;
    this.clock = clock;
    this.log = log.child({ line: settings.name });
    const connectTimeout = Math.max(CONNECT_TIMEOUT, settings.timeout);
    this.reconnection = new Reconnection({ pause: settings.reconnect, connectTimeout, random });
    this.feed = drive(this.reconnection, clock, (effect) => this.perform(effect));
    this.queue.hold();
  }

  /** Begins to connect; what is asked before waits for it. */
  start(): void {
    this.feed({ type: "start" });
  }

  /**
   * Runs a task that has the line for itself; its exchanges go to one unit. Rejects with DeviceError `unreachable` at once
   * where the line rests before the next attempt to connect.
   */
  use<T>(
    urgency: Urgency,
    { unit, timeout = this.settings.timeout }: Unit,
    task: (exchange: Exchange, transact: Transact) => Promise<T>,
  ): Promise<T> {
    if (this.closed || this.reconnection.resting) return Promise.reject(this.down());
    const exchange: Exchange = (request) =>
      this.talk({ unit, timeout, what: formatRequest(request) }, (connection) => connection.exchange(unit, request));
    const transact: Transact = (pdu) =>
      this.talk({ unit, timeout, what: `FC ${pdu[0] ?? 0}` }, (connection) => connection.transact(unit, pdu));
    return this.queue.run(urgency, () => task(exchange, transact));
  }

  /** Hears when the line is lost (false) and there again (true). Called at once where it is lost now. */
  listen(listener: LineListener): () => void {
    this.listeners.add(listener);
    if (this.reconnection.resting) listener(false, this.down().message);
    return () => this.listeners.delete(listener);
  }

  /** What runs or waits fails at once; nothing is heard afterwards. */
  close(): void {
    this.closed = true;
    this.feed.stop();
    this.listeners.clear();
    this.downBecause = new DeviceError("unreachable", `${this.settings.name}: the link is closed`);
    this.end(this.downBecause);
  }

  private perform(effect: ReconnectionEffect): void {
    switch (effect.type) {
      case "connect":
        this.attempt();
        return;
      case "disconnect":
        this.end(new DeviceError("unreachable", `${this.settings.name}: ${effect.reason}`));
        return;
      case "open":
        this.downBecause = undefined;
        this.queue.release();
        this.tell(true);
        return;
      case "rest":
        this.rest(effect.reason, effect.pause);
        return;
      case "report":
        if (effect.state === "answers") this.log.info({}, "the Modbus line answers");
        else this.log.warn({ reason: effect.reason }, "the Modbus line is down; trying again until it is back");
        return;
      default:
        effect satisfies never;
    }
  }

  private attempt(): void {
    const life = new AbortController();
    this.life = life;
    const lost = (error: unknown): void => {
      if (life.signal.aborted) return;
      const reason = reasonOf(error);
      this.end(error instanceof DeviceError ? error : new DeviceError("unreachable", reason, { cause: error }));
      this.feed({ type: "lost", reason });
    };
    this.connect(life.signal, lost).then((connection) => {
      if (life.signal.aborted) return connection.destroy();
      this.connection = connection;
      this.feed({ type: "connected" });
    }, lost);
  }

  /** The connection, or the attempt, is over: what runs or waits on it fails. */
  private end(error: DeviceError): void {
    this.queue.hold();
    this.connection?.destroy();
    this.connection = undefined;
    this.life.abort(error);
    this.queue.fail(error);
  }

  private rest(reason: string, pause: Millis): void {
    const again = formatDuration(Math.max(1, Math.round(pause / SECOND)) * SECOND);
    this.log.debug({ reason, pause }, "no connection");
    this.downBecause = new DeviceError("unreachable", `${this.settings.name}: ${reason}; next attempt after ${again}`);
    this.tell(false, `${this.settings.name}: ${reason}`);
  }

  private tell(reachable: boolean, reason?: string): void {
    for (const listener of [...this.listeners]) listener(reachable, reason);
  }

  private down(): DeviceError {
    return this.downBecause ?? new DeviceError("unreachable", `${this.settings.name}: no connection`);
  }

  private async talk(
    { unit, timeout, what: request }: { readonly unit: number; readonly timeout: Millis; readonly what: string },
    ask: (connection: Connection) => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    const what = `unit ${unit}: ${request}`;
    const { connection } = this;
    if (connection === undefined) throw this.down();
    const { signal } = this.life;
    await this.quiet(signal);
    const started = this.clock.monotonic();
    try {
      const answer = await withDeadline(orAborted(ask(connection), signal), {
        clock: this.clock,
        span: timeout,
        late: () => new DeviceError("unreachable", `${what}: no answer within ${formatDuration(timeout)}`),
      });
      this.feed({ type: "answered", unit });
      return answer;
    } catch (error) {
      const failure = exchangeError(error, what);
      if (!signal.aborted) this.feed({ type: failure instanceof ModbusException ? "answered" : "silent", unit });
      throw failure;
    } finally {
      this.quietUntil = this.clock.monotonic() + this.settings.gap;
      this.log.debug({ unit, request: what, took: this.clock.monotonic() - started }, "exchange");
    }
  }

  private async quiet(signal: AbortSignal): Promise<void> {
    if (this.clock.monotonic() < this.quietUntil) await until(this.quietUntil, this.clock, signal);
  }
}

/** The promise, or the signal's reason. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.finally(() => signal.removeEventListener("abort", abort)).then(resolve, reject);
  });
}
