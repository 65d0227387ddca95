/** `enum`: raw values ⇄ what they mean. */
import { formatObjectLink } from "../lwm2m/formats/value.ts";
import { isObjectLink, type ResourceType, type Value } from "../lwm2m/sample.ts";
import { ConversionError } from "./conversion-types.ts";
import { applyLinear, type Linear } from "./linear.ts";
import { parseValue } from "./lwm2m-type.ts";
import type { RawType } from "./raw-types.ts";
import { parseBoolean, parseNumber } from "./scalars.ts";
import { Bad, describe, isNumeric, refuse, type Stage } from "./stage.ts";

/** What can be looked up: numbers, booleans and text by themselves, links as their text. */
type Key = string | number | bigint | boolean;

export interface EnumOptions {
  readonly raw: RawType;
  readonly type: ResourceType;
  /** Numbers of the enum are in the device's unit. */
  readonly unit: Linear;
  readonly writable: boolean;
}

/** Throws ConversionError where a text is no value of its type, or where a value to be written would have two raw ones. */
export function enumStage(entries: ReadonlyMap<string, string>, options: EnumOptions): Stage {
  if (entries.size === 0) throw new ConversionError("enum", "enum: needs at least one raw value and its meaning");
  const meanings = new Map<Key, Value>();
  const raws = new Map<Key, Value>();
  for (const [rawText, text] of entries) {
    const raw = rawKey(rawText, options.raw);
    const value = meaning(text, options);
    if (meanings.has(raw)) throw new ConversionError("enum", `enum: the raw value ${rawText} stands twice`);
    meanings.set(raw, value);
    if (!raws.has(keyOf(value))) raws.set(keyOf(value), raw);
    else if (options.writable) {
      throw new ConversionError(
        "enum",
        `enum: two raw values mean ${JSON.stringify(text)}: which one is to be written?`,
      );
    }
  }
  return {
    read: (value) =>
      meanings.get(keyOf(value)) ?? new Bad(`${describe(value)} is not in the enum (${listed(entries.keys())})`),
    write: (value) => find(raws, value) ?? refuse(`${describe(value)} is not one of ${listed(entries.values())}`),
  };
}

/** Every value that the enum can give. */
export function enumValues(entries: ReadonlyMap<string, string>, options: EnumOptions): readonly Value[] {
  return [...entries.values()].map((text) => meaning(text, options));
}

/** What a scalar is where only the enum tells: numbers, booleans or text. */
export function enumKind(entries: ReadonlyMap<string, string>): "number" | "bool" | "string" {
  const keys = [...entries.keys()];
  if (keys.every((key) => parseNumber(key) !== undefined)) return "number";
  return keys.every((key) => key === "true" || key === "false") ? "bool" : "string";
}

function rawKey(text: string, raw: RawType): Key {
  const key = raw.kind === "string" ? text : raw.kind === "bool" ? parseBoolean(text) : numberKey(text, raw);
  if (key === undefined) throw new ConversionError("enum", `enum: ${JSON.stringify(text)} is no ${raw.name}`);
  return key;
}

function numberKey(text: string, raw: RawType): Key | undefined {
  if (raw.kind === "bytes") return undefined;
  const number = parseNumber(text);
  return raw.kind === "float" && raw.bytes === 4 && number !== undefined ? Math.fround(Number(number)) : number;
}

function meaning(text: string, { type, unit }: EnumOptions): Value {
  const value = parseValue(text, type, "enum");
  if (!isNumeric(value)) return value;
  return type === "float"
    ? Number(applyLinear(unit, value))
    : parseValue(String(applyLinear(unit, value)), type, "enum");
}

function keyOf(value: Value): Key {
  if (value instanceof Uint8Array) return "";
  return isObjectLink(value) ? formatObjectLink(value) : value;
}

/** A server that wrote a float32 means the number that looks the same as float32. */
function find(raws: ReadonlyMap<Key, Value>, value: Value): Value | undefined {
  const exact = raws.get(keyOf(value));
  if (exact !== undefined || typeof value !== "number") return exact;
  for (const [key, raw] of raws) if (typeof key === "number" && Math.fround(key) === value) return raw;
  return undefined;
}

function listed(words: Iterable<string>): string {
  const all = [...new Set(words)];
  return all.length > 8 ? `${all.slice(0, 8).join(", ")}, …` : all.join(", ");
}
