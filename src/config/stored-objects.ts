/** `stored_objects:` of the gateway or of a device: which objects servers fill. */
import type { ObjectDefinition } from "../lwm2m/objects/definition.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import type { ScalarNode, YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";

/** Bootstrap's, access control, and what the gateway says of itself or of a device: Server, Device, Firmware Update, Gateway. */
const NOT_STORED: ReadonlySet<number> = new Set([0, 1, 2, 3, 5, 21, 23, 25, 26]);

export interface StoredContext {
  readonly catalogue: ObjectCatalogue;
  /** IDs of the objects that the mapping of the device has. */
  readonly mapped?: ReadonlySet<number>;
  /** IDs of the objects behind which the gateway itself stands, with `remote_modbus`. */
  readonly served?: ReadonlySet<number>;
  readonly report: Report;
}

/** The definitions of a list such as `[16, 19/1.0]`: the newest version where none is named. What is wrong is reported. */
export function storedDefinitions(list: YamlNode | undefined, context: StoredContext): readonly ObjectDefinition[] {
  const definitions = new Map<number, ObjectDefinition>();
  for (const item of list?.kind === "list" ? list.items : []) {
    // A word that is no object was reported with the schema.
    const [, id, version] = item.kind === "scalar" ? (STORED_OBJECT.exec(item.text) ?? []) : [];
    if (item.kind !== "scalar" || id === undefined) continue;
    const found = definitionOf(Number(id), version, context);
    if (typeof found === "string") complain(item, found, context);
    else if (definitions.has(found.id)) complain(item, `object ${found.id} stands here twice`, context);
    else definitions.set(found.id, found);
  }
  return [...definitions.values()];
}

/** An object ID, and perhaps a version. */
export const STORED_OBJECT = /^([0-9]{1,5})(?:\/([0-9]+\.[0-9]+))?$/;

/** The definition, or what is wrong. */
function definitionOf(
  id: number,
  version: string | undefined,
  { catalogue, mapped, served }: StoredContext,
): ObjectDefinition | string {
  if (NOT_STORED.has(id)) {
    return `object ${id} cannot be a stored object: it means something to the gateway itself, as do ${[...NOT_STORED].join(", ")}`;
  }
  if (mapped?.has(id) === true) return `object ${id} stands in the mapping: the device itself has it`;
  if (served?.has(id) === true) return `object ${id} is that of remote_modbus: there is no need to name it here`;
  const definition = catalogue.find(id, version);
  if (definition !== undefined) return definition;
  const known = catalogue.versions(id);
  return known.length === 0
    ? `object ${id} is unknown: neither the OMA registry nor a file under objects: of gateway: defines it`
    : `object ${id} has no version ${version}; known: ${known.join(", ")}`;
}

function complain(item: ScalarNode, message: string, { report }: StoredContext): void {
  reportError(report, item.place, `stored_objects: ${message}`, "LG229");
}
