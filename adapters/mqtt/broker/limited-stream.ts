/** A socket of which no more is read than a limit lets through. */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { PacketLimit } from "./packet-limit.ts";

/**
 * Ends with the socket, and the socket with it. Of a flood one piece is read in each turn of the event loop: the next as soon as
 * the others have had theirs, so that servers and devices are heard, too.
 */
export function limitedStream(socket: Socket, limit: PacketLimit): Duplex {
  let waiting = false;
  const readOn = (): void => {
    if (waiting) return;
    waiting = true;
    setImmediate(() => {
      waiting = false;
      socket.resume();
    });
  };
  const stream = new Duplex({
    read: readOn,
    write: (chunk, _encoding, done) => {
      socket.write(chunk, done);
    },
    // A packet is written in parts: without it each would be sent by itself.
    writev: (chunks, done) => {
      socket.cork();
      for (const [i, { chunk }] of chunks.entries()) socket.write(chunk, i === chunks.length - 1 ? done : undefined);
      socket.uncork();
    },
    final: (done) => {
      socket.end(() => done());
    },
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on("data", (chunk: Buffer) => {
    socket.pause();
    let wanted = true;
    for (const piece of limit.push(chunk)) wanted = stream.push(piece);
    if (wanted) readOn();
  });
  socket.on("end", () => stream.push(null));
  socket.on("close", () => stream.destroy());
  return stream;
}
