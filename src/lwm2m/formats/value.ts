/** Values and their types (Core 1.2 Appendix C, Table C-2): what a decoded scalar must be to stand at a path. */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError, ProtocolError } from "../../errors.ts";
import { LEVEL, type Path, pathDepth, pathParts } from "../path.ts";
import { isObjectLink, type ObjectLink, type ResourceType, type Value } from "../sample.ts";
import type { TypeInfo, TypeOf } from "./codec.ts";

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

/**
 * The value as one of this type: 1.0 for an integer and 1 for a float are taken, a link may be the text "66:0"; everything
 * else is strict. Throws Lwm2mError 4.00 that says what was expected.
 */
export function fitValue(value: Value, type: ResourceType, path: Path): Value {
  const fitted = tryFit(value, type);
  if (fitted === undefined) throw misfit(path, type, describe(value));
  return fitted;
}

/** As fitValue; undefined where the value is not of the type. */
export function tryFit(value: Value, type: ResourceType): Value | undefined {
  switch (type) {
    case "string":
    case "corelnk":
      return typeof value === "string" ? value : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "opaque":
      return value instanceof Uint8Array ? value : undefined;
    case "float":
      return typeof value === "number" || typeof value === "bigint" ? finite(Number(value)) : undefined;
    case "integer":
    case "time":
      return integerWithin(value, INT64_MIN, INT64_MAX);
    case "unsigned":
      return integerWithin(value, 0n, UINT64_MAX);
    case "objlnk":
      if (typeof value === "string") return parseObjectLink(value);
      return isObjectLink(value) ? value : undefined;
  }
}

/** A whole number as the program holds it: a number where it is a safe integer, else a bigint. */
export function integer(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** "66:0"; "65535:65535" points nowhere, and "FFFF:FFFF" is read as that (Core 1.2 prints it once). */
export function parseObjectLink(text: string): ObjectLink | undefined {
  if (text.toUpperCase() === "FFFF:FFFF") return { object: 65535, instance: 65535 };
  const match = /^(\d{1,5}):(\d{1,5})$/.exec(text);
  const object = Number(match?.[1]);
  const instance = Number(match?.[2]);
  return object <= 65535 && instance <= 65535 ? { object, instance } : undefined;
}

export function formatObjectLink({ object, instance }: ObjectLink): string {
  return `${object}:${instance}`;
}

/**
 * The shortest decimal digits of a finite number, never with an exponent: the readers of plain text are the simplest (Core 1.2
 * Table C-2), and the grammar of attributes has none (§5.1.2).
 */
export function formatDecimal(value: number | bigint): string {
  const shortest = String(value);
  // ECMAScript writes an exponent from 1e21 on and below 1e-6, and none for a bigint.
  const size = Math.abs(Number(value));
  if (typeof value === "bigint" || size === 0 || (size >= 1e-6 && size < 1e21)) return shortest;
  const [, sign = "", whole = "", fraction = "", exponent] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(shortest) ?? [];
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${whole}${fraction}`;
  return sign + (whole + fraction).padEnd(point, "0");
}

/** The bytes of base64 in either alphabet, padded or not; undefined where it is none. */
export function parseBase64(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) return undefined;
  const digits = text.replace(/=+$/, "").length;
  if (digits % 4 === 1 || (digits !== text.length && text.length % 4 !== 0)) return undefined;
  return plainBytes(Buffer.from(text, "base64"));
}

/** The same bytes as a Uint8Array that is no Buffer, so that values compare whatever format they came from. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return Uint8Array.prototype.slice.call(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Throws ProtocolError where the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  const text = tryUtf8(bytes);
  if (text === undefined) throw new ProtocolError("text is not UTF-8");
  return text;
}

/** Undefined where the bytes are not UTF-8. */
export function tryUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

const encoder = new TextEncoder();

export function encodeUtf8(text: string): Uint8Array {
  const { length } = text;
  if (length > SHORT) return encoder.encode(text);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > MAX_ASCII) return encoder.encode(text);
    bytes[i] = code;
  }
  return bytes;
}

/** A number is a few ASCII characters, for which the call of an encoder takes five times as long as its work. */
const SHORT = 64;
const MAX_ASCII = 0x7f;

/**
 * The type of a value at this path, which must be a resource or, of a multiple-instance resource, a resource instance: else
 * Lwm2mError 4.00. Undefined where the resource is unknown.
 */
export function typeAtLeaf(path: Path, typeOf: TypeOf): ResourceType | undefined {
  const { resource, resourceInstance } = pathParts(path);
  if (resource === undefined) throw new Lwm2mError(CODE.badRequest, `${path} cannot hold a value: expected a resource`);
  const info = typeOf(path);
  if (info !== undefined) checkLevel(path, resourceInstance !== undefined, info);
  return info?.type;
}

/** The type that the only value of a payload for `base` must have; 4.04 where the resource is unknown. */
export function singleType(base: Path, typeOf: TypeOf): ResourceType {
  const type = typeAtLeaf(base, typeOf);
  if (type === undefined) throw unknownResource(base);
  return type;
}

/** A write to a resource itself needs to know it (4.04), where a write to an instance skips what it does not know. */
export function checkKnown(base: Path, typeOf: TypeOf): void {
  if (pathDepth(base) >= LEVEL.resource && typeOf(base) === undefined) throw unknownResource(base);
}

export function misfit(path: Path, type: ResourceType, found: string): Lwm2mError {
  return new Lwm2mError(CODE.badRequest, `${path}: expected ${EXPECTED[type]}, got ${found}`);
}

const EXPECTED: Readonly<Record<ResourceType, string>> = {
  string: "text",
  corelnk: "text in link-format",
  boolean: "a boolean",
  opaque: "bytes",
  float: "a finite number",
  integer: "a 64-bit integer",
  unsigned: "an unsigned 64-bit integer",
  time: "whole seconds since 1970",
  objlnk: 'an object link like "3303:0"',
};

function checkLevel(path: Path, isInstance: boolean, { multiple }: TypeInfo): void {
  if (multiple === isInstance) return;
  const problem = multiple
    ? " has several instances: expected values of its instances"
    : ": the resource has no instances";
  throw new Lwm2mError(CODE.badRequest, path + problem);
}

function unknownResource(path: Path): Lwm2mError {
  return new Lwm2mError(CODE.notFound, `${path} is no known resource`);
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

function integerWithin(value: Value, low: bigint, high: bigint): number | bigint | undefined {
  if (typeof value === "number") {
    if (!Number.isInteger(value)) return undefined;
    if (Number.isSafeInteger(value)) return value >= low ? value + 0 : undefined; // -0 is 0
    return integerWithin(BigInt(value), low, high);
  }
  return typeof value === "bigint" && value >= low && value <= high ? integer(value) : undefined;
}

function describe(value: Value): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (isObjectLink(value)) return `the object link ${formatObjectLink(value)}`;
  if (typeof value !== "string") return `the ${typeof value} ${value}`;
  return value.length > 40 ? `text of ${value.length} characters` : `the text ${JSON.stringify(value)}`;
}
