import { parseObjectLink } from "../lwm2m/formats/value.ts";
import type { ResourceDefinition } from "../lwm2m/objects/definition.ts";
import { parseRange } from "../lwm2m/objects/range.ts";
import type { ResourceType, Value } from "../lwm2m/sample.ts";
import { describeNode, plainValue, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";

/** The value that a text spells for a resource of this type, or a sentence why it is none. */
export function constantValue(
  node: YamlNode,
  definition: Pick<ResourceDefinition, "type" | "range">,
): { readonly value: Value } | { readonly wrong: string } {
  const { type, range } = definition;
  if (type === undefined) return { wrong: 'is executable: it needs "do"' };
  const value = node.kind === "scalar" ? spelled(node, type) : undefined;
  if (value === undefined) return { wrong: `expected ${EXPECTED[type]}, found ${describeNode(node)}` };
  const inRange = parseRange(range, type);
  return inRange === undefined || inRange(value)
    ? { value }
    : { wrong: `${describeNode(node)} is outside the registry's range ${range}` };
}

const EXPECTED: Readonly<Record<ResourceType, string>> = {
  string: "text",
  corelnk: "text",
  integer: "a whole number",
  unsigned: "a whole number from 0 on",
  time: "seconds since 1970",
  float: "a number",
  boolean: "true or false",
  opaque: "bytes in hexadecimal, e.g. 0A FF",
  objlnk: "an object instance, e.g. 3:0",
};

function spelled(node: ScalarNode, type: ResourceType): Value | undefined {
  const value = plainValue(node);
  switch (type) {
    case "string":
    case "corelnk":
      return node.text;
    case "integer":
    case "time":
      return isWhole(value) ? value : undefined;
    case "unsigned":
      return isWhole(value) && value >= 0 ? value : undefined;
    case "float":
      return typeof value === "number" && !Number.isNaN(value) ? value : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "opaque":
      return bytesOfHex(node.text);
    case "objlnk":
      return parseObjectLink(node.text);
  }
}

function isWhole(value: unknown): value is number | bigint {
  return Number.isSafeInteger(value) || typeof value === "bigint";
}

/** "4366 8000" as bytes; undefined where it is no hexadecimal text of whole bytes. */
export function bytesOfHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/\s/g, "");
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) return undefined;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
