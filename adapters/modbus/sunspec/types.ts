/** The types of SunSpec points. SunSpec Device Information Model Specification V1.1 §4.3: sizes and "not implemented" values. */

/** All numbers are big-endian. */
export const NUMBER_TYPES = [
  "int16",
  "uint16",
  "acc16",
  "enum16",
  "bitfield16",
  "int32",
  "uint32",
  "acc32",
  "enum32",
  "bitfield32",
  "int64",
  "uint64",
  "acc64",
  "float32",
  "float64",
  "sunssf",
] as const;
export type NumberType = (typeof NUMBER_TYPES)[number];
export type PointType = NumberType | "string";

/** Why there is no value. */
export class NoValue extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NoValue";
  }
}

/** Registers that a number takes. */
export function registersOf(type: NumberType): number {
  return type === "sunssf" ? 1 : bitsOf(type) / 16;
}

/** Throws NoValue where the device says that it has none. A large integer is a bigint. */
export function decodeValue(type: PointType, bytes: Uint8Array): number | bigint | string {
  if (type === "string") return decodeText(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isFloat(type)) {
    const value = type === "float32" ? shortest(view.getFloat32(0)) : view.getFloat64(0);
    return Number.isNaN(value) ? notImplemented(bytes) : value;
  }
  const raw = unsigned(view);
  if (isMissing(type, raw)) return notImplemented(bytes);
  const value = isSigned(type) ? BigInt.asIntN(bitsOf(type), raw) : raw;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** As many of the bytes as fit; what the type cannot hold becomes the nearest that it can. `undefined`: not implemented. */
export function encodeValue(
  type: PointType,
  value: number | bigint | string | undefined,
  registers: number,
): Uint8Array {
  const bytes = new Uint8Array(2 * registers);
  if (type === "string") {
    bytes.set(new TextEncoder().encode(String(value ?? "")).subarray(0, bytes.length));
    return bytes;
  }
  const view = new DataView(bytes.buffer);
  if (type === "float32") view.setFloat32(0, value === undefined ? Number.NaN : Number(value));
  else if (type === "float64") view.setFloat64(0, value === undefined ? Number.NaN : Number(value));
  else putInteger(view, value === undefined ? missing(type) : BigInt.asUintN(bitsOf(type), whole(type, value)));
  return bytes;
}

/** The least and the greatest that a value of an integer type can be; a float has no ends. */
export function rangeOf(type: NumberType): readonly [number, number] {
  if (isFloat(type)) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const bits = bitsOf(type);
  // The ends that mean "not implemented" are left out.
  return isSigned(type) ? [-(2 ** (bits - 1)) + 1, 2 ** (bits - 1) - 1] : [0, 2 ** bits - 2];
}

/** §4.2.8: from -10 to 10. Throws NoValue. */
export function decodeScale(bytes: Uint8Array): number {
  let scale: number | bigint | string;
  try {
    scale = decodeValue("sunssf", bytes);
  } catch (error) {
    if (!(error instanceof NoValue)) throw error;
    throw new NoValue("its scale factor is not implemented (0x8000)");
  }
  if (typeof scale === "number" && Math.abs(scale) <= 10) return scale;
  throw new NoValue(`its scale factor is ${scale}, which is none (-10 to 10)`);
}

/** Times ten to the power. A division where it is negative: 2345 with -1 is 234.5, and not 234.50000000000003. */
export function scaled(value: number | bigint | string, exponent: number): number | bigint | string {
  if (typeof value === "string" || exponent === 0) return value;
  return exponent < 0 ? Number(value) / 10 ** -exponent : Number(value) * 10 ** exponent;
}

function isFloat(type: NumberType): type is "float32" | "float64" {
  return type === "float32" || type === "float64";
}

function isSigned(type: NumberType): boolean {
  return type.startsWith("int") || type === "sunssf";
}

function bitsOf(type: NumberType): number {
  return type === "sunssf" ? 16 : Number(type.slice(-2));
}

function decodeText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const text = new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)).trimEnd();
  return text === "" ? notImplemented(bytes) : text;
}

function notImplemented(bytes: Uint8Array): never {
  const short =
    bytes.length > 8 || bytes.every((byte) => byte === 0) ? "" : ` (0x${Buffer.from(bytes).toString("hex")})`;
  throw new NoValue(`the device says that it has no value${short}`);
}

function isMissing(type: NumberType, raw: bigint): boolean {
  // Of a bit field the highest bit alone says it: the others are to be ignored then.
  if (type.startsWith("bitfield")) return raw >> BigInt(bitsOf(type) - 1) === 1n;
  return raw === missing(type);
}

/** A counter that never counted is 0, and one of a device that sleeps as well: neither is an energy of nothing. */
function missing(type: NumberType): bigint {
  const bits = BigInt(bitsOf(type));
  if (type.startsWith("acc")) return 0n;
  return isSigned(type) ? 1n << (bits - 1n) : (1n << bits) - 1n;
}

function whole(type: NumberType, value: number | bigint | string): bigint {
  const [low, high] = rangeOf(type);
  if (typeof value === "bigint") return value;
  const number = Number(value);
  return Number.isNaN(number) ? 0n : BigInt(Math.min(high, Math.max(low, Math.round(number))));
}

function unsigned(view: DataView): bigint {
  let value = 0n;
  for (let at = 0; at < view.byteLength; at += 2) value = (value << 16n) | BigInt(view.getUint16(at));
  return value;
}

function putInteger(view: DataView, value: bigint): void {
  let rest = value;
  for (let at = view.byteLength - 2; at >= 0; at -= 2) {
    view.setUint16(at, Number(rest & 0xffffn));
    rest >>= 16n;
  }
}

/** A float of 32 bits has seven digits: the fewest that say it. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
