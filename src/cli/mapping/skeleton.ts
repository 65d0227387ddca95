/** A beginning of a mapping: right as it stands, with a mark wherever the manual of the device must be asked. */
import type { ObjectDefinition, ResourceDefinition } from "../../lwm2m/objects/definition.ts";
import { slug } from "../../lwm2m/objects/slug.ts";
import { commentText, flowMap, yamlText } from "../../yaml-text.ts";
import { type Dialect, fieldOf, type Keys, MARK } from "./skeleton-dialects.ts";

export interface SkeletonWish {
  readonly name: string;
  readonly protocol: string;
  readonly dialect: Dialect;
  readonly objects: readonly ObjectDefinition[];
  /** By which an image gets to such a device; none: the protocol carries none. */
  readonly ways?: readonly string[];
  /** What the device said of itself; absent: nobody asked it. */
  readonly identity?: { readonly manufacturer?: string; readonly model?: string };
}

/** The text without `test:`. */
export function skeletonText(wish: SkeletonWish): string {
  const { name, protocol, dialect, objects, identity = {} } = wish;
  const chosen = objects.map((definition) => ({ definition, resources: chosenOf(definition, dialect) }));
  const fields = chosen.flatMap(({ resources }) => resources.filter(({ type }) => type !== undefined).map(fieldOf));
  const { manufacturer = MARK, model = MARK } = identity;
  let number = 0;
  const keysOf = (resource: ResourceDefinition): Keys => dialect.source(resource, number++) ?? [];
  const lines = chosen.flatMap(({ definition, resources }) => [
    `  ${`${definition.id}:`.padEnd(COMMENT)}# ${commentText(definition.name.trim())}`,
    ...resources.map((resource) => `    ${lineOf(resource, definition, keysOf(resource))}   # ${MARK}`),
    ...otherLines(definition, resources, keysOf),
  ]);
  return [
    `# Manual:  ${MARK}: maker, title, version: where each address below comes from.`,
    `# ${MARK} marks what nobody has looked up yet: ${dialect.hint}.`,
    "# When nothing is marked any more: lwm2m-gateway mapping test, then compare the values with the device's display.",
    "format: 1",
    `mapping: ${yamlText(name)}`,
    `description: ${MARK}`,
    "source: from-manual",
    `protocol: ${protocol}`,
    ...dialect.head([...new Set(fields)]),
    `identity: { manufacturer: ${yamlText(manufacturer)}, model: ${yamlText(model)} }`,
    ...firmwareLines(wish),
    "",
    "objects:",
    ...lines,
    "",
  ].join("\n");
}

/** What servers need to update it, to be taken in by taking the # away. */
function firmwareLines({ ways: [way, ...others] = [] }: SkeletonWish): readonly string[] {
  if (way === undefined) return [];
  const also = others.length === 0 ? "" : `, or by ${others.join(", ")}`;
  return [`# firmware: { via: ${way}, version: 3/0/3 }   # servers update it by ${way}${also}: docs/mapping.md`];
}

const COMMENT = 30;

/** What servers want of it; where that is nothing, its first value; none: a device of this protocol has nothing of it. */
export function chosenOf({ resources }: ObjectDefinition, dialect: Dialect): readonly ResourceDefinition[] {
  const usable = [...resources.values()].filter(
    (resource) => resource.operations !== "" && dialect.source(resource, 0) !== undefined,
  );
  const mandatory = usable.filter((resource) => resource.mandatory);
  const first = usable.find(({ operations }) => operations.includes("R"));
  return mandatory.length > 0 || first === undefined ? mandatory : [first];
}

/** Names that stand twice in the registry need the number. */
function keyOf({ id, name }: ResourceDefinition, { resources }: ObjectDefinition): string {
  const same = [...resources.values()].filter((other) => slug(other.name) === slug(name));
  return same.length > 1 || !/^(?!\d+$)[a-z0-9][\w./-]*$/.test(slug(name)) ? String(id) : slug(name);
}

/** What the device delivers is most often what the registry has. */
function unitOf({ unit, type }: ResourceDefinition, keys: Keys): Keys {
  const isNumber = type === "float" || type === "integer" || type === "unsigned";
  if (
    unit === undefined ||
    !isNumber ||
    !/^[A-Za-z%][A-Za-z0-9%/]*$/.test(unit) ||
    keys.some(([key]) => key === "sine")
  )
    return [];
  return [["unit", yamlText(unit)]];
}

function lineOf(resource: ResourceDefinition, definition: ObjectDefinition, keys: Keys): string {
  return `${keyOf(resource, definition)}: ${flowMap([...keys, ...unitOf(resource, keys)])}`;
}

const MOST_OTHERS = 40;

/** What else the object has, to be taken in by taking the # away. */
function otherLines(
  definition: ObjectDefinition,
  chosen: readonly ResourceDefinition[],
  keysOf: (resource: ResourceDefinition) => Keys,
): readonly string[] {
  const others = [...definition.resources.values()].flatMap((resource): [ResourceDefinition, Keys][] => {
    const keys = chosen.includes(resource) || resource.operations === "" ? [] : keysOf(resource);
    return keys.length === 0 ? [] : [[resource, keys]];
  });
  const shown = others
    .slice(0, MOST_OTHERS)
    .map(([resource, keys]) => `    # ${lineOf(resource, definition, keys)}   # ${resource.type ?? "executable"}`);
  const left = others.length - shown.length;
  return left > 0 ? [...shown, `    # and ${left} more: the OMA registry has them all`] : shown;
}
