/** RTU frames over TCP, without the MBAP header: boxes that carry the bytes of a serial line and know nothing of Modbus. */
import type { Socket } from "node:net";
import { DeviceError } from "../../src/adapter.ts";
import { AnswerReader, type EchoSetting } from "./answer-reader.ts";
import { type ByteStream, FramedConnection } from "./framed-connection.ts";
import { FRAMINGS } from "./framing.ts";
import type { Connect } from "./line.ts";
import { type HostAndPort, lost, openSocket } from "./tcp-socket.ts";

export interface RtuOverTcp extends HostAndPort {
  readonly echo: EchoSetting;
}

export function connectRtuOverTcp({ host, port, echo }: RtuOverTcp): Connect {
  const reader = new AnswerReader(FRAMINGS.rtu, echo);
  return async (signal, onLost) => {
    const socket = await openSocket({ host, port }, signal);
    const connection = new FramedConnection(streamOf(socket), reader);
    let reason = new DeviceError("unreachable", "the device closed the connection");
    socket.on("error", (error) => {
      reason = lost(error);
    });
    socket.on("data", (chunk) => connection.receive(chunk));
    // The peer closed its half: no answer can come any more.
    socket.on("end", () => socket.destroy());
    socket.on("close", () => onLost(reason));
    return connection;
  };
}

function streamOf(socket: Socket): ByteStream {
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error === null || error === undefined ? resolve() : reject(error)));
      }),
    // What has arrived is delivered in this turn of the event loop; the reader drops it.
    flush: () => new Promise((resolve) => setImmediate(resolve)),
    peer: socket.remoteAddress,
    destroy: () => socket.destroy(),
  };
}
