/**
 * Attributes of notification: parsed, checked, kept for each server and path, inherited.
 * Core 1.2 §5.1.2 (attributes), §6.4 (information reporting).
 */
import type { TypeInfo, TypeOf } from "./formats/codec.ts";
import type { Path } from "./path.ts";

/** In the order in which a Discover shows them. */
export const ATTRIBUTE_NAMES = ["pmin", "pmax", "gt", "lt", "st", "epmin", "epmax", "edge", "con", "hqmax"] as const;
export type AttributeName = (typeof ATTRIBUTE_NAMES)[number];

/** pmin, pmax, epmin, epmax in seconds; edge 0 (falling) or 1 (rising); con 0 or 1; hqmax in entries. */
export type Attributes = { readonly [Name in AttributeName]?: number };

/** What one Write-Attributes asks for: a value sets, undefined takes away. */
export type AttributeChanges = ReadonlyMap<AttributeName, number | undefined>;

/** Where attributes apply: an ObjectTree is one. */
export interface AttributeTarget {
  readonly typeOf: TypeOf;
  /** Throws Lwm2mError where nothing is at the path. */
  check(path: Path): void;
}

/** Reads Uri-Query arguments: `pmin=5` sets, `pmin` takes away. Throws Lwm2mError 4.00. */
export declare function parseAttributes(queries: readonly string[]): AttributeChanges;
export declare function checkAttributes(attributes: Attributes, path: Path, type: TypeInfo | undefined): void;
