/** Numbers as bytes of a request: `{value:u16}`. The types have the names of `as:`; `le` says that the least byte stands first. */
import { nearestNames } from "../../../src/adapter.ts";

const NUMBER_TYPES = [
  "u8",
  "s8",
  "u16",
  "s16",
  "u32",
  "s32",
  "f32",
  "f64",
  "u16le",
  "s16le",
  "u32le",
  "s32le",
  "f32le",
  "f64le",
] as const;
export type NumberType = (typeof NUMBER_TYPES)[number];

/** Undefined where it is none. */
export function numberType(text: string): NumberType | undefined {
  return NUMBER_TYPES.find((type) => type === text);
}

/** For the user. */
export function unknownNumberType(text: string): string {
  const [near] = nearestNames(text, NUMBER_TYPES);
  const hint = near === undefined ? `have: ${NUMBER_TYPES.join(", ")}` : `did you mean "${near}"?`;
  return `"${text}" is no type of a number (${hint})`;
}

/** In bytes. */
export function widthOf(type: NumberType): 1 | 2 | 4 | 8 {
  const bits = Number.parseInt(type.slice(1), 10);
  return bits === 8 ? 1 : bits === 16 ? 2 : bits === 32 ? 4 : 8;
}

/** Throws RangeError, with a sentence for the user, where it does not fit. */
export function encodeNumber(number: number, type: NumberType): Uint8Array {
  const width = widthOf(type);
  const view = new DataView(new ArrayBuffer(width));
  const little = type.endsWith("le");
  if (type.startsWith("f")) {
    if (!Number.isFinite(width === 4 ? Math.fround(number) : number))
      throw new RangeError(`${number} does not fit ${type}`);
    if (width === 4) view.setFloat32(0, number, little);
    else view.setFloat64(0, number, little);
    return new Uint8Array(view.buffer);
  }
  const whole = wholeNumber(number, type);
  if (width === 1) view.setUint8(0, whole);
  else if (width === 2) view.setUint16(0, whole, little);
  else view.setUint32(0, whole, little);
  return new Uint8Array(view.buffer);
}

/** `bytes` has the width of the type. */
export function decodeNumber(bytes: Uint8Array, type: NumberType): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = type.endsWith("le");
  const width = widthOf(type);
  if (type.startsWith("f")) return width === 4 ? view.getFloat32(0, little) : view.getFloat64(0, little);
  const bits = width === 1 ? view.getUint8(0) : width === 2 ? view.getUint16(0, little) : view.getUint32(0, little);
  const [low, high] = rangeOf(type);
  return low < 0 && bits > high ? bits - (high - low + 1) : bits;
}

/** What scaling leaves of a binary fraction is no digit that somebody wrote. */
const NEARLY = 1e-9;

function wholeNumber(number: number, type: NumberType): number {
  const whole = Math.round(number);
  const [low, high] = rangeOf(type);
  if (!(Math.abs(number - whole) <= NEARLY * Math.max(1, Math.abs(number))))
    throw new RangeError(`${number} is no whole number, which ${type} needs`);
  if (whole < low || whole > high) throw new RangeError(`${number} does not fit ${type} (${low}..${high})`);
  return whole;
}

function rangeOf(type: NumberType): readonly [low: number, high: number] {
  const count = 2 ** (8 * widthOf(type));
  return type.startsWith("s") ? [-count / 2, count / 2 - 1] : [0, count - 1];
}
