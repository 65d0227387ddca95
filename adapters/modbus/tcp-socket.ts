/** TCP sockets to devices. MODBUS Messaging on TCP/IP Implementation Guide V1.0b §4.2. */
import { connect as connectSocket, type Socket } from "node:net";
import { DeviceError, reasonOf, SECOND } from "../../src/adapter.ts";
import { lookupUntil } from "./host-names.ts";

/** After so long without a byte the kernel asks whether the peer is still there; it gives up 10 s later. */
const KEEP_ALIVE = 10 * SECOND;

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** Connects. Rejects with DeviceError `unreachable`, or with the signal's reason. */
export function openSocket({ host, port }: HostAndPort, signal: AbortSignal): Promise<Socket> {
  return new Promise<Socket>((resolve, reject) => {
    const lookup = lookupUntil(signal);
    const keepAlive = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE };
    const socket = connectSocket({ host, port, lookup, noDelay: true, ...keepAlive });
    const abort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    const fail = (error: Error): void => reject(lost(error));
    socket.once("error", fail);
    socket.once("connect", () => {
      signal.removeEventListener("abort", abort);
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

/** A name with several addresses fails with one error that holds the others and has no words of its own. */
export function lost(error: Error): DeviceError {
  const causes: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const reasons = causes.map(reasonOf);
  return new DeviceError("unreachable", reasons.join("; "), { cause: error });
}
