/** The bodies of SMP: one map with texts for keys, in CBOR (RFC 8949). */
import { Encoder } from "cbor-x";
import { DeviceError, reasonOf } from "../../../src/adapter.ts";

export type SmpMap = Readonly<Record<string, unknown>>;

/** Maps as plain objects without records, byte strings without tags, heads as short as they can be. */
const codec = new Encoder({ mapsAsObjects: true, useRecords: false, tagUint8Array: false, variableMapSize: true });

/** No body of SMP is as deep. */
const DEEPEST = 8;
/** Major types (RFC 8949 §3.1), and the head that ends what has no length. */
const MAJOR = { bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;
const BREAK = 0xff;

export function encodeMap(map: SmpMap): Uint8Array {
  return codec.encode(map);
}

/** Throws DeviceError `malformed`: for what is no map, what is cut off, and for tags, which no body of SMP has. */
export function decodeMap(bytes: Uint8Array): SmpMap {
  try {
    const end = skipped(bytes, 0, 0);
    if (end !== bytes.length) throw new RangeError(`${bytes.length - end} bytes behind it`);
    const value: unknown = codec.decode(bytes);
    if (isMap(value)) return value;
    throw new RangeError("it is no map");
  } catch (error) {
    // The package throws errors of its own for what it does not take.
    throw new DeviceError("malformed", `the device sent a body of SMP that is none: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function isMap(value: unknown): value is SmpMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** Where the item that begins here ends. Throws RangeError: what comes from outside is not to make us large, or deep. */
function skipped(bytes: Uint8Array, at: number, depth: number): number {
  const { major, value, next } = headAt(bytes, at);
  if (depth > DEEPEST) throw new RangeError("too deep");
  switch (major) {
    case MAJOR.bytes:
    case MAJOR.text:
      if (value === undefined) throw new RangeError("a string in pieces");
      if (next + value > bytes.length) throw new RangeError("cut off");
      return next + value;
    case MAJOR.array:
    case MAJOR.map:
      return skippedItems(bytes, next, { count: value && value * (major === MAJOR.map ? 2 : 1), depth });
    case MAJOR.tag:
      throw new RangeError("a tag");
    case MAJOR.simple:
      if (value === undefined) throw new RangeError("an end of nothing");
      return next;
    default:
      if (value === undefined) throw new RangeError("a number without a value");
      return next;
  }
}

/** `count`: absent where a break ends them. */
function skippedItems(
  bytes: Uint8Array,
  from: number,
  { count, depth }: { readonly count: number | undefined; readonly depth: number },
): number {
  let at = from;
  for (let done = 0; done !== count; done++) {
    if (count === undefined && bytes[at] === BREAK) return at + 1;
    at = skipped(bytes, at, depth + 1);
  }
  return at;
}

interface Head {
  readonly major: number;
  /** Undefined: it has no length, and ends by a break. */
  readonly value: number | undefined;
  readonly next: number;
}

function headAt(bytes: Uint8Array, at: number): Head {
  const first = bytes[at];
  if (first === undefined) throw new RangeError("cut off");
  const [major, info] = [first >> 5, first & 0x1f];
  if (info < 24) return { major, value: info, next: at + 1 };
  if (info === 31) return { major, value: undefined, next: at + 1 };
  if (info > 27) throw new RangeError("a head that nobody knows");
  const size = 1 << (info - 24);
  if (at + 1 + size > bytes.length) throw new RangeError("cut off");
  let value = 0;
  for (const byte of bytes.subarray(at + 1, at + 1 + size)) value = value * 256 + byte;
  return { major, value, next: at + 1 + size };
}
