/** CoAP over TCP without security (`coap+tcp://`, RFC 8323 §8.1; LwM2M NoSec). One connection a server, made when needed. */
import { connect, type Socket } from "node:net";
import { type Clock, MINUTE, type Millis, SECOND } from "../../clock.ts";
import type { ConnectionEvent } from "../../coap/events.ts";
import { reasonOf, systemCode } from "../../errors.ts";
import type { Uplink } from "../uplink/selection.ts";
import type { UplinkPort } from "../uplink/uplinks.ts";
import { type Address, addressesOf } from "./addresses.ts";
import type { Transport, TransportCounters } from "./transport.ts";

export interface TcpOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  /** By which of our interfaces it is reached; absent: as the routes say. */
  readonly uplink?: UplinkPort | undefined;
  /** How long a connection may take to be made: 30 s. */
  readonly patience?: Millis;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Of the system's own probes: they find a peer that is gone without a word, and keep a NAT from forgetting us. */
const KEEP_ALIVE: Millis = 3 * MINUTE;
/** How long a connection that is being closed may take to send what is left. */
const LINGER: Millis = 5 * SECOND;

export class TcpTransport implements Transport {
  readonly connects = true;
  readonly stream = true;
  readonly counters: TransportCounters;
  private readonly count: Mutable<TransportCounters>;
  private readonly options: TcpOptions;
  private onBytes: (bytes: Uint8Array) => void = () => {};
  private onConnection: (event: ConnectionEvent) => void = () => {};
  private socket: Socket | undefined;
  /** While a connection is being made. */
  private connecting: Promise<void> | undefined;
  private pending: Socket | undefined;
  private connections = 0;
  private local: string | undefined;
  /** All that the server's name stands for, where that is asked first. */
  private known: readonly Address[] = [];
  private closed = false;
  /** What this turn of the event loop has to say, at its end: one segment instead of many. */
  private outgoing: Uint8Array[] = [];

  constructor(options: TcpOptions) {
    this.options = options;
    this.count = { sent: 0, received: 0, sentBytes: 0, receivedBytes: 0, foreign: 0, sendErrors: 0 };
    this.counters = this.count;
  }

  async open(onBytes: (bytes: Uint8Array) => void, onConnection: (event: ConnectionEvent) => void): Promise<void> {
    this.onBytes = onBytes;
    this.onConnection = onConnection;
    this.closed = false;
  }

  async resolve(): Promise<void> {
    if (this.socket !== undefined && !this.isLeftBehind(this.socket)) return;
    this.connecting ??= this.connect().finally(() => {
      this.connecting = undefined;
    });
    await this.connecting;
  }

  /** Another connection is another address, also where the port happens to be the same. */
  get localAddress(): string | undefined {
    return this.local;
  }

  send(bytes: Uint8Array): void {
    if (this.socket === undefined) {
      this.count.sendErrors++;
      return;
    }
    if (this.outgoing.length === 0) setImmediate(() => this.flush());
    this.outgoing.push(bytes);
  }

  disconnect(): void {
    const { socket } = this;
    if (socket === undefined) return;
    this.flush();
    socket.end();
    const { clock } = this.options;
    const cancel = clock.at(clock.monotonic() + LINGER, () => socket.destroy());
    socket.once("close", cancel);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.onConnection = () => {};
    this.pending?.destroy(new Error("closed meanwhile"));
    const { socket } = this;
    if (socket === undefined) return;
    const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    this.disconnect();
    this.onBytes = () => {};
    await gone;
  }

  doubt(): void {
    this.options.uplink?.unanswered();
  }

  async probe(from: Uplink, clock: Clock): Promise<boolean> {
    const server = this.known.find(({ family }) => family === from.family);
    if (server === undefined) return false;
    const socket = connect({ host: server.address, port: this.options.port, localAddress: from.address });
    return new Promise((resolve) => {
      const cancel = clock.at(clock.monotonic() + LINGER, () => end(false));
      const end = (answers: boolean): void => {
        cancel();
        socket.destroy();
        resolve(answers);
      };
      socket.once("connect", () => end(true)).once("error", (error) => end(isAnswer(error)));
    });
  }

  /** Whether it leaves by an interface that is not the one by now: then it is over. */
  private isLeftBehind(socket: Socket): boolean {
    const { uplink } = this.options;
    const { name, address } = uplink?.choose(this.known.map(({ family }) => family)) ?? {};
    if (address === undefined || address === socket.localAddress) return false;
    this.onClose(socket, `the server is reached by ${name} from now on`);
    socket.destroy();
    return true;
  }

  /** To where, and from where. */
  private async ends(): Promise<{ readonly host: string; readonly localAddress?: string }> {
    const { host, uplink } = this.options;
    if (uplink === undefined) return { host };
    try {
      this.known = await addressesOf(host);
    } catch (error) {
      throw new Error(
        `no connection to ${host}: ${explained(error instanceof Error ? error : new Error(String(error)))}`,
      );
    }
    const { address, family } = uplink.choose(this.known.map((known) => known.family));
    return { host: this.known.find((known) => known.family === family)?.address ?? host, localAddress: address };
  }

  private async connect(): Promise<void> {
    const { host, port, uplink, patience = 30 * SECOND } = this.options;
    const ends = await this.ends();
    if (this.closed) throw new Error(`no connection to ${host} port ${port}: closed meanwhile`);
    return new Promise((resolve, reject) => {
      const socket = connect({ ...ends, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE });
      this.pending = socket;
      const give = (reason: string): void => {
        this.pending = undefined;
        socket.destroy();
        reject(new Error(`no connection to ${host} port ${port}: ${reason}`));
      };
      socket.setTimeout(patience, () => {
        uplink?.unanswered();
        give(`not made within ${patience / SECOND} s`);
      });
      socket.once("error", (error) => {
        if (!isAnswer(error)) uplink?.unanswered();
        give(explained(error));
      });
      socket.once("connect", () => {
        this.pending = undefined;
        socket.setTimeout(0);
        socket.removeAllListeners("timeout").removeAllListeners("error");
        if (this.closed) give("closed meanwhile");
        else {
          this.adopt(socket);
          resolve();
        }
      });
    });
  }

  private adopt(socket: Socket): void {
    let reason = "the server closed the connection";
    socket.on("error", (error) => {
      reason = `the connection broke: ${explained(error)}`;
    });
    socket.on("data", (bytes) => this.receive(bytes));
    socket.once("close", () => this.onClose(socket, reason));
    this.socket = socket;
    this.local = `${socket.localAddress}:${socket.localPort} (connection ${++this.connections})`;
    this.onConnection({ type: "connected" });
  }

  private receive(bytes: Uint8Array): void {
    this.count.received++;
    this.count.receivedBytes += bytes.length;
    this.onBytes(bytes);
  }

  private onClose(socket: Socket, reason: string): void {
    if (this.socket !== socket) return;
    this.socket = undefined;
    this.outgoing = [];
    this.onConnection({ type: "disconnected", reason });
  }

  private flush(): void {
    const { socket, outgoing } = this;
    this.outgoing = [];
    if (socket === undefined || outgoing.length === 0) return;
    const bytes = Buffer.concat(outgoing);
    this.count.sent++;
    this.count.sentBytes += bytes.length;
    socket.write(bytes, (error) => {
      if (error) this.count.sendErrors++;
      else if (this.socket === socket) this.onConnection({ type: "written", bytes: bytes.length });
    });
  }
}

/** Whoever refuses is there. */
function isAnswer(error: Error): boolean {
  const code = systemCode(error);
  return code === "ECONNREFUSED" || code === "ECONNRESET";
}

/** For who must act: what the system's word means, and the word. */
function explained(error: Error): string {
  // Where a name has several addresses, each has its own failure.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  const code = systemCode(error) ?? systemCode(first) ?? "";
  const meaning = MEANINGS.get(code);
  return meaning === undefined ? reasonOf(first ?? error) : `${meaning} (${code})`;
}

const MEANINGS: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "nobody listens there"],
  ["ECONNRESET", "reset by the other side"],
  ["EPIPE", "closed by the other side"],
  ["ETIMEDOUT", "no answer from there"],
  ["EHOSTUNREACH", "there is no way to that host"],
  ["ENETUNREACH", "there is no way to that network"],
  ["ENOTFOUND", "the name has no address"],
  ["EAI_AGAIN", "no name server answers"],
]);
