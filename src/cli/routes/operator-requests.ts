/** What somebody asks to be read, written or executed, as it comes over the API: anybody who may open that may write anything. */
import { AdminRefusal } from "../../admin/errors.ts";
import { type GivenValue, typedPath, type WriteWish } from "../../gateway/operator/operator.ts";
import type { Path } from "../../lwm2m/path.ts";

const MOST_PATHS = 100;
const MOST_VALUES = 1000;

/** `?path=/meter-1/3303&path=/3/0`. Throws AdminRefusal, or Lwm2mError for what is no path. */
export function pathsOf(query: URLSearchParams): readonly Path[] {
  const paths = query.getAll("path");
  if (paths.length === 0) throw refusal("which path? expected ?path=/meter-1/3303/0/5700, or several");
  if (paths.length > MOST_PATHS) throw refusal(`expected ${MOST_PATHS} paths at most, not ${paths.length}`);
  return paths.map(typedPath);
}

/**
 * `{ path, value }`; `{ path, values: { "5851": 30 }, mode }` for what lies below the path; `{ values: { "/valve-1/3306/0/5850":
 * true } }` for several places. Throws AdminRefusal or Lwm2mError.
 */
export function parseWrite(body: unknown): WriteWish {
  const { path, value, values, mode, ...others } = fieldsOf(body, EXPECTED_WRITE);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw refusal(`unknown key "${unknown}"; expected path, value, values, mode`);
  if ((value === undefined) === (values === undefined)) throw refusal(EXPECTED_WRITE);
  if (mode !== undefined && (path === undefined || values === undefined)) {
    throw refusal("mode: goes with a path and values below it");
  }
  if (value !== undefined) return { type: "value", path: pathOf(path), value };
  if (path === undefined) return { type: "places", values: valuesOf(values, "") };
  const base = pathOf(path);
  return { type: "below", path: base, values: valuesOf(values, `${base}/`), mode: modeOf(mode) };
}

/** `{ path, args }`. Throws AdminRefusal or Lwm2mError. */
export function parseExecute(body: unknown): { readonly path: Path; readonly args: string } {
  const { path, args = "", ...others } = fieldsOf(body, EXPECTED_EXECUTE);
  if (Object.keys(others).length > 0) throw refusal(EXPECTED_EXECUTE);
  if (typeof args !== "string") throw refusal(`args: expected text such as 0='60', not ${JSON.stringify(args)}`);
  return { path: pathOf(path), args };
}

/** How deep a Discover goes. Throws AdminRefusal. */
export function depthOf(depth: string | null): number | undefined {
  if (depth === null) return undefined;
  if (/^[0-4]$/.test(depth)) return Number(depth);
  throw refusal(`depth: expected 0 to 4, not "${depth}"`);
}

const EXPECTED_WRITE = "expected a path and its value; or values, each by its path";
const EXPECTED_EXECUTE = "expected a path, and args where the resource takes some";

function fieldsOf(body: unknown, expected: string): Readonly<Record<string, unknown>> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw refusal(expected);
  return { ...body };
}

function pathOf(path: unknown): Path {
  if (typeof path === "string") return typedPath(path);
  throw refusal(path === undefined ? "which path? expected e.g. /meter-1/3303/0/5700" : "path: expected text");
}

function valuesOf(values: unknown, base: string): readonly GivenValue[] {
  const given = Object.entries(fieldsOf(values, "values: expected an object, its keys paths"));
  if (given.length === 0 || given.length > MOST_VALUES) throw refusal(`values: expected 1 to ${MOST_VALUES} of them`);
  return given.map(([key, value]) => ({ path: typedPath(`${base}${key}`), value }));
}

function modeOf(mode: unknown): "replace" | "update" {
  if (mode === undefined || mode === "update") return "update";
  if (mode === "replace") return "replace";
  throw refusal(`mode: expected "replace" or "update", not ${JSON.stringify(mode)}`);
}

function refusal(message: string): AdminRefusal {
  return new AdminRefusal(message, { code: "LG705" });
}
