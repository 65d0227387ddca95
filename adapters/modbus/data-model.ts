/**
 * The four tables of one simulated device, made of the points of its mapping. MODBUS Application Protocol V1.1b3 §4.3.
 */
import type { PointId, SimulatedDevice } from "../../src/adapter.ts";
import { ADDRESSES, isBits, type Span, type Table } from "./pdu.ts";
import type { ModbusDevice, ModbusPoint } from "./points.ts";

/** Why a request cannot be served: an exception code (§7). */
export class Refusal extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exception ${code}`);
    this.name = "Refusal";
    this.code = code;
  }
}

const ILLEGAL_ADDRESS = 2;
const ILLEGAL_VALUE = 3;

/** A point as it lies in one table: where it is read, or where it is written. */
interface Placed extends Span {
  readonly id: PointId;
  readonly writable: boolean;
}

export class DataModel {
  private readonly device: SimulatedDevice<ModbusDevice, ModbusPoint>;
  /** What lies at an address; several where a register holds several bit fields. */
  private readonly tables: Readonly<Record<Table, ReadonlyMap<number, readonly Placed[]>>>;
  /** Addresses without a point that a read may span: the mapping says so by `block.gap`. */
  private readonly gaps: Readonly<Record<Table, ReadonlySet<number>>>;

  constructor(device: SimulatedDevice<ModbusDevice, ModbusPoint>) {
    this.device = device;
    const placed = [...device.points].flatMap(([id, point]) => placesOf(id, point));
    const table = (name: Table): ReadonlyMap<number, readonly Placed[]> =>
      byAddress(placed.filter((point) => point.table === name));
    this.tables = {
      input: table("input"),
      holding: table("holding"),
      coil: table("coil"),
      discrete: table("discrete"),
    };
    const gaps = (name: Table): ReadonlySet<number> =>
      gapsOf(this.tables[name], (device.device.block.gap ?? device.device.block.max) * (isBits(name) ? 16 : 1));
    this.gaps = { input: gaps("input"), holding: gaps("holding"), coil: gaps("coil"), discrete: gaps("discrete") };
  }

  /** The registers, two bytes each. Throws Refusal. */
  readRegisters({ table, address, count }: Span): Uint8Array {
    const bytes = new Uint8Array(2 * count);
    for (const point of this.covered({ table, address, count })) {
      const value = this.bytesOf(point);
      for (let i = 0; i < value.length; i++) {
        const at = 2 * (point.address - address) + i;
        // Bit fields share their register: each point has its own bits in it.
        if (at >= 0 && at < bytes.length) bytes[at] = (bytes[at] ?? 0) | (value[i] ?? 0);
      }
    }
    return bytes;
  }

  /** Throws Refusal. */
  readBits({ table, address, count }: Span): boolean[] {
    const bits = Array.from({ length: count }, () => false);
    for (const point of this.covered({ table, address, count })) {
      const value = this.device.get(point.id);
      if (value === undefined) throw new Refusal(ILLEGAL_ADDRESS);
      bits[point.address - address] = value === true;
    }
    return bits;
  }

  /** Throws Refusal; what stands before the refused point is then written, as on a real device. */
  writeRegisters(address: number, bytes: Uint8Array): void {
    const span: Span = { table: "holding", address, count: bytes.length / 2 };
    for (const point of this.writable(span)) {
      // One request may write the half of a value: the rest of it stays.
      const value =
        point.address >= address && point.count <= span.count ? new Uint8Array(2 * point.count) : this.bytesOf(point);
      for (let i = 0; i < value.length; i++) value[i] = bytes[2 * (point.address - address) + i] ?? value[i] ?? 0;
      if (!this.device.set(point.id, value)) throw new Refusal(ILLEGAL_VALUE);
    }
  }

  /** Throws Refusal. */
  writeBits(address: number, values: readonly boolean[]): void {
    for (const point of this.writable({ table: "coil", address, count: values.length })) {
      if (!this.device.set(point.id, values[point.address - address] ?? false)) throw new Refusal(ILLEGAL_VALUE);
    }
  }

  /** Each point in the range once; every address must hold one, or lie in a gap. */
  private covered({ table, address, count }: Span): Set<Placed> {
    if (address + count > ADDRESSES) throw new Refusal(ILLEGAL_ADDRESS);
    const points = new Set<Placed>();
    for (let at = address; at < address + count; at++) {
      const here = this.tables[table].get(at);
      if (here === undefined && !this.gaps[table].has(at)) throw new Refusal(ILLEGAL_ADDRESS);
      for (const point of here ?? []) points.add(point);
    }
    return points;
  }

  private writable(span: Span): Placed[] {
    for (let at = span.address; at < span.address + span.count; at++) {
      if (!this.tables[span.table].get(at)?.some(({ writable }) => writable)) throw new Refusal(ILLEGAL_ADDRESS);
    }
    return [...this.covered(span)].filter(({ writable }) => writable);
  }

  private bytesOf(point: Placed): Uint8Array {
    const value = this.device.get(point.id);
    if (!(value instanceof Uint8Array)) throw new Refusal(ILLEGAL_ADDRESS);
    const bytes = new Uint8Array(2 * point.count);
    bytes.set(value.subarray(0, bytes.length));
    return bytes;
  }
}

/** Where a point is read, and where it is written if that is elsewhere. */
function placesOf(id: PointId, point: ModbusPoint): Placed[] {
  const { table, address, count, write } = point;
  const same = write?.table === table && write.address === address;
  const source: Placed = { id, table, address, count, writable: same };
  if (write === undefined || same) return [source];
  return [source, { id, table: write.table, address: write.address, count: write.count, writable: true }];
}

function byAddress(points: readonly Placed[]): Map<number, Placed[]> {
  const map = new Map<number, Placed[]>();
  for (const point of points) {
    for (let at = point.address; at < point.address + point.count; at++) {
      const here = map.get(at);
      if (here === undefined) map.set(at, [point]);
      else here.push(point);
    }
  }
  return map;
}

function gapsOf(table: ReadonlyMap<number, unknown>, widest: number): Set<number> {
  const gaps = new Set<number>();
  let before: number | undefined;
  for (const at of [...table.keys()].sort((a, b) => a - b)) {
    const first = (before ?? at) + 1;
    if (at - first <= widest) for (let gap = first; gap < at; gap++) gaps.add(gap);
    before = at;
  }
  return gaps;
}
