/**
 * Values as a person types and reads them, by the resource's type: numbers, text and booleans as JSON has them; bytes
 * "hex:01ff" or "base64:Af8="; times "2026-01-31T12:00:00Z", or seconds since 1970; links "3303:0"; integers beyond 2^53 as text.
 */
import { misfit, parseBase64, tryFit } from "../../lwm2m/formats/value.ts";
import type { Path } from "../../lwm2m/path.ts";
import { isObjectLink, type ResourceType, type Value } from "../../lwm2m/sample.ts";

export type ValueJson = string | number | boolean;

export function toValueJson(value: Value, type: ResourceType | undefined): ValueJson {
  if (value instanceof Uint8Array) return `hex:${Buffer.from(value).toString("hex")}`;
  if (isObjectLink(value)) return `${value.object}:${value.instance}`;
  if (typeof value === "bigint") return String(value);
  if (type === "time" && typeof value === "number") return isoTime(value);
  // JSON has no word for what is no finite number.
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/** The value of this type; text is taken for any of them. Throws Lwm2mError 4.00 with what was expected. */
export function fromValueJson(given: unknown, type: ResourceType, path: Path): Value {
  const scalar =
    typeof given === "string" || typeof given === "number" || typeof given === "boolean" ? given : undefined;
  const value = typeof scalar === "string" ? spelled(scalar.trim(), scalar, type) : scalar;
  const fitted = value === undefined ? undefined : tryFit(value, type);
  if (fitted === undefined) throw misfit(path, type, `${shown(given)}${HINTS[type] ?? ""}`);
  return fitted;
}

const HINTS: Partial<Readonly<Record<ResourceType, string>>> = {
  opaque: '; write bytes as "hex:01ff" or "base64:Af8="',
  time: '; write a time as "2026-01-31T12:00:00Z", or in seconds since 1970',
  boolean: "; write true or false",
};

/** Undefined where the text spells nothing of the kind. */
function spelled(text: string, whole: string, type: ResourceType): Value | undefined {
  switch (type) {
    case "string":
    case "corelnk":
      return whole;
    case "objlnk":
      return text;
    case "boolean":
      return BOOLEANS.get(text.toLowerCase());
    case "opaque":
      return bytes(text);
    case "float":
      return FLOAT.test(text) ? Number(text) : undefined;
    case "integer":
    case "unsigned":
      return INTEGER.test(text) ? BigInt(text.replace("+", "")) : undefined;
    case "time":
      return INTEGER.test(text) ? BigInt(text.replace("+", "")) : secondsOf(text);
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INTEGER = /^[+-]?\d{1,20}$/;
const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:\.0+)?(?:Z|[+-]\d{2}:\d{2}))?$/;

function bytes(text: string): Uint8Array | undefined {
  const [, how, digits = ""] = /^(hex|base64):(.*)$/.exec(text) ?? [];
  if (how === "base64") return parseBase64(digits);
  if (how !== "hex" || !/^(?:[0-9a-fA-F]{2})*$/.test(digits)) return undefined;
  return Uint8Array.from(Buffer.from(digits, "hex"));
}

/** Of a day its beginning in UTC; a time of day has to say in which zone it is. */
function secondsOf(text: string): number | undefined {
  const millis = ISO.test(text) ? Date.parse(text.replace(" ", "T")) : Number.NaN;
  return Number.isNaN(millis) ? undefined : millis / 1000;
}

function isoTime(seconds: number): ValueJson {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? seconds : date.toISOString().replace(".000Z", "Z");
}

function shown(given: unknown): string {
  const text = JSON.stringify(given) ?? "nothing";
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

const LONGEST = 60;
