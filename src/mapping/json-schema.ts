/** JSON Schema 2020-12 of mappings, for editors: completion, and a first check while typing. Ours is the one that counts. */
import { isDeepStrictEqual } from "node:util";
import type { AdapterModule } from "../adapter.ts";
import type { ObjectDefinition, ResourceDefinition } from "../lwm2m/objects/definition.ts";
import type { ObjectCatalogue } from "../lwm2m/objects/index.ts";
import { slug } from "../lwm2m/objects/slug.ts";
import { type JsonSchema, jsonSchemaOf } from "../yaml/shape.ts";
import { availabilitySchema } from "./availability.ts";
import { connectivitySchema } from "./connectivity.ts";
import { firmwareKeys, STEP_KEYS } from "./firmware-keys.ts";
import { waysOf } from "./firmware-ways.ts";
import { identitySchema } from "./identity.ts";
import { resourceKeys } from "./keys.ts";
import { mappingKeys } from "./load.ts";
import { everySchema } from "./schedule.ts";
import { vectorSchema } from "./vectors.ts";

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** The schema of `mappings/*.yaml`: every object and resource of the catalogue by name, with what the registry says of it. */
export function mappingJsonSchema(catalogue: ObjectCatalogue, adapters: readonly AdapterModule[]): JsonSchema {
  const own = jsonSchemaOf(mappingKeys);
  const { params = {} }: Readonly<Record<string, JsonSchema>> = own.properties ?? {};
  const sections = adapters.map(({ name, device }) => [name, sectionSchema(device)] as const);
  const definitions = catalogue
    .ids()
    .map((id) => catalogue.find(id))
    .filter((found) => found !== undefined);
  return {
    $schema: DIALECT,
    title: "Mapping of lwm2m-gateway",
    type: "object",
    required: ["mapping"],
    anyOf: [{ required: ["protocol", "objects"] }, { required: ["extends"] }],
    additionalProperties: false,
    properties: {
      ...own.properties,
      protocol: { enum: adapters.map(({ name }) => name) },
      params: extendable(params),
      every: sectionSchema(everySchema),
      availability: sectionSchema(availabilitySchema),
      identity: sectionSchema(identitySchema),
      connectivity: sectionSchema(connectivitySchema),
      firmware: extendable(withParameters(firmwareSchema(adapters))),
      test: { type: ["array", "null"], items: bare(vectorSchema) },
      objects: objectsSchema(definitions),
      ...Object.fromEntries(sections),
    },
    $defs: {
      resource: resourceSchema(adapters),
      instance: { type: ["object", "null"], properties: { when: WHEN }, additionalProperties: RESOURCE },
      object: ANY_OBJECT,
      ...Object.fromEntries(definitions.map((definition) => [`names${definition.id}`, resourceNames(definition)])),
    },
  };
}

const RESOURCE: JsonSchema = { $ref: "#/$defs/resource" };
const WHEN: JsonSchema = { type: "string", description: "It is there only where this holds: $phases == 3" };
const INSTANCE: JsonSchema = { $ref: "#/$defs/instance" };
const OBJECT: JsonSchema = { $ref: "#/$defs/object" };

/** Takes away what is extended. */
const NOTHING: JsonSchema = { type: "null" };

function sectionSchema(schema: unknown): JsonSchema {
  return extendable(withParameters(bare(schema)));
}

/** What is extended may have what is required here, and may have what `null` takes away. */
function extendable({ required: _required, ...schema }: JsonSchema): JsonSchema {
  const { properties, additionalProperties, anyOf } = schema;
  return {
    ...schema,
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(extendable) }),
    ...(properties === undefined ? {} : { properties: mapValues(properties, orNothing) }),
    ...(typeof additionalProperties === "object"
      ? { additionalProperties: orNothing(extendable(additionalProperties)) }
      : {}),
  };
}

function orNothing(schema: JsonSchema): JsonSchema {
  const { type, anyOf } = schema;
  if (anyOf !== undefined) return { ...schema, anyOf: [...anyOf, NOTHING] };
  if (type === undefined || "enum" in schema || "const" in schema)
    return { anyOf: [schema, NOTHING], ...describedLike(schema) };
  return { ...schema, type: [type, "null"].flat() };
}

/** A schema without the keywords of a whole document. */
export function bare(schema: unknown): JsonSchema {
  const { $schema: _dialect, ...rest } = jsonSchemaOf(schema);
  return rest;
}

function resourceSchema(adapters: readonly AdapterModule[]): JsonSchema {
  const core = jsonSchemaOf(resourceKeys).properties ?? {};
  const properties = { ...pointProperties(adapters), ...core };
  const keys = extendable(withParameters({ additionalProperties: false, properties }));
  // A list: of several the first whose `when` holds is taken. None of these keywords speaks of what the others speak of.
  return { ...keys, type: ["object", "array", "null"], items: RESOURCE };
}

/** Of the keys that a point may have in any protocol. */
function pointProperties(adapters: readonly AdapterModule[]): Readonly<Record<string, JsonSchema>> {
  return eitherOf(
    adapters.map(({ point }) => {
      const { device: _, ...keys } = jsonSchemaOf(point).properties ?? {};
      return keys;
    }),
  );
}

/** All keys of these. Two may mean something else by one word: then it is either. */
function eitherOf(several: readonly Readonly<Record<string, JsonSchema>>[]): Readonly<Record<string, JsonSchema>> {
  const found = new Map<string, JsonSchema[]>();
  for (const [key, schema] of several.flatMap((keys) => Object.entries(keys))) {
    const others = found.get(key) ?? [];
    if (!others.some((other) => isDeepStrictEqual(other, schema))) found.set(key, [...others, schema]);
  }
  return Object.fromEntries(
    [...found].map(([key, [first = {}, ...others]]) => [
      key,
      others.length === 0 ? first : { anyOf: [first, ...others] },
    ]),
  );
}

/** Of the ways of all protocols: which of them are this one's is told by `check`. */
function firmwareSchema(adapters: readonly AdapterModule[]): JsonSchema {
  const { properties = {}, ...rest } = bare(firmwareKeys);
  const { via, transfer }: Readonly<Record<string, JsonSchema>> = properties;
  const ways = adapters.flatMap((adapter) => [...waysOf(adapter)]);
  const words = new Map(
    ways.flatMap(([, { actions }]) => (actions === undefined ? [] : [[actions.key, actions.words]])),
  );
  const step: JsonSchema = {
    type: "object",
    properties: {
      wait: { type: "string", description: "A pause: 2s" },
      ...Object.fromEntries([...words].map(([key, actions]) => [key, { enum: actions }])),
    },
  };
  const transfers = ways.map(([, way]) => jsonSchemaOf(way.transfer).properties ?? {});
  return {
    ...rest,
    properties: {
      ...properties,
      ...Object.fromEntries(STEP_KEYS.map((key) => [key, { ...properties[key], items: step }])),
      via: { ...via, enum: [...new Set(ways.map(([name]) => name))] },
      transfer: { ...transfer, properties: eitherOf(transfers) },
    },
  };
}

function objectsSchema(definitions: readonly ObjectDefinition[]): JsonSchema {
  const names = new Map<string, ObjectDefinition>();
  for (const definition of definitions) {
    names.set(String(definition.id), definition);
    if (!names.has(slug(definition.name))) names.set(slug(definition.name), definition);
  }
  const properties = [...names].map(([name, definition]) => [name, objectSchema(name, definition)] as const);
  return { type: "object", properties: Object.fromEntries(properties) };
}

function objectSchema(name: string, definition: ObjectDefinition): JsonSchema {
  if (name === String(definition.id)) {
    const names: JsonSchema = { $ref: `#/$defs/names${definition.id}` };
    const title = `${definition.name.trim()}${definition.multiple ? ", several instances" : ""}`;
    return { description: title, allOf: [OBJECT, names], patternProperties: { "^[0-9]+$": names } };
  }
  return {
    description: `Object ${definition.id}, ${definition.name.trim()}`,
    $ref: `#/properties/objects/properties/${definition.id}`,
  };
}

/** What every object has, by name or ID: resources, instances of a resource (`error_code[0]`), instances of the object. */
const ANY_OBJECT: JsonSchema = {
  type: ["object", "null"],
  properties: {
    version: { type: ["string", "number"] },
    defaults: RESOURCE,
    when: WHEN,
    import: { type: "string", description: "A CSV file with a line for each resource; its columns are keys" },
  },
  patternProperties: { "^[0-9]+$": { anyOf: [RESOURCE, INSTANCE] } },
  additionalProperties: RESOURCE,
};

/** Of each resource only its description, beside it and in instances: what it may hold is said once, in ANY_OBJECT. */
function resourceNames({ resources }: ObjectDefinition): JsonSchema {
  const described = [...resources.values()].map(
    (resource) => [slug(resource.name), { description: describeResource(resource) }] as const,
  );
  return { properties: Object.fromEntries(described) };
}

/** "5601 Min Measured Value: R float, Cel, -20..50, mandatory": what the registry says. */
function describeResource(resource: ResourceDefinition): string {
  const { id, name, operations, type, unit, range, mandatory, multiple } = resource;
  const facts = [`${id} ${name.trim()}: ${operations}${type === undefined ? "" : ` ${type}`}`, unit, range];
  const words = [mandatory ? "mandatory" : undefined, multiple ? "several" : undefined];
  return [...facts, ...words].filter((fact) => fact !== undefined && fact !== "").join(", ");
}

const PARAMETER: JsonSchema = { type: "string", pattern: "\\$" };

/** `$name` may stand wherever a number, a word of a list or true and false are expected. */
export function withParameters(schema: JsonSchema): JsonSchema {
  const { type } = schema;
  const isLeaf = type === "number" || type === "integer" || type === "boolean" || "enum" in schema || "const" in schema;
  if (isLeaf) return { anyOf: [schema, PARAMETER], ...describedLike(schema) };
  const inner = Object.entries(schema)
    .filter(([keyword]) => !NOT_FOR_EDITORS.includes(keyword))
    .map(([keyword, value]) => [keyword, fillInner(keyword, value)] as const);
  return Object.fromEntries(inner);
}

/** To an editor the key `0:` is no text; and formats are none that it knows: beside them stands the pattern. */
const NOT_FOR_EDITORS: readonly string[] = ["propertyNames", "format"];

function describedLike({ description }: JsonSchema): JsonSchema {
  return description === undefined ? {} : { description };
}

function fillInner(keyword: string, value: unknown): unknown {
  switch (keyword) {
    case "properties":
      return mapValues(value as Readonly<Record<string, JsonSchema>>, withParameters);
    case "items":
    case "additionalProperties":
      return typeof value === "object" ? withParameters(value as JsonSchema) : value;
    case "anyOf":
    case "oneOf":
    case "allOf":
    case "prefixItems":
      return (value as readonly JsonSchema[]).map(withParameters);
    default:
      return value;
  }
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
