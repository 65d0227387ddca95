import type { Millis, UnixMillis } from "../clock.ts";
import { sameBytes } from "../coap/options.ts";
import type { Path } from "./path.ts";

/** Objlnk: an object instance, `65535:65535` where it points nowhere. */
export interface ObjectLink {
  readonly object: number;
  readonly instance: number;
}

/**
 * The value as the program holds it; what it is on the wire is decided by the resource's type:
 * string and corelnk are strings, opaque is bytes, boolean is boolean, objlnk is an ObjectLink, float is a number;
 * integer, unsigned and time (seconds since 1970) are numbers where they are safe integers, else bigints.
 */
export type Value = string | number | bigint | boolean | Uint8Array | ObjectLink;

export type ResourceType =
  | "string"
  | "integer"
  | "unsigned"
  | "float"
  | "boolean"
  | "opaque"
  | "time"
  | "objlnk"
  | "corelnk";

export interface PathValue {
  /** A resource, or a resource instance where the resource has several. */
  readonly path: Path;
  readonly value: Value;
}

/** One value of one resource at one time: the time at which it was measured. */
export interface Sample extends PathValue {
  readonly time: UnixMillis;
  readonly reporting?: ReportingRule;
  /** It was so, and nobody knows whether it still is: the device is away, or its newest reading is no value. */
  readonly held?: true;
}

/** What is worth a report of a value where whoever observes it says nothing: attributes of a server stand above it. */
export interface ReportingRule {
  /** A smaller change is none; in the unit of the resource. As `st` of Core 1.2 §5.1.2, where there is none of st, gt and lt. */
  readonly deadband?: number;
  /** After so long it is told again with the next reading, also unchanged. As pmax, where there is none. */
  readonly maxAge?: Millis;
}

export function isObjectLink(value: Value): value is ObjectLink {
  return typeof value === "object" && !(value instanceof Uint8Array);
}

/** Whether two values are the same value: bytes and links by content, NaN equals NaN. */
export function sameValue(a: Value, b: Value): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && sameBytes(a, b);
  if (isObjectLink(a)) return isObjectLink(b) && a.object === b.object && a.instance === b.instance;
  return Object.is(a, b) || (a === 0 && b === 0);
}
