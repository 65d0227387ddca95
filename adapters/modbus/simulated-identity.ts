/** What a simulated device answers to FC 43/14. MODBUS Application Protocol V1.1b3 §6.21. */
import type { SimulatedDevice } from "../../src/adapter.ts";
import type { ModbusDevice, ModbusPoint } from "./points.ts";

/** What fits one answer: a PDU of 253 bytes without the head, and the head of the object. */
const LONGEST = 244;
const ROOM = 246;
const BASIC = 1;
const REGULAR = 2;
const EXTENDED = 3;
const INDIVIDUAL = 4;
/** The last object of each category. */
const LAST: Readonly<Record<number, number>> = { [BASIC]: 0x02, [REGULAR]: 0x7f, [EXTENDED]: 0xff };

export class SimulatedIdentity {
  private readonly device: SimulatedDevice<ModbusDevice, ModbusPoint>;

  constructor(device: SimulatedDevice<ModbusDevice, ModbusPoint>) {
    this.device = device;
  }

  /** The answer behind the interface type; undefined: there is no such object, or no such access. */
  answer(access: number, object: number): Uint8Array | "no such object" | "no such access" {
    const all = [...this.objects()].sort(([a], [b]) => a - b);
    const conformity = 0x80 | conformityOf(all.at(-1)?.[0] ?? 0);
    if (access === INDIVIDUAL) {
      const one = all.find(([id]) => id === object);
      return one === undefined ? "no such object" : Uint8Array.of(access, conformity, 0, 0, 1, ...encoded(one));
    }
    const last = LAST[access];
    if (last === undefined) return "no such access";
    const category = all.filter(([id]) => id <= last);
    // An object that is not there: from the beginning on.
    const from = category.findIndex(([id]) => id === object);
    return stream(category.slice(Math.max(0, from)), [access, conformity]);
  }

  /** The points of the mapping, and what every device must have beside them. */
  private objects(): Map<number, Uint8Array> {
    const { identity = {} } = this.device;
    const { manufacturer = "simulated", model = "device", version = "1.0" } = identity;
    const objects = new Map([manufacturer, model, version].map((text, object) => [object, bytesOf(text)]));
    for (const [id, point] of this.device.points) {
      const value = "ident" in point ? this.device.get(id) : undefined;
      if (value !== undefined && "ident" in point) objects.set(point.ident, bytesOf(String(value)));
    }
    return objects;
  }
}

function stream(objects: readonly (readonly [number, Uint8Array])[], head: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (const [i, object] of objects.entries()) {
    const next = encoded(object);
    if (bytes.length + next.length > ROOM) return Uint8Array.of(...head, 0xff, object[0], i, ...bytes);
    bytes.push(...next);
  }
  return Uint8Array.of(...head, 0, 0, objects.length, ...bytes);
}

function conformityOf(last: number): number {
  return last > 0x7f ? EXTENDED : last > 0x02 ? REGULAR : BASIC;
}

function encoded([object, value]: readonly [number, Uint8Array]): number[] {
  return [object, value.length, ...value];
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text).slice(0, LONGEST);
}
