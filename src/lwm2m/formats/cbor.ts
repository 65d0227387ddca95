/**
 * CBOR (RFC 8949), as much of it as LwM2M needs: the only file that knows cbor-x. What the library would take from a peer and
 * must not (its own record tags, duplicate keys, endless nesting, text that is no UTF-8) is refused before or after it.
 */
import { addExtension, Encoder } from "cbor-x";
import { ProtocolError } from "../../errors.ts";
import { countPairs } from "./cbor-check.ts";
import { integer } from "./value.ts";

/** Integers are numbers where they are safe integers, else bigints; tagged times are seconds, decimal fractions numbers. */
export type Cbor = number | bigint | string | boolean | null | undefined | Uint8Array | readonly Cbor[] | CborMap;
export type CborMap = ReadonlyMap<Cbor, Cbor>;
/** What can be written; a number that is no CborFloat goes as an integer where it is one. */
export type CborInput =
  | CborFloat
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborInput[]
  | ReadonlyMap<CborInput, CborInput>;

/** A number that goes as a float even where it is whole, in four bytes where they hold it exactly, else in eight. */
export class CborFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** The integer in the form that is written as an integer: cbor-x writes numbers of more than 32 bits as floats. */
export function cborInteger(value: number | bigint): number | bigint {
  if (typeof value === "bigint") return value >= -WORD && value < WORD ? Number(value) : value;
  return Number.isInteger(value) && (value >= 2 ** 32 || value < -(2 ** 32)) ? BigInt(value) : value;
}

export function encodeCbor(value: CborInput): Uint8Array {
  const bytes = codec.encode(value);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Exactly one item. Throws ProtocolError for anything that is not well-formed, or that has no place in LwM2M. */
export function decodeCbor(payload: Uint8Array): Cbor {
  const pairs = countPairs(payload);
  let item: unknown;
  try {
    item = codec.decode(new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength));
  } catch (error) {
    throw new ProtocolError("CBOR: not well-formed", { cause: error });
  }
  const count = { pairs: 0 };
  const value = settle(item, count);
  // Of two equal keys the library keeps the last: then there are fewer than were counted on the wire.
  if (count.pairs !== pairs) throw new ProtocolError("CBOR: a map has a key twice");
  return value;
}

const WORD = 2n ** 32n;

const codec = Object.assign(
  new Encoder({
    mapsAsObjects: false,
    useRecords: false,
    tagUint8Array: false,
    variableMapSize: true,
    copyBuffers: true,
  }),
  // The switches of the library that decide the width of a float; it looks at them for every number.
  { alwaysUseFloat: false, useFloat32: 0 },
);

/** RFC 3339 §5.6: Date.parse alone would take "1" for a year. */
const DATE = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

// Extensions of cbor-x are global; this file is its only user. Without a tag the library writes the content alone.
addExtension({
  Class: CborFloat,
  tag: undefined as unknown as number,
  encode({ value }: CborFloat, encode: (value: number) => Uint8Array) {
    codec.alwaysUseFloat = true;
    codec.useFloat32 = Object.is(Math.fround(value), value) ? 1 : 0;
    try {
      return encode(value);
    } finally {
      codec.alwaysUseFloat = false;
      codec.useFloat32 = 0;
    }
  },
  decode: (value: number) => new CborFloat(value),
});
// RFC 8949 §3.4.1, §3.4.2: seconds since 1970 rather than the library's Date, which cannot hold every 64-bit time.
readTag(0, (content) => (typeof content === "string" && DATE.test(content) ? Date.parse(content) / 1000 : Number.NaN));
readTag(1, (content) => content);
// RFC 8949 §3.4.4: exponent and mantissa; read as text it is the nearest number.
readTag(4, (content) => {
  const [exponent, mantissa] = Array.isArray(content) ? content : [];
  return Number(`${mantissa}e${exponent}`);
});

function readTag(tag: number, decode: (content: unknown) => unknown): void {
  const reader: Pick<Parameters<typeof addExtension>[0], "tag" | "decode"> = { tag, decode };
  addExtension(reader as Parameters<typeof addExtension>[0]);
}

/** Makes safe integers of bigints, in keys too, and counts the pairs that are left in all maps. */
function settle(item: unknown, count: { pairs: number }): Cbor {
  if (typeof item === "bigint") return integer(item);
  if (Array.isArray(item)) return item.map((element) => settle(element, count));
  if (item instanceof Map) {
    const map = new Map([...item].map(([key, value]) => [settle(key, count), settle(value, count)]));
    count.pairs += map.size;
    return map;
  }
  return item as Cbor;
}
