/** The far end of a line without message boundaries, which does what a test tells it, right or wrong. */
import { createServer, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { SerialPort } from "serialport";
import { settleUntil } from "./fake-clock.ts";

/** What it does with the bytes of one request: it may answer in pieces, or not at all. */
export type LineBehaviour = (request: Buffer, send: (bytes: Uint8Array) => void) => void;

/** It takes what comes in one go for a request: right for a master that waits for its answers. */
export class ScriptedLine {
  readonly requests: Buffer[] = [];
  /** For requests beyond the script. */
  otherwise: LineBehaviour = () => {};
  private readonly script: LineBehaviour[] = [];
  private readonly lengthOf: (bytes: Buffer) => number;
  private bytes = Buffer.alloc(0);
  private sender: (bytes: Uint8Array) => void = () => {};
  private readonly sockets = new Set<Socket>();

  /** `lengthOf`: of the request that these bytes begin with; more than there are: the rest is awaited. */
  constructor(lengthOf: (bytes: Buffer) => number = rtuRequestLength) {
    this.lengthOf = lengthOf;
  }

  /** On a port, with the speed of a pseudo-terminal. */
  async onPort(t: TestContext, path: string): Promise<this> {
    const port = new SerialPort({ path, baudRate: 9600, autoOpen: false, lock: false });
    port.on("error", () => {});
    await new Promise<void>((resolve, reject) => port.open((error) => (error === null ? resolve() : reject(error))));
    t.after(() => new Promise<void>((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve())));
    this.sender = (bytes) => port.write(Buffer.from(bytes));
    port.on("data", (chunk: Buffer) => this.take(chunk));
    return this;
  }

  /** Listens on a free port, and resolves with it. */
  async onTcp(t: TestContext): Promise<number> {
    const server: Server = createServer((socket) => {
      this.sockets.add(socket);
      this.bytes = Buffer.alloc(0);
      this.sender = (bytes) => socket.write(bytes);
      socket.on("data", (chunk) => this.take(chunk)).on("error", () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => {
      this.hangUp();
      server.close();
    });
    const address = server.address();
    return address === null || typeof address === "string" ? 0 : address.port;
  }

  /** Ends the TCP connections that there are. */
  hangUp(): void {
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  next(...behaviours: readonly LineBehaviour[]): void {
    this.script.push(...behaviours);
  }

  /** Sends without having been asked. */
  send(bytes: Uint8Array): void {
    this.sender(bytes);
  }

  /** Resolves when this many requests have come in all. */
  async received(count: number): Promise<void> {
    await settleUntil(`${count} requests`, () => this.requests.length >= count);
  }

  private take(chunk: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    while (this.bytes.length > 0 && this.lengthOf(this.bytes) <= this.bytes.length) {
      const length = this.lengthOf(this.bytes);
      const request = this.bytes.subarray(0, length);
      this.bytes = this.bytes.subarray(length);
      this.requests.push(request);
      (this.script.shift() ?? this.otherwise)(request, this.sender);
    }
  }
}

/** Of the requests of these tests: FC 1 to 6, 15 and 16. */
export function rtuRequestLength(bytes: Buffer): number {
  const [, code = 0] = bytes;
  if (code !== 15 && code !== 16) return 8;
  return 9 + (bytes[6] ?? 0xff);
}

/** The length of a request in ASCII: to the end of its line. */
export function asciiRequestLength(bytes: Buffer): number {
  const end = bytes.indexOf("\n");
  return end < 0 ? Infinity : end + 1;
}
