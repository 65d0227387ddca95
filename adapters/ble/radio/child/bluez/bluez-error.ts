/** What BlueZ answers instead of doing something (its src/error.c and gatt-client.c), as what can be done about it. */
import { DeviceError } from "../../../../../src/adapter.ts";
import { RadioError } from "../../radio-error.ts";
import { DBusError } from "./bus.ts";

const PREFIX = "org.bluez.Error.";
/** The peripheral, or BlueZ for it, refuses. */
const REFUSALS: ReadonlySet<string> = new Set([
  "NotPermitted",
  "NotSupported",
  "InvalidValueLength",
  "InvalidArguments",
  "InvalidOffset",
  // A property that is not there.
  "org.freedesktop.DBus.Error.InvalidArgs",
]);
const WANTS_PAIRING: ReadonlySet<string> = new Set([
  ...["NotAuthorized", "AuthenticationFailed", "AuthenticationCanceled", "AuthenticationRejected"],
  ...["AuthenticationTimeout", "NotPaired"],
]);
/** Texts are all that BlueZ has for these. */
const NOT_PAIRED = "Not paired";
const LIMIT = "le-connection-concurrent-connection-limit";
const ATT_ERROR = /ATT error: 0x([0-9a-f]{2})/;
/** "Unlikely Error", which BlueZ also says of what was under way when the connection ended. */
const UNLIKELY = "0e";

export function bluezError(error: unknown): unknown {
  if (!(error instanceof DBusError)) return error;
  const { type, text } = error;
  const name = type.startsWith(PREFIX) ? type.slice(PREFIX.length) : type;
  const message = `BlueZ: ${text === "" ? name : text}`;
  if (WANTS_PAIRING.has(name) || text === NOT_PAIRED) {
    return new RadioError("pairing", `${message}: pair with it (bluetoothctl pair …)`, { cause: error });
  }
  if (text === LIMIT) return new RadioError("full", "the adapter has no free connection", { cause: error });
  const code = ATT_ERROR.exec(text)?.[1];
  const refused = REFUSALS.has(name) || (code !== undefined && code !== UNLIKELY);
  return new DeviceError(refused ? "rejected" : "unreachable", message, { cause: error });
}

/** Whether it says that there is no such object, or that it cannot do that. */
export function isUnknown(error: unknown): boolean {
  return (
    error instanceof DBusError && /^org\.freedesktop\.DBus\.Error\.Unknown(?:Object|Method|Interface)$/.test(error.type)
  );
}
