/** The registers of a device with SunSpec models, and a way to read them as a line would. */
import type { ReadSpan } from "../../adapters/modbus/block-reader.ts";
import { ModbusException } from "../../adapters/modbus/errors.ts";
import { formatSpan } from "../../adapters/modbus/pdu.ts";

/** Content without ID and length: numbers are registers, a text with its registers takes as many. */
export interface GivenModel {
  readonly id: number;
  readonly content: readonly number[];
}

/** "SunS", the models and the end, as registers. */
export function chainOf(models: readonly GivenModel[]): readonly number[] {
  return [0x5375, 0x6e53, ...models.flatMap(({ id, content }) => [id, content.length, ...content]), 0xffff, 0];
}

/** Model 1 of 66 registers. */
export function common(manufacturer: string, model = "Model", serial = "1234"): GivenModel {
  const content = [text(manufacturer, 16), text(model, 16), text("", 8), text("1.2", 8), text(serial, 16), [1, 0x8000]];
  return { id: 1, content: content.flat() };
}

/** A model of some other kind. */
export function foreign(id: number, length: number): GivenModel {
  return { id, content: Array.from({ length }, (_, i) => i) };
}

/** Model 101–103: all "not implemented" but these, by their offset. */
export function inverter(id: number, values: Readonly<Record<number, number>>): GivenModel {
  return { id, content: Array.from({ length: 50 }, (_, i) => values[i + 2] ?? 0x8000) };
}

export function text(value: string, registers: number): number[] {
  const bytes = Buffer.alloc(2 * registers);
  bytes.write(value);
  return Array.from({ length: registers }, (_, i) => bytes.readUInt16BE(2 * i));
}

export class SunSpecDevice {
  /** What was asked since the last look. */
  asked: string[] = [];
  private registers = new Map<number, number>();

  constructor(base: number, registers: readonly number[]) {
    this.put(base, registers);
  }

  /** From now on these and no others. */
  replace(base: number, registers: readonly number[]): void {
    this.registers = new Map();
    this.put(base, registers);
  }

  put(base: number, registers: readonly number[]): void {
    for (const [i, register] of registers.entries()) this.registers.set(base + i, register);
  }

  readonly readSpan: ReadSpan = async (span) => {
    this.asked.push(formatSpan(span));
    const { address, count } = span;
    const values = Array.from({ length: count }, (_, i) => this.registers.get(address + i));
    if (values.includes(undefined)) throw new ModbusException(2, formatSpan(span));
    return Uint8Array.from(values.flatMap((value = 0) => [value >> 8, value & 0xff]));
  };
}
