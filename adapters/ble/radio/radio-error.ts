import { DeviceError } from "../../../src/adapter.ts";

/**
 * What is to be done about a failure:
 * - `full`: the controller has no room for another connection (Core Specification, Vol. 1, Part F: error 0x09, or 0x0d);
 * - `pairing`: the peripheral wants to be paired with, or a key that is still known (ATT errors 0x05, 0x08, 0x0c and 0x0f; controller errors
 *   0x05, 0x06 and 0x3d; BlueZ: org.bluez.Error.NotAuthorized, AuthenticationFailed and the like).
 */
export type RadioFault = "full" | "pairing";

/** A failure of which more is known than its kind: whoever has the next turn, or a person, can do something about it. */
export class RadioError extends DeviceError {
  readonly fault: RadioFault;

  constructor(fault: RadioFault, message: string, options?: ErrorOptions) {
    super("rejected", message, options);
    this.name = "RadioError";
    this.fault = fault;
  }
}
