/** How a value reaches a device: which requests, and when it counts as written. MODBUS Application Protocol V1.1b3 §6. */
import { DeviceError, type RawValue } from "../../src/adapter.ts";
import type { FilePoint, FileWrite } from "./file-points.ts";
import type { Exchange } from "./line.ts";
import { formatAddress, formatRecord, type Request, type WriteRequest } from "./pdu.ts";
import { isRegisterPoint, type ModbusPoint, type RegisterPoint, type WriteTarget } from "./points.ts";

/** A point with a place to write it to. */
export type WritablePoint =
  | (RegisterPoint & { readonly write: WriteTarget })
  | (FilePoint & { readonly write: FileWrite });

export function isWritable(point: ModbusPoint | undefined): point is WritablePoint {
  return point !== undefined && "write" in point && point.write !== undefined;
}

/**
 * Writes, with the line for itself. Resolves with what the point holds now where the request told (FC 23). Rejects with
 * DeviceError; TypeError where the value is not the point's kind.
 */
export async function writePoint(
  exchange: Exchange,
  point: WritablePoint,
  value: RawValue,
  mask?: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (isRegisterPoint(point)) return writeTarget(exchange, point.write, value, mask);
  const { file, record, count } = point;
  let bytes = registersOf(value, count);
  if (mask !== undefined) bytes = merge(await exchange({ kind: "readFile", file, record, count }), bytes, mask);
  await exchange({ kind: "writeFile", file, record, bytes });
  return undefined;
}

async function writeTarget(
  exchange: Exchange,
  target: WriteTarget,
  value: RawValue,
  mask?: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (target.table === "coil") {
    await exchange(coilRequest(target, booleanOf(value)));
    return undefined;
  }
  const bytes = registersOf(value, target.count);
  if (mask === undefined || mask.every((byte) => byte === 0xff)) return writeRegisters(exchange, target, bytes);
  if (target.mask === "rmw") {
    const old = await exchange({ kind: "read", table: "holding", address: target.address, count: target.count });
    return writeRegisters(exchange, target, merge(old, bytes, mask));
  }
  for (const request of maskRequests(target.address, bytes, mask)) await exchange(request);
  return undefined;
}

async function writeRegisters(
  exchange: Exchange,
  target: WriteTarget,
  bytes: Uint8Array,
): Promise<Uint8Array | undefined> {
  const { address, count, fc, source } = target;
  if (fc !== 23) {
    for (const request of registerRequests({ address, fc }, bytes)) await exchange(request);
    return undefined;
  }
  const read = { address: source ?? address, count };
  const back = await exchange({ kind: "readWrite", address, bytes, read });
  return source === undefined ? undefined : back;
}

/** Whether what was read back is what was written, as far as the mask says. */
export function isWritten(value: RawValue, back: RawValue, mask?: Uint8Array): boolean {
  if (!(value instanceof Uint8Array) || !(back instanceof Uint8Array)) return value === back;
  return value.every((byte, i) => ((byte ^ (back[i] ?? ~byte)) & (mask?.[i] ?? 0xff)) === 0);
}

function coilRequest({ address, fc }: Pick<WriteTarget, "address" | "fc">, value: boolean): WriteRequest {
  return fc === 15 ? { kind: "writeCoils", address, values: [value] } : { kind: "writeCoil", address, value };
}

/** One request; one for each coil where the device knows FC 5 only. */
export function coilRequests(
  target: Pick<WriteTarget, "address" | "fc">,
  value: boolean | readonly boolean[],
): WriteRequest[] {
  const values = typeof value === "boolean" ? [value] : value;
  const { address, fc } = target;
  if (values.length > 1 && fc !== 5) return [{ kind: "writeCoils", address, values }];
  return values.map((one, i) => coilRequest({ address: address + i, fc }, one));
}

/** One request; one for each register where the device knows FC 6 only. */
export function registerRequests(
  { address, fc }: Pick<WriteTarget, "address" | "fc">,
  bytes: Uint8Array,
): WriteRequest[] {
  const single = bytes.length === 2 && fc !== 16;
  if (!single && fc !== 6) return [{ kind: "writeRegisters", address, bytes }];
  return Array.from({ length: bytes.length / 2 }, (_, i) => ({
    kind: "writeRegister",
    address: address + i,
    bytes: bytes.slice(2 * i, 2 * i + 2),
  }));
}

/** The same request to a device with the quirk loose-echo. */
export function withAnyEcho(request: Request): Request {
  switch (request.kind) {
    case "writeCoil":
    case "writeCoils":
    case "writeRegister":
    case "writeRegisters":
    case "maskRegister":
      return { ...request, echo: "any" };
    case "read":
    case "readWrite":
    case "readFile":
    case "writeFile":
    case "identify":
    case "raw":
      return request;
  }
}

/** FC 22 for each register of which some bits change (§6.16). */
function maskRequests(address: number, bytes: Uint8Array, mask: Uint8Array): WriteRequest[] {
  const values = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const masks = new DataView(mask.buffer, mask.byteOffset, mask.length);
  const requests: WriteRequest[] = [];
  for (let i = 0; i < bytes.length; i += 2) {
    const bits = masks.getUint16(i);
    if (bits === 0) continue;
    const and = ~bits & 0xffff;
    requests.push({ kind: "maskRegister", address: address + i / 2, and, or: values.getUint16(i) & bits });
  }
  return requests;
}

function merge(old: Uint8Array, bytes: Uint8Array, mask: Uint8Array): Uint8Array {
  return old.map((byte, i) => (byte & ~(mask[i] ?? 0)) | ((bytes[i] ?? 0) & (mask[i] ?? 0)));
}

function booleanOf(value: RawValue): boolean {
  if (typeof value !== "boolean") throw new TypeError(`a coil takes a boolean, not ${typeof value}`);
  return value;
}

function registersOf(value: RawValue, count: number): Uint8Array {
  if (value instanceof Uint8Array && value.length === 2 * count) return value;
  const what = value instanceof Uint8Array ? `${value.length} bytes` : typeof value;
  throw new TypeError(`${count} registers take ${2 * count} bytes, not ${what}`);
}

/** A write that did not take: for the person who looks for the reason. */
export function notTaken(point: WritablePoint, value: RawValue, back: RawValue): DeviceError {
  const where = isRegisterPoint(point)
    ? `${point.write.table} ${formatAddress(point.write.address)}`
    : formatRecord(point);
  return new DeviceError("rejected", `wrote ${spell(value)} to ${where}, but read ${spell(back)} back`);
}

function spell(value: RawValue): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value);
}
