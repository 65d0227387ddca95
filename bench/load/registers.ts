/** Modbus servers as a process of their own: they answer every read of holding registers, each time with other values. */
import { createServer, type Socket } from "node:net";

/**
 * From the benchmark: how many servers to open; then "count" and "gaps", as often as it likes. To it: their ports; what they
 * served; the longest that a unit waited for a request, of those that were asked since the last such order, in milliseconds.
 */
export type RegistersOrder = { readonly servers: number } | "count" | "gaps";
export type RegistersAnswer =
  | { readonly ports: readonly number[] }
  | { readonly registers: number; readonly requests: number }
  | { readonly units: readonly UnitGap[] };

/** One unit behind one server. */
export interface UnitGap {
  readonly port: number;
  readonly unit: number;
  readonly longest: number;
}

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
  if (order === "gaps") return tell({ units: takeGaps() });
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
      note(socket.localPort ?? 0, rest[6] ?? 0);
      socket.write(answer(rest.subarray(0, REQUEST)));
      rest = rest.subarray(REQUEST);
    }
  });
}

/** By port and unit: when it was asked last, and the longest time between two requests. */
const asked = new Map<number, { last: number; longest: number }>();

function note(port: number, unit: number): void {
  const now = performance.now();
  const key = port * 256 + unit;
  const known = asked.get(key);
  if (known === undefined) asked.set(key, { last: now, longest: 0 });
  else {
    known.longest = Math.max(known.longest, now - known.last);
    known.last = now;
  }
}

/** A unit that is still waiting has waited until now; those that are asked no more drop out. */
function takeGaps(): readonly UnitGap[] {
  const now = performance.now();
  const gaps: UnitGap[] = [];
  for (const [key, known] of asked) {
    const longest = Math.max(known.longest, now - known.last);
    gaps.push({ port: Math.floor(key / 256), unit: key % 256, longest });
    known.longest = 0;
    if (now - known.last > FORGOTTEN) asked.delete(key);
  }
  return gaps;
}

const FORGOTTEN = 60_000;

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
