/** Why a controller cannot be had, and what to do about it: each a sentence for whoever stands at the machine. */
import { access, constants } from "node:fs/promises";
import { constants as systemConstants } from "node:os";
import type { Backend } from "../../../options.ts";

type HciBackendOptions = Exclude<Backend, { readonly kind: "bluez" }>;

/** What the addon says where it cannot bind: strerror(3), and nothing else. */
const BIND_FAULTS: Readonly<Record<string, (adapter: string) => string>> = {
  "Operation not permitted": (adapter) =>
    `${adapter} needs the capabilities NET_ADMIN and NET_RAW, which the gateway does not have; see "Permissions" in docs/ble.md`,
  "Device or resource busy": (adapter) =>
    `${adapter} is in use: it must be down (hciconfig ${adapter} down), and BlueZ must let go of it`,
  "No such device": (adapter) =>
    `there is no adapter ${adapter}: plug it in, or name another (ls /sys/class/bluetooth)`,
};

/** Undefined: nothing is known to be in the way. */
export async function faultBefore(backend: HciBackendOptions): Promise<string | undefined> {
  if (backend.kind === "hci-user") return undefined;
  const { port } = backend;
  try {
    await access(port, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return `there is no port ${port}: plug the adapter in`;
    if (isSystemError(error) && error.code === "EACCES") {
      return `the gateway may not use ${port}: its user must be in the group of that port (usually dialout)`;
    }
    return `${port} cannot be used: ${String(error)}`;
  }
}

/** Of an error of the driver's socket, or of its bind. */
export function faultOf(backend: HciBackendOptions, error: Error): string {
  const name = backend.kind === "hci-user" ? backend.adapter : backend.port;
  if ("errno" in error && error.errno === systemConstants.errno.EAFNOSUPPORT) {
    return "the kernel of this machine has no Bluetooth: load its modules (modprobe bluetooth), or use backend: hci-uart";
  }
  if ("errno" in error && error.errno === systemConstants.errno.EPERM)
    return BIND_FAULTS["Operation not permitted"]?.(name) ?? "";
  return BIND_FAULTS[error.message]?.(name) ?? `${name} cannot be used: ${error.message}`;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error;
}
