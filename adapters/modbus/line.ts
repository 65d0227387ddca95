/** One Modbus line, whatever carries it: connects, keeps order, watches over every request. */
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
import { Bus, type Urgency } from "./bus.ts";
import { LineQueue } from "./line-queue.ts";
import type { ReadingRequest, Request } from "./pdu.ts";
import { PATIENCE, Reconnection, type ReconnectionEffect, type ReconnectionEvent } from "./reconnection.ts";
import { type OpenConnection, Requests } from "./requests.ts";
import type { Wire } from "./wire-time.ts";

/** An open connection, or an open port: carries one request at a time. */
export interface Connection {
  /**
   * Sends a request PDU of any function (code and data, at most 253 bytes) and resolves with the response PDU. Rejects
   * with ModbusException for an exception PDU, with DeviceError `malformed` for an answer of another function. May never
   * settle: the line sets the deadline.
   */
  transact(unit: number, pdu: Uint8Array): Promise<Uint8Array>;
  /** What came since the last request that is no answer to it, in words that end the sentence "no answer …"; undefined: nothing. */
  heard?(): string | undefined;
  /** The IP address of the other end; absent where it has none. */
  readonly peer?: string | undefined;
  /** Closes at once; nothing is heard of it afterwards. */
  destroy(): void;
}

/** Opens a transport. Once open, `onLost` is called where the connection ends by itself. `signal`: given up. */
export type Connect = (signal: AbortSignal, onLost: (error: DeviceError) => void) => Promise<Connection>;

export interface LineSettings {
  /** For people, e.g. "10.0.4.20:502". */
  readonly name: string;
  /**
   * How long to wait for an answer, from the request on, where the unit has no time of its own; absent: as long as the wire
   * and the unit's time to think ask for, or a second where the wire is not known.
   */
  readonly timeout?: Millis | undefined;
  /** Silence between an answer and the next request, across all units. */
  readonly gap: Millis;
  readonly reconnect: PauseRange;
  /** The serial wire that requests cross, at whichever end; absent where none is known. */
  readonly wire?: Wire | undefined;
  /**
   * Whether answers carry the number of their request (MBAP), which tells a late one apart; then unit 0 is a unit like the
   * others, too. Absent: where no wire is known.
   */
  readonly numbered?: boolean | undefined;
  /** Silence after a request without an answer, from the end of the wait on; absent: as long as was waited, and none where answers are numbered. */
  readonly settle?: Millis | undefined;
  /** How often a read is asked again that got no answer, of a unit that answered before; absent: never. */
  readonly retries?: number | undefined;
  /** The wire, where several lines lead to it; absent: it is this line's alone. */
  readonly bus?: Bus | undefined;
}

/**
 * One request and its answer. The data of a read: registers high byte first, bits packed from the least significant
 * (V1.1b3 §6.1). Nothing for a write, whose echo was checked; codec.ts says what the others give. Settles in time; rejects
 * with DeviceError.
 */
export type Exchange = (request: Request) => Promise<Uint8Array>;

/** Hears that the line is down, and why, or there again. */
export type LineListener = (reachable: boolean, reason?: string) => void;

export interface Unit {
  readonly unit: number;
  readonly timeout?: Millis | undefined;
  /** Somebody tries whether anybody is there: silence says nothing of the connection, and nothing is remembered of the unit. */
  readonly trial?: true;
}

/** More than this waits only where a line is hopelessly behind. */
const MOST_WAITING = 1024;
/** A connection takes longer than an answer: name resolution, and SYN packets are repeated after 1 s. */
const CONNECT_TIMEOUT: Millis = 5000;
export class Line {
  private readonly connect: Connect;
  private readonly settings: LineSettings;
  private readonly log: Logger;
  private readonly bus: Bus;
  private readonly queue: LineQueue;
  private readonly requests: Requests;
  private readonly listeners = new Set<LineListener>();
  private readonly reconnection: Reconnection;
  private readonly feed: Drive<ReconnectionEvent>;
  private connection: Connection | undefined;
  /** Ends what belongs to this connection, or attempt. */
  private life = new AbortController();
  private downBecause: DeviceError | undefined;
  private closed = false;

  constructor(connect: Connect, settings: LineSettings, { clock, log, random }: AdapterContext) {
    this.connect = connect;
    this.settings = settings;
    this.log = log.child({ line: settings.name });
    this.bus = settings.bus ?? new Bus(clock);
    this.queue = new LineQueue(this.bus, MOST_WAITING);
    const connectTimeout = Math.max(CONNECT_TIMEOUT, settings.timeout ?? 0);
    const shared = settings.wire !== undefined || settings.numbered === false;
    const patience = shared ? PATIENCE.shared : PATIENCE.network;
    this.reconnection = new Reconnection({ pause: settings.reconnect, connectTimeout, patience, random });
    this.feed = drive(this.reconnection, clock, (effect) => this.perform(effect));
    this.requests = new Requests(settings, { clock, log: this.log, bus: this.bus, told: this.feed });
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
  use<T>(urgency: Urgency, unit: Unit, task: (exchange: Exchange) => Promise<T>): Promise<T> {
    if (this.closed || this.reconnection.resting) return Promise.reject(this.down());
    const exchange: Exchange = async (request) => this.requests.exchange(this.open, unit, request);
    return this.queue.run({ urgency, unit: unit.unit }, () => task(exchange));
  }

  /** One read in its turn; one that fails is repeated as the settings say, each time in a turn of its own. */
  async read(urgency: Urgency, unit: Unit, request: ReadingRequest): Promise<Uint8Array> {
    // A unit that was failing already costs the others one wait only.
    let retries = this.requests.isFailing(unit.unit) ? 0 : (this.settings.retries ?? 0);
    for (;;) {
      try {
        return await this.use(urgency, unit, (exchange) => exchange(request));
      } catch (error) {
        // After an exception, which is an answer, the unit is not failing; of a line that is down nothing is learned.
        if (retries-- === 0 || !this.requests.isFailing(unit.unit)) throw error;
      }
    }
  }

  /** How many registers that nobody asked for are read as fast as a second request is made; undefined: no wire is known. */
  gapWorthReading(unit: number): number | undefined {
    return this.requests.gapWorthReading(unit);
  }

  report(): LineReport {
    const { name } = this.settings;
    return {
      name,
      open: this.connection !== undefined,
      load: this.bus.load,
      waiting: this.queue.waiting,
      units: this.requests.report(),
    };
  }

  /** The IP address of the other end, while it is connected to one. */
  get peer(): string | undefined {
    return this.connection?.peer;
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

  private get open(): OpenConnection {
    if (this.connection === undefined) throw this.down();
    return { connection: this.connection, signal: this.life.signal };
  }
}
