/** UUIDs of services and characteristics. */

/** The Bluetooth Base UUID (Core Specification, Vol. 3, Part B, 2.5.1), into which short ones are put. */
const BASE = "-0000-1000-8000-00805f9b34fb";
const SHORT = /^(?:0x)?(?:0000)?([0-9a-f]{4})$/i;
const MEDIUM = /^(?:0x)?([0-9a-f]{8})$/i;
const LONG = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/i;

/**
 * One text for one UUID: "2a6e" for those of the Bluetooth SIG, in whatever length they were written; "12345678" for the few of 32
 * bits; else the long form in lower case, with hyphens. Undefined: it is none.
 */
export function normalUuid(text: string): string | undefined {
  const short = SHORT.exec(text)?.[1];
  if (short !== undefined) return short.toLowerCase();
  const medium = MEDIUM.exec(text)?.[1];
  if (medium !== undefined) return medium.toLowerCase();
  const parts = LONG.exec(text);
  if (parts === null) return undefined;
  const long = parts.slice(1).join("-").toLowerCase();
  if (!long.endsWith(BASE)) return long;
  const digits = long.slice(0, 8);
  return digits.startsWith("0000") ? digits.slice(4) : digits;
}
