/** Requests through modbus-serial, whatever port is below it, and its answers checked. MODBUS Application Protocol V1.1b3 §6. */
import type { ModbusRTU } from "modbus-serial/ModbusRTU.js";
import { DeviceError } from "../../src/adapter.ts";
import { exchangeError } from "./errors.ts";
import { formatRequest, isBits, type ReadRequest, type Request, type WriteRequest } from "./pdu.ts";

const NOTHING = new Uint8Array(0);

/** What the library knows how to ask (FC 1-6, 15, 16, 22). The rest is codec.ts. */
export type LibraryRequest = ReadRequest | WriteRequest;

export function isLibraryRequest(request: Request): request is LibraryRequest {
  switch (request.kind) {
    case "read":
      return true;
    case "writeCoil":
    case "writeCoils":
    case "writeRegister":
    case "writeRegisters":
    case "maskRegister":
      return request.echo === undefined;
    case "readWrite":
    case "readFile":
    case "writeFile":
    case "identify":
    case "raw":
      return false;
  }
}

/** The data of a read; nothing for a write. Rejects with DeviceError; never settles where no answer comes. */
export async function exchange(client: ModbusRTU, unit: number, request: LibraryRequest): Promise<Uint8Array> {
  const what = `unit ${unit}: ${formatRequest(request)}`;
  try {
    if (request.kind === "read") return dataOf(await read(client, unit, request), request, what);
    if (!(await write(client, unit, request))) throw wrong(what, "the echo differs from the request");
    return NOTHING;
  } catch (error) {
    throw exchangeError(error, what);
  }
}

type Done<T> = (error: Error | null | undefined, answer: T) => void;

/** The callback functions take the unit with each call; the promise ones share one unit among all. */
function call<T>(start: (done: Done<T>) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    start((error, answer) => (error === null || error === undefined ? resolve(answer) : reject(error)));
  });
}

async function read(client: ModbusRTU, unit: number, { table, address, count }: ReadRequest): Promise<Uint8Array> {
  switch (table) {
    case "coil":
      return (await call((done: Done<Data>) => client.writeFC1(unit, address, count, done))).buffer;
    case "discrete":
      return (await call((done: Done<Data>) => client.writeFC2(unit, address, count, done))).buffer;
    case "holding":
      return (await call((done: Done<Data>) => client.writeFC3(unit, address, count, done))).buffer;
    case "input":
      return (await call((done: Done<Data>) => client.writeFC4(unit, address, count, done))).buffer;
  }
}

interface Data {
  readonly buffer: Uint8Array;
}

/** The library checks the length of the whole answer, not the byte count within it (§6.1, §6.3). */
function dataOf(data: Uint8Array, { table, count }: ReadRequest, what: string): Uint8Array {
  const expected = isBits(table) ? Math.ceil(count / 8) : 2 * count;
  if (data.length !== expected) throw wrong(what, `expected ${expected} bytes, got ${data.length}`);
  return Uint8Array.from(data);
}

/** Whether the device echoed what was written (§6.5, §6.6, §6.11, §6.12, §6.16). */
async function write(client: ModbusRTU, unit: number, request: WriteRequest): Promise<boolean> {
  const { address } = request;
  switch (request.kind) {
    case "writeCoil": {
      const { value } = request;
      const echo = await call((done: Done<CoilEcho>) => client.writeFC5(unit, address, value, done));
      return echo.address === address && echo.state === value;
    }
    case "writeRegister": {
      const value = registersOf(request.bytes)[0] ?? 0;
      const echo = await call((done: Done<RegisterEcho>) => client.writeFC6(unit, address, value, done));
      return echo.address === address && echo.value === value;
    }
    case "writeCoils": {
      const values = [...request.values];
      const echo = await call((done: Done<RangeEcho>) => client.writeFC15(unit, address, values, done));
      return echo.address === address && echo.length === values.length;
    }
    case "writeRegisters": {
      const values = registersOf(request.bytes);
      const echo = await call((done: Done<RangeEcho>) => client.writeFC16(unit, address, values, done));
      return echo.address === address && echo.length === values.length;
    }
    case "maskRegister": {
      const { and, or } = request;
      const echo = await call((done: Done<MaskEcho>) => client.writeFC22(unit, address, and, or, done));
      return echo.address === address && echo.andMask === and && echo.orMask === or;
    }
  }
}

type CoilEcho = { readonly address: number; readonly state: boolean };
type RegisterEcho = { readonly address: number; readonly value: number };
type RangeEcho = { readonly address: number; readonly length: number };
type MaskEcho = { readonly address: number; readonly andMask: number; readonly orMask: number };

function registersOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 2 }, (_, i) => view.getUint16(2 * i));
}

function wrong(what: string, reason: string): DeviceError {
  return new DeviceError("malformed", `${what}: ${reason}`);
}
