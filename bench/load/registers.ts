/** Modbus servers as a process of their own: they answer every read of holding registers, each time with other values. */
import { createServer, type Socket } from "node:net";

/** From the benchmark: how many servers to open; then "count", as often as it likes. To it: their ports; what they served. */
export type RegistersOrder = { readonly servers: number } | "count";
export type RegistersAnswer =
  | { readonly ports: readonly number[] }
  | { readonly registers: number; readonly requests: number };

/** MODBUS Messaging on TCP/IP Implementation Guide V1.0b §3.1.3: transaction, protocol, length, unit; then function, address, count. */
const REQUEST = 12;
const HEADER = 9;
const READ_HOLDING = 3;
/** Every answer has the next one's floats. */
const VARIANTS = 16;

const data = Array.from({ length: VARIANTS }, (_, variant) => {
  const bytes = Buffer.alloc(250);
  for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.writeFloatBE(230 + variant / 8 + at / 64, at);
  return bytes;
});
let registers = 0;
let requests = 0;

process.on("message", (order: RegistersOrder) => {
  if (order === "count") return tell({ registers, requests });
  void Promise.all(Array.from({ length: order.servers }, listen)).then((ports) => tell({ ports }));
});

function tell(answer: RegistersAnswer): void {
  process.send?.(answer);
}

function listen(): Promise<number> {
  const server = createServer((socket) => serve(socket));
  return new Promise((resolve) => {
    server.listen({ host: "127.0.0.1", port: 0 }, () => {
      const address = server.address();
      if (address !== null && typeof address === "object") resolve(address.port);
    });
  });
}

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  socket.on("error", () => {});
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= REQUEST) {
      socket.write(answer(rest.subarray(0, REQUEST)));
      rest = rest.subarray(REQUEST);
    }
  });
}

function answer(request: Buffer): Buffer {
  const count = request.readUInt16BE(10);
  if (request[7] !== READ_HOLDING || count > 125) {
    return Buffer.from([...request.subarray(0, 4), 0, 3, request[6] ?? 0, (request[7] ?? 0) | 0x80, 1]);
  }
  const bytes = Buffer.alloc(HEADER + 2 * count);
  request.copy(bytes, 0, 0, 8);
  bytes.writeUInt16BE(3 + 2 * count, 4);
  bytes[8] = 2 * count;
  data[requests % VARIANTS]?.copy(bytes, HEADER, 0, 2 * count);
  requests++;
  registers += count;
  return bytes;
}
