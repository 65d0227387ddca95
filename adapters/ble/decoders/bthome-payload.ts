/** The objects of a BTHome packet, one after the other, as fields and back. */
import { BTHOME_OBJECTS, type BthomeObject, BUTTON_EVENTS, DIMMER_EVENTS } from "./bthome-objects.ts";
import type { Decoded, FieldValue } from "./decoder.ts";
import { type NumberFormat, readNumber, roundingError, writeNumber } from "./numbers.ts";
import { hexOf, isTrue, malformed, numberOf } from "./parts.ts";

const BY_ID: ReadonlyMap<number, BthomeObject> = new Map(BTHOME_OBJECTS.map((object) => [object.id, object]));

/** Throws DeviceError `malformed` where it ends within an object. */
export function readObjects(bytes: Uint8Array): Decoded {
  const reading = new Reading();
  let at = 0;
  while (at < bytes.length) {
    const object = BY_ID.get(bytes[at] ?? 0);
    // "A BTHome receiver will stop parsing object ids as soon as it finds an object id that isn't supported": ids only rise.
    if (object === undefined) {
      reading.notes.push(`object 0x${hexOf(bytes.subarray(at, at + 1))} is not known: it and what follows is left out`);
      break;
    }
    const size = sizeOf(object);
    const from = at + (size === undefined ? 2 : 1);
    const end = from + (size ?? bytes[at + 1] ?? 0);
    if (end > bytes.length)
      throw malformed(`it ends within object 0x${hexOf(Uint8Array.of(object.id))} (${object.name})`);
    reading.take(object, bytes.subarray(from, end));
    at = end;
  }
  return reading.decoded();
}

/** The packet that has these fields. Names that BTHome does not have are left out. */
export function composeObjects(fields: ReadonlyMap<string, FieldValue>): Uint8Array {
  const chosen = new Map<string, readonly BthomeObject[]>();
  for (const object of BTHOME_OBJECTS) chosen.set(object.name, [...(chosen.get(object.name) ?? []), object]);
  const parts = [...chosen].flatMap(([name, objects]) => {
    const values = valuesOf(name, fields);
    const object = bestOf(objects, values);
    if (object === undefined || values.every((value) => value === undefined)) return [];
    return values.map((value, i) => ({ id: object.id, bytes: objectBytes(object, value, stepsOf(fields, i)) }));
  });
  parts.sort((a, b) => a.id - b.id);
  return Uint8Array.from(parts.flatMap(({ id, bytes }) => [id, ...bytes]));
}

class Reading {
  readonly notes: string[] = [];
  private readonly fields = new Map<string, FieldValue>();
  private readonly bad = new Map<string, string>();
  private readonly counts = new Map<string, number>();

  decoded(): Decoded {
    const { fields, bad, notes } = this;
    const packet = fields.get("packet_id");
    return {
      fields,
      ...(packet === undefined ? {} : { packet: String(packet) }),
      bad,
      ...(notes.length === 0 ? {} : { notes }),
    };
  }

  take(object: BthomeObject, bytes: Uint8Array): void {
    const count = (this.counts.get(object.name) ?? 0) + 1;
    this.counts.set(object.name, count);
    const suffix = count === 1 ? "" : `_${count}`;
    const name = `${object.name}${suffix}`;
    switch (object.type) {
      case "number":
        this.fields.set(name, readNumber(object.format, bytes, 0) ?? 0);
        return;
      case "boolean":
        this.fields.set(name, bytes[0] !== 0);
        return;
      case "text":
        this.fields.set(name, Buffer.from(bytes).toString());
        return;
      case "raw":
        this.fields.set(name, Uint8Array.from(bytes));
        return;
      case "version":
        this.fields.set(name, [...bytes].reverse().join("."));
        return;
      case "button":
        this.event(name, BUTTON_EVENTS, bytes);
        return;
      case "dimmer":
        if (this.event(name, DIMMER_EVENTS, bytes)) this.fields.set(`dimmer_steps${suffix}`, bytes[1] ?? 0);
        return;
      default:
        object satisfies never;
    }
  }

  /** Event 0: nothing happened, it is another one's turn. */
  private event(name: string, events: ReadonlyMap<number, string>, bytes: Uint8Array): boolean {
    const id = bytes[0] ?? 0;
    const event = events.get(id);
    if (event !== undefined) this.fields.set(name, event);
    else if (id !== 0) this.bad.set(name, `event ${id} is not known`);
    return event !== undefined;
  }
}

/** Undefined: the packet says it. */
function sizeOf(object: BthomeObject): number | undefined {
  switch (object.type) {
    case "text":
    case "raw":
      return undefined;
    case "number":
      return object.format.bytes;
    case "version":
      return object.bytes;
    case "dimmer":
      return 2;
    case "boolean":
    case "button":
      return 1;
  }
}

/** Of `name`, `name_2`, …: those in between that are absent are undefined, so that the others keep their numbers. */
function valuesOf(name: string, fields: ReadonlyMap<string, FieldValue>): readonly (FieldValue | undefined)[] {
  const keys = [name, ...Array.from({ length: MOST }, (_, i) => `${name}_${i + 2}`)];
  return keys.slice(0, keys.findLastIndex((key) => fields.has(key)) + 1).map((key) => fields.get(key));
}

/** A packet has no room for more. */
const MOST = 30;

function stepsOf(fields: ReadonlyMap<string, FieldValue>, index: number): number {
  return numberOf(fields.get(index === 0 ? "dimmer_steps" : `dimmer_steps_${index + 1}`)) ?? 1;
}

/** The one that carries all values best, then the shortest: values of one name are of one object, or they would change places. */
function bestOf(
  objects: readonly BthomeObject[],
  values: readonly (FieldValue | undefined)[],
): BthomeObject | undefined {
  const numbers = values.map((value) => numberOf(value) ?? 0);
  const ranked = objects.map((object) => ({
    object,
    error: object.type === "number" ? Math.max(0, ...numbers.map((number) => errorOf(object.format, number))) : 0,
    size: sizeOf(object) ?? 0,
  }));
  return ranked.sort((a, b) => a.error - b.error || a.size - b.size || a.object.id - b.object.id)[0]?.object;
}

/** Below what a float can tell is none. */
function errorOf(format: NumberFormat, value: number): number {
  const error = roundingError(format, value);
  return error <= Math.abs(value) * 1e-12 ? 0 : error;
}

function objectBytes(object: BthomeObject, value: FieldValue | undefined, steps: number): Uint8Array {
  switch (object.type) {
    case "number": {
      const bytes = new Uint8Array(object.format.bytes);
      writeNumber(object.format, bytes, 0, numberOf(value));
      return bytes;
    }
    case "boolean":
      return Uint8Array.of(isTrue(value) ? 1 : 0);
    case "text":
      return withLength(Buffer.from(String(value ?? "")));
    case "raw":
      return withLength(value instanceof Uint8Array ? value : Buffer.from(String(value ?? "")));
    case "version":
      return versionBytes(object.bytes, String(value));
    case "button":
      return Uint8Array.of(eventId(BUTTON_EVENTS, value));
    case "dimmer":
      return Uint8Array.of(eventId(DIMMER_EVENTS, value), value === undefined ? 0 : steps);
  }
}

function withLength(bytes: Uint8Array): Uint8Array {
  const room = bytes.subarray(0, 255);
  return Uint8Array.of(room.length, ...room);
}

function versionBytes(size: number, text: string): Uint8Array {
  const numbers = text.split(".").map((part) => Number.parseInt(part, 10) || 0);
  return Uint8Array.from({ length: size }, (_, i) => numbers[size - 1 - i] ?? 0);
}

function eventId(events: ReadonlyMap<number, string>, value: FieldValue | undefined): number {
  return [...events].find(([, name]) => name === value)?.[0] ?? 0;
}
