/** One request PDU in, one response PDU out. MODBUS Application Protocol V1.1b3 §6.1-6.6, §6.11-6.17, §6.21, §7. */
import { DEVICE_IDENTIFICATION, FILE_REFERENCE, packBits } from "./codec.ts";
import { type DataModel, Refusal } from "./data-model.ts";
import { MAX_READ_BITS, MAX_READ_REGISTERS, MAX_READ_WRITE_REGISTERS, MAX_WRITE_REGISTERS, type Table } from "./pdu.ts";

const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
const ILLEGAL_VALUE = 3;
/** §6.11, §6.17: what fits a request beside the other fields. */
const MAX_WRITE_BITS = 1968;
/** §6.14, §6.15: the byte counts of a request and of its answer; one reference takes 7 bytes beside its data. */
const MAX_FILE_BYTES = 0xf5;
const MAX_FILE_WRITE_BYTES = 0xfb;
const REFERENCE_BYTES = 7;

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
      model.writeRegisters("holding", fields.word(1), fields.bytes(3, 2));
      return fields.bytes(1, 4);
    case 15:
      return writeCoils(model, fields);
    case 16:
      return writeRegisters(model, fields);
    case 20:
      return readFile(model, fields);
    case 21:
      return writeFile(model, fields);
    case 22:
      return maskRegister(model, fields);
    case 23:
      return readWrite(model, fields);
    case 43:
      return identify(model, fields);
    default:
      throw new Refusal(ILLEGAL_FUNCTION);
  }
}

function readBits(model: DataModel, table: Table, fields: Fields): number[] {
  const count = fields.count(3, MAX_READ_BITS);
  const bits = model.readBits({ area: table, address: fields.word(1), count });
  const packed = packBits(bits);
  return [packed.length, ...packed];
}

function readRegisters(model: DataModel, table: Table, fields: Fields): number[] {
  const count = fields.count(3, MAX_READ_REGISTERS);
  return [2 * count, ...model.readRegisters({ area: table, address: fields.word(1), count })];
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
  model.writeRegisters("holding", fields.word(1), fields.counted(5, 2 * count));
  return fields.bytes(1, 4);
}

function maskRegister(model: DataModel, fields: Fields): Uint8Array {
  const address = fields.word(1);
  const [high = 0, low = 0] = model.readRegisters({ area: "holding", address, count: 1 });
  const and = fields.word(3);
  const value = (((high << 8) | low) & and) | (fields.word(5) & ~and & 0xffff);
  model.writeRegisters("holding", address, Uint8Array.of(value >> 8, value & 0xff));
  return fields.bytes(1, 6);
}

/** §6.17: the write is done before the read. */
function readWrite(model: DataModel, fields: Fields): number[] {
  const count = fields.count(3, MAX_READ_REGISTERS);
  const bytes = fields.counted(9, 2 * fields.count(7, MAX_READ_WRITE_REGISTERS));
  model.writeRegisters("holding", fields.word(5), bytes);
  return [2 * count, ...model.readRegisters({ area: "holding", address: fields.word(1), count })];
}

/** Some registers of a file, as a request names them. */
interface Reference {
  readonly area: `file ${number}`;
  readonly address: number;
  readonly count: number;
}

function referenceAt(fields: Fields, at: number): Reference {
  if (fields.byte(at) !== FILE_REFERENCE) throw new Refusal(ILLEGAL_ADDRESS);
  return { area: `file ${fields.word(at + 1)}`, address: fields.word(at + 3), count: fields.word(at + 5) };
}

/** §6.14: several references in one request; their data together must fit the answer. */
function readFile(model: DataModel, fields: Fields): number[] {
  const length = fields.byte(1);
  if (length < REFERENCE_BYTES || length > MAX_FILE_BYTES || length % REFERENCE_BYTES !== 0) {
    throw new Refusal(ILLEGAL_VALUE);
  }
  fields.bytes(2, length);
  const data: number[] = [];
  for (let at = 2; at < 2 + length; at += REFERENCE_BYTES) {
    const reference = referenceAt(fields, at);
    if (data.length + 2 + 2 * reference.count > MAX_FILE_BYTES) throw new Refusal(ILLEGAL_VALUE);
    data.push(2 * reference.count + 1, FILE_REFERENCE, ...model.readRegisters(reference));
  }
  return [data.length, ...data];
}

function writeFile(model: DataModel, fields: Fields): Uint8Array {
  const length = fields.byte(1);
  if (length > MAX_FILE_WRITE_BYTES) throw new Refusal(ILLEGAL_VALUE);
  const echo = fields.bytes(1, 1 + length);
  const end = 2 + length;
  let at = 2;
  while (at < end) {
    const { area, address, count } = referenceAt(fields, at);
    const next = at + REFERENCE_BYTES + 2 * count;
    if (count < 1 || next > end) throw new Refusal(ILLEGAL_VALUE);
    model.writeRegisters(area, address, fields.bytes(at + REFERENCE_BYTES, 2 * count));
    at = next;
  }
  return echo;
}

function identify(model: DataModel, fields: Fields): number[] {
  if (fields.byte(1) !== DEVICE_IDENTIFICATION) throw new Refusal(ILLEGAL_FUNCTION);
  const answer = model.identity.answer(fields.byte(2), fields.byte(3));
  if (answer === "no such object") throw new Refusal(ILLEGAL_ADDRESS);
  if (answer === "no such access") throw new Refusal(ILLEGAL_VALUE);
  return [DEVICE_IDENTIFICATION, ...answer];
}

/** The fields of a request; what is not there, or not as long as it says, is an illegal data value (§7). */
class Fields {
  private readonly pdu: Uint8Array;

  constructor(pdu: Uint8Array) {
    this.pdu = pdu;
  }

  byte(at: number): number {
    return this.bytes(at, 1)[0] ?? 0;
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
    if (this.byte(at) !== length) throw new Refusal(ILLEGAL_VALUE);
    return this.bytes(at + 1, length);
  }
}
