/** JSON (RFC 8259) whose whole numbers keep all their digits: what SenML JSON and LwM2M JSON are made of. */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError, ProtocolError } from "../../errors.ts";
import { decodeUtf8 } from "./value.ts";

/**
 * Whole numbers beyond 2^53 become bigints, where they are 64-bit integers and not merely long. `format` is for the person
 * who reads the error: ProtocolError for anything that is no JSON.
 */
export function parseJson(payload: Uint8Array, format: string): unknown {
  const text = decodeUtf8(payload);
  try {
    if (!/\d{16}/.test(text)) return JSON.parse(text);
    return (JSON.parse as ParseWithSource)(text, (_key, value, { source = "" }) =>
      typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d{16,20}$/.test(source)
        ? BigInt(source)
        : value,
    );
  } catch (error) {
    throw new ProtocolError(`${format}: not JSON`, { cause: error });
  }
}

/** By hand since JSON.stringify knows no bigint. Throws Lwm2mError 5.00 for a number that JSON does not have. */
export function jsonNumber(value: number | bigint): string {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new Lwm2mError(CODE.internalServerError, `${value} has no form in JSON`);
  }
  return Object.is(value, -0) ? "-0" : String(value);
}

/** Undefined for anything but an object. */
export function jsonFields(value: unknown): (readonly [string, unknown])[] | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined;
}

/** JSON.parse as it is since ECMAScript 2025: the reviver also gets the source of a number. */
type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;
