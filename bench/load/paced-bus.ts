/**
 * Units on a serial line, as a process of their own: RTU over TCP, every byte at its time on a wire of 9600 baud, and 20 ms
 * to think. MODBUS over Serial Line V1.02 §2.5.1.
 */
import { createServer, type Socket } from "node:net";
import { crc16 } from "../../adapters/modbus/checksums.ts";

/** To the benchmark: the port; then, to each "count", what was served since the one before. */
export type PacedBusAnswer = { readonly port: number } | Served;

export interface Served {
  readonly requests: number;
  /** By the registers that each read asked for. */
  readonly reads: Readonly<Record<string, number>>;
}

/** Milliseconds. 8N1: ten bits a character; the silence is that of 11. */
const CHARACTER = 10_000 / 9600;
const SILENCE = (3.5 * 11_000) / 9600;
const THINKING = 20;
/** Of all functions that are asked for here. */
const REQUEST = 8;
const WRITE_COIL = 5;

let requests = 0;
let reads: Record<string, number> = {};

process.on("message", () => {
  tell({ requests, reads });
  requests = 0;
  reads = {};
});

const server = createServer({ noDelay: true }, serve);
server.listen({ host: "127.0.0.1", port: 0 }, () => {
  const address = server.address();
  if (address !== null && typeof address === "object") tell({ port: address.port });
});

function tell(answer: PacedBusAnswer): void {
  process.send?.(answer);
}

function serve(socket: Socket): void {
  let rest = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= REQUEST) {
      answer(rest.subarray(0, REQUEST), socket);
      rest = rest.subarray(REQUEST);
    }
  });
}

function answer(request: Buffer, socket: Socket): void {
  // It has come at once; on the wire its last character would be there only then.
  const begin = performance.now() + REQUEST * CHARACTER + SILENCE + THINKING;
  const bytes = frame(request);
  requests++;
  let sent = 0;
  const send = (): void => {
    const due = Math.min(bytes.length, Math.floor((performance.now() - begin) / CHARACTER));
    if (due > sent) socket.write(bytes.subarray(sent, due));
    sent = Math.max(sent, due);
    if (sent < bytes.length) setTimeout(send, 1);
  };
  setTimeout(send, begin - performance.now());
}

function frame(request: Buffer): Buffer {
  const [unit = 0, code = 0] = request;
  if (code === WRITE_COIL) return Buffer.from(request);
  const count = request.readUInt16BE(4);
  reads[count] = (reads[count] ?? 0) + 1;
  const body = Buffer.from([unit, code, 2 * count, ...new Array<number>(2 * count).fill(0)]);
  const crc = crc16(body);
  return Buffer.concat([body, Buffer.from([crc & 0xff, crc >> 8])]);
}
