/** JSON Schema 2020-12 of config.yaml and devices.d, for editors. */
import type { AdapterModule } from "../adapter.ts";
import { bare, withParameters } from "../mapping/json-schema.ts";
import { type JsonSchema, jsonSchemaOf } from "../yaml/shape.ts";
import { deviceCredentialsSchema } from "./client-schema.ts";
import { configSchema, deviceSchema } from "./schema.ts";

/** The schema of config.yaml; a file of devices.d holds a part of it. */
export function configJsonSchema(adapters: readonly AdapterModule[]): JsonSchema {
  const own = withParameters(jsonSchemaOf(configSchema));
  return {
    ...own,
    title: "Configuration of lwm2m-gateway",
    properties: {
      ...own.properties,
      links: { type: ["object", "null"], additionalProperties: { anyOf: adapters.flatMap(linkSchemas) } },
      devices: { type: ["array", "null"], items: deviceJsonSchema() },
    },
  };
}

function linkSchemas({ linkTypes }: AdapterModule): readonly JsonSchema[] {
  return Object.entries(linkTypes).map(([type, schema]) => {
    const options = withParameters(bare(schema));
    return {
      ...options,
      required: ["type", ...(options.required ?? [])],
      properties: { type: { const: type }, ...options.properties },
    };
  });
}

/** The parameters of the mapping stand beside these keys: any other key may be one. */
function deviceJsonSchema(): JsonSchema {
  const { properties, ...rest } = withParameters(bare(deviceSchema));
  const credentials = withParameters(bare(deviceCredentialsSchema)).properties;
  const each = {
    description: "One device each: { unit_id: 1..12 }, { unit_id: [1, 2, 5] }, or a CSV file",
    type: ["object", "string"],
  };
  return { ...rest, properties: { ...properties, ...credentials, each }, additionalProperties: true };
}
