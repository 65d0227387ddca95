/** One Modbus line, whatever carries it: connects, keeps order, watches over every request. */
import { type AdapterContext, DeviceError, type LineReport, type Millis, type PauseRange } from "../../src/adapter.ts";
import type { Bus, Urgency } from "../wires/bus.ts";
import { type Closeable, type ConnectionListener, type Connector, KeptConnection } from "../wires/kept-connection.ts";
import { PATIENCE } from "../wires/reconnection.ts";
import type { ReadingRequest, Request } from "./pdu.ts";
import { Requests } from "./requests.ts";
import type { Wire } from "./wire-time.ts";

/** An open connection, or an open port: carries one request at a time. */
export interface Connection extends Closeable {
  /**
   * Sends a request PDU of any function (code and data, at most 253 bytes) and resolves with the response PDU. Rejects
   * with ModbusException for an exception PDU, with DeviceError `malformed` for an answer of another function. May never
   * settle: the line sets the deadline.
   */
  transact(unit: number, pdu: Uint8Array): Promise<Uint8Array>;
  /** What came since the last request that is no answer to it, in words that end the sentence "no answer …"; undefined: nothing. */
  heard?(): string | undefined;
  /** Sets the speed of the line; undefined: that of the link. Absent where whoever is at the other end knows it alone. Rejects with DeviceError. */
  setSpeed?(baudRate: number | undefined): Promise<void>;
  /** The IP address of the other end; absent where it has none. */
  readonly peer?: string | undefined;
}

/** Opens a transport. */
export type Connect = Connector<Connection>;

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

export interface Unit {
  readonly unit: number;
  readonly timeout?: Millis | undefined;
  /** Somebody tries whether anybody is there: silence says nothing of the connection, and nothing is remembered of the unit. */
  readonly trial?: true;
  /** The speed of the line while it is asked; absent: that of the link. */
  readonly baudRate?: number | undefined;
}

/** A connection takes longer than an answer: name resolution, and SYN packets are repeated after 1 s. */
const CONNECT_TIMEOUT: Millis = 5000;

export class Line {
  private readonly settings: LineSettings;
  private readonly kept: KeptConnection<Connection>;
  private readonly requests: Requests;

  constructor(connect: Connect, settings: LineSettings, context: AdapterContext) {
    this.settings = settings;
    const log = context.log.child({ line: settings.name });
    const connectTimeout = Math.max(CONNECT_TIMEOUT, settings.timeout ?? 0);
    const shared = settings.wire !== undefined || settings.numbered === false;
    const { name, reconnect, bus } = settings;
    const patience = shared ? PATIENCE.shared : PATIENCE.network;
    const options = { name, what: "the Modbus line", reconnect, connectTimeout, patience, bus };
    this.kept = new KeptConnection(connect, options, { ...context, log });
    this.requests = new Requests(settings, { clock: context.clock, log, bus: this.kept.bus, told: this.kept.feed });
  }

  /** Begins to connect; what is asked before waits for it. */
  start(): void {
    this.kept.start();
  }

  /**
   * Runs a task that has the line for itself; its exchanges go to one unit. Rejects with DeviceError `unreachable` at once
   * where the line rests before the next attempt to connect.
   */
  use<T>(urgency: Urgency, unit: Unit, task: (exchange: Exchange) => Promise<T>): Promise<T> {
    const exchange: Exchange = async (request) => this.requests.exchange(this.kept.open, unit, request);
    const { baudRate } = unit;
    if (baudRate === undefined) return this.kept.use({ urgency, unit: unit.unit }, () => task(exchange));
    return this.kept.use({ urgency, unit: unit.unit }, () => this.atSpeed(baudRate, () => task(exchange)));
  }

  private async atSpeed<T>(baudRate: number, task: () => Promise<T>): Promise<T> {
    const { connection } = this.kept.open;
    if (connection.setSpeed === undefined) {
      throw new DeviceError("rejected", "baud_rate is for serial ports: whoever has the line knows its speed");
    }
    await connection.setSpeed(baudRate);
    try {
      return await task();
    } finally {
      // A port that is gone is opened with its own speed.
      await connection.setSpeed(undefined).catch(() => {});
    }
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
    const { bus, standing, waiting } = this.kept;
    const units = this.requests.report();
    return { name: this.settings.name, ...standing, load: bus.load, waiting, units };
  }

  /** The IP address of the other end, while it is connected to one. */
  get peer(): string | undefined {
    return this.kept.current?.peer;
  }

  /** Hears when the line is lost (false) and there again (true). Called at once where it is lost now. */
  listen(listener: ConnectionListener): () => void {
    return this.kept.listen(listener);
  }

  /** What runs or waits fails at once; nothing is heard afterwards. */
  close(): void {
    this.kept.close();
  }
}
