/** Values as CBOR items: the column "CBOR" of Core 1.2 Appendix C, Table C-2, for Content-Formats 60 and 11544. */
import { isObjectLink, type ResourceType, type Value } from "../sample.ts";
import { type Cbor, CborFloat, cborInteger } from "./cbor.ts";
import { formatObjectLink } from "./value.ts";

export type CborScalar = CborFloat | number | bigint | string | boolean | Uint8Array;

/** Times are plain integers: every reader knows those. A type that is not known is taken from the value itself. */
export function cborScalar(value: Value, type: ResourceType | undefined): CborScalar {
  if (typeof value === "number" || typeof value === "bigint") return cborNumber(value, type);
  return isObjectLink(value) ? formatObjectLink(value) : value;
}

/** A float goes as a float even where it is whole: a strict reader would take 22 for an integer. */
export function cborNumber(value: number | bigint, type: ResourceType | undefined): CborScalar {
  const whole = typeof value === "bigint" || Number.isInteger(value);
  return type === "float" || (type === undefined && !whole) ? new CborFloat(Number(value)) : cborInteger(value);
}

/** Undefined for null, arrays and maps, which are no values. */
export function scalarValue(item: Cbor): Value | undefined {
  switch (typeof item) {
    case "number":
    case "bigint":
    case "string":
    case "boolean":
      return item;
    default:
      return item instanceof Uint8Array ? item : undefined;
  }
}

/** For the person who reads the error: what stands there instead of a value. */
export function describeItem(item: Cbor): string {
  if (item instanceof Map) return "a map";
  return Array.isArray(item) ? "an array" : "null";
}
