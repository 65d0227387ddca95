/** RTU frames over TCP, without the MBAP header: boxes that carry the bytes of a serial line and know nothing of Modbus. */
import type { Socket } from "node:net";
import { type HostAndPort, openSocket } from "../wires/tcp-socket.ts";
import { AnswerReader, type EchoSetting } from "./answer-reader.ts";
import { type ByteStream, FramedConnection } from "./framed-connection.ts";
import { FRAMINGS } from "./framing.ts";
import type { Connect } from "./line.ts";

export interface RtuOverTcp extends HostAndPort {
  readonly echo: EchoSetting;
}

export function connectRtuOverTcp(address: RtuOverTcp): Connect {
  const reader = new AnswerReader(FRAMINGS.rtu, address.echo);
  return async (signal, onLost) => {
    const onData = (chunk: Uint8Array): void => connection.receive(chunk);
    const socket = await openSocket(address, { onData, onLost }, signal);
    const connection = new FramedConnection(streamOf(socket), reader);
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
