/**
 * The four tables, the files and the identification of one simulated device, made of the points of its mapping. MODBUS
 * Application Protocol V1.1b3 §4.3, §6.14, §6.21.
 */
import type { PointId, SimulatedDevice } from "../../src/adapter.ts";
import { ADDRESSES, isBits, type Table } from "./pdu.ts";
import { isRegisterPoint, isSunSpecPoint, type ModbusDevice, type ModbusPoint, TABLES } from "./points.ts";
import { SimulatedIdentity } from "./simulated-identity.ts";
import { SimulatedModels } from "./sunspec/simulated.ts";

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

/** A table of the data model, or a file of registers. */
export type Area = Table | `file ${number}`;

export interface Place {
  readonly area: Area;
  readonly address: number;
  readonly count: number;
}

/** A point as it lies in one area: where it is read, or where it is written. */
interface Placed extends Place {
  readonly id: PointId;
  readonly writable: boolean;
}

interface Content {
  /** What lies at an address; several where a register holds several bit fields. */
  readonly points: ReadonlyMap<number, readonly Placed[]>;
  /** Addresses without a point that a read may span: the mapping says so by `block.gap`. */
  readonly gaps: ReadonlySet<number>;
}

const EMPTY: Content = { points: new Map(), gaps: new Set() };

export class DataModel {
  readonly identity: SimulatedIdentity;
  private readonly device: SimulatedDevice<ModbusDevice, ModbusPoint>;
  private readonly areas: ReadonlyMap<Area, Content>;
  /** A chain of models among the holding registers, where the mapping reads any. */
  private readonly models: SimulatedModels | undefined;

  constructor(device: SimulatedDevice<ModbusDevice, ModbusPoint>) {
    this.device = device;
    this.identity = new SimulatedIdentity(device);
    this.models = modelsOf(device);
    const placed = [...device.points].flatMap(([id, point]) => placesOf(id, point));
    const { max, gap = max } = device.device.block;
    this.areas = new Map(
      [...new Set(placed.map(({ area }) => area))].map((area) => {
        const points = byAddress(placed.filter((point) => point.area === area));
        return [area, { points, gaps: isFile(area) ? EMPTY.gaps : gapsOf(points, gap * (isBits(area) ? 16 : 1)) }];
      }),
    );
  }

  /** The registers, two bytes each. Throws Refusal. */
  readRegisters({ area, address, count }: Place): Uint8Array {
    const content = this.models?.within({ area, address, count }, (id) => this.device.get(id));
    if (content !== undefined) return content;
    const bytes = new Uint8Array(2 * count);
    for (const point of this.covered({ area, address, count })) {
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
  readBits({ area, address, count }: Place): boolean[] {
    const bits = Array.from({ length: count }, () => false);
    for (const point of this.covered({ area, address, count })) {
      const value = this.device.get(point.id);
      if (value === undefined) throw new Refusal(ILLEGAL_ADDRESS);
      bits[point.address - address] = value === true;
    }
    return bits;
  }

  /** Throws Refusal; what stands before the refused point is then written, as on a real device. */
  writeRegisters(area: Area, address: number, bytes: Uint8Array): void {
    const span: Place = { area, address, count: bytes.length / 2 };
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
    for (const point of this.writable({ area: "coil", address, count: values.length })) {
      if (!this.device.set(point.id, values[point.address - address] ?? false)) throw new Refusal(ILLEGAL_VALUE);
    }
  }

  /** Each point in the range once; every address must hold one, or lie in a gap. */
  private covered({ area, address, count }: Place): Set<Placed> {
    if (address + count > ADDRESSES) throw new Refusal(ILLEGAL_ADDRESS);
    const { points, gaps } = this.areas.get(area) ?? EMPTY;
    const found = new Set<Placed>();
    for (let at = address; at < address + count; at++) {
      const here = points.get(at);
      if (here === undefined && !gaps.has(at)) throw new Refusal(ILLEGAL_ADDRESS);
      for (const point of here ?? []) found.add(point);
    }
    return found;
  }

  private writable(place: Place): Placed[] {
    const { points } = this.areas.get(place.area) ?? EMPTY;
    for (let at = place.address; at < place.address + place.count; at++) {
      if (!points.get(at)?.some(({ writable }) => writable)) throw new Refusal(ILLEGAL_ADDRESS);
    }
    return [...this.covered(place)].filter(({ writable }) => writable);
  }

  private bytesOf(point: Placed): Uint8Array {
    const value = this.device.get(point.id);
    if (!(value instanceof Uint8Array)) throw new Refusal(ILLEGAL_ADDRESS);
    const bytes = new Uint8Array(2 * point.count);
    bytes.set(value.subarray(0, bytes.length));
    return bytes;
  }
}

function isFile(area: Area): area is Exclude<Area, Table> {
  return !TABLES.some((table) => table === area);
}

function modelsOf({
  device: { sunspec_base },
  points,
  identity = {},
}: SimulatedDevice<ModbusDevice, ModbusPoint>): SimulatedModels | undefined {
  const sunspec = new Map([...points].flatMap(([id, point]) => (isSunSpecPoint(point) ? [[id, point] as const] : [])));
  if (sunspec.size === 0) return undefined;
  const { manufacturer = "simulated", model = "device", version = "1.0" } = identity;
  return new SimulatedModels(sunspec, sunspec_base, { Mn: manufacturer, Md: model, Vr: version, SN: "1" });
}

/** Where a point is read, and where it is written if that is elsewhere. */
function placesOf(id: PointId, point: ModbusPoint): Placed[] {
  if ("ident" in point || isSunSpecPoint(point)) return [];
  if (!isRegisterPoint(point)) {
    const { file, record, length } = point;
    return [{ id, area: `file ${file}`, address: record, count: length, writable: point.write !== undefined }];
  }
  const { table, address, count, write } = point;
  const same = write?.table === table && write.address === address;
  const source: Placed = { id, area: table, address, count, writable: same };
  if (write === undefined || same) return [source];
  return [source, { id, area: write.table, address: write.address, count: write.count, writable: true }];
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
