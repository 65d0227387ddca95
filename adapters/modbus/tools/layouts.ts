/** The fields of each function. MODBUS Application Protocol V1.1b3 §6; the number of the section is that of its function. */
import {
  ADDRESSES,
  formatAddress,
  isBits,
  MAX_READ_BITS,
  MAX_READ_REGISTERS,
  MAX_READ_WRITE_REGISTERS,
  MAX_WRITE_REGISTERS,
  type Table,
} from "../pdu.ts";
import { byteCount, counted, type FieldReader, printable, registerMeaning } from "./field-reader.ts";
import { fileAnswer, fileRequest, fileWrite } from "./file-layouts.ts";
import { meiAnswer, meiRequest } from "./identification-layouts.ts";

/** Reads what stands behind the function code; returns registers, where there are some. */
type Reading = (reader: FieldReader) => Uint8Array | undefined;

export interface Layout {
  readonly title: string;
  readonly request?: Reading;
  readonly response?: Reading;
  /** Instead of both: the answer repeats the request. */
  readonly echo?: Reading;
}

/** §6.11. */
const MAX_WRITE_BITS = 1968;

/** By function code. */
export const LAYOUTS: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [1, { title: "read coils", request: range("coil", MAX_READ_BITS), response: bitsAnswer }],
  [2, { title: "read discrete inputs", request: range("discrete", MAX_READ_BITS), response: bitsAnswer }],
  [3, { title: "read holding registers", request: range("holding", MAX_READ_REGISTERS), response: registersAnswer }],
  [4, { title: "read input registers", request: range("input", MAX_READ_REGISTERS), response: registersAnswer }],
  [5, { title: "write single coil", echo: oneCoil }],
  [6, { title: "write single register", echo: oneRegister }],
  [7, { title: "read exception status", request: nothing, response: statusAnswer }],
  [8, { title: "diagnostics", echo: diagnostics }],
  [11, { title: "get comm event counter", request: nothing, response: eventCounter }],
  [12, { title: "get comm event log", request: nothing, response: byteCounted }],
  [15, { title: "write multiple coils", request: writeCoils, response: range("coil", MAX_WRITE_BITS) }],
  [16, { title: "write multiple registers", request: writeRegisters, response: range("holding", MAX_WRITE_REGISTERS) }],
  [17, { title: "report server ID", request: nothing, response: byteCounted }],
  [20, { title: "read file record", request: fileRequest, response: fileAnswer }],
  [21, { title: "write file record", echo: fileWrite }],
  [22, { title: "mask write register", echo: maskWrite }],
  [23, { title: "read/write multiple registers", request: readWrite, response: registersAnswer }],
  [24, { title: "read FIFO queue", request: fifoRequest, response: fifoAnswer }],
  [43, { title: "encapsulated interface", request: meiRequest, response: meiAnswer }],
]);

function nothing(): undefined {}

function range(table: Table, most: number): Reading {
  return (reader) => {
    const address = reader.address(table);
    quantity(reader, { address, most, what: isBits(table) ? "bit" : "register" });
    return undefined;
  };
}

interface Bounds {
  readonly address: number;
  readonly most: number;
  readonly what: "bit" | "register";
}

function quantity(reader: FieldReader, { address, most, what }: Bounds, name = "quantity"): number {
  const count = reader.word(
    name,
    (value) => `${counted(value, what)}, the last at ${formatAddress(address + Math.max(1, value) - 1)}`,
  );
  if (count < 1 || count > most) reader.problems.push(`${name}: expected 1 to ${most}, found ${count}`);
  else if (address + count > ADDRESSES) reader.problems.push(`${name}: reaches beyond address 0xFFFF`);
  return count;
}

function bitsAnswer(reader: FieldReader): undefined {
  const count = byteCount(reader);
  if (count === 0) reader.problems.push("an answer without bits");
  else reader.take(Math.min(count, reader.left), "bits", bitsMeaning);
}

/** §6.1: the first bit asked for is the least significant of the first byte. */
function bitsMeaning(bytes: Uint8Array): string {
  const on = Array.from({ length: 8 * bytes.length }, (_, i) => i).filter((i) => ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1);
  const others = on.length === 8 * bytes.length ? "" : ", the others off";
  return on.length === 0 ? "all off" : `on: ${on.join(", ")} (the first asked for is 0)${others}`;
}

function registersAnswer(reader: FieldReader): Uint8Array {
  const count = byteCount(reader);
  if (count % 2 === 1 || count === 0) reader.problems.push(`byte count: registers have two bytes each, found ${count}`);
  return reader.registers(Math.floor(count / 2));
}

function oneCoil(reader: FieldReader): undefined {
  reader.address("coil");
  const value = reader.word("value", (word) => (word === 0xff00 ? "on" : word === 0 ? "off" : "neither on nor off"));
  if (value !== 0xff00 && value !== 0) reader.problems.push("value: expected FF 00 (on) or 00 00 (off)");
}

function oneRegister(reader: FieldReader): undefined {
  reader.address("holding");
  reader.word("value", registerMeaning);
}

function statusAnswer(reader: FieldReader): undefined {
  reader.byte(
    "status",
    (value) => `0b${value.toString(2).padStart(8, "0")}: eight exception status outputs, of the vendor's choice`,
  );
}

/** §6.8, the sub-functions that are more than counters. */
const DIAGNOSTICS: Readonly<Record<number, string>> = {
  0: "return query data: the answer repeats it",
  1: "restart communications",
  2: "return diagnostic register",
  4: "force listen only mode",
  10: "clear counters and diagnostic register",
  11: "return bus message count",
  12: "return bus communication error count (CRC)",
  13: "return bus exception error count",
  14: "return server message count",
  15: "return server no response count",
};

function diagnostics(reader: FieldReader): undefined {
  reader.word("sub-function", (value) => `${value}: ${DIAGNOSTICS[value] ?? "another counter, or reserved"}`);
  if (reader.left === 0 || reader.left % 2 === 1) reader.problems.push("data: expected whole words");
  reader.registers(Math.floor(reader.left / 2));
}

function eventCounter(reader: FieldReader): undefined {
  reader.word("status", (value) => (value === 0xffff ? "a command is still being done" : "ready"));
  reader.word("event count", String);
}

/** §6.10, §6.13: what is in it is the vendor's choice. */
function byteCounted(reader: FieldReader): undefined {
  byteCount(reader);
  if (reader.left > 0) reader.take(reader.left, "data", printable);
}

function writeCoils(reader: FieldReader): undefined {
  const address = reader.address("coil");
  const count = quantity(reader, { address, most: MAX_WRITE_BITS, what: "bit" });
  const bytes = byteCount(reader);
  if (bytes !== Math.ceil(count / 8))
    reader.problems.push(`byte count: ${counted(count, "bit")} take ${Math.ceil(count / 8)}`);
  reader.take(Math.min(bytes, reader.left), "values", bitsMeaning);
}

function writeRegisters(reader: FieldReader): Uint8Array {
  const count = quantity(reader, { address: reader.address("holding"), most: MAX_WRITE_REGISTERS, what: "register" });
  return registerValues(reader, count);
}

function registerValues(reader: FieldReader, count: number): Uint8Array {
  const bytes = byteCount(reader);
  if (bytes !== 2 * count) reader.problems.push(`byte count: ${counted(count, "register")} take ${2 * count}`);
  return reader.registers(Math.floor(bytes / 2));
}

function maskWrite(reader: FieldReader): undefined {
  reader.address("holding");
  reader.word("AND mask", (and) => `keeps the bits of 0b${and.toString(2).padStart(16, "0")}`);
  reader.word("OR mask", (or) => `the others become those of 0b${or.toString(2).padStart(16, "0")}`);
}

function readWrite(reader: FieldReader): Uint8Array {
  const read = reader.address("holding", "read address");
  quantity(reader, { address: read, most: MAX_READ_REGISTERS, what: "register" }, "read quantity");
  const write = reader.address("holding", "write address");
  return registerValues(
    reader,
    quantity(reader, { address: write, most: MAX_READ_WRITE_REGISTERS, what: "register" }, "write quantity"),
  );
}

function fifoRequest(reader: FieldReader): undefined {
  reader.address("holding", "FIFO address");
}

/** §6.18: the byte count has two bytes here, and counts the FIFO count too. */
function fifoAnswer(reader: FieldReader): Uint8Array {
  const bytes = reader.word("byte count", (value) => counted(value, "byte"));
  if (bytes !== reader.left) reader.problems.push(`byte count: says ${bytes}, and ${reader.left} follow`);
  const count = reader.word("FIFO count", (value) => counted(value, "register"));
  if (count > 31) reader.problems.push(`FIFO count: expected at most 31, found ${count}`);
  return reader.registers(Math.min(count, MAX_READ_REGISTERS));
}
