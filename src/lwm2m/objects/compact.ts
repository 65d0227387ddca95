/** The shape of catalogue.json, which scripts/make-catalogue.mjs writes: short, since every start reads it. */
import type { ResourceType } from "../sample.ts";
import type { ObjectDefinition, ResourceDefinition } from "./definition.ts";

/** ID, name, version, flags (`*` several instances, `!` mandatory), resources. */
export type CompactObject = readonly [number, string, string, string, readonly CompactResource[]];

/** ID, name, flags (operations, then `*`, `!`), letter of the type ("" for none), range, unit; the last two may be absent. */
export type CompactResource = readonly [number, string, string, string, (string | null)?, (string | null)?];

const TYPES: Readonly<Record<string, ResourceType>> = {
  s: "string",
  i: "integer",
  u: "unsigned",
  f: "float",
  b: "boolean",
  o: "opaque",
  t: "time",
  l: "objlnk",
  c: "corelnk",
};

const OPERATIONS: Readonly<Record<string, ResourceDefinition["operations"]>> = { R: "R", W: "W", RW: "RW", E: "E" };

export function expandObject([id, name, version, flags, resources]: CompactObject): ObjectDefinition {
  return {
    id,
    name,
    version,
    multiple: flags.includes("*"),
    mandatory: flags.includes("!"),
    resources: new Map(resources.map((resource) => [resource[0], expandResource(resource)])),
  };
}

function expandResource([id, name, flags, type, range, unit]: CompactResource): ResourceDefinition {
  return {
    id,
    name,
    operations: OPERATIONS[flags.replace(/[*!]/g, "")] ?? "",
    multiple: flags.includes("*"),
    mandatory: flags.includes("!"),
    type: TYPES[type],
    ...(range == null ? {} : { range }),
    ...(unit == null ? {} : { unit }),
  };
}
