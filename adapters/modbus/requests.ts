/** The requests on one line: what each may take, how long the wire is left alone after it, and what is learned of each unit. */
import {
  type Clock,
  DeviceError,
  formatDuration,
  type Logger,
  type Millis,
  reasonOf,
  SECOND,
  type UnitReport,
} from "../../src/adapter.ts";
import type { Bus } from "../wires/bus.ts";
import { orAborted, withDeadline } from "../wires/deadline.ts";
import type { OpenConnection } from "../wires/kept-connection.ts";
import type { ReconnectionEvent } from "../wires/reconnection.ts";
import { decodeResponse, encodeRequest } from "./codec.ts";
import { failureOf, ModbusException } from "./errors.ts";
import type { Connection, LineSettings, Unit } from "./line.ts";
import { formatRequest, type Request } from "./pdu.ts";
import { UnitRecord } from "./unit-record.ts";
import { gapWorthReading, lengthOf, USUAL_TURNAROUND, wireTime } from "./wire-time.ts";

/** How long to wait for an answer over a network, where nobody says anything else. */
const NETWORK_TIMEOUT: Millis = SECOND;
/** V1.02 §2.1: unit 0 is everybody, and nobody answers. §2.4.1: the units get 100 to 200 ms to do what it says. */
const BROADCAST = 0;
const BROADCAST_DELAY: Millis = 200;
const NOTHING = new Uint8Array(0);

export interface RequestsContext {
  readonly clock: Clock;
  readonly log: Logger;
  readonly bus: Bus;
  /** Hears who answered, and who did not. */
  readonly told: (event: ReconnectionEvent) => void;
}

/** One request as it goes out. */
interface Outgoing {
  readonly unit: Unit;
  readonly request: Request;
}

/** One request at a time: whoever calls has the turn. */
export class Requests {
  private readonly settings: LineSettings;
  private readonly context: RequestsContext;
  private readonly numbered: boolean;
  /** In the order in which they were first asked. */
  private readonly units = new Map<number, UnitRecord>();

  constructor(settings: LineSettings, context: RequestsContext) {
    this.settings = settings;
    this.context = context;
    this.numbered = settings.numbered ?? settings.wire === undefined;
  }

  /** Rejects with DeviceError. A write to unit 0 on a serial line is a broadcast: resolves once it is sent. */
  async exchange(open: OpenConnection<Connection>, unit: Unit, request: Request): Promise<Uint8Array> {
    const outgoing = { unit, request };
    if (this.numbered || unit.unit !== BROADCAST) return this.carry(open, outgoing);
    if (isWrite(request)) return this.broadcast(open, outgoing);
    const what = describe(outgoing);
    throw new DeviceError("rejected", `${what}: unit 0 is everybody on a serial line, and nobody answers`);
  }

  /** Whether the unit's last request came to nothing. */
  isFailing(unit: number): boolean {
    return this.units.get(unit)?.failing === true;
  }

  /** How many registers that nobody asked for are read as fast as a second request is made; undefined: no wire is known. */
  gapWorthReading(unit: number): number | undefined {
    const { wire, gap } = this.settings;
    if (wire === undefined) return undefined;
    return gapWorthReading(wire, { turnaround: this.units.get(unit)?.usual ?? USUAL_TURNAROUND, rest: gap });
  }

  report(): readonly UnitReport[] {
    return [...this.units].map(([unit, record]) => record.report(unit));
  }

  /** Sends, and waits for the answer. The wait begins when the request is handed to the connection. */
  private async carry({ connection, signal }: OpenConnection<Connection>, outgoing: Outgoing): Promise<Uint8Array> {
    const { request } = outgoing;
    const { unit, timeout, trial = false } = outgoing.unit;
    const what = describe(outgoing);
    const { clock, bus, log } = this.context;
    await bus.quiet(signal);
    const record = trial ? (this.units.get(unit) ?? new UnitRecord()) : this.recordOf(unit);
    const span = timeout ?? this.timeoutOf(record, request);
    const started = clock.monotonic();
    let silence = this.silence;
    if (!trial) record.sent();
    try {
      const sent = connection.transact(unit, encodeRequest(request));
      const response = await withDeadline(orAborted(sent, signal), {
        clock,
        span,
        late: () => new DeviceError("unreachable", `${what}: ${noAnswer(span, connection)}`),
      });
      const answer = decodeResponse(request, response);
      if (!trial) this.answered(unit, clock.monotonic() - started - this.timeOf(request));
      return answer;
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      const failure = failureOf(error, what);
      if (!signal.aborted && !trial) this.failed(unit, failure);
      // What comes now would be taken for the answer to the next request.
      if (!(failure instanceof ModbusException)) silence = Math.max(silence, this.settleAfter(span));
      throw failure;
    } finally {
      bus.used(started, clock.monotonic() + silence);
      log.debug({ unit, request: what, took: clock.monotonic() - started }, "exchange");
    }
  }

  private async broadcast({ connection, signal }: OpenConnection<Connection>, outgoing: Outgoing): Promise<Uint8Array> {
    const what = describe(outgoing);
    const { clock, bus, log } = this.context;
    await bus.quiet(signal);
    const started = clock.monotonic();
    const pdu = encodeRequest(outgoing.request);
    // No answer can fail. What is wrong with the connection the next request hears.
    connection
      .transact(BROADCAST, pdu)
      .catch((error) => log.debug({ request: what, reason: reasonOf(error) }, "broadcast"));
    const { wire } = this.settings;
    const sent = started + (wire === undefined ? 0 : wireTime(wire, { request: pdu.length, answer: 0 }));
    bus.used(started, sent + Math.max(this.silence, BROADCAST_DELAY));
    return NOTHING;
  }

  private answered(unit: number, turnaround: Millis): void {
    this.recordOf(unit).answered(turnaround);
    this.context.told({ type: "answered", unit });
  }

  private failed(unit: number, failure: DeviceError): void {
    this.recordOf(unit).failedWith(failure);
    this.context.told({ type: failure instanceof ModbusException ? "answered" : "silent", unit });
  }

  private recordOf(unit: number): UnitRecord {
    const record = this.units.get(unit) ?? new UnitRecord();
    this.units.set(unit, record);
    return record;
  }

  /** Between any two frames on the wire; a converter sees to that of its wire by itself. */
  private get silence(): Millis {
    const { gap, wire } = this.settings;
    return this.numbered ? gap : Math.max(gap, wire?.silence ?? 0);
  }

  private settleAfter(waited: Millis): Millis {
    return this.settings.settle ?? (this.numbered ? 0 : waited);
  }

  private timeoutOf(record: UnitRecord, request: Request): Millis {
    const { timeout, wire } = this.settings;
    return timeout ?? (wire === undefined ? NETWORK_TIMEOUT : this.timeOf(request) + record.patience);
  }

  /** On the wire; 0 where none is known. */
  private timeOf(request: Request): Millis {
    const { wire } = this.settings;
    return wire === undefined ? 0 : wireTime(wire, lengthOf(request));
  }
}

function noAnswer(span: Millis, connection: Connection): string {
  const heard = connection.heard?.();
  return `no answer within ${formatDuration(Math.round(span))}${heard === undefined ? "" : `; ${heard}`}`;
}

/** For people. */
function describe({ unit: { unit }, request }: Outgoing): string {
  return `unit ${unit}: ${formatRequest(request)}`;
}

/** Whether nothing is asked that only an answer could tell. */
function isWrite(request: Request): boolean {
  switch (request.kind) {
    case "writeCoil":
    case "writeCoils":
    case "writeRegister":
    case "writeRegisters":
    case "maskRegister":
    case "writeFile":
      return true;
    case "read":
    case "readWrite":
    case "readFile":
    case "identify":
    case "raw":
      return false;
  }
}
