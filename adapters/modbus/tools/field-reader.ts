/** Bytes taken one field after the other, each with its meaning, as a person reads a frame. */
import { formatAddress, formatHex, hexOf, type Table } from "../pdu.ts";

/** One field of a frame. */
export interface Field {
  /** Its bytes in hexadecimal: `00 6B`. */
  readonly hex: string;
  readonly name: string;
  readonly meaning: string;
}

export class FieldReader {
  readonly fields: Field[] = [];
  /** What does not agree with the specification: sentences. */
  readonly problems: string[] = [];
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** One byte; 0 where there is none, which is a problem. */
  byte(name: string, meaning: (value: number) => string): number {
    const [value = 0] = this.take(1, name, ([byte = 0]) => meaning(byte));
    return value;
  }

  /** Two bytes, the high one first. */
  word(name: string, meaning: (value: number) => string): number {
    const [high = 0, low = 0] = this.take(2, name, (bytes) => meaning(wordOf(bytes)));
    return (high << 8) | low;
  }

  address(table: Table, name = "address"): number {
    return this.word(name, (address) => addressMeaning(table, address));
  }

  /** So many bytes, or those that are left; too few is a problem. */
  take(length: number, name: string, meaning: (bytes: Uint8Array) => string): Uint8Array {
    const bytes = this.bytes.slice(this.at, this.at + length);
    this.at += bytes.length;
    if (bytes.length < length)
      this.problems.push(`${name}: expected ${counted(length, "byte")}, found ${bytes.length}`);
    if (bytes.length > 0) this.fields.push({ hex: hexOf(bytes), name, meaning: meaning(bytes) });
    return bytes;
  }

  /** Registers, each in a field of its own, numbered from the first that was asked for. */
  registers(count: number): Uint8Array {
    const start = this.at;
    for (let i = 0; i < count && this.left > 0; i++) this.word(`register ${i + 1}`, registerMeaning);
    const found = this.bytes.slice(start, this.at);
    const missing = count - Math.floor(found.length / 2);
    if (missing > 0) this.problems.push(`${counted(missing, "register")} missing at the end`);
    return found;
  }

  /** What is left belongs to nothing. */
  end(): void {
    if (this.left === 0) return;
    this.problems.push(`${counted(this.left, "byte")} too many at the end`);
    this.take(this.left, "surplus", () => "belongs to no field");
  }
}

/** `0x6B = 107; vendors print 40108`: as on the wire, and as in manuals (V1.1b3 §4.4). */
function addressMeaning(table: Table, address: number): string {
  const digit = { coil: "0", discrete: "1", input: "3", holding: "4" }[table];
  const number = address + 1;
  const printed = digit + String(number).padStart(number > 9999 ? 5 : 4, "0");
  return `${formatAddress(address)} = ${address}; vendors print ${printed}`;
}

/** `0x022B = 555`, and the negative number where it could be one. */
export function registerMeaning(value: number): string {
  const negative = value >= 0x8000 ? `, signed ${value - 0x1_0000}` : "";
  return `${formatHex(value, 4)} = ${value}${negative}`;
}

export function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** The byte count; a problem where it is not what is left. */
export function byteCount(reader: FieldReader, name = "byte count"): number {
  const count = reader.byte(name, (value) => counted(value, "byte"));
  if (count !== reader.left) reader.problems.push(`${name}: says ${count}, and ${reader.left} follow`);
  return count;
}

/** Text in quotes where all of it can be printed. */
export function printable(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes);
  return /^[\x20-\x7e]+$/.test(text) ? JSON.stringify(text) : counted(bytes.length, "byte");
}

function wordOf([high = 0, low = 0]: Uint8Array): number {
  return (high << 8) | low;
}
