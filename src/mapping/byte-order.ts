/** `order`: where each byte of a number stands on the wire. */
import { type ByteOrder, ConversionError } from "./conversion-types.ts";

/** For each byte of the value, most significant first, its place on the wire. */
export type Places = readonly number[];

interface Swaps {
  readonly words: "big" | "little";
  /** Within each word of two bytes. */
  readonly bytes: "big" | "little";
}

const LETTERS: ReadonlyMap<string, Swaps> = new Map([
  ["ABCD", { words: "big", bytes: "big" }],
  ["CDAB", { words: "little", bytes: "big" }],
  ["BADC", { words: "big", bytes: "little" }],
  ["DCBA", { words: "little", bytes: "little" }],
]);

const EIGHT = "ABCDEFGH";

/** The places of a number of so many bytes. `type` names it in the ConversionError where the order does not fit. */
export function placesOf(order: ByteOrder, bytes: number, type: string): Places {
  if (typeof order !== "string") return swapped(order, bytes, type);
  const swaps = LETTERS.get(order);
  if (swaps !== undefined) return swapped(swaps, bytes, type);
  checkEight(order);
  if (bytes !== 8)
    throw new ConversionError("order", `an order of eight letters is for 64 bits; ${type} has ${8 * bytes}`);
  return Array.from(EIGHT, (letter) => order.indexOf(letter));
}

/** Text has no most significant word: of an order it keeps whether the two bytes of each word are swapped. */
export function textPlaces(order: ByteOrder, bytes: number, type: string): Places {
  const swaps = typeof order === "string" ? LETTERS.get(order) : order;
  if (swaps === undefined) checkEight(String(order));
  if (swaps?.bytes === "little" && bytes % 2 === 0) return swapped({ words: "big", bytes: "little" }, bytes, type);
  return Array.from({ length: bytes }, (_, i) => i);
}

/** Throws ConversionError where no number of any length has this order. */
export function checkOrder(order: ByteOrder): void {
  if (typeof order === "string" && !LETTERS.has(order)) checkEight(order);
}

function checkEight(order: string): void {
  if ([...order].sort().join("") === EIGHT) return;
  const known = [...LETTERS.keys()].join(", ");
  throw new ConversionError(
    "order",
    `unknown order "${order}": expected one of ${known}, or eight letters for 64 bits`,
  );
}

function swapped({ words, bytes: within }: Swaps, bytes: number, type: string): Places {
  if (bytes % 2 === 1 && bytes > 1 && words !== within) {
    throw new ConversionError("order", `${type} is not made of whole words: its order is ABCD or DCBA`);
  }
  const last = bytes - 1;
  return Array.from({ length: bytes }, (_, i) => {
    if (bytes % 2 === 1) return words === "little" ? last - i : i;
    const wordFirst = words === "little" ? last - 1 - (i - (i % 2)) : i - (i % 2);
    return wordFirst + (within === "little" ? 1 - (i % 2) : i % 2);
  });
}
