/** How a value reaches a device: which requests, and when it counts as written. MODBUS Application Protocol V1.1b3 §6. */
import { DeviceError, type RawValue } from "../../src/adapter.ts";
import type { Exchange } from "./line.ts";
import { formatAddress, type WriteRequest } from "./pdu.ts";
import type { WriteTarget } from "./points.ts";

/** Writes, with the line for itself. Rejects with DeviceError; TypeError where the value is not the point's kind. */
export async function writeTarget(
  exchange: Exchange,
  target: WriteTarget,
  value: RawValue,
  mask?: Uint8Array,
): Promise<void> {
  if (target.table === "coil") {
    await exchange(coilRequest(target, booleanOf(value)));
    return;
  }
  const bytes = registersOf(value, target.count);
  if (mask === undefined || mask.every((byte) => byte === 0xff)) {
    await exchange(registerRequest(target, bytes));
  } else if (target.mask === "rmw") {
    const old = await exchange({ kind: "read", table: "holding", address: target.address, count: target.count });
    await exchange(registerRequest(target, merge(old, bytes, mask)));
  } else {
    for (const request of maskRequests(target.address, bytes, mask)) await exchange(request);
  }
}

/** Whether what was read back is what was written, as far as the mask says. */
export function isWritten(value: RawValue, back: RawValue, mask?: Uint8Array): boolean {
  if (!(value instanceof Uint8Array) || !(back instanceof Uint8Array)) return value === back;
  return value.every((byte, i) => ((byte ^ (back[i] ?? ~byte)) & (mask?.[i] ?? 0xff)) === 0);
}

export function coilRequest({ address, fc }: Pick<WriteTarget, "address" | "fc">, value: boolean): WriteRequest {
  return fc === 15 ? { kind: "writeCoils", address, values: [value] } : { kind: "writeCoil", address, value };
}

export function registerRequest({ address, fc }: Pick<WriteTarget, "address" | "fc">, bytes: Uint8Array): WriteRequest {
  const single = bytes.length === 2 && fc !== 16;
  return { kind: single ? "writeRegister" : "writeRegisters", address, bytes };
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
export function notTaken(target: WriteTarget, value: RawValue, back: RawValue): DeviceError {
  const where = `${target.table} ${formatAddress(target.address)}`;
  return new DeviceError("rejected", `wrote ${spell(value)} to ${where}, but read ${spell(back)} back`);
}

function spell(value: RawValue): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value);
}
