/** Scalars that a protocol spells (JSON values, text of a frame, coils) ⇄ numbers, booleans and text. */
import { integer } from "../lwm2m/formats/value.ts";
import type { Value } from "../lwm2m/sample.ts";
import { isNumeric, refuseKind, type Stage, wrongKind } from "./stage.ts";

/** A number, or a text that spells one in decimal; whole numbers beyond the safe ones stay exact. */
export const numberScalar: Stage = {
  read(value) {
    if (typeof value === "number" || typeof value === "bigint") return value;
    return (typeof value === "string" ? parseNumber(value) : undefined) ?? wrongKind("a number", value);
  },
  write: (value) => (isNumeric(value) ? value : refuseKind("a number", value)),
};

/** true, false, 1, 0, or a text that spells one of them. */
export const booleanScalar: Stage = {
  read: (value) => parseBoolean(value) ?? wrongKind("true or false", value),
  write: (value) => (typeof value === "boolean" ? value : refuseKind("true or false", value)),
};

/** Any scalar as the text that spells it. */
export const textScalar: Stage = {
  read(value) {
    if (typeof value === "string") return value;
    return isNumeric(value) || typeof value === "boolean" ? String(value) : wrongKind("text", value);
  },
  write: (value) => (typeof value === "string" ? value : refuseKind("text", value)),
};

/** Decimal, or 0x and hexadecimal; undefined for any other text. */
export function parseNumber(text: string): number | bigint | undefined {
  const trimmed = text.trim();
  if (/^(?:[-+]?\d+|0x[\da-f]+)$/i.test(trimmed)) return parseWhole(trimmed);
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(trimmed) ? Number(trimmed) : undefined;
}

export function parseBoolean(value: Value): boolean | undefined {
  switch (value) {
    case true:
    case 1:
    case 1n:
    case "1":
    case "true":
      return true;
    case false:
    case 0:
    case 0n:
    case "0":
    case "false":
      return false;
  }
  return undefined;
}

function parseWhole(text: string): number | bigint {
  const small = Number(text);
  if (Number.isSafeInteger(small)) return small + 0;
  return integer(text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text.replace("+", "")));
}
