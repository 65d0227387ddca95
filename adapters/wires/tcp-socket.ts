/** TCP sockets to devices. MODBUS Messaging on TCP/IP Implementation Guide V1.0b §4.2. */
import { connect as connectSocket, type Socket } from "node:net";
import { DeviceError, reasonOf, SECOND } from "../../src/adapter.ts";
import { lookupUntil } from "./host-names.ts";

/** After so long without a byte the kernel asks whether the peer is still there; it gives up 10 s later. */
const KEEP_ALIVE = 10 * SECOND;
/** A socket receives into one buffer; the longest frame has 260 bytes. */
const RECEIVED_AT_ONCE = 2048;

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** Who hears of an open socket. */
export interface SocketListener {
  /** The chunk is valid during the call only. */
  readonly onData: (chunk: Uint8Array) => void;
  /** It is over, whoever ended it. */
  readonly onLost: (error: DeviceError) => void;
}

/** Connects. Rejects with DeviceError `unreachable`, or with the signal's reason. */
export function openSocket(
  { host, port }: HostAndPort,
  { onData, onLost }: SocketListener,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise<Socket>((resolve, reject) => {
    const buffer = Buffer.alloc(RECEIVED_AT_ONCE);
    const callback = (length: number): boolean => {
      onData(buffer.subarray(0, length));
      return true;
    };
    const keepAlive = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE };
    const onread = { buffer, callback };
    const socket = connectSocket({ host, port, lookup: lookupUntil(signal), noDelay: true, ...keepAlive, onread });
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
      watch(socket, onLost);
      resolve(socket);
    });
  });
}

function watch(socket: Socket, onLost: SocketListener["onLost"]): void {
  let reason = new DeviceError("unreachable", "the device closed the connection");
  socket.on("error", (error) => {
    reason = lost(error);
  });
  socket.on("close", () => onLost(reason));
  // The peer closed its half: no answer can come any more.
  socket.on("end", () => socket.destroy());
}

/** A name with several addresses fails with one error that holds the others and has no words of its own. */
function lost(error: Error): DeviceError {
  const causes: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const reasons = causes.map(reasonOf);
  return new DeviceError("unreachable", reasons.join("; "), { cause: error });
}
