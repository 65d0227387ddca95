/** The bytes of a characteristic whose fields follow each other; the counterpart of value-reader.ts. */
import type { FieldValue } from "../decoder.ts";
import { numberOf } from "../parts.ts";
import { FLOAT, SFLOAT, writeMedicalFloat } from "./ieee-11073.ts";

export class ValueWriter {
  private readonly bytes: number[] = [];
  private readonly fields: ReadonlyMap<string, FieldValue>;

  constructor(fields: ReadonlyMap<string, FieldValue>) {
    this.fields = fields;
  }

  has(name: string): boolean {
    return this.fields.has(name);
  }

  number(name: string): number | undefined {
    return numberOf(this.fields.get(name));
  }

  u8(value: number): void {
    this.bytes.push(within(value, 0xff));
  }

  u16(value: number): void {
    const integer = within(value, 0xffff);
    this.bytes.push(integer & 0xff, integer >> 8);
  }

  u32(value: number): void {
    const integer = within(value, 0xffffffff);
    this.bytes.push(integer & 0xff, (integer >>> 8) & 0xff, (integer >>> 16) & 0xff, integer >>> 24);
  }

  float(value: number | undefined): void {
    this.bytes.push(...writeMedicalFloat(FLOAT, value));
  }

  sfloat(value: number | undefined): void {
    this.bytes.push(...writeMedicalFloat(SFLOAT, value));
  }

  /** "2026-05-01T12:30:00"; zeros where it is none. */
  dateTime(name: string): void {
    const [year = 0, ...others] =
      String(this.fields.get(name))
        .match(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/)?.[0]
        .split(/\D/)
        .map(Number) ?? [];
    this.u16(year);
    for (let i = 0; i < 5; i++) this.u8(others[i] ?? 0);
  }

  done(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

function within(value: number, largest: number): number {
  return Math.min(largest, Math.max(0, Math.round(value)));
}
