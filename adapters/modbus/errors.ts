/** What can go wrong between us and a Modbus device, as the core knows it. MODBUS Application Protocol V1.1b3 §7. */
import { DeviceError } from "../../src/adapter.ts";
import { EXCEPTIONS } from "./pdu.ts";

/** The device, or a gateway before it, answered with an exception. */
export class ModbusException extends DeviceError {
  readonly code: number;

  constructor(code: number, what: string, options?: ErrorOptions) {
    // §7: 0A and 0B are a gateway's words for "the device behind me does not answer".
    super(
      code === 0x0a || code === 0x0b ? "unreachable" : "rejected",
      `${what}: exception ${code} (${EXCEPTIONS[code] ?? "unknown code"})`,
      options,
    );
    this.name = "ModbusException";
    this.code = code;
  }

  /** Whether the device says that a part of the requested range does not exist: a smaller request may do. */
  get concernsRange(): boolean {
    return this.code === 2 || this.code === 3;
  }
}

/** The failure of a request that `what` describes: a transport and the codec say what is wrong, and not of what. */
export function failureOf(error: DeviceError, what: string): DeviceError {
  if (error instanceof ModbusException) return new ModbusException(error.code, what, { cause: error });
  if (error.kind !== "malformed") return error;
  return new DeviceError("malformed", `${what}: ${error.message}`, { cause: error });
}
