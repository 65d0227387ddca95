/** Integers, IEEE 754 floats and BCD ⇄ their bytes, wherever `order` puts them. */
import { integer } from "../lwm2m/formats/value.ts";
import type { Value } from "../lwm2m/sample.ts";
import type { Places } from "./byte-order.ts";
import type { RawType } from "./raw-types.ts";
import { Bad, isNumeric, refuse, refuseKind, type WriteMode } from "./stage.ts";

/** `places` names a place on the wire for each byte, most significant first; those beyond the number's own lead it. */
export interface Codec {
  /** `bytes` has as many bytes as there are places. */
  decode(bytes: Uint8Array, places: Places): Value | Bad;
  encode(value: Value, places: Places, mode: WriteMode): Uint8Array;
}

type TypeOf<Kind extends RawType["kind"]> = Extract<RawType, { readonly kind: Kind }>;

/** Integers of up to 48 bits are numbers; of 64 bits numbers where they are safe, else bigints. */
export function integerCodec({ bytes: size, signed, name }: TypeOf<"integer">): Codec {
  const [low, high] = integerRange(size, signed);
  return {
    decode: size > 6 ? (bytes, places) => decodeBig(bytes, places, signed) : smallDecoder(size, signed),
    encode(value, places, mode) {
      return fill(places, wholeNumber(value, { low, high, name, mode }));
    },
  };
}

/** The least and the greatest of so many bytes. */
export function integerRange(bytes: number, signed: boolean): readonly [low: bigint, high: bigint] {
  const bits = BigInt(8 * bytes);
  return signed ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
}

/** Infinities and not-a-number are Bad. */
export function floatCodec({ bytes: size, name }: TypeOf<"float">): Codec {
  const decode = { 2: decodeHalf, 4: decodeSingle, 8: decodeDouble }[size];
  return {
    decode(bytes, places) {
      const value = decode(bytes, places);
      return Number.isFinite(value) ? value : new Bad(`the device sent ${value}, which is no value`);
    },
    encode(value, places) {
      if (!isNumeric(value)) return refuseKind("a number", value);
      const number = Number(value);
      const bits = Number.isFinite(number) ? { 2: halfBits, 4: singleBits, 8: doubleBits }[size](number) : undefined;
      return bits === undefined ? refuse(`${value} does not fit ${name}`) : fill(places, bits);
    },
  };
}

export function bcdCodec({ bytes: size, name }: TypeOf<"bcd">): Codec {
  const high = 10n ** BigInt(2 * size) - 1n;
  return {
    decode(bytes, places) {
      let value = 0;
      for (const place of places.slice(-size)) {
        const byte = bytes[place] ?? 0;
        if (byte >> 4 > 9 || (byte & 15) > 9) return new Bad(`0x${hex(bytes)} is no ${name}: a digit is above 9`);
        value = value * 100 + (byte >> 4) * 10 + (byte & 15);
      }
      return value;
    },
    encode(value, places, mode) {
      return fill(places, BigInt(`0x${wholeNumber(value, { low: 0n, high, name, mode })}`));
    },
  };
}

interface Bounds {
  readonly low: bigint;
  readonly high: bigint;
  readonly name: string;
  readonly mode: WriteMode;
}

function wholeNumber(value: Value, { low, high, name, mode }: Bounds): bigint {
  if (!isNumeric(value) || (typeof value === "number" && !Number.isFinite(value))) {
    return refuseKind("a number", value);
  }
  if (typeof value === "number" && mode === "exact" && !Number.isInteger(value)) {
    return refuse(`${value} is no whole number, which ${name} needs`);
  }
  const whole = BigInt(typeof value === "number" ? Math.round(value) : value);
  if (whole >= low && whole <= high) return whole;
  return mode === "nearest" ? (whole < low ? low : high) : refuse(`${value} does not fit ${name} (${low}..${high})`);
}

function smallDecoder(size: number, signed: boolean): Codec["decode"] {
  const half = signed ? 2 ** (8 * size - 1) : Number.POSITIVE_INFINITY;
  const full = 2 ** (8 * size);
  return (bytes, places) => {
    const value = lowBytes(bytes, places, size);
    return value >= half ? value - full : value;
  };
}

/** Exact up to six bytes. */
function lowBytes(bytes: Uint8Array, places: Places, size: number): number {
  let value = 0;
  for (let i = places.length - size; i < places.length; i++) value = value * 256 + at(bytes, places[i]);
  return value;
}

function decodeBig(bytes: Uint8Array, places: Places, signed: boolean): number | bigint {
  copyToScratch(bytes, places, 8);
  return integer(signed ? scratch.getBigInt64(0) : scratch.getBigUint64(0));
}

/** Where bytes meet numbers; written and read within one call. */
const scratch = new DataView(new ArrayBuffer(8));

function copyToScratch(bytes: Uint8Array, places: Places, size: number): void {
  const first = places.length - size;
  for (let i = 0; i < size; i++) scratch.setUint8(i, at(bytes, places[first + i]));
}

function decodeSingle(bytes: Uint8Array, places: Places): number {
  copyToScratch(bytes, places, 4);
  return scratch.getFloat32(0);
}

function decodeDouble(bytes: Uint8Array, places: Places): number {
  copyToScratch(bytes, places, 8);
  return scratch.getFloat64(0);
}

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
function decodeHalf(bytes: Uint8Array, places: Places): number {
  const bits = lowBytes(bytes, places, 2);
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Rounded to nearest, ties to even; undefined where it would be infinite. */
function halfBits(value: number): bigint | undefined {
  const magnitude = Math.abs(value);
  if (magnitude >= 65_520) return undefined;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  if (magnitude < 2 ** -14) return BigInt(sign + roundToEven(magnitude * 2 ** 24));
  scratch.setFloat64(0, magnitude);
  const exponent = (scratch.getUint16(0) >> 4) - 1023;
  // A fraction that rounds up to 2048 carries into the exponent, as it should.
  return BigInt(sign + ((exponent + 14) << 10) + roundToEven(magnitude * 2 ** (10 - exponent)));
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

function singleBits(value: number): bigint | undefined {
  if (!Number.isFinite(Math.fround(value))) return undefined;
  scratch.setFloat32(0, value);
  return BigInt(scratch.getUint32(0));
}

function doubleBits(value: number): bigint {
  scratch.setFloat64(0, value);
  return scratch.getBigUint64(0);
}

/** The caller has checked that there are as many bytes as places. */
function at(bytes: Uint8Array, place = 0): number {
  return bytes[place] ?? 0;
}

/** Negative numbers fill their leading bytes with ones. */
function fill(places: Places, value: bigint): Uint8Array {
  const bytes = new Uint8Array(places.length);
  let rest = value;
  for (let i = places.length - 1; i >= 0; i--) {
    bytes[places[i] ?? 0] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
