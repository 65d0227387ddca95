/** A format whose fields lie at fixed places, as a list of them: what reads such a packet also writes one. */
import { DeviceError } from "../../../src/adapter.ts";
import type { Decoded, FieldKind, FieldValue } from "./decoder.ts";
import { type NumberFormat, readNumber, writeNumber } from "./numbers.ts";

/** One field at its place. The bytes that `read` and `write` get are as long as the format says. */
export interface Part {
  readonly name: string;
  readonly kind: FieldKind;
  /** Undefined: the device says that it has no value. */
  read(bytes: Uint8Array): FieldValue | undefined;
  /** Into bytes that were zero. Undefined: the device has no value. */
  write(bytes: Uint8Array, value: FieldValue | undefined): void;
}

export type About = Pick<FieldKind, "about" | "unit">;

export function numberAt(name: string, at: number, format: NumberFormat, about: About): Part {
  return {
    name,
    kind: { type: "number", ...about },
    read: (bytes) => readNumber(format, bytes, at),
    write: (bytes, value) => writeNumber(format, bytes, at, numberOf(value)),
  };
}

/** Bit 0 is the least significant of the byte. */
export function bitAt(name: string, at: number, bit: number, about: string): Part {
  return {
    name,
    kind: { type: "boolean", about },
    read: (bytes) => ((bytes[at] ?? 0) & (1 << bit)) !== 0,
    write: (bytes, value) => {
      if (isTrue(value)) bytes[at] = (bytes[at] ?? 0) | (1 << bit);
    },
  };
}

/** Bytes as digits, the first byte first; `separator` between them. All ones mean that there is no value. */
export function digitsAt(name: string, at: number, length: number, { about, separator = "" }: DigitsAbout): Part {
  return {
    name,
    kind: { type: "text", about },
    read: (bytes) => {
      const digits = bytes.subarray(at, at + length);
      return digits.every((byte) => byte === 0xff) ? undefined : hexOf(digits, separator);
    },
    write: (bytes, value) => bytes.set(digitsOf(value, length) ?? new Uint8Array(length).fill(0xff), at),
  };
}

interface DigitsAbout {
  readonly about: string;
  readonly separator?: string;
}

/** The bytes of an address, or of anything else that is written in hexadecimal digits; undefined: it is none of that length. */
export function digitsOf(value: FieldValue | undefined, length: number): Uint8Array | undefined {
  const digits = typeof value === "string" ? value.replace(/[-:\s]/g, "") : "";
  return new RegExp(`^[0-9a-f]{${2 * length}}$`, "i").test(digits)
    ? Uint8Array.from(Buffer.from(digits, "hex"))
    : undefined;
}

export function hexOf(bytes: Uint8Array, separator = ""): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(separator);
}

export function numberOf(value: FieldValue | undefined): number | undefined {
  if (value === undefined || value instanceof Uint8Array) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

export function isTrue(value: FieldValue | undefined): boolean {
  return value === "true" || numberOf(value) === 1;
}

export const NO_VALUE = "the device says that it has no value";

export interface ReadParts extends Decoded {
  readonly bad: ReadonlyMap<string, string>;
}

export function readParts(parts: readonly Part[], bytes: Uint8Array): ReadParts {
  const fields = new Map<string, FieldValue>();
  const bad = new Map<string, string>();
  for (const part of parts) {
    const value = part.read(bytes);
    if (value === undefined) bad.set(part.name, NO_VALUE);
    else fields.set(part.name, value);
  }
  return { fields, bad };
}

export function writeParts(
  parts: readonly Part[],
  fields: ReadonlyMap<string, FieldValue>,
  length: number,
): Uint8Array {
  const bytes = new Uint8Array(length);
  for (const part of parts) part.write(bytes, fields.get(part.name));
  return bytes;
}

/** Of several layouts, what all of them may have. */
export function kindsOf(...layouts: readonly (readonly Part[])[]): ReadonlyMap<string, FieldKind> {
  return new Map(layouts.flatMap((parts) => parts.map(({ name, kind }) => [name, kind] as const)));
}

/** `what` it is, and how many bytes it must have at least. */
export function needBytes(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length < length) throw malformed(`${what} has ${bytes.length} bytes; ${length} were expected`);
}

export function malformed(message: string, cause?: unknown): DeviceError {
  return new DeviceError("malformed", message, cause === undefined ? {} : { cause });
}
