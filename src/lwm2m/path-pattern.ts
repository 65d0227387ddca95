/**
 * Paths in which `*` stands for whatever is there: what a report entry names. `/*` is every device and no more; `/meter-*` those
 * whose prefix begins so; in place of an ID `*` is any ID.
 */
import { MAX_ID, type PathParts } from "./path.ts";

export interface PathPattern {
  /** As it was written. */
  readonly text: string;
  /** May have `*`; "" is the gateway itself. */
  readonly prefix: string;
  /** Object, instance, resource, resource instance, as far as it goes; null is any. What lies below is meant too. */
  readonly ids: readonly (number | null)[];
}

const MOST_IDS = 4;
const PREFIX_PATTERN = /^[A-Za-z*][A-Za-z0-9_*-]{0,31}$/;
const ID = /^(?:0|[1-9][0-9]{0,4})$/;

/** "/meter-1", "/*\/3303/0/5700", "/3/0/9". Throws RangeError where the text is no such path. */
export function parsePattern(text: string): PathPattern {
  if (!text.startsWith("/")) throw new RangeError(`"${text}" does not begin with "/"`);
  if (text === "/") throw new RangeError('"/" names no object; expected such as /3/0/9, /meter-1 or /*/3303/0/5700');
  const segments = text.slice(1).split("/");
  const [first = ""] = segments;
  const prefix = /[A-Za-z*]/.test(first) ? first : "";
  if (prefix !== "" && !PREFIX_PATTERN.test(prefix)) {
    throw new RangeError(`"${first}" in "${text}" is no prefix of a device, and no ID`);
  }
  const ids = (prefix === "" ? segments : segments.slice(1)).map((segment) => parseId(segment, text));
  if (ids.length > MOST_IDS) throw new RangeError(`"${text}" has more than four IDs`);
  return { text, prefix, ids };
}

function parseId(segment: string, text: string): number | null {
  if (segment === "*") return null;
  if (!ID.test(segment)) throw new RangeError(`"${segment}" in "${text}" is neither an ID nor *`);
  if (Number(segment) >= MAX_ID) throw new RangeError(`ID ${segment} in "${text}" is above ${MAX_ID - 1}`);
  return Number(segment);
}

/** Whether a pattern means this device, or with "" the gateway itself. */
export function meansPrefix({ prefix: pattern }: PathPattern, prefix: string): boolean {
  if (!pattern.includes("*")) return pattern === prefix;
  if (pattern === "*") return prefix !== "";
  return new RegExp(`^${pattern.replaceAll(/\*+/g, "[A-Za-z0-9_-]*")}$`).test(prefix) && prefix !== "";
}

/** Whether what is at a path is meant, or lies below what is; the prefix is not looked at. */
export function meansIds(
  { ids }: Pick<PathPattern, "ids">,
  { object, instance, resource, resourceInstance }: Omit<PathParts, "prefix">,
): boolean {
  const own = [object, instance, resource, resourceInstance];
  return ids.every((id, i) => own[i] !== undefined && (id === null || id === own[i]));
}
