/** The stream to a broker: TCP, or TLS over it. RFC 8446, RFC 9325. */
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { DeviceError, SECOND } from "../../../src/adapter.ts";
import { lookupUntil } from "../../wires/host-names.ts";
import type { MqttOptions } from "../options.ts";
import { unreachable } from "./reasons.ts";
import { secureContextOf } from "./tls-files.ts";

/** After so long without a byte the kernel asks whether the broker is still there. */
const KEEP_ALIVE = 30 * SECOND;

/** Connects. Rejects with DeviceError `unreachable`, or with the signal's reason. The socket has a listener of errors, always. */
export async function openSocket({ broker, tls }: MqttOptions, signal: AbortSignal): Promise<Socket> {
  const { secure, host, port } = broker;
  // Read anew for each attempt: certificates are renewed while we run.
  const secureContext = secure ? await secureContextOf(tls) : undefined;
  signal.throwIfAborted();
  const common = {
    ...{ host, port, lookup: lookupUntil(signal) },
    // A request is small, and its answer is waited for: Nagle's algorithm would hold each back until the last is acknowledged.
    ...{ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE },
  };
  const socket = secureContext
    ? connectTls({ ...common, secureContext, ...(tls.serverName === undefined ? {} : { servername: tls.serverName }) })
    : connectTcp(common);
  return new Promise<Socket>((resolve, reject) => {
    const abort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    socket.on("error", (error) => reject(unreachable(error, broker, false)));
    socket.once("close", () => reject(new DeviceError("unreachable", "the connection was closed")));
    socket.once(secure ? "secureConnect" : "connect", () => {
      signal.removeEventListener("abort", abort);
      resolve(socket);
    });
  });
}
