/** What a server may use of the gateway's disk and memory. */
import type { Lwm2mError } from "../errors.ts";
import type { Path } from "./path.ts";
import { badRequest, notDone } from "./refusals.ts";
import { isObjectLink, type PathValue, type Value } from "./sample.ts";

export interface StoredLimits {
  /** Of one object. */
  readonly instances: number;
  /** Of one value: text in UTF-8. */
  readonly valueBytes: number;
}

/** Throws Lwm2mError 4.00 for a value that is too long. */
export function checkSize({ path, value }: PathValue, { valueBytes: most }: StoredLimits): void {
  const size = valueBytes(value);
  if (size > most)
    throw badRequest((as) => `${as(path)}: a value of ${size} bytes; this gateway keeps ${most} at most`);
}

/** 5.00: an object has as many instances as it may. */
export function noRoom(object: Path, { instances }: StoredLimits): Lwm2mError {
  return notDone((as) => `${as(object)} has no room: this gateway keeps ${instances} instances of an object at most`);
}

/** How many bytes a value takes: its own, as far as they can grow. */
export function valueBytes(value: Value): number {
  if (typeof value === "string") return new TextEncoder().encode(value).length;
  if (value instanceof Uint8Array) return value.length;
  return isObjectLink(value) ? LINK_BYTES : NUMBER_BYTES;
}

const LINK_BYTES = 4;
const NUMBER_BYTES = 8;
