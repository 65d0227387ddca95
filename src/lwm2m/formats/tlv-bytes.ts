/** The bytes of TLV (Core 1.2 §7.5.5): headers and values. What they mean at a path is in tlv.ts. */
import { ProtocolError } from "../../errors.ts";
import type { ObjectLink, ResourceType, Value } from "../sample.ts";
import { encodeUtf8, integer, plainBytes, tryUtf8 } from "./value.ts";

/** Bits 7 and 6 of the type byte. */
export const TLV_KIND = { objectInstance: 0, resourceInstance: 1, multipleResource: 2, resource: 3 } as const;
export type TlvKind = (typeof TLV_KIND)[keyof typeof TLV_KIND];

export interface TlvEntry {
  readonly kind: TlvKind;
  readonly id: number;
  readonly value: Uint8Array;
}

/** One entry: type byte, ID of one or two bytes, length where it is above 7, value. */
export function tlvEntry(kind: TlvKind, id: number, value: Uint8Array): Uint8Array {
  const { length } = value;
  const idBytes = id > 0xff ? 2 : 1;
  const lengthBytes = length < 8 ? 0 : length < 0x100 ? 1 : length < 0x1_0000 ? 2 : 3;
  const bytes = new Uint8Array(1 + idBytes + lengthBytes + length);
  bytes[0] = (kind << 6) | ((idBytes - 1) << 5) | (lengthBytes << 3) | (lengthBytes === 0 ? length : 0);
  let position = 1;
  if (idBytes === 2) bytes[position++] = id >> 8;
  bytes[position++] = id;
  for (let shift = (lengthBytes - 1) * 8; shift >= 0; shift -= 8) bytes[position++] = length >> shift;
  bytes.set(value, position);
  return bytes;
}

/** The entries that follow each other in these bytes. Throws ProtocolError where one is cut short. */
export function tlvEntries(bytes: Uint8Array): TlvEntry[] {
  const entries: TlvEntry[] = [];
  for (let position = 0; position < bytes.length; ) {
    const type = bytes[position] ?? 0;
    const idBytes = (type & 0x20) === 0 ? 1 : 2;
    const lengthBytes = (type >> 3) & 3;
    const idAt = position + 1;
    const lengthAt = idAt + idBytes;
    const valueAt = lengthAt + lengthBytes;
    if (valueAt > bytes.length) throw new ProtocolError(`TLV: entry at byte ${position} is cut short`);
    const length = lengthBytes === 0 ? type & 7 : uint(bytes, lengthAt, lengthBytes);
    if (valueAt + length > bytes.length) {
      throw new ProtocolError(
        `TLV: entry at byte ${position} wants ${length} bytes, ${bytes.length - valueAt} are left`,
      );
    }
    const kind = (type >> 6) as TlvKind;
    entries.push({ kind, id: uint(bytes, idAt, idBytes), value: bytes.subarray(valueAt, valueAt + length) });
    position = valueAt + length;
  }
  return entries;
}

/** The value as the type's bytes (Table C-2). A type that is not known is taken from the value itself. */
export function tlvValue(value: Value, type: ResourceType | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  switch (typeof value) {
    case "string":
      return encodeUtf8(value);
    case "boolean":
      return Uint8Array.of(value ? 1 : 0);
    case "bigint":
      return type === "float" ? floatBytes(Number(value)) : integerBytes(value, type === "unsigned");
    case "number":
      if (type === "float" || !Number.isInteger(value)) return floatBytes(value);
      return integerBytes(value, type === "unsigned");
    case "object":
      return linkBytes(value);
  }
}

/** The value of bytes of this type; undefined where no value of the type has such bytes (an integer of 3 or of 0 bytes). */
export function tlvRead(bytes: Uint8Array, type: ResourceType): Value | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (type) {
    case "string":
    case "corelnk":
      return tryUtf8(bytes);
    case "opaque":
      return plainBytes(bytes);
    case "boolean":
      return bytes.length === 1 && (bytes[0] === 0 || bytes[0] === 1) ? bytes[0] === 1 : undefined;
    case "float":
      return bytes.length === 4 ? view.getFloat32(0) : bytes.length === 8 ? view.getFloat64(0) : undefined;
    case "integer":
    case "time":
      return readSigned(view);
    case "unsigned":
      return readUnsigned(view);
    case "objlnk":
      return bytes.length === 4 ? { object: view.getUint16(0), instance: view.getUint16(2) } : undefined;
  }
}

function uint(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

/** Four bytes where they hold the number exactly, else eight. */
function floatBytes(value: number): Uint8Array {
  const short = Object.is(Math.fround(value), value);
  const bytes = new Uint8Array(short ? 4 : 8);
  const view = new DataView(bytes.buffer);
  if (short) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  return bytes;
}

/** 1, 2, 4 or 8 bytes, the fewest that hold the number in its own signedness: 128 of a signed type takes two. */
function integerBytes(value: number | bigint, unsigned: boolean): Uint8Array {
  const bits = unsigned ? 0 : 1;
  const size = [1, 2, 4].find((size) => {
    const limit = 2 ** (size * 8 - bits);
    return value < limit && value >= (unsigned ? 0 : -limit);
  });
  const bytes = new Uint8Array(size ?? 8);
  if (size === undefined) new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(value)));
  else for (let i = 0, rest = Number(value); i < size; i++) bytes[i] = rest >> ((size - 1 - i) * 8);
  return bytes;
}

function linkBytes({ object, instance }: ObjectLink): Uint8Array {
  return Uint8Array.of(object >> 8, object & 0xff, instance >> 8, instance & 0xff);
}

function readSigned(view: DataView): number | bigint | undefined {
  switch (view.byteLength) {
    case 1:
      return view.getInt8(0);
    case 2:
      return view.getInt16(0);
    case 4:
      return view.getInt32(0);
    case 8:
      return integer(view.getBigInt64(0));
    default:
      return undefined;
  }
}

function readUnsigned(view: DataView): number | bigint | undefined {
  switch (view.byteLength) {
    case 1:
      return view.getUint8(0);
    case 2:
      return view.getUint16(0);
    case 4:
      return view.getUint32(0);
    case 8:
      return integer(view.getBigUint64(0));
    default:
      return undefined;
  }
}
