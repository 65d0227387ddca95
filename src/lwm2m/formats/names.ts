/** Names in payloads: SenML (Core 1.2 §7.5.6), LwM2M JSON (Core 1.0 §6.4.4); with prefixes Gateway TS 1.1 §9. */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError, reasonOf } from "../../errors.ts";
import { isWithin, makePath, type Path, parsePath, pathParts, prefixOf } from "../path.ts";
import type { Sample } from "../sample.ts";
import { KnownPaths } from "./known-paths.ts";

/** As readName, of a name that is spelled in two parts. */
export function readJoinedName(start: string, rest: string, format: string): Path {
  return knownNames.get(start, rest) ?? knownNames.add(start, rest, readName(start + rest, format));
}

const knownNames = new KnownPaths();

/** The path of a name that is to be one; `format` is for the person who reads the error. Throws Lwm2mError 4.00. */
export function readName(name: string, format: string): Path {
  try {
    return parsePath(name);
  } catch (error) {
    throw new Lwm2mError(CODE.badRequest, `${format}: ${reasonOf(error)}`, { cause: error });
  }
}

/** A name without prefix is one of the device that the request goes to. */
export function withPrefixOf(path: Path, base: Path): Path {
  if (base === "/" || isWithin(path, base)) return path;
  const prefix = prefixOf(base);
  return prefix !== "" && prefixOf(path) === "" ? makePath({ ...pathParts(path), prefix }) : path;
}

/** Whether a request for `base` may name this path. "/" is the base of composite operations: any device (Gateway TS §8.3.2). */
export function mayName(path: Path, base: Path): boolean {
  return base === "/" || isWithin(path, base);
}

export function outside(name: string, base: Path, format: string): Lwm2mError {
  return new Lwm2mError(CODE.badRequest, `${format}: ${name} lies outside of ${base}`);
}

/**
 * What the paths of these samples begin with in common, up to and with a slash; the whole path where they are all the same.
 */
export function commonName(samples: readonly Sample[], start = 0, end = samples.length): string {
  const first = samples[start]?.path ?? "/";
  let length: number = first.length;
  for (let i = start + 1; i < end; i++) {
    const path = samples[i]?.path ?? first;
    if (path === first && length === first.length) continue;
    let same = 0;
    while (same < length && first.charCodeAt(same) === path.charCodeAt(same)) same++;
    length = first.lastIndexOf("/", same - 1) + 1;
  }
  return first.slice(0, length);
}
