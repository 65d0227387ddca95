/**
 * The edge fake "device link" for the whole gateway: a Modbus line whose far end is a map of values. Everything above one
 * exchange is the real adapter: its schemas, read plan, queue, deadlines, verification and reconnection.
 */
import { responseTo } from "../../adapters/modbus/codec.ts";
import { DataModel } from "../../adapters/modbus/data-model.ts";
import { ModbusDeviceLink } from "../../adapters/modbus/device-link.ts";
import { modbus } from "../../adapters/modbus/index.ts";
import { type Connect, type Connection, Line } from "../../adapters/modbus/line.ts";
import type { ModbusTcpOptions } from "../../adapters/modbus/options.ts";
import { formatRequest, isBits, type Request, type Table } from "../../adapters/modbus/pdu.ts";
import type { ModbusDevice, ModbusPoint, ModbusStep } from "../../adapters/modbus/points.ts";
import { serve } from "../../adapters/modbus/serve.ts";
import {
  type AdapterContext,
  type AdapterModule,
  type Clock,
  DeviceError,
  type Link,
  type Millis,
  type PointId,
  type RawValue,
} from "../../src/adapter.ts";

/** The adapter as it is, with these buses in place of TCP: a link's `host` is the name of its bus. */
export function modbusOn(buses: ReadonlyMap<string, FakeBus>): AdapterModule {
  return {
    ...modbus,
    open: async (options: ModbusTcpOptions, context: AdapterContext) => {
      const bus = buses.get(options.host);
      if (bus === undefined) throw new RangeError(`there is no fake bus "${options.host}"`);
      return bus.open(options, context);
    },
  } as AdapterModule;
}

export class FakeBus {
  /** Every exchange, answered or not: `1: read input[0x0..0x5] (FC 4)`. */
  readonly requests: string[] = [];
  /** While true nobody takes a connection. */
  down = false;
  /** How often the link was opened and closed, and how often a connection was made. */
  readonly counts = { opened: 0, closed: 0, connected: 0 };
  private readonly clock: Clock;
  private readonly units = new Map<number, FakeUnit>();
  private drop: ((error: DeviceError) => void) | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  unit(id: number): FakeUnit {
    const unit = this.units.get(id) ?? new FakeUnit();
    this.units.set(id, unit);
    return unit;
  }

  /** The connection breaks. */
  hangUp(): void {
    this.drop?.(new DeviceError("unreachable", "the device closed the connection"));
  }

  open(options: ModbusTcpOptions, context: AdapterContext): Link<ModbusDevice, ModbusPoint, ModbusStep> {
    this.counts.opened++;
    const line = new Line(this.connect, { ...options, name: options.host }, context);
    line.start();
    return {
      attach: async (device, points, listener) => {
        this.unit(device.unit_id).attach(device, points);
        return new ModbusDeviceLink(line, { device, points }, listener, context);
      },
      report: () => ({ lines: [line.report()] }),
      close: async () => {
        this.counts.closed++;
        line.close();
      },
    };
  }

  private readonly connect: Connect = async (_signal, onLost): Promise<Connection> => {
    if (this.down) throw new DeviceError("unreachable", "connection refused");
    this.counts.connected++;
    this.drop = onLost;
    return {
      transact: (unit, pdu) => this.transact(unit, pdu),
      peer: "192.0.2.10",
      destroy: () => {},
    };
  };

  private async transact(id: number, pdu: Uint8Array): Promise<Uint8Array> {
    this.requests.push(`${id}: ${formatRequest(requestIn(pdu))}`);
    const unit = this.unit(id);
    if (unit.silent) return new Promise<Uint8Array>(() => {});
    if (unit.latency > 0) await this.after(unit.latency);
    return responseTo(pdu[0] ?? 0, unit.serve(pdu));
  }

  private after(span: Millis): Promise<void> {
    return new Promise((resolve) => this.clock.at(this.clock.monotonic() + span, resolve));
  }
}

/** One device on the bus: what its registers and coils hold, by the points of its mapping. */
export class FakeUnit {
  /** It does not answer. */
  silent = false;
  latency: Millis = 0;
  /** It answers everything with this exception. */
  exception: number | undefined;
  /** Points that it does not have: exception 2 to whoever asks for them, exception 3 to who writes them. */
  readonly missing = new Set<PointId>();
  /** Points that it confirms to have written, and leaves as they are. */
  readonly stuck = new Set<PointId>();
  /** Holding registers that only take commands, by their address on the wire: no point lies there. */
  readonly commands = new Set<number>();
  /** What was written to it, in order: the point, or the address of a command. */
  readonly written: (readonly [PointId | number, number | boolean])[] = [];
  private readonly values = new Map<PointId, number | boolean>();
  /** One register or bit each: "holding 100". */
  private readonly cells = new Map<PointId, number>();
  private memory: DataModel | undefined;
  private points: ReadonlyMap<PointId, ModbusPoint> = new Map();
  private model: DataModel | undefined;

  /** A float for two registers, a whole number for one, a boolean for a coil: before any scale of the mapping. */
  set(point: PointId, value: number | boolean): this {
    this.values.set(point, value);
    return this;
  }

  get(point: PointId): number | boolean | undefined {
    return this.values.get(point);
  }

  /** It holds these registers, or bits, from this address on, whatever points are told: for who knows addresses only. */
  hold(table: Table, address: number, values: readonly number[]): this {
    for (const [i, value] of values.entries()) this.cells.set(`${table} ${address + i}`, value);
    this.memory = memoryOf(this.cells);
    return this;
  }

  /** What `hold` gave it, or a master wrote there. */
  held(table: Table, address: number, count: number): readonly (number | undefined)[] {
    return Array.from({ length: count }, (_, i) => this.cells.get(`${table} ${address + i}`));
  }

  /** What the adapter knows of it now; a new mapping brings new points. Who only listens to the line knows nothing of it. */
  attach(device: ModbusDevice, points: ReadonlyMap<PointId, ModbusPoint>): void {
    if (points.size === 0) return;
    this.points = points;
    this.model = new DataModel({
      device,
      points,
      get: (point) => (this.missing.has(point) ? undefined : this.raw(point)),
      set: (point, value) => this.take(point, value),
    });
  }

  /** The response PDU, that of an exception too. */
  serve(pdu: Uint8Array): Uint8Array {
    const code = pdu[0] ?? 0;
    if (this.exception !== undefined) return Uint8Array.of(code | 0x80, this.exception);
    if (this.memory !== undefined) return serve(this.memory, pdu);
    if (this.model === undefined) return Uint8Array.of(code | 0x80, 0x0b);
    const request = requestIn(pdu);
    if (request.kind !== "writeRegister" || !this.commands.has(request.address)) return serve(this.model, pdu);
    this.written.push([request.address, numberOf(request.bytes)]);
    return pdu;
  }

  private raw(point: PointId): RawValue {
    const known = this.points.get(point);
    const { table, count } = known !== undefined && "table" in known ? known : { table: "holding" as const, count: 1 };
    const value = this.values.get(point) ?? 0;
    if (isBits(table)) return value === true;
    const bytes = new Uint8Array(2 * count);
    const view = new DataView(bytes.buffer);
    if (count === 2) view.setFloat32(0, Number(value));
    else view.setUint16(0, Number(value));
    return bytes;
  }

  private take(point: PointId, raw: RawValue): boolean {
    if (this.missing.has(point)) return false;
    if (this.stuck.has(point)) return true;
    const value = raw instanceof Uint8Array ? numberOf(raw) : raw === true;
    this.values.set(point, value);
    this.written.push([point, value]);
    return true;
  }
}

/** A device that has a point for each cell. */
function memoryOf(cells: Map<PointId, number>): DataModel {
  const device = modbus.device.parse({ unit_id: 1 });
  const points = new Map(
    [...cells.keys()].map((cell) => {
      const [table = "", address] = cell.split(" ");
      const write = table === "holding" || table === "coil" ? { write: true } : {};
      return [cell, modbus.point.parse({ [table]: Number(address), device, ...write })] as const;
    }),
  );
  const isBit = (cell: PointId): boolean => cell.startsWith("coil") || cell.startsWith("discrete");
  return new DataModel({
    ...{ device, points },
    get: (cell) => {
      const value = cells.get(cell) ?? 0;
      return isBit(cell) ? value === 1 : Uint8Array.of(value >> 8, value & 0xff);
    },
    set: (cell, raw) => {
      cells.set(cell, raw instanceof Uint8Array ? numberOf(raw) : Number(raw));
      return true;
    },
  });
}

const TABLES: Readonly<Record<number, Table>> = { 1: "coil", 2: "discrete", 3: "holding", 4: "input" };

/** What is asked, for the eye of a test. */
function requestIn(pdu: Uint8Array): Request {
  if (pdu.length < 5) return { kind: "raw", pdu };
  const view = new DataView(pdu.buffer, pdu.byteOffset, pdu.length);
  const [code, address, second] = [view.getUint8(0), view.getUint16(1), view.getUint16(3)];
  const table = TABLES[code];
  if (table !== undefined) return { kind: "read", table, address, count: second };
  if (code === 5) return { kind: "writeCoil", address, value: second !== 0 };
  if (code === 6) return { kind: "writeRegister", address, bytes: pdu.slice(3) };
  if (code === 15) {
    const bit = (i: number): boolean => (((pdu[6 + (i >> 3)] ?? 0) >> (i & 7)) & 1) === 1;
    return { kind: "writeCoils", address, values: Array.from({ length: second }, (_, i) => bit(i)) };
  }
  return code === 16 ? { kind: "writeRegisters", address, bytes: pdu.slice(6) } : { kind: "raw", pdu };
}

function numberOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return bytes.length === 4 ? view.getFloat32(0) : view.getUint16(0);
}
