/** Numbers in registers, as firmware schemes have them. */
import { z } from "zod";

export const NUMBER_TYPES = ["u16", "u32"] as const;
export type NumberType = (typeof NUMBER_TYPES)[number];
/** A is the most significant byte of four; of two bytes the halves of each say which comes first. */
export const BYTE_ORDERS = ["ABCD", "CDAB", "BADC", "DCBA"] as const;
export type ByteOrder = (typeof BYTE_ORDERS)[number];

export const orderSchema = z.enum(BYTE_ORDERS).default("ABCD").describe("Order of its bytes: ABCD, CDAB, BADC or DCBA");

/** How a number is written. */
export interface NumberShape {
  readonly as: NumberType;
  readonly order: ByteOrder;
}

export function registerCount({ as }: Pick<NumberShape, "as">): 1 | 2 {
  return as === "u16" ? 1 : 2;
}

export function numberBytes(value: number, { as, order }: NumberShape): Uint8Array {
  const bytes = new Uint8Array(2 * registerCount({ as }));
  const view = new DataView(bytes.buffer);
  if (as === "u16") view.setUint16(0, value);
  else view.setUint32(0, value);
  return arranged(bytes, order);
}

export function numberOf(bytes: Uint8Array, { as, order }: NumberShape): number {
  const plain = arranged(bytes, order);
  const view = new DataView(plain.buffer, plain.byteOffset, plain.length);
  return as === "u16" ? view.getUint16(0) : view.getUint32(0);
}

/** Each of these orders is its own way back. */
function arranged(bytes: Uint8Array, order: ByteOrder): Uint8Array {
  const swapped = order === "BADC" || order === "DCBA" ? swappedPairs(bytes) : bytes;
  const words = order === "CDAB" || order === "DCBA";
  return words && swapped.length === 4
    ? Uint8Array.of(...swapped.subarray(2, 4), ...swapped.subarray(0, 2))
    : swapped.slice();
}

export function swappedPairs(bytes: Uint8Array): Uint8Array {
  return bytes.map((_, i) => bytes[i ^ 1] ?? 0);
}
