/** What a mapping says of one resource, and what becomes of it: the contract between the loader and the conversion. */
import type { PointShape, RawValue } from "../adapter.ts";
import type { UnixMillis } from "../clock.ts";
import type { Value } from "../lwm2m/sample.ts";
import type { Constants } from "./expression/scope.ts";
import type { Converted, Explained, PointHistory } from "./plan-types.ts";

/**
 * Four letters for any length ("ABCD" is big-endian, "CDAB" swaps the words, "BADC" the bytes of each word, "DCBA" is
 * little-endian), eight letters for one of 64 bits ("EFGHABCD"), or the order of words and of bytes within a word.
 */
export type ByteOrder = string | { readonly words: "big" | "little"; readonly bytes: "big" | "little" };

/** `bits: 3` is [3, 3], `bits: 4..7` is [4, 7]; bit 0 is the least significant. */
export type BitRange = readonly [low: number, high: number];

/** Both ends belong to it. */
export type NumberRange = readonly [low: number, high: number];

/** Raw values that mean "no value": a list, the not-a-number of floats, or SunSpec's value of each type. */
export type Invalid = readonly (number | bigint | string)[] | "nan" | "sunspec";

/** An expression as a mapping writes it, and the parameters that it may name. */
export interface Formula {
  readonly text: string;
  readonly parameters: Constants;
}

/** What a mapping says of one resource, parameters filled in. The keys are the mapping's own. */
export interface ConversionSpec {
  readonly shape: PointShape;
  /** Type of the raw value; default: the shape's, or what the LwM2M type wants of a scalar. */
  readonly as?: string;
  /** Bytes, for `string` and `bytes`. */
  readonly length?: number;
  /** The entry's own or the device's default; without meaning for coils and scalars. */
  readonly order?: ByteOrder;
  readonly bits?: BitRange;
  /** Keeps these bits where they are. */
  readonly mask?: number | bigint;
  readonly invalid?: Invalid;
  readonly scale?: number;
  readonly offset?: number;
  /** From the value after `scale` and `offset`. */
  readonly expr?: Formula;
  /** The way back, where it cannot be told from `expr`. */
  readonly writeExpr?: Formula;
  /** Raw value to value, both as the mapping spells them: `{ 0x01: true }`. */
  readonly enum?: ReadonlyMap<string, string>;
  /** What the device delivers after `scale` and `offset`. */
  readonly unit?: string;
  /** Bounds what is read, in the unit of the resource. */
  readonly valid?: NumberRange;
  /** The greatest change from one reading to the next, in the unit of the resource. */
  readonly max_step?: number;
  /** It is a counter; `wraps_at`: the value at which it begins anew, where that is not the end of its raw type. */
  readonly monotonic?: boolean | { readonly wraps_at: number };
  /** A smaller change is not reported. The conversion has no part in it, but it must be one of numbers. */
  readonly deadband?: number;
  /** Bounds what is written, in the unit of the resource. */
  readonly accept?: NumberRange;
  /** The raw value is what an expression over other resources has given. */
  readonly computed?: boolean;
  /** The loader has checked that the resource (W) and the source may be written. */
  readonly writable: boolean;
}

export interface RawWrite {
  readonly raw: RawValue;
  /** Only the bits set in it change; same length as the raw bytes. */
  readonly mask?: Uint8Array;
}

/** Raw ⇄ value of one resource. */
export interface Conversion {
  /** Bytes on the wire; absent for scalars, coils, and `string` and `bytes` without `length`. */
  readonly length?: number;
  /** For the reader of `check`: "W -> kW (x0.001)". */
  readonly note?: string;
  /** Whether `toValue` looks at the history. */
  readonly looksBack: boolean;
  toValue(raw: RawValue, history?: PointHistory): Converted;
  /** The same half-way, for a person. */
  explain(raw: RawValue): Explained;
  /** The exact inverse; there where the spec is writable. Throws Lwm2mError 4.00 where the value cannot be written. */
  toRaw?(value: Value): RawWrite;
  /** What a device of this kind could deliver at each time, the same for the same seed. See simulate.ts. */
  simulate(seed: number): (time: UnixMillis) => RawValue;
}

/** A mapping entry that cannot be; `key` is the key of the mapping that is to blame, e.g. "unit" or "write.expr". */
export class ConversionError extends Error {
  readonly key: string;

  constructor(key: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ConversionError";
    this.key = key;
  }
}
