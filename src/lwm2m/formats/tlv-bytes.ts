/** The bytes of TLV (Core 1.2 §7.5.5): headers and values. What they mean at a path is in tlv.ts. */
import { ProtocolError } from "../../errors.ts";
import { isObjectLink, type ResourceType, type Value } from "../sample.ts";
import { encodeUtf8, integer, plainBytes, tryUtf8 } from "./value.ts";

/** Bits 7 and 6 of the type byte. */
export const TLV_KIND = { objectInstance: 0, resourceInstance: 1, multipleResource: 2, resource: 3 } as const;
export type TlvKind = (typeof TLV_KIND)[keyof typeof TLV_KIND];

export interface TlvEntry {
  readonly kind: TlvKind;
  readonly id: number;
  readonly value: Uint8Array;
}

/** Writes TLV from its end to its beginning: an entry begins with the length of what is in it, which is known by then. */
export class TlvWriter {
  private bytes = new Uint8Array(FIRST_CAPACITY);
  private view = new DataView(this.bytes.buffer);
  /** Where what is written begins. */
  private start = FIRST_CAPACITY;

  /** Of all that is written. */
  get length(): number {
    return this.bytes.length - this.start;
  }

  /** All of it, from its beginning on. */
  take(): Uint8Array {
    return this.bytes.slice(this.start);
  }

  /**
   * Puts a header before what was written since there were `after` bytes: type byte, ID of one or two bytes, length where it is
   * above 7.
   */
  entry(kind: TlvKind, id: number, after: number): void {
    const length = this.length - after;
    const idBytes = id > 0xff ? 2 : 1;
    const lengthBytes = length < 8 ? 0 : length < 0x100 ? 1 : length < 0x1_0000 ? 2 : 3;
    const header = this.before(1 + idBytes + lengthBytes);
    const type = (kind << 6) | ((idBytes - 1) << 5) | (lengthBytes << 3) | (lengthBytes === 0 ? length : 0);
    this.bytes[header] = type;
    this.putUint(id, header + 1, idBytes);
    this.putUint(length, header + 1 + idBytes, lengthBytes);
  }

  /** Puts the value before it all, as the type's bytes (Table C-2). A type that is not known is taken from the value itself. */
  value(value: Value, type: ResourceType | undefined): void {
    if (typeof value === "number" || typeof value === "bigint") {
      const whole = typeof value === "bigint" || Number.isInteger(value);
      if (type === "float" || !whole) this.float(Number(value));
      else this.integer(value, type === "unsigned");
    } else if (typeof value === "boolean") {
      this.data(Uint8Array.of(value ? 1 : 0));
    } else if (isObjectLink(value)) {
      const at = this.before(4);
      this.view.setUint16(at, value.object);
      this.view.setUint16(at + 2, value.instance);
    } else {
      this.data(typeof value === "string" ? encodeUtf8(value) : value);
    }
  }

  private data(bytes: Uint8Array): void {
    const at = this.before(bytes.length);
    this.bytes.set(bytes, at);
  }

  /** Four bytes where they hold the number exactly, else eight. */
  private float(value: number): void {
    const short = Object.is(Math.fround(value), value);
    const at = this.before(short ? 4 : 8);
    if (short) this.view.setFloat32(at, value);
    else this.view.setFloat64(at, value);
  }

  /** 1, 2, 4 or 8 bytes, the fewest that hold the number in its own signedness: 128 of a signed type takes two. */
  private integer(value: number | bigint, unsigned: boolean): void {
    const size = INTEGER_SIZES.find((size) => {
      const half = 2 ** (size * 8 - 1);
      return unsigned ? value >= 0 && value < 2 * half : value >= -half && value < half;
    });
    const at = this.before(size ?? 8);
    if (size === undefined) this.view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)));
    else this.putUint(Number(value), at, size);
  }

  private putUint(value: number, at: number, length: number): void {
    for (let i = 0; i < length; i++) this.bytes[at + i] = value >> ((length - 1 - i) * 8);
  }

  /** Where so many bytes before all that is written begin; they belong to it from now on. */
  private before(length: number): number {
    if (length > this.start) {
      const bytes = new Uint8Array(2 * (this.length + length));
      const start = bytes.length - this.length;
      bytes.set(this.bytes.subarray(this.start), start);
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer);
      this.start = start;
    }
    this.start -= length;
    return this.start;
  }
}

const FIRST_CAPACITY = 2048;
/** In bytes; what none of them holds has eight. */
const INTEGER_SIZES = [1, 2, 4] as const;

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
