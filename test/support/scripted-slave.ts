import { createServer, type Server, type Socket } from "node:net";
import { settleUntil } from "./fake-clock.ts";

export interface SlaveRequest {
  readonly transaction: number;
  readonly unit: number;
  /** Function code and data. */
  readonly pdu: Buffer;
}

/** What the slave does with one request: it may write to the socket, wait, close, or do nothing. */
export type Behaviour = (request: SlaveRequest, socket: Socket) => void;

/**
 * A Modbus TCP peer that does what a test tells it, right or wrong. It frames by itself: it shares no code with the
 * adapter.
 */
export class ScriptedSlave {
  readonly requests: SlaveRequest[] = [];
  connections = 0;
  /** For requests beyond the script. */
  otherwise: Behaviour = answerZeros;
  private readonly script: Behaviour[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor() {
    this.server = createServer((socket) => this.serve(socket));
  }

  static async listen(port = 0): Promise<ScriptedSlave> {
    const slave = new ScriptedSlave();
    await new Promise<void>((resolve) => slave.server.listen(port, "127.0.0.1", resolve));
    return slave;
  }

  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new TypeError("the slave is closed");
    return address.port;
  }

  /** The next requests meet these, in order. */
  next(...behaviours: readonly Behaviour[]): void {
    this.script.push(...behaviours);
  }

  /** Resolves when this many requests have come in all. */
  async received(count: number): Promise<void> {
    await settleUntil(`${count} requests`, () => this.requests.length >= count);
  }

  async connected(count: number): Promise<void> {
    await settleUntil(`${count} connections`, () => this.connections >= count);
  }

  /** Breaks every connection: FIN, or RST. */
  drop(how: "close" | "reset"): void {
    for (const socket of this.sockets) {
      if (how === "close") socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.drop("close");
    await closed;
  }

  private serve(socket: Socket): void {
    this.connections++;
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket)).on("error", () => {});
    let bytes = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 6 && bytes.length >= 6 + bytes.readUInt16BE(4)) {
        const end = 6 + bytes.readUInt16BE(4);
        const request = { transaction: bytes.readUInt16BE(0), unit: bytes.readUInt8(6), pdu: bytes.subarray(7, end) };
        bytes = bytes.subarray(end);
        this.requests.push(request);
        (this.script.shift() ?? this.otherwise)(request, socket);
      }
    });
  }
}

export function frame({ transaction, unit }: SlaveRequest, ...pdu: readonly number[]): Buffer {
  const length = pdu.length + 1;
  return Buffer.from([transaction >> 8, transaction & 0xff, 0, 0, length >> 8, length & 0xff, unit, ...pdu]);
}

export const silent: Behaviour = () => {};

export function exception(code: number): Behaviour {
  return (request, socket) => socket.write(frame(request, (request.pdu[0] ?? 0) | 0x80, code));
}

/** A right answer: zeros for a read, the echo for a write. */
export const answerZeros: Behaviour = (request, socket) => socket.write(zeros(request));

export function zeros(request: SlaveRequest): Buffer {
  const code = request.pdu[0] ?? 0;
  if (code > 4) return frame(request, ...request.pdu.subarray(0, code === 22 ? 7 : 5));
  const count = request.pdu.readUInt16BE(3);
  const bytes = code <= 2 ? Math.ceil(count / 8) : 2 * count;
  return frame(request, code, bytes, ...new Array<number>(bytes).fill(0));
}
