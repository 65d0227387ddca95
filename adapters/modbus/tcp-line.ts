/** Modbus TCP as a transport of a line. MODBUS Messaging on TCP/IP Implementation Guide V1.0b §4.2, §4.3. */
import type { Socket } from "node:net";
import modbusSerial from "modbus-serial";
import { DeviceError } from "../../src/adapter.ts";
import { exchangeOver } from "./codec.ts";
import type { Connect, Connection } from "./line.ts";
import { FrameReader } from "./mbap.ts";
import { exchange, isLibraryRequest } from "./serial-client.ts";
import { type HostAndPort, lost, openSocket } from "./tcp-socket.ts";
import { Transactions } from "./transactions.ts";

/**
 * Connects to a Modbus TCP server. The socket is ours, since the library tells nobody of a connection that the peer
 * reset, nor that its stream is out of step.
 */
export function connectTcp({ host, port }: HostAndPort): Connect {
  return async (signal, onLost) => {
    const socket = await openSocket({ host, port }, signal);
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
      peer: socket.remoteAddress,
      destroy: () => socket.destroy(),
    } satisfies Connection;
  };
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
