/** Whether a value may be written to a resource, by the resource's definition: Core 1.2 §6.3.3, Appendix C. */
import type { ResourceDefinition } from "./objects/definition.ts";
import { parseRange, type RangeCheck } from "./objects/range.ts";
import { MAX_ID } from "./path.ts";
import { badRequest } from "./refusals.ts";
import { isObjectLink, type ObjectLink, type PathValue, type ResourceType, type Value } from "./sample.ts";
import type { TreeModel } from "./tree.ts";

const INT64 = { low: -(2n ** 63n), high: 2n ** 63n - 1n };
const UINT64 = { low: 0n, high: 2n ** 64n - 1n };

/** Throws Lwm2mError 4.00 where the value is not of the resource's type, out of its range, or links to what is not there. */
export function checkValue({ path, value }: PathValue, definition: ResourceDefinition, model: TreeModel): void {
  const { type, range } = definition;
  const problem =
    type === undefined || !hasType(value, type)
      ? `${describe(value)} is no ${type ?? "value"}`
      : isObjectLink(value) && !linksToSomething(value, model)
        ? `there is no ${value.object}:${value.instance} to link to`
        : !rangeCheck(definition)(value)
          ? `${describe(value)} is outside ${range}`
          : undefined;
  if (problem !== undefined) throw badRequest(`${path} (${definition.name}): ${problem}`);
}

/** Whether a value is of the resource's type and within its range, wherever it links to. */
export function fitsDefinition(value: Value, definition: ResourceDefinition): boolean {
  return definition.type !== undefined && hasType(value, definition.type) && rangeCheck(definition)(value);
}

function hasType(value: Value, type: ResourceType): boolean {
  switch (type) {
    case "string":
    case "corelnk":
      return typeof value === "string";
    case "integer":
    case "time":
      return isInteger(value) && value >= INT64.low && value <= INT64.high;
    case "unsigned":
      return isInteger(value) && value >= UINT64.low && value <= UINT64.high;
    case "float":
      // Infinity and NaN are floats, but nothing that a device could be set to.
      return typeof value === "number" && Number.isFinite(value);
    case "boolean":
      return typeof value === "boolean";
    case "opaque":
      return value instanceof Uint8Array;
    case "objlnk":
      return isObjectLink(value);
  }
}

function isInteger(value: Value): value is number | bigint {
  return typeof value === "bigint" || Number.isInteger(value);
}

/** An existing instance, an existing object as `o:65535`, or nothing as `65535:65535`. */
function linksToSomething({ object, instance }: ObjectLink, model: TreeModel): boolean {
  if (object === MAX_ID) return instance === MAX_ID;
  const found = model.get(object);
  return found !== undefined && (instance === MAX_ID || found.instances.has(instance));
}

/** Definitions live as long as the catalogue; each range is parsed once. */
const rangeChecks = new WeakMap<ResourceDefinition, RangeCheck>();

function rangeCheck(definition: ResourceDefinition): RangeCheck {
  const known = rangeChecks.get(definition);
  if (known !== undefined) return known;
  const check = parseRange(definition.range, definition.type) ?? (() => true);
  rangeChecks.set(definition, check);
  return check;
}

function describe(value: Value): string {
  if (value instanceof Uint8Array) return `a value of ${value.length} bytes`;
  if (isObjectLink(value)) return `link ${value.object}:${value.instance}`;
  return typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value);
}
