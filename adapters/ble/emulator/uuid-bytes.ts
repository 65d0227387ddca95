/** UUIDs as ATT and advertising data carry them: two bytes, or sixteen, the lowest first. */
import { normalUuid } from "../radio/uuid.ts";

/** What stands around a short UUID (Core Specification 5.4, Vol. 3, Part B, 2.5.1). */
const BASE_END = "00001000800000805f9b34fb";

/** Throws RangeError where the text is no UUID. */
export function uuidBytes(text: string): Uint8Array {
  const normal = normalUuid(text);
  if (normal === undefined) throw new RangeError(`"${text}" is no UUID: expected 4 or 32 hexadecimal digits`);
  const digits = normal.replaceAll("-", "");
  // ATT knows no UUIDs of 32 bits (Vol. 3, Part F, 3.2.1).
  return Uint8Array.from(Buffer.from(digits.length === 8 ? digits + BASE_END : digits, "hex")).reverse();
}

export function isSameUuid(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length === b.length) return a.every((byte, i) => byte === b[i]);
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short.length === 2 && isSameUuid(long, widened(short));
}

function widened(short: Uint8Array): Uint8Array {
  const digits = Buffer.from([0, 0, ...[...short].reverse()]).toString("hex") + BASE_END;
  return Uint8Array.from(Buffer.from(digits, "hex")).reverse();
}
