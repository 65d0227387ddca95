/** What a controller says when something did not work (Core Specification, Vol. 1, Part F). */

import Hci from "@stoprocent/noble/lib/hci-socket/hci.js";
import { DeviceError } from "../../../../../src/adapter.ts";
import { RadioError, type RadioFault } from "../../radio-error.ts";

/** "Connection Timeout, 0x08" */
export function statusText(status: number): string {
  return `${Hci.STATUS_MAPPER[status] ?? "an error of the controller"}, 0x${status.toString(16).padStart(2, "0")}`;
}

const FAULTS: Readonly<Record<number, RadioFault>> = {
  5: "pairing",
  6: "pairing",
  9: "full",
  13: "full",
  61: "pairing",
};
const WORDS = {
  full: "the adapter has no free connection",
  pairing: "the peripheral wants a key that is not known here",
} as const satisfies Record<RadioFault, string>;

/** `what`: what did not work, e.g. "it cannot be connected to". */
export function statusError(status: number, what: string): DeviceError {
  const fault = FAULTS[status];
  if (fault !== undefined) return new RadioError(fault, `${WORDS[fault]} (${statusText(status)})`);
  return new DeviceError("unreachable", `${what} (${statusText(status)})`);
}
