/** What several places of a mapping spell alike: UUIDs, addresses, bytes in hexadecimal. */
import { z } from "zod";
import { nearestNames } from "../../src/adapter.ts";
import { normalUuid } from "./radio/uuid.ts";

/** Tells the user what is wrong, at a path of keys below what is read. */
export type Complain = (path: readonly PropertyKey[], message: string) => void;

/** Where the schema decides of what type a scalar is nobody sees these; in a step nobody does. */
const uuidText = z.string('a UUID of digits alone stands in quotes, "2900"');
const hexText = z.string('bytes stand in quotes, "01 a0"');

/** 16, 32 or 128 bits: `2A19`, `0x2A19`, `0000fff1-0000-1000-8000-00805f9b34fb`; as `normalUuid` makes it. */
export const uuidSchema = uuidText.transform((text, context) => {
  const uuid = normalUuid(text.trim());
  if (uuid !== undefined) return uuid;
  const message = `"${text}" is no UUID; expected e.g. 2A19, or 4fafc201-1fb5-459e-8fcc-c5c9c331914b`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

const ADDRESS = /^[\da-f]{2}([:-]?)(?:[\da-f]{2}\1){4}[\da-f]{2}$/i;

/** `A4:C1:38:8F:19:E9`, in any case, with hyphens or without: as `Advertisement` has it, "a4:c1:38:8f:19:e9". */
export const addressSchema = z.string().transform((text, context) => {
  if (ADDRESS.test(text)) return (text.match(/[\da-f]{2}/gi) ?? []).join(":").toLowerCase();
  const message = `"${text}" is no address of a Bluetooth device; expected six bytes, e.g. A4:C1:38:8F:19:E9`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

/** Bytes, at least one: `01 a0`. */
export const hexSchema = hexText.transform((text, context) => {
  const bytes = bytesOfHex(text);
  if (bytes !== undefined && bytes.length > 0) return bytes;
  context.addIssue({ code: "custom", message: noHex(text) });
  return z.NEVER;
});

/** Undefined: they are none. */
export function bytesOfHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/\s/g, "");
  return /^(?:[\da-f]{2})*$/i.test(digits) ? Uint8Array.from(Buffer.from(digits, "hex")) : undefined;
}

export function noHex(text: string): string {
  return `"${text}" are no bytes in hexadecimal; expected e.g. 01 a0`;
}

/** What is meant as it is written: `1`, `true`, a UUID. */
const word = z.union([z.string().min(1), z.number(), z.bigint(), z.boolean()]).transform(String);

/** One word, or several of which each will do. */
export const wordsSchema = z
  .union([word, z.array(word).min(1).max(64)])
  .transform((given): readonly string[] => (typeof given === "string" ? [given] : given));

/** For the user: there is nothing of that name. `where`: "bthome", "the characteristic 2a1c". */
export function unknownName(what: string, name: string, where: string, known: Iterable<string>): string {
  const names = [...known];
  const [near] = nearestNames(name, names);
  const have = near === undefined ? `have: ${names.join(", ")}` : `did you mean "${near}"?`;
  return `${where} has no ${what} "${name}" (${have})`;
}
