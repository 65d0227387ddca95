/** One connection that is kept, whatever carries it: made, watched, given up, made again; and whose turn on it it is. */
import {
  type AdapterContext,
  DeviceError,
  type Drive,
  drive,
  formatDuration,
  type LineReport,
  type Logger,
  type Millis,
  type PauseRange,
  reasonOf,
  SECOND,
} from "../../src/adapter.ts";
import { Bus } from "./bus.ts";
import { LineQueue, type Turn } from "./line-queue.ts";
import { type Patience, Reconnection, type ReconnectionEffect, type ReconnectionEvent } from "./reconnection.ts";

/** What was opened: a socket, a port. */
export interface Closeable {
  /** Closes at once; nothing is heard of it afterwards. */
  destroy(): void;
}

/** Opens a transport. Once open, `onLost` is called where the connection ends by itself. `signal`: given up. */
export type Connector<Connection extends Closeable> = (
  signal: AbortSignal,
  onLost: (error: DeviceError) => void,
) => Promise<Connection>;

export interface KeptOptions {
  /** For people, e.g. "10.0.4.20:502". */
  readonly name: string;
  /** What it is, for the log: "the Modbus line". */
  readonly what: string;
  readonly reconnect: PauseRange;
  /** How long an attempt to connect may take. */
  readonly connectTimeout: Millis;
  readonly patience: Patience;
  /** The wire, where several connections lead to it; absent: it is this one's alone. */
  readonly bus?: Bus | undefined;
}

export interface OpenConnection<Connection> {
  readonly connection: Connection;
  /** Aborted when the connection is over, with the DeviceError that says why. */
  readonly signal: AbortSignal;
}

/** Hears that the connection is lost, and why, or there again. */
export type ConnectionListener = (reachable: boolean, reason?: string) => void;

/** More than this waits only where a line is hopelessly behind. */
const MOST_WAITING = 1024;

export class KeptConnection<Connection extends Closeable> {
  readonly bus: Bus;
  /** Tells whether an answer came, from whom: silence says something of the connection. */
  readonly feed: Drive<ReconnectionEvent>;
  private readonly connect: Connector<Connection>;
  private readonly options: KeptOptions;
  private readonly log: Logger;
  private readonly queue: LineQueue;
  private readonly listeners = new Set<ConnectionListener>();
  private readonly reconnection: Reconnection;
  private connection: Connection | undefined;
  /** Ends what belongs to this connection, or attempt. */
  private life = new AbortController();
  private downBecause: DeviceError | undefined;
  /** It was there, and is given up since nobody answered on it. */
  private silent = false;
  private closed = false;

  /** Nothing is connected before `start`. */
  constructor(connect: Connector<Connection>, options: KeptOptions, { clock, log, random }: AdapterContext) {
    this.connect = connect;
    this.options = options;
    this.log = log;
    this.bus = options.bus ?? new Bus(clock);
    this.queue = new LineQueue(this.bus, MOST_WAITING);
    const { reconnect: pause, connectTimeout, patience } = options;
    this.reconnection = new Reconnection({ pause, connectTimeout, patience, random });
    this.feed = drive(this.reconnection, clock, (effect) => this.perform(effect));
    this.queue.hold();
  }

  /** Begins to connect; what is asked before waits for it. */
  start(): void {
    this.feed({ type: "start" });
  }

  /**
   * Runs a task that has the wire for itself. Rejects with DeviceError `unreachable` at once where it rests before the next
   * attempt to connect.
   */
  use<T>(turn: Turn, task: () => Promise<T>): Promise<T> {
    if (this.closed || this.reconnection.resting) return Promise.reject(this.down());
    return this.queue.run(turn, task);
  }

  /** Throws the DeviceError that says why there is none. */
  get open(): OpenConnection<Connection> {
    if (this.connection === undefined) throw this.down();
    return { connection: this.connection, signal: this.life.signal };
  }

  /** What is open now, if anything is. */
  get current(): Connection | undefined {
    return this.connection;
  }

  /** For the report of the line. */
  get standing(): Pick<LineReport, "open" | "trouble" | "silent"> {
    if (this.connection !== undefined) return { open: true };
    if (this.downBecause === undefined) return { open: false };
    return { open: false, trouble: this.downBecause.message, ...(this.silent ? { silent: true } : {}) };
  }

  /** Tasks that wait for their turn. */
  get waiting(): number {
    return this.queue.waiting;
  }

  /** Hears when the connection is lost (false) and there again (true). Called at once where it is lost now. */
  listen(listener: ConnectionListener): () => void {
    this.listeners.add(listener);
    if (this.reconnection.resting) listener(false, this.down().message);
    return () => this.listeners.delete(listener);
  }

  /** What runs or waits fails at once; nothing is heard afterwards. */
  close(): void {
    this.closed = true;
    this.feed.stop();
    this.listeners.clear();
    this.downBecause = new DeviceError("unreachable", `${this.options.name}: the link is closed`);
    this.end(this.downBecause);
  }

  private perform(effect: ReconnectionEffect): void {
    const { name, what } = this.options;
    switch (effect.type) {
      case "connect":
        this.attempt();
        return;
      case "disconnect":
        this.silent = this.connection !== undefined;
        this.end(new DeviceError("unreachable", `${name}: ${effect.reason}`));
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
        if (effect.state === "answers") this.log.info({}, `${what} answers`);
        else this.log.warn({ code: "LG556", reason: effect.reason }, `${what} is down; trying again until it is back`);
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
      this.silent = false;
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
    const { name } = this.options;
    const again = formatDuration(Math.max(1, Math.round(pause / SECOND)) * SECOND);
    this.log.debug({ reason, pause }, "no connection");
    this.downBecause = new DeviceError("unreachable", `${name}: ${reason}; next attempt after ${again}`);
    this.tell(false, `${name}: ${reason}`);
  }

  private tell(reachable: boolean, reason?: string): void {
    for (const listener of [...this.listeners]) listener(reachable, reason);
  }

  private down(): DeviceError {
    return this.downBecause ?? new DeviceError("unreachable", `${this.options.name}: no connection`);
  }
}
