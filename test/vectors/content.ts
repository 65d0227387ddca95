import type { TypeOf } from "../../src/lwm2m/formats/codec.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { ResourceType, Value } from "../../src/lwm2m/sample.ts";

/** A payload and what it says. */
export interface ContentVector {
  readonly name: string;
  /** Where the bytes come from; "computed" for those that follow from the rule and have no published example. */
  readonly source: string;
  readonly contentFormat: number;
  /** What was read or written. */
  readonly base: string;
  /** Hexadecimal; spaces are for the eye. */
  readonly hex?: string;
  readonly text?: string;
  readonly values: readonly VectorValue[];
  /** "decode" where another grouping, or another width, is as good as ours. */
  readonly direction: "both" | "decode";
}

export type VectorValue = readonly [path: string, type: ResourceType, value: Value];

export function payloadOf({ hex, text }: Pick<ContentVector, "hex" | "text">): Uint8Array {
  return hex === undefined ? new TextEncoder().encode(text) : bytes(hex);
}

export function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.replace(/\s/g, "").match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

/** The types that a vector tells: a path of four IDs belongs to a multiple-instance resource. */
export function typesOf(values: readonly VectorValue[]): TypeOf {
  const types = new Map<string, { readonly type: ResourceType; readonly multiple: boolean }>();
  for (const [path, type] of values) {
    const segments = path.split("/").filter((segment) => /^\d/.test(segment));
    const multiple = segments.length === 4;
    types.set(path, { type, multiple });
    if (multiple) types.set(path.slice(0, path.lastIndexOf("/")), { type, multiple });
  }
  return (path) => types.get(parsePath(path));
}

const link = (object: number, instance: number): Value => ({ object, instance });

/** The device of Core 1.2.2 Appendix F. */
export const DEVICE: readonly VectorValue[] = [
  ["/3/0/0", "string", "Open Mobile Alliance"],
  ["/3/0/1", "string", "Lightweight M2M Client"],
  ["/3/0/2", "string", "345000123"],
  ["/3/0/3", "string", "1.0"],
  ["/3/0/6/0", "integer", 1],
  ["/3/0/6/1", "integer", 5],
  ["/3/0/7/0", "integer", 3800],
  ["/3/0/7/1", "integer", 5000],
  ["/3/0/8/0", "integer", 125],
  ["/3/0/8/1", "integer", 900],
  ["/3/0/9", "integer", 100],
  ["/3/0/10", "integer", 15],
  ["/3/0/11/0", "integer", 0],
  ["/3/0/13", "time", 1367491215],
  ["/3/0/14", "string", "+02:00"],
  ["/3/0/16", "string", "U"],
];

/** The hierarchy of Core 1.2.2 §7.5.6, Table 7.5.6.-4. */
export const HIERARCHY: readonly VectorValue[] = [
  ["/65/0/0/0", "objlnk", link(66, 0)],
  ["/65/0/0/1", "objlnk", link(66, 1)],
  ["/65/0/1", "string", "8613800755500"],
  ["/65/0/2", "integer", 1],
  ["/66/0/0", "string", "myService1"],
  ["/66/0/1", "string", "Internet.15.234"],
  ["/66/0/2", "objlnk", link(67, 0)],
  ["/66/1/0", "string", "myService2"],
  ["/66/1/1", "string", "Internet.15.235"],
  ["/66/1/2", "objlnk", link(65535, 65535)],
  ["/67/0/0", "string", "85.76.76.84"],
  ["/67/0/1", "string", "85.76.255.255"],
];
