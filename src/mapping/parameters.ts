/** Parameters of a mapping: what the person who adds a device fills in. */
import { z } from "zod";
import { parseDuration } from "../duration.ts";
import { didYouMean } from "../yaml/issues.ts";
import { describeNode, plainValue, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";

const TYPES = ["int", "number", "string", "bool", "enum", "duration", "mac", "eui64", "secret", "topic"] as const;

export const parameterSpec = z
  .strictObject({
    type: z.enum(TYPES),
    description: z.string().optional(),
    range: z.tuple([z.number(), z.number()]).describe("[lowest, highest], for int and number").optional(),
    values: z.array(z.string()).min(1).describe("The words of an enum").optional(),
    default: z.union([z.string(), z.number(), z.boolean()]).optional(),
    optional: z.boolean().describe("May be left out; then every key that is just $name is left out too").optional(),
  })
  .refine(({ type, values }) => (type === "enum") === (values !== undefined), {
    message: "an enum has `values`, and nothing else has",
  })
  .refine((spec) => spec.type !== "secret" || spec.default === undefined, {
    message: "a secret has no default: it stands in the configuration alone",
    path: ["default"],
  })
  .refine(({ type, range }) => range === undefined || type === "int" || type === "number", {
    message: "`range` is for int and number",
    path: ["range"],
  });

export type ParameterSpec = z.output<typeof parameterSpec>;

/** What a device entry may hold beside its parameters: no parameter takes these names. */
export const RESERVED_NAMES: readonly string[] = [
  "id",
  "mapping",
  "link",
  "prefix",
  "was",
  "each",
  "device_id",
  "layout",
];

/**
 * The value of one parameter as a scalar that keeps the parameter's type: text stays text even where it looks like a number.
 * Undefined where it is wrong; that was reported at the node.
 */
export function readParameter(
  name: string,
  spec: ParameterSpec,
  node: YamlNode,
  report: Report,
): ScalarNode | undefined {
  if (node.kind === "scalar" && node.tag !== undefined) {
    reportError(report, node.place, `${name}: the tag ${node.tag} is not supported by this version`, "LG211");
    return undefined;
  }
  if (node.kind === "scalar" && node.secret === true && spec.type !== "secret") {
    reportError(
      report,
      node.place,
      `${name}: a secret cannot stand here: the parameter is of type ${spec.type}`,
      "LG216",
    );
    return undefined;
  }
  const wrong = node.kind === "scalar" ? check(spec, node) : `expected ${EXPECTED[spec.type]}`;
  if (wrong === undefined && node.kind === "scalar") return typed(spec, node);
  if (spec.type === "secret" && node.kind === "scalar") {
    // What stands there may be the secret.
    reportError(report, node.place, `${name}: ${wrong}`, "LG319");
    return undefined;
  }
  const hint = node.kind === "scalar" ? didYouMean(node.text, spec.values ?? []) : "";
  reportError(report, node.place, `${name}: ${wrong}, found ${describeNode(node)}${hint}`, "LG319");
  return undefined;
}

/** For trials of a mapping without a device: the default, or the plainest value of the type. */
export function exampleValue(name: string, spec: ParameterSpec): string {
  if (spec.default !== undefined) return String(spec.default);
  switch (spec.type) {
    case "int":
    case "number":
      return String(spec.range?.[0] ?? 1);
    case "enum":
      return spec.values?.[0] ?? name;
    case "bool":
      return "false";
    case "duration":
      return "1s";
    case "mac":
      return "00:00:5E:00:53:01";
    case "eui64":
      return "00005eef10000001";
    // As long as most keys are, whoever looks at it.
    case "secret":
      return "00".repeat(16);
    case "string":
    case "topic":
      return name;
  }
}

const EXPECTED: Readonly<Record<ParameterSpec["type"], string>> = {
  int: "a whole number",
  number: "a number",
  string: "text",
  bool: "true or false",
  enum: "one of its words",
  duration: "a duration, e.g. 5s",
  mac: "an address of six bytes, e.g. A4:C1:38:8F:19:E9",
  eui64: "an EUI-64 of eight bytes, e.g. 24e124136b502217",
  secret: "!secret and its name",
  topic: "a topic without + and #",
};

const MAC = /^[0-9A-Fa-f]{2}([:-]?)(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}$/;
const EUI64 = /^[0-9A-Fa-f]{2}([:-]?)(?:[0-9A-Fa-f]{2}\1){6}[0-9A-Fa-f]{2}$/;

/** What is wrong with the value; undefined: nothing. */
function check(spec: ParameterSpec, node: ScalarNode): string | undefined {
  // Quotes do not matter: the parameter's own type decides (a spreadsheet quotes everything).
  const value = plainValue({ ...node, quoted: false });
  if (value === null && spec.type !== "string") return `expected ${EXPECTED[spec.type]}`;
  switch (spec.type) {
    case "int":
    case "number":
      return checkNumber(spec, value);
    case "bool":
      return typeof value === "boolean" ? undefined : `expected ${EXPECTED.bool}`;
    case "enum":
      return spec.values?.includes(node.text) === true ? undefined : `expected one of ${spec.values?.join(", ")}`;
    case "duration":
      return durationProblem(node.text);
    case "mac":
      return MAC.test(node.text) ? undefined : `expected ${EXPECTED.mac}`;
    case "eui64":
      return EUI64.test(node.text) ? undefined : `expected ${EXPECTED.eui64}`;
    case "topic":
      return /[+#\0]/.test(node.text) ? `expected ${EXPECTED.topic}` : undefined;
    case "secret":
      return node.secret === true ? undefined : `expected ${EXPECTED.secret}, never the secret itself`;
    case "string":
      return undefined;
  }
}

function checkNumber({ type, range }: ParameterSpec, value: unknown): string | undefined {
  const expected = type === "int" ? EXPECTED.int : EXPECTED.number;
  if (typeof value !== "number" || !Number.isFinite(value)) return `expected ${expected}`;
  if (type === "int" && !Number.isInteger(value)) return `expected ${expected}`;
  if (range === undefined || (value >= range[0] && value <= range[1])) return undefined;
  return `expected ${expected} from ${range[0]} to ${range[1]}`;
}

function durationProblem(text: string): string | undefined {
  try {
    parseDuration(text);
    return undefined;
  } catch {
    return `expected ${EXPECTED.duration}`;
  }
}

function typed(spec: ParameterSpec, node: ScalarNode): ScalarNode {
  switch (spec.type) {
    case "int":
    case "number":
    case "bool":
    case "duration":
    case "enum":
      return { ...node, quoted: false };
    case "mac": {
      const bytes = node.text.match(/[0-9A-Fa-f]{2}/g) ?? [];
      return { ...node, text: bytes.join(":").toUpperCase(), quoted: true };
    }
    // As network servers of LoRaWAN write it in topics, which know capital letters from small ones.
    case "eui64":
      return { ...node, text: node.text.replace(/[:-]/g, "").toLowerCase(), quoted: true };
    case "string":
    case "secret":
    case "topic":
      return { ...node, quoted: true };
  }
}
