/**
 * Modbus requests as data, whatever carries them. MODBUS Application Protocol V1.1b3: §4.3 data model, §6.1-6.6 and
 * §6.11-6.12 the functions used here, §6.16 mask write, §7 exception codes.
 */

/** The four tables of the data model (§4.3): two of bits, two of 16-bit registers; two of them read-only. */
export type Table = "input" | "holding" | "coil" | "discrete";

/** Addresses are 0 … 65535, as on the wire. */
export const ADDRESSES = 0x1_0000;
/** The most that one request carries (§6.1, §6.3, §6.11, §6.12): bits read, registers read, registers written. */
export const MAX_READ_BITS = 2000;
export const MAX_READ_REGISTERS = 125;
export const MAX_WRITE_REGISTERS = 123;

/** A range of one table: `count` bits or registers from `address` on. */
export interface Span {
  readonly table: Table;
  readonly address: number;
  readonly count: number;
}

export type ReadRequest = { readonly kind: "read" } & Span;

export type WriteRequest =
  | { readonly kind: "writeCoil"; readonly address: number; readonly value: boolean }
  | { readonly kind: "writeCoils"; readonly address: number; readonly values: readonly boolean[] }
  /** `bytes`: the two bytes of one register. */
  | { readonly kind: "writeRegister"; readonly address: number; readonly bytes: Uint8Array }
  /** `bytes`: two for each register, high byte first. */
  | { readonly kind: "writeRegisters"; readonly address: number; readonly bytes: Uint8Array }
  /** The register becomes (old AND `and`) OR (`or` AND NOT `and`). */
  | { readonly kind: "maskRegister"; readonly address: number; readonly and: number; readonly or: number };

export type Request = ReadRequest | WriteRequest;

export function isBits(table: Table): boolean {
  return table === "coil" || table === "discrete";
}

/** The function code of a request (§5.1). */
function functionCode(request: Request): number {
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
    case "maskRegister":
      return 22;
  }
}

/** `0x1F`: addresses as they are printed everywhere. */
export function formatAddress(address: number): string {
  return `0x${address.toString(16).toUpperCase()}`;
}

/** `input[0x0..0x11]` */
export function formatSpan({ table, address, count }: Span): string {
  return `${table}[${formatAddress(address)}..${formatAddress(address + count - 1)}]`;
}

/** A request for the reader of a log or an error: `read input[0x0..0x11] (FC 4)`. */
export function formatRequest(request: Request): string {
  const code = `(FC ${functionCode(request)})`;
  switch (request.kind) {
    case "read":
      return `read ${formatSpan(request)} ${code}`;
    case "writeCoil":
      return `write coil ${formatAddress(request.address)} ${code}`;
    case "writeCoils":
      return `write ${formatSpan({ table: "coil", address: request.address, count: request.values.length })} ${code}`;
    case "writeRegister":
    case "maskRegister":
      return `write holding ${formatAddress(request.address)} ${code}`;
    case "writeRegisters": {
      const count = request.bytes.length / 2;
      return `write ${formatSpan({ table: "holding", address: request.address, count })} ${code}`;
    }
  }
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
