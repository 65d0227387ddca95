/** Modbus TCP as a transport of a line. MODBUS Messaging on TCP/IP Implementation Guide V1.0b §4.2, §4.3. */
import { connect as connectSocket, type Socket } from "node:net";
import modbusSerial from "modbus-serial";
import { DeviceError, reasonOf, SECOND } from "../../src/adapter.ts";
import { exchangeOver } from "./codec.ts";
import { lookupUntil } from "./host-names.ts";
import type { Connect, Connection } from "./line.ts";
import { FrameReader } from "./mbap.ts";
import { exchange, isLibraryRequest } from "./serial-client.ts";
import { Transactions } from "./transactions.ts";

/** After so long without a byte the kernel asks whether the peer is still there; it gives up 10 s later. */
const KEEP_ALIVE = 10 * SECOND;

/**
 * Connects to a Modbus TCP server. The socket is ours, since the library tells nobody of a connection that the peer
 * reset, nor that its stream is out of step.
 */
export function connectTcp({ host, port }: { readonly host: string; readonly port: number }): Connect {
  return async (signal, onLost) => {
    const socket = await openSocket(host, port, signal);
    const client = new modbusSerial.default();
    // What goes wrong on the socket is heard there.
    client.on("error", () => {});
    // A callback is called at once for a socket that is open; there is nothing to wait for.
    client.linkTCP(socket, { port }, () => {});
    const transactions = new Transactions((frame) => void socket.write(frame));
    watch(socket, onLost, transactions);
    const transact: Connection["transact"] = (unit, pdu) => transactions.transact(unit, pdu);
    return {
      exchange: (unit, request) =>
        isLibraryRequest(request) ? exchange(client, unit, request) : exchangeOver(transact, unit, request),
      transact,
      destroy: () => socket.destroy(),
    } satisfies Connection;
  };
}

function openSocket(host: string, port: number, signal: AbortSignal): Promise<Socket> {
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

function watch(socket: Socket, onLost: (error: DeviceError) => void, transactions: Transactions): void {
  const reader = new FrameReader();
  let reason = new DeviceError("unreachable", "the device closed the connection");
  socket.on("error", (error) => {
    reason = lost(error);
  });
  socket.on("close", () => onLost(reason));
  // Out of step the library would wait for up to 64 KiB of answers.
  socket.on("data", (chunk) => {
    const frames = reader.push(chunk);
    for (const frame of frames ?? []) transactions.receive(frame);
    if (frames !== undefined) return;
    socket.destroy();
    onLost(new DeviceError("malformed", "the device sent bytes that are no Modbus TCP frame"));
  });
  // The peer closed its half: no answer can come any more.
  socket.on("end", () => socket.destroy());
}

/** A name with several addresses fails with one error that holds the others and has no words of its own. */
function lost(error: Error): DeviceError {
  const causes: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const reasons = causes.map(reasonOf);
  return new DeviceError("unreachable", reasons.join("; "), { cause: error });
}
