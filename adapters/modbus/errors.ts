/** What can go wrong between us and a Modbus device, as the core knows it. MODBUS Application Protocol V1.1b3 §7. */
import { DeviceError, reasonOf } from "../../src/adapter.ts";
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

/** What the library reports of one exchange, as a DeviceError; `what` names the request. */
export function exchangeError(error: unknown, what: string): DeviceError {
  if (error instanceof DeviceError) return error;
  const code = modbusCode(error);
  if (code !== undefined) return new ModbusException(code, what, { cause: error });
  if (error instanceof Error && error.name === "PortNotOpenError") {
    return new DeviceError("unreachable", `${what}: the connection is closed`, { cause: error });
  }
  const reason = reasonOf(error);
  return new DeviceError("malformed", `${what}: ${reason}`, { cause: error });
}

function modbusCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("modbusCode" in error)) return undefined;
  return typeof error.modbusCode === "number" ? error.modbusCode : undefined;
}
