import { z } from "zod";

/** The part of JSON Schema 2020-12 that zod's objects become. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema | false;
  readonly prefixItems?: readonly JsonSchema[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

const made = new WeakMap<object, JsonSchema>();

/** What a schema accepts, as JSON Schema; an empty one (anything) where it is no zod schema. */
export function jsonSchemaOf(schema: unknown): JsonSchema {
  if (!(schema instanceof z.ZodType)) return {};
  let json = made.get(schema);
  if (json === undefined) {
    json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
    made.set(schema, json);
  }
  return json;
}

/** The keys that a schema knows at a path. */
export function knownKeys(schema: unknown, path: readonly PropertyKey[] = []): readonly string[] {
  let at: readonly JsonSchema[] = alternatives(jsonSchemaOf(schema));
  for (const step of path) at = at.flatMap((json) => child(json, step)).flatMap(alternatives);
  return [...new Set(at.flatMap((json) => Object.keys(json.properties ?? {})))];
}

function alternatives(json: JsonSchema): readonly JsonSchema[] {
  const inner = [...(json.anyOf ?? []), ...(json.oneOf ?? []), ...(json.allOf ?? [])];
  return inner.length === 0 ? [json] : [json, ...inner.flatMap(alternatives)];
}

function child(json: JsonSchema, step: PropertyKey): readonly JsonSchema[] {
  const property = json.properties?.[String(step)];
  if (property !== undefined) return [property];
  const item = json.prefixItems?.[Number(step)] ?? json.items ?? json.additionalProperties;
  return typeof item === "object" ? [item] : [];
}
