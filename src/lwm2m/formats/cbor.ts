/**
 * CBOR (RFC 8949), as much of it as LwM2M needs. It is written by cbor-x, which this file alone knows, and read by cbor-reader.ts:
 * of a peer the library would take what it must not (its own record tags, duplicate keys, endless nesting, broken UTF-8).
 */
import { addExtension, Encoder } from "cbor-x";

export { decodeCbor } from "./cbor-reader.ts";

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

const WORD = 2n ** 32n;

const codec = Object.assign(
  new Encoder({
    mapsAsObjects: false,
    useRecords: false,
    tagUint8Array: false,
    variableMapSize: true,
  }),
  // The switches of the library that decide the width of a float; it looks at them for every number.
  { alwaysUseFloat: false, useFloat32: 0 },
);

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
