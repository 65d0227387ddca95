/**
 * The range of a resource as the OMA registry spells it, read as a check. Numbers are inclusive; for text and opaque values
 * the range is the length in octets (Core, Appendix D).
 */
import type { ResourceType, Value } from "../sample.ts";

/** Whether a value, already of the resource's type, lies in the range. */
export type RangeCheck = (value: Value) => boolean;

interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Reads "0..100", "0-255 bytes", "-1..1", "16,32,48", "[1:4]", "0..3, 99", "10 or 26 Bytes", "8 bit".
 * Undefined: no range, or a spelling that is prose; such a resource takes every value of its type.
 */
export function parseRange(text: string | undefined, type: ResourceType | undefined): RangeCheck | undefined {
  if (text === undefined || type === undefined) return undefined;
  switch (type) {
    case "integer":
    case "unsigned":
    case "float":
    case "time":
      return numberCheck(text, type);
    case "string":
    case "corelnk":
    case "opaque":
      return lengthCheck(text, type);
    case "boolean":
    case "objlnk":
      return undefined;
  }
}

/** "8 bit" and "16-bit" give the width of an integer; a byte count says nothing of a number that it could not hold anyway. */
function numberCheck(text: string, type: ResourceType): RangeCheck | undefined {
  const width = /^(\d+)[- ]bits?$/i.exec(text);
  if (width !== null) return widthCheck(Number(width[1]), type);
  const intervals = parseIntervals(text);
  if (intervals === undefined) return undefined;
  return (value) => (typeof value === "number" || typeof value === "bigint") && isInside(value, intervals);
}

function widthCheck(bits: number, type: ResourceType): RangeCheck {
  const interval =
    type === "unsigned" ? { low: 0, high: 2 ** bits - 1 } : { low: -(2 ** (bits - 1)), high: 2 ** bits - 1 };
  return (value) => (typeof value === "number" || typeof value === "bigint") && isInside(value, [interval]);
}

/** Of text "32 bytes" is what fits (19/x/3); of a key or an address it is what there must be. */
function lengthCheck(text: string, type: ResourceType): RangeCheck | undefined {
  const most = type === "string" ? /^(\d+)\s*bytes?$/i.exec(text) : null;
  if (most !== null) return (value) => octets(value) <= Number(most[1]);
  const bits = /^(\d+)[- ]bits?$/i.exec(text);
  if (bits !== null) return (value) => octets(value) * 8 === Number(bits[1]);
  const intervals = parseIntervals(text.replace(/\s*bytes?$/i, ""));
  if (intervals === undefined) return undefined;
  return (value) => isInside(octets(value), intervals);
}

function octets(value: Value): number {
  if (value instanceof Uint8Array) return value.length;
  return typeof value === "string" ? Buffer.byteLength(value) : 0;
}

function isInside(value: number | bigint, intervals: readonly Interval[]): boolean {
  return intervals.some(({ low, high }) => value >= low && value <= high);
}

/** Alternatives between commas, semicolons or "or"; "16-32-48" lists three. Undefined where any part is prose. */
function parseIntervals(text: string): readonly Interval[] | undefined {
  const parts = /^\d+(-\d+){2,}$/.test(text) ? text.split("-") : text.split(/\s*[,;]\s*|\s+or\s+/);
  const intervals = parts.map(parseInterval);
  return intervals.every((interval) => interval !== undefined) ? intervals : undefined;
}

/** Vendors also write powers of two: "0..2^32-1". */
const NUMBER = String.raw`[+-]?\d+(?:\.\d+)?|2\^\d{1,2}(?:-1)?`;
const INTERVAL = new RegExp(String.raw`^\[?(${NUMBER})\s*(?:\.{2,3}|:|-)\s*(${NUMBER})\]?$`);
const SINGLE = new RegExp(`^(?:${NUMBER})$`);

/** A pair in the wrong order ("-30..-120") means the interval between the two. */
function parseInterval(text: string): Interval | undefined {
  if (SINGLE.test(text)) return { low: readNumber(text), high: readNumber(text) };
  const [, first, second] = INTERVAL.exec(text) ?? [];
  if (first === undefined || second === undefined) return undefined;
  const [a, b] = [readNumber(first), readNumber(second)];
  return { low: Math.min(a, b), high: Math.max(a, b) };
}

function readNumber(text: string): number {
  const [, exponent, minusOne] = /^2\^(\d+)(-1)?$/.exec(text) ?? [];
  return exponent === undefined ? Number(text) : 2 ** Number(exponent) - (minusOne === undefined ? 0 : 1);
}
