/**
 * Modbus requests as data, whatever carries them. MODBUS Application Protocol V1.1b3: §4.3 data model, §6.1-6.6,
 * §6.11-6.12, §6.14-6.17 and §6.21 the functions used here, §7 exception codes.
 */

/** The four tables of the data model (§4.3): two of bits, two of 16-bit registers; two of them read-only. */
export type Table = "input" | "holding" | "coil" | "discrete";

/** Addresses are 0 … 65535, as on the wire. */
export const ADDRESSES = 0x1_0000;
/** The most that one request carries (§6.1, §6.3, §6.11, §6.12): bits read and written, registers read and written. */
export const MAX_READ_BITS = 2000;
export const MAX_WRITE_BITS = 1968;
export const MAX_READ_REGISTERS = 125;
export const MAX_WRITE_REGISTERS = 123;
/** Registers that FC 23 writes (§6.17), and those of one record of a file, read (§6.14) or written (§6.15). */
export const MAX_READ_WRITE_REGISTERS = 121;
export const MAX_READ_RECORD = 121;
export const MAX_WRITE_RECORD = 122;

/** A range of one table: `count` bits or registers from `address` on. */
export interface Span {
  readonly table: Table;
  readonly address: number;
  readonly count: number;
}

export type ReadRequest = { readonly kind: "read" } & Span;

export type WriteRequest = WrittenPlace & {
  /** Any answer without an exception confirms it (quirk loose-echo). */
  readonly echo?: "any";
};

type WrittenPlace =
  | { readonly kind: "writeCoil"; readonly address: number; readonly value: boolean }
  | { readonly kind: "writeCoils"; readonly address: number; readonly values: readonly boolean[] }
  /** `bytes`: the two bytes of one register. */
  | { readonly kind: "writeRegister"; readonly address: number; readonly bytes: Uint8Array }
  /** `bytes`: two for each register, high byte first. */
  | { readonly kind: "writeRegisters"; readonly address: number; readonly bytes: Uint8Array }
  /** The register becomes (old AND `and`) OR (`or` AND NOT `and`). */
  | { readonly kind: "maskRegister"; readonly address: number; readonly and: number; readonly or: number };

/** What changes nothing: it may be repeated. */
export type ReadingRequest = Extract<Request, { readonly kind: "read" | "readFile" | "identify" }>;

/** Writes first, then reads, in one transaction (FC 23); both are holding registers. */
export interface ReadWriteRequest {
  readonly kind: "readWrite";
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly read: { readonly address: number; readonly count: number };
}

/** Registers of an extended memory: files 1 … 65535, records 0 … 9999 (§6.14). */
export type FileRequest =
  | { readonly kind: "readFile"; readonly file: number; readonly record: number; readonly count: number }
  | { readonly kind: "writeFile"; readonly file: number; readonly record: number; readonly bytes: Uint8Array };

/** FC 43/14 (§6.21): a category from this object on, or one object. */
export interface IdentifyRequest {
  readonly kind: "identify";
  readonly access: "basic" | "regular" | "extended" | "individual";
  readonly object: number;
}

/** A request of any function as it goes on the wire: function code and data. */
export interface RawRequest {
  readonly kind: "raw";
  readonly pdu: Uint8Array;
}

export type Request = ReadRequest | WriteRequest | ReadWriteRequest | FileRequest | IdentifyRequest | RawRequest;

export function isBits(table: Table): boolean {
  return table === "coil" || table === "discrete";
}

/** The function code of a request (§5.1). */
export function functionCode(request: Request): number {
  switch (request.kind) {
    case "read":
      return { coil: 1, discrete: 2, holding: 3, input: 4 }[request.table];
    case "writeCoil":
      return 5;
    case "writeRegister":
      return 6;
    case "writeCoils":
      return 15;
    case "writeRegisters":
      return 16;
    case "readFile":
      return 20;
    case "writeFile":
      return 21;
    case "maskRegister":
      return 22;
    case "readWrite":
      return 23;
    case "identify":
      return 43;
    case "raw":
      return request.pdu[0] ?? 0;
  }
}

/** `0x1F`: addresses as they are printed everywhere. */
export function formatAddress(address: number): string {
  return formatHex(address, 1);
}

/** `0x001F`, of so many digits at least. */
export function formatHex(value: number, digits: number): string {
  return `0x${value.toString(16).toUpperCase().padStart(digits, "0")}`;
}

/** `01 0A FF` */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");
}

/** `input[0x0..0x11]` */
export function formatSpan({ table, address, count }: Span): string {
  return `${table}[${formatAddress(address)}..${formatAddress(address + count - 1)}]`;
}

/** A request for the reader of a log or an error: `read input[0x0..0x11] (FC 4)`. */
export function formatRequest(request: Request): string {
  return `${actionOf(request)} (FC ${functionCode(request)}${request.kind === "identify" ? "/14" : ""})`;
}

function actionOf(request: Request): string {
  switch (request.kind) {
    case "read":
      return `read ${formatSpan(request)}`;
    case "writeCoil":
      return `write coil ${formatAddress(request.address)}`;
    case "writeCoils":
      return `write ${formatSpan({ table: "coil", address: request.address, count: request.values.length })}`;
    case "writeRegister":
    case "maskRegister":
      return `write holding ${formatAddress(request.address)}`;
    case "writeRegisters":
      return `write ${formatRegisters(request.address, request.bytes.length / 2)}`;
    case "readWrite": {
      const { read } = request;
      const written = formatRegisters(request.address, request.bytes.length / 2);
      return `write ${written} and read ${formatRegisters(read.address, read.count)}`;
    }
    case "readFile":
      return `read ${formatRecord(request)}, ${request.count} registers`;
    case "writeFile":
      return `write ${formatRecord(request)}, ${request.bytes.length / 2} registers`;
    case "identify":
      return request.access === "individual"
        ? `read identification object ${formatAddress(request.object)}`
        : `read ${request.access} identification from object ${formatAddress(request.object)} on`;
    case "raw":
      return formatRaw(request.pdu);
  }
}

const READ_BY: Readonly<Record<number, Table>> = { 1: "coil", 2: "discrete", 3: "holding", 4: "input" };

/** A read that a tool made up is a read to whoever reads of it. */
function formatRaw(pdu: Uint8Array): string {
  const [code = 0, high = 0, low = 0, countHigh = 0, countLow = 0] = pdu;
  const table = READ_BY[code];
  if (table === undefined || pdu.length !== 5) return `send ${pdu.length} bytes`;
  return `read ${formatSpan({ table, address: (high << 8) | low, count: (countHigh << 8) | countLow })}`;
}

function formatRegisters(address: number, count: number): string {
  return formatSpan({ table: "holding", address, count });
}

/** `file 4 record 7` */
export function formatRecord({ file, record }: Pick<FileRequest, "file" | "record">): string {
  return `file ${file} record ${record}`;
}

/** The exception codes of §7 in words. */
export const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: "illegal function",
  2: "illegal data address",
  3: "illegal data value",
  4: "server device failure",
  5: "acknowledge: busy with a long command",
  6: "server device busy",
  7: "negative acknowledge",
  8: "memory parity error",
  10: "gateway path unavailable",
  11: "gateway target device failed to respond",
};
