/** How each protocol says where a value comes from, with places that nobody has looked up yet. */
import type { ResourceDefinition } from "../../lwm2m/objects/definition.ts";
import { slug } from "../../lwm2m/objects/slug.ts";

/** What must be filled in stands behind this mark. */
export const MARK = "FILL IN";

export interface Dialect {
  /** `params:`, the section of the protocol and what else stands above `objects:`. `fields`: of all resources. */
  readonly head: (fields: readonly string[]) => readonly string[];
  /** Keys of one resource; undefined: it has none of its own in this protocol. `number` counts the resources from 0. */
  readonly source: (resource: ResourceDefinition, number: number) => Keys | undefined;
  /** What is to be looked up for it. */
  readonly hint: string;
}

/** In the order in which they are written, each as YAML. */
export type Keys = readonly (readonly [key: string, value: string])[];

/** The name that a resource has in a message, where a skeleton names it. */
export function fieldOf(resource: ResourceDefinition): string {
  const name = slug(resource.name)
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_|_$/g, "");
  return /^[a-z]/.test(name) && name.length <= LONGEST_FIELD ? name : `r${resource.id}_${name.slice(0, LONGEST_FIELD)}`;
}

/** Patterns take names of 32 letters. */
const LONGEST_FIELD = 24;

const modbus: Dialect = {
  head: () => [
    "params:",
    "  unit_id: { type: int, range: [1, 247], default: 1, description: Modbus address that is set on the device }",
    "modbus: { unit_id: $unit_id, order: ABCD }   # order: CDAB where the words of 32-bit values are swapped",
    "every: { fast: 2s, slow: 5m }                # beside normal: 10s",
  ],
  hint: "register, type and unit by the manual; lwm2m-gateway probe modbus shows what a register could be",
  source({ type, operations }, number) {
    const writes: Keys = operations.includes("W") ? [["write", "true"]] : [];
    const table = operations === "R" ? "input" : "holding";
    const register = (as: string, ...others: Keys): Keys => [[table, hex(number)], ["as", as], ...others, ...writes];
    switch (type) {
      case undefined:
        return [["do", `[ { coil: ${hex(number)}, value: true } ]`]];
      case "boolean":
        return [[operations === "R" ? "discrete" : "coil", hex(number)], ...writes];
      case "string":
        return register("string", ["length", "8"]);
      case "opaque":
        return register("bytes", ["length", "4"]);
      case "float":
        return register("f32");
      case "time":
      case "unsigned":
        return register("u32");
      case "integer":
        return register("s16");
      case "objlnk":
      case "corelnk":
        return undefined;
    }
  },
};

/** Addresses do not overlap, whatever is read there. */
const REGISTERS_EACH = 4;

function hex(number: number): string {
  return `0x${(number * REGISTERS_EACH).toString(16).toUpperCase().padStart(2, "0")}`;
}

const serial: Dialect = {
  head: (fields) => [
    "serial:",
    `  frame: { end: "\\r\\n", max: 200 }             # ${MARK}: with what a message ends (docs/serial.md)`,
    "  requests:",
    `    values: { send: "R\\r\\n", expect: '${fields.map((field) => `(?<${field}>[^,]*)`).join(",") || ".*"}' }   # ${MARK}: what is sent, and a pattern for the answer`,
  ],
  hint: "field of the pattern above, and unit; lwm2m-gateway probe serial shows what the device answers",
  source(resource) {
    if (resource.operations === "W") return undefined;
    const read: Keys = [
      ["request", "values"],
      ["field", fieldOf(resource)],
    ];
    switch (resource.type) {
      case undefined:
        return [["do", "[ { request: values } ]"]];
      case "boolean":
        return [...read, ["enum", '{ "0": false, "1": true }']];
      case "opaque":
      case "objlnk":
      case "corelnk":
        return undefined;
      case "string":
      case "float":
      case "time":
      case "unsigned":
      case "integer":
        return read;
    }
  },
};

const mqtt: Dialect = {
  head: () => [
    "params:",
    "  topic: { type: topic, description: The topic on which the device tells its state }",
    "mqtt: { state: $topic }",
    "availability: { offline_after: 1h }          # after how long without a message it is gone",
  ],
  hint: "path in the JSON message, and unit; lwm2m-gateway probe mqtt shows messages",
  source(resource) {
    if (resource.operations === "W") return undefined;
    switch (resource.type) {
      case "string":
      case "float":
      case "time":
      case "unsigned":
      case "integer":
      case "boolean":
        return [["path", fieldOf(resource)]];
      case undefined:
      case "opaque":
      case "objlnk":
      case "corelnk":
        return undefined;
    }
  },
};

const ble: Dialect = {
  head: () => [
    "params:",
    "  address: { type: mac, description: Address of the device }",
    "ble: { match: { address: $address }, connect: poll }",
    "every: { normal: 5m }",
  ],
  hint: "characteristic and type by the manual; lwm2m-gateway probe ble shows what the device has",
  source({ type, operations }) {
    if (operations === "W") return undefined;
    const characteristic = (...others: Keys): Keys => [["char", "2A6E"], ["service", "181A"], ...others];
    switch (type) {
      case "string":
        return characteristic(["as", "string"]);
      case "float":
      case "integer":
        return characteristic(["as", "s16le"]);
      case "time":
      case "unsigned":
        return characteristic(["as", "u32le"]);
      case "boolean":
        return characteristic(["as", "bool"]);
      case undefined:
      case "opaque":
      case "objlnk":
      case "corelnk":
        return undefined;
    }
  },
};

const simulated: Dialect = {
  head: () => [],
  hint: "constant, sine, ramp or walk",
  source({ type, operations, name }) {
    const writes: Keys = operations.includes("W") ? [["write", "true"]] : [];
    const constant = (value: string): Keys => [["constant", value], ...writes];
    switch (type) {
      case "boolean":
        return constant("false");
      case "string":
        return constant(JSON.stringify(name.trim()));
      case "float":
        return operations === "R" ? [["sine", "{ mean: 20, amplitude: 2, period: 10m }"]] : constant("20");
      case "time":
      case "unsigned":
      case "integer":
        return constant("1");
      case undefined:
      case "opaque":
      case "objlnk":
      case "corelnk":
        return undefined;
    }
  },
};

/** By the name of the protocol. */
export const DIALECTS: ReadonlyMap<string, Dialect> = new Map(Object.entries({ modbus, serial, mqtt, ble, simulated }));
