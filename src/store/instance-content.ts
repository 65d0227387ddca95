/** The values of one stored instance as text: what a person finds in the database, and another version can still read. */
import { MAX_ID } from "../lwm2m/path.ts";
import { isObjectLink, type Value } from "../lwm2m/sample.ts";
import type { StoredValue } from "../lwm2m/stored-content.ts";

/**
 * JSON: a list of `[path, time, value]`: `"5"` or `"5/0"` below the instance, milliseconds since 1970; text, numbers and
 * booleans as they are, else `{"integer": "…"}`, `{"bytes": "base64"}`, `{"link": [object, instance]}`.
 */
export function writeContent(values: readonly StoredValue[]): string {
  return JSON.stringify(
    values.map(({ resource, resourceInstance, value, time }) => [
      resourceInstance === undefined ? `${resource}` : `${resource}/${resourceInstance}`,
      time,
      plainOf(value),
    ]),
  );
}

/** Takes apart what `writeContent` wrote. Throws RangeError or SyntaxError where the text is something else. */
export function readContent(text: string): readonly StoredValue[] {
  const entries: unknown = JSON.parse(text);
  if (!Array.isArray(entries)) throw new RangeError("its values are no list");
  const seen = new Set<unknown>();
  return entries.map((entry: unknown): StoredValue => {
    if (!Array.isArray(entry) || entry.length !== 3) throw new RangeError("a value has not three parts");
    const [path, time, plain]: readonly unknown[] = entry;
    if (seen.has(path)) throw new RangeError(`${String(path)} is there twice`);
    seen.add(path);
    if (typeof time !== "number") throw new RangeError(`the time of ${String(path)} is no number`);
    return { ...idsOf(path), value: valueIn(plain), time };
  });
}

function plainOf(value: Value): unknown {
  if (typeof value === "bigint") return { integer: String(value) };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("base64") };
  if (isObjectLink(value)) return { link: [value.object, value.instance] };
  return value;
}

function valueIn(plain: unknown): Value {
  if (typeof plain === "string" || typeof plain === "number" || typeof plain === "boolean") return plain;
  const [entry, ...others] = typeof plain === "object" && plain !== null ? Object.entries(plain) : [];
  if (entry === undefined || others.length > 0) throw new RangeError("a value is of no known kind");
  const [kind, content]: readonly [string, unknown] = entry;
  if (kind === "integer" && typeof content === "string" && /^-?[0-9]{1,20}$/.test(content)) return BigInt(content);
  if (kind === "bytes" && typeof content === "string" && BASE64.test(content)) return bytesOf(content);
  if (kind === "link" && Array.isArray(content)) {
    const [object, instance]: readonly unknown[] = content;
    if (isId(object, MAX_ID) && isId(instance, MAX_ID)) return { object, instance };
  }
  throw new RangeError(`a value of the kind "${kind}" is not readable`);
}

/** A copy: what crosses the threads must not drag a pool of other bytes along. */
function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function idsOf(path: unknown): Pick<StoredValue, "resource" | "resourceInstance"> {
  const [, first, second] = typeof path === "string" ? (/^([0-9]{1,5})(?:\/([0-9]{1,5}))?$/.exec(path) ?? []) : [];
  const resource = Number(first);
  if (!isId(resource, MAX_ID - 1)) throw new RangeError(`${String(path)} is no place of a value`);
  if (second === undefined) return { resource };
  const resourceInstance = Number(second);
  if (!isId(resourceInstance, MAX_ID - 1)) throw new RangeError(`${String(path)} is no place of a value`);
  return { resource, resourceInstance };
}

function isId(id: unknown, most: number): id is number {
  return typeof id === "number" && Number.isInteger(id) && id >= 0 && id <= most;
}
