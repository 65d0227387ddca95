/** One request PDU in, one response PDU out. MODBUS Application Protocol V1.1b3 §6.1-6.6, §6.11, §6.12, §6.16, §6.17, §7. */
import { type DataModel, Refusal } from "./data-model.ts";
import { MAX_READ_BITS, MAX_READ_REGISTERS, MAX_WRITE_REGISTERS, type Table } from "./pdu.ts";

const ILLEGAL_FUNCTION = 1;
const ILLEGAL_VALUE = 3;
/** §6.11, §6.17: what fits a request beside the other fields. */
const MAX_WRITE_BITS = 1968;
const MAX_WRITE_REGISTERS_FC23 = 121;

/** Answers any bytes: a request that cannot be served gets an exception. */
export function serve(model: DataModel, pdu: Uint8Array): Uint8Array {
  const code = pdu[0] ?? 0;
  try {
    return Uint8Array.from([code, ...answer(model, code, new Fields(pdu))]);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return Uint8Array.of(code | 0x80, error.code);
  }
}

function answer(model: DataModel, code: number, fields: Fields): Iterable<number> {
  switch (code) {
    case 1:
      return readBits(model, "coil", fields);
    case 2:
      return readBits(model, "discrete", fields);
    case 3:
      return readRegisters(model, "holding", fields);
    case 4:
      return readRegisters(model, "input", fields);
    case 5:
      return writeCoil(model, fields);
    case 6:
      model.writeRegisters(fields.word(1), fields.bytes(3, 2));
      return fields.bytes(1, 4);
    case 15:
      return writeCoils(model, fields);
    case 16:
      return writeRegisters(model, fields);
    case 22:
      return maskRegister(model, fields);
    case 23:
      return readWrite(model, fields);
    default:
      throw new Refusal(ILLEGAL_FUNCTION);
  }
}

function readBits(model: DataModel, table: Table, fields: Fields): number[] {
  const count = fields.count(3, MAX_READ_BITS);
  const bits = model.readBits({ table, address: fields.word(1), count });
  const packed = Array.from({ length: Math.ceil(count / 8) }, () => 0);
  for (const [i, bit] of bits.entries()) if (bit) packed[i >> 3] = (packed[i >> 3] ?? 0) | (1 << (i & 7));
  return [packed.length, ...packed];
}

function readRegisters(model: DataModel, table: Table, fields: Fields): number[] {
  const count = fields.count(3, MAX_READ_REGISTERS);
  return [2 * count, ...model.readRegisters({ table, address: fields.word(1), count })];
}

function writeCoil(model: DataModel, fields: Fields): Uint8Array {
  const value = fields.word(3);
  if (value !== 0xff00 && value !== 0) throw new Refusal(ILLEGAL_VALUE);
  model.writeBits(fields.word(1), [value !== 0]);
  return fields.bytes(1, 4);
}

function writeCoils(model: DataModel, fields: Fields): Uint8Array {
  const count = fields.count(3, MAX_WRITE_BITS);
  const packed = fields.counted(5, Math.ceil(count / 8));
  const values = Array.from({ length: count }, (_, i) => ((packed[i >> 3] ?? 0) & (1 << (i & 7))) !== 0);
  model.writeBits(fields.word(1), values);
  return fields.bytes(1, 4);
}

function writeRegisters(model: DataModel, fields: Fields): Uint8Array {
  const count = fields.count(3, MAX_WRITE_REGISTERS);
  model.writeRegisters(fields.word(1), fields.counted(5, 2 * count));
  return fields.bytes(1, 4);
}

function maskRegister(model: DataModel, fields: Fields): Uint8Array {
  const address = fields.word(1);
  const [high = 0, low = 0] = model.readRegisters({ table: "holding", address, count: 1 });
  const and = fields.word(3);
  const value = (((high << 8) | low) & and) | (fields.word(5) & ~and & 0xffff);
  model.writeRegisters(address, Uint8Array.of(value >> 8, value & 0xff));
  return fields.bytes(1, 6);
}

/** §6.17: the write is done before the read. */
function readWrite(model: DataModel, fields: Fields): number[] {
  const count = fields.count(3, MAX_READ_REGISTERS);
  const bytes = fields.counted(9, 2 * fields.count(7, MAX_WRITE_REGISTERS_FC23));
  model.writeRegisters(fields.word(5), bytes);
  return [2 * count, ...model.readRegisters({ table: "holding", address: fields.word(1), count })];
}

/** The fields of a request; what is not there, or not as long as it says, is an illegal data value (§7). */
class Fields {
  private readonly pdu: Uint8Array;

  constructor(pdu: Uint8Array) {
    this.pdu = pdu;
  }

  word(at: number): number {
    const [high = 0, low = 0] = this.bytes(at, 2);
    return (high << 8) | low;
  }

  /** A quantity: 1 … most. */
  count(at: number, most: number): number {
    const count = this.word(at);
    if (count < 1 || count > most) throw new Refusal(ILLEGAL_VALUE);
    return count;
  }

  bytes(at: number, length: number): Uint8Array {
    if (at + length > this.pdu.length) throw new Refusal(ILLEGAL_VALUE);
    return this.pdu.slice(at, at + length);
  }

  /** Data behind its byte count, which must be the length that the quantity needs. */
  counted(at: number, length: number): Uint8Array {
    const [said] = this.bytes(at, 1);
    if (said !== length) throw new Refusal(ILLEGAL_VALUE);
    return this.bytes(at + 1, length);
  }
}
