/**
 * A request as PDU, and what its response PDU says, whatever carries them. MODBUS Application Protocol V1.1b3 §6. What a
 * device makes of a request is serve.ts.
 */
import { DeviceError } from "../../src/adapter.ts";
import { ModbusException } from "./errors.ts";
import { functionCode, type IdentifyRequest, isBits, type Request, type WriteRequest } from "./pdu.ts";

const NOTHING = new Uint8Array(0);
/** The only reference type of §6.14, and the type of the encapsulated interface of §6.21. */
export const FILE_REFERENCE = 6;
export const DEVICE_IDENTIFICATION = 14;
const ACCESS: Readonly<Record<IdentifyRequest["access"], number>> = {
  basic: 1,
  regular: 2,
  extended: 3,
  individual: 4,
};

/** Function code and data. */
export function encodeRequest(request: Request): Uint8Array {
  const code = functionCode(request);
  switch (request.kind) {
    case "read":
      return Uint8Array.of(code, ...word(request.address), ...word(request.count));
    case "readWrite": {
      const { read, bytes } = request;
      const written = [...word(request.address), ...word(bytes.length / 2), bytes.length, ...bytes];
      return Uint8Array.of(code, ...word(read.address), ...word(read.count), ...written);
    }
    case "readFile":
      return Uint8Array.of(
        code,
        7,
        FILE_REFERENCE,
        ...word(request.file),
        ...word(request.record),
        ...word(request.count),
      );
    case "writeFile": {
      const { file, record, bytes } = request;
      const head = [FILE_REFERENCE, ...word(file), ...word(record), ...word(bytes.length / 2)];
      return Uint8Array.of(code, head.length + bytes.length, ...head, ...bytes);
    }
    case "identify":
      return Uint8Array.of(code, DEVICE_IDENTIFICATION, ACCESS[request.access], request.object);
    case "raw":
      return request.pdu;
    case "writeCoil":
    case "writeCoils":
    case "writeRegister":
    case "writeRegisters":
    case "maskRegister":
      return Uint8Array.of(code, ...word(request.address), ...writtenBy(request));
  }
}

/** What stands behind the address. */
function writtenBy(request: WriteRequest): number[] {
  switch (request.kind) {
    case "writeCoil":
      return request.value ? [0xff, 0] : [0, 0];
    case "writeCoils": {
      const packed = packBits(request.values);
      return [...word(request.values.length), packed.length, ...packed];
    }
    case "writeRegister":
      return [...request.bytes];
    case "writeRegisters":
      return [...word(request.bytes.length / 2), request.bytes.length, ...request.bytes];
    case "maskRegister":
      return [...word(request.and), ...word(request.or)];
  }
}

/** A response PDU that belongs to a request of this function (§4.1, §7). Throws ModbusException; DeviceError `malformed`. */
export function responseTo(code: number, pdu: Uint8Array): Uint8Array {
  const [answered, exception] = pdu;
  if (answered === code) return pdu;
  if (answered === (code | 0x80) && pdu.length === 2 && exception !== undefined) {
    throw new ModbusException(exception, `FC ${code}`);
  }
  throw new DeviceError("malformed", `the answer is of function ${answered ?? "none"}`);
}

/** Bytes of the response PDU; undefined: only the answer itself tells. An exception has 2. */
export function responseLength(request: Request): number | undefined {
  switch (request.kind) {
    case "read":
      return 2 + dataLength(request.table, request.count);
    case "writeCoil":
    case "writeCoils":
    case "writeRegister":
    case "writeRegisters":
      return 5;
    case "maskRegister":
      return 7;
    case "readWrite":
      return 2 + 2 * request.read.count;
    case "readFile":
      return 4 + 2 * request.count;
    case "writeFile":
      return 9 + request.bytes.length;
    case "identify":
    case "raw":
      return undefined;
  }
}

/**
 * The data of a read; nothing for a write, whose echo is checked; behind the interface type for an identification; the
 * response itself for a raw request. `response` is of the request's function. Throws DeviceError `malformed`.
 */
export function decodeResponse(request: Request, response: Uint8Array): Uint8Array {
  const wrong = (reason: string): DeviceError => new DeviceError("malformed", reason);
  switch (request.kind) {
    case "read":
    case "readWrite":
    case "readFile": {
      const head = headOf(request);
      const expected = responseLength(request) ?? 0;
      if (response.length !== expected) throw wrong(`expected ${expected} bytes, got ${response.length}`);
      if (!startsWith(response, head)) throw wrong("the byte count within the answer is not that of its data");
      return response.slice(head.length);
    }
    case "identify":
      if (response[1] !== DEVICE_IDENTIFICATION) throw wrong("the answer is no device identification");
      return response.slice(2);
    case "raw":
      return response;
    case "writeCoil":
    case "writeCoils":
    case "writeRegister":
    case "writeRegisters":
    case "maskRegister":
    case "writeFile": {
      if (request.kind !== "writeFile" && request.echo === "any") return NOTHING;
      // All of a single write or a record; of several registers or coils their address and number.
      const echo = encodeRequest(request).slice(0, responseLength(request));
      if (response.length !== echo.length || !startsWith(response, echo)) {
        throw wrong("the echo differs from the request");
      }
      return NOTHING;
    }
  }
}

/** The bytes before the data, all of which are known. */
function headOf(request: Extract<Request, { kind: "read" | "readWrite" | "readFile" }>): number[] {
  const code = functionCode(request);
  switch (request.kind) {
    case "read":
      return [code, dataLength(request.table, request.count)];
    case "readWrite":
      return [code, 2 * request.read.count];
    case "readFile":
      return [code, 2 * request.count + 2, 2 * request.count + 1, FILE_REFERENCE];
  }
}

function dataLength(table: Parameters<typeof isBits>[0], count: number): number {
  return isBits(table) ? Math.ceil(count / 8) : 2 * count;
}

function startsWith(bytes: Uint8Array, head: ArrayLike<number>): boolean {
  return Array.from(head).every((byte, i) => bytes[i] === byte);
}

/** The first is the least significant of the first byte (§6.1). */
export function packBits(bits: readonly boolean[]): Uint8Array {
  const packed = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [i, bit] of bits.entries()) if (bit) packed[i >> 3] = (packed[i >> 3] ?? 0) | (1 << (i & 7));
  return packed;
}

function word(value: number): [number, number] {
  return [(value >> 8) & 0xff, value & 0xff];
}
