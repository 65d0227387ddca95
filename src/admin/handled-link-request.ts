/** What is to be done with a link, as it comes from outside. */
import type { Millis } from "../clock.ts";
import { parseDuration } from "../duration.ts";
import type { ErrorCode } from "../error-codes.ts";
import { reasonOf } from "../errors.ts";
import { AdminRefusal } from "./errors.ts";

/** Reads `{ "for": "10m" }`. Throws AdminRefusal with this code. */
export function parsePauseRequest(body: unknown, code: ErrorCode = "LG502"): Millis {
  const { for: span, ...others } = fieldsOf(body);
  if (typeof span !== "string" || Object.keys(others).length > 0) {
    throw new AdminRefusal('expected for, how long: { "for": "10m" }', { code });
  }
  try {
    return parseDuration(span);
  } catch (error) {
    throw new AdminRefusal(`for: ${reasonOf(error)}`, { cause: error, code });
  }
}

/** Reads `{ "options": { "gap": "50ms" } }`, or `{ "reset": true }`: undefined. Throws AdminRefusal. */
export function parseSetRequest(body: unknown): Readonly<Record<string, string>> | undefined {
  const { options, reset, ...others } = fieldsOf(body);
  const known = Object.keys(others).length === 0;
  if (known && reset === true && options === undefined) return undefined;
  const set = Object.entries(fieldsOf(options));
  if (!known || reset !== undefined || set.length === 0) {
    throw new AdminRefusal('expected options, as { "options": { "gap": "50ms" } }, or { "reset": true }', {
      code: "LG503",
    });
  }
  return Object.fromEntries(set.map(([key, value]) => [key, textOf(key, value)]));
}

function textOf(key: string, value: unknown): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw new AdminRefusal(`${key}: expected a text, a number, true or false`, { code: "LG503" });
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === "object" && body !== null && !Array.isArray(body) ? { ...body } : {};
}
