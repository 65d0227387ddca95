/** What bytes of unknown meaning could be: every type and order of the mapping language that fits their number. */
import type { Interpretation } from "../adapter.ts";
import { bytesStage } from "./bytes.ts";
import { findRawType } from "./raw-types.ts";
import { Bad } from "./stage.ts";

/** Registers are words of two bytes: so are the orders. */
const WORD = { kind: "bytes", wordBytes: 2, writable: false } as const;

const ORDERS = ["ABCD", "CDAB", "BADC", "DCBA"] as const;
/** Within one word there is but one swap. */
const ORDERS_OF_A_WORD = ["ABCD", "BADC"] as const;

const TYPES: ReadonlyMap<number, readonly string[]> = new Map([
  [2, ["u16", "s16", "bcd16"]],
  [4, ["u32", "s32", "f32", "bcd32"]],
  [6, ["u48"]],
  [8, ["u64", "s64", "f64"]],
]);

/** The types in the order of the language, each in all its orders; text last. What is no number, BCD or text is left out. */
export function interpretationsOf(bytes: Uint8Array): readonly Interpretation[] {
  if (bytes.length === 0 || bytes.length % 2 !== 0) return [];
  const orders = bytes.length === 2 ? ORDERS_OF_A_WORD : ORDERS;
  const all = [
    ...(TYPES.get(bytes.length) ?? []).flatMap((as) => orders.flatMap((order) => interpreted(bytes, as, order))),
    ...ORDERS_OF_A_WORD.flatMap((order) => interpreted(bytes, "string", order)),
  ];
  return all.map((each) => ({ ...each, plausible: each.plausible && !hasBetter(each, all) }));
}

function interpreted(bytes: Uint8Array, as: string, order: string): readonly Interpretation[] {
  const length = as === "string" ? { length: bytes.length } : {};
  const value = bytesStage(findRawType(as), { shape: WORD, order, ...length }).read(bytes);
  if (value instanceof Bad || value instanceof Uint8Array || typeof value === "object") return [];
  if (typeof value === "string" && !isPrintable(value)) return [];
  return [{ as, order, value, plausible: isPlausible(bytes, as, value) }];
}

function isPrintable(text: string): boolean {
  return text !== "" && !/[\p{Cc}\p{Cn}\p{Co}]/u.test(text);
}

/** What a person would believe: a number of everyday size. A float in the wrong order is hardly ever one. */
function isPlausible(bytes: Uint8Array, as: string, value: Interpretation["value"]): boolean {
  // All zeros are zero whatever they are; all ones are how devices say that they have no value.
  if (bytes.every((byte) => byte === 0) || bytes.every((byte) => byte === 0xff)) return false;
  if (typeof value === "string") return value.length >= 3 && /^[\x20-\x7e]+$/.test(value);
  const size = Math.abs(Number(value));
  if (as.startsWith("f")) return size >= 1e-3 && size < 1e7;
  // Few digits are BCD by accident.
  if (as.startsWith("bcd")) return size >= 10_000;
  // Beyond that an integer is a float of everyday size, or text.
  if (bytes.length > 2) return Number(value) > -1e8 && Number(value) < (bytes.length === 4 ? 1e9 : 1e12);
  return value !== 0x8000 && value !== -0x8000;
}

/** Chance gives most bytes a second meaning: beside one that is common, what is rare does not count. */
function hasBetter({ as, order, value }: Interpretation, all: readonly Interpretation[]): boolean {
  const others = all.filter((other) => other.plausible && !(other.as === as && other.order === order));
  if (as.startsWith("s") && as !== "string" && others.some((other) => other.order === order && other.value === value))
    return true;
  if (/^[us]\d/.test(as) && Math.abs(Number(value)) >= 1e7 && others.some((other) => other.as.startsWith("f")))
    return true;
  if (as.startsWith("bcd") && others.some((other) => other.as.startsWith("f"))) return true;
  if (as.startsWith("f") || order === "ABCD" || order === "CDAB") return false;
  return others.some((other) => other.order === "ABCD" || other.order === "CDAB" || other.as.startsWith("f"));
}
