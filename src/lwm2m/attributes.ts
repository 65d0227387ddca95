/**
 * Attributes of notification: read from a request, and checked. Core 1.2 §5.1.2 (attributes and their levels), §6.4
 * (information reporting); negative thresholds and exponents as OMA issue 563 asks.
 */
import { parseNumber, scaled } from "./decimal.ts";
import type { TypeInfo, TypeOf } from "./formats/codec.ts";
import { LEVEL, type Path, pathDepth } from "./path.ts";
import { badRequest, notAllowed } from "./refusals.ts";
import type { ResourceType } from "./sample.ts";

/** In the order in which a Discover shows them. */
const ATTRIBUTE_NAMES = ["pmin", "pmax", "gt", "lt", "st", "epmin", "epmax", "edge", "con", "hqmax"] as const;
export type AttributeName = (typeof ATTRIBUTE_NAMES)[number];

/** Those of numbers; a bigint is an integer that a double cannot hold. */
type Threshold = "gt" | "lt" | "st";

/** pmin, pmax, epmin, epmax in seconds; edge 0 (falling) or 1 (rising); con 0 or 1; hqmax in entries. */
export type Attributes = { readonly [Name in AttributeName]?: Name extends Threshold ? number | bigint : number };

/** What one Write-Attributes asks for: a value sets, undefined takes away. */
export type AttributeChanges = ReadonlyMap<AttributeName, number | bigint | undefined>;

/** Where attributes apply: an ObjectTree is one. */
export interface AttributeTarget {
  readonly typeOf: TypeOf;
  /** Throws Lwm2mError where nothing is at the path, or nothing that could be reported. */
  check(path: Path, intent: "report"): void;
}

/** Those that may stand in the request of an Observe-Composite (Core 1.2 §6.4.4). */
const COMPOSITE_ATTRIBUTES: readonly AttributeName[] = ["pmin", "pmax", "epmin", "epmax", "con"];
/** Those that judge a value, and so belong to a resource (Core 1.2 §5.1.2, assignation level). */
const VALUE_ATTRIBUTES = ["gt", "lt", "st", "edge"] as const;
const NUMERIC: ReadonlySet<ResourceType> = new Set(["integer", "unsigned", "float", "time"]);

/** Reads Uri-Query arguments: `pmin=5` sets, `pmin` takes away. Throws Lwm2mError 4.00 with what is wrong. */
export function parseAttributes(queries: readonly string[]): AttributeChanges {
  const changes = new Map<AttributeName, number | bigint | undefined>();
  for (const query of queries) {
    const [name = "", ...rest] = query.split("=");
    if (!isAttributeName(name)) throw badRequest(`"${name}" is no attribute; there are ${ATTRIBUTE_NAMES.join(", ")}`);
    if (changes.has(name)) throw badRequest(`${name} is there twice`);
    changes.set(name, rest.length === 0 ? undefined : parseValue(name, rest.join("=")));
  }
  return changes;
}

/** The attributes in the request of an Observe; undefined where it has none. Throws Lwm2mError 4.00. */
export function parseObserveAttributes(queries: readonly string[]): Attributes | undefined {
  if (queries.length === 0) return undefined;
  const changes = parseAttributes(queries);
  for (const [name, value] of changes) if (value === undefined) throw badRequest(`${name} has no value`);
  return applyChanges({}, changes);
}

/** As parseObserveAttributes, for an Observe-Composite. */
export function parseCompositeAttributes(queries: readonly string[]): Attributes | undefined {
  const attributes = parseObserveAttributes(queries);
  const stranger = attributeEntries(attributes ?? {}).find(([name]) => !COMPOSITE_ATTRIBUTES.includes(name));
  if (stranger !== undefined) {
    throw badRequest(`${stranger[0]} may not stand here; ${COMPOSITE_ATTRIBUTES.join(", ")} may`);
  }
  checkEvaluation(attributes ?? {});
  return attributes;
}

/** The attributes after the changes. */
export function applyChanges(attributes: Attributes, changes: AttributeChanges): Attributes {
  const result: { -readonly [Name in AttributeName]?: Attributes[Name] } = { ...attributes };
  for (const [name, value] of changes) {
    if (value === undefined) delete result[name];
    else if (name === "gt" || name === "lt" || name === "st") result[name] = value;
    else result[name] = Number(value);
  }
  return result;
}

export function sameAttributes(a: Attributes, b: Attributes): boolean {
  return ATTRIBUTE_NAMES.every((name) => a[name] === b[name]);
}

/** In the order of ATTRIBUTE_NAMES. */
export function attributeEntries(attributes: Attributes): (readonly [AttributeName, number | bigint])[] {
  return ATTRIBUTE_NAMES.flatMap((name) => {
    const value = attributes[name];
    return value === undefined ? [] : [[name, value] as const];
  });
}

/**
 * Whether these attributes may stand at a path, for Write-Attributes and for the request of an Observe alike. Throws
 * Lwm2mError: 4.00 where they contradict each other or the level or type of the path, 4.05 where there is no value to report.
 */
export function checkAttributes(attributes: Attributes, path: Path, typeOf: TypeOf): void {
  const level = pathDepth(path);
  if (level < LEVEL.resource) {
    const misplaced = VALUE_ATTRIBUTES.find((name) => attributes[name] !== undefined);
    if (misplaced !== undefined) throw badRequest(`${misplaced} belongs to a resource; ${path} is above one`);
  } else {
    checkType(attributes, path, typeOf(path));
  }
  if (!areThresholdsConsistent(attributes)) throw badRequest("lt must be less than gt, and lt + 2 st less than gt");
  checkEvaluation(attributes);
}

/** lt < gt, and lt + 2·st < gt, as far as they are set (Core 1.2 §5.1.2). */
export function areThresholdsConsistent({ lt, gt, st = 0 }: Attributes): boolean {
  if (lt === undefined || gt === undefined) return true;
  const [low, high, step] = scaled(lt, gt, st);
  return low + 2n * step < high;
}

function checkEvaluation({ epmin, epmax }: Attributes): void {
  if (epmin !== undefined && epmax !== undefined && epmin >= epmax) throw badRequest("epmin must be less than epmax");
}

function checkType(attributes: Attributes, path: Path, info: TypeInfo | undefined): void {
  if (info === undefined) throw notAllowed(`${path} has no value that could be reported`);
  for (const name of VALUE_ATTRIBUTES) {
    if (attributes[name] === undefined) continue;
    const fits = name === "edge" ? info.type === "boolean" : NUMERIC.has(info.type);
    if (!fits) throw badRequest(`${name} is for ${name === "edge" ? "booleans" : "numbers"}; ${path} is ${info.type}`);
  }
}

function isAttributeName(name: string): name is AttributeName {
  return ATTRIBUTE_NAMES.some((known) => known === name);
}

function parseValue(name: AttributeName, text: string): number | bigint {
  switch (name) {
    case "gt":
    case "lt":
      return parseDecimal(name, text);
    case "st": {
      const step = parseDecimal(name, text);
      if (step < 0) throw badRequest(`st=${text}: a step is not negative`);
      return step;
    }
    case "edge":
    case "con":
      if (text !== "0" && text !== "1") throw badRequest(`${name}=${text}: expected 0 or 1`);
      return Number(text);
    case "pmin":
    case "pmax":
    case "epmin":
    case "epmax":
    case "hqmax":
      if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(Number(text))) {
        throw badRequest(`${name}=${text}: expected a whole number, 0 or more`);
      }
      return Number(text);
  }
}

function parseDecimal(name: AttributeName, text: string): number | bigint {
  if (!/^-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(text) || !Number.isFinite(Number(text))) {
    throw badRequest(`${name}=${text}: expected a decimal number`);
  }
  return parseNumber(text);
}
