/** Datagrams to one server over UDP: `coap://` as they are (RFC 7252 §3; LwM2M NoSec), `coaps://` below DTLS. One socket a server. */
import { createSocket, type RemoteInfo, type Socket, type SocketOptions } from "node:dgram";
import { lookup } from "node:dns";
import { lookup as addressOf } from "node:dns/promises";
import { isIP } from "node:net";
import type { DatagramWire, TransportCounters } from "./transport.ts";

export interface UdpOptions {
  readonly host: string;
  readonly port: number;
  /** Local address and port; port 0 lets the system choose. */
  readonly bind?: { readonly address?: string; readonly port?: number };
  /** The local port of before, by which the server knows us: taken where it is free and `bind` names no other. */
  readonly wishedPort?: number | undefined;
}

interface Address {
  readonly address: string;
  readonly family: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** An address is its own answer: Node would queue each datagram until its resolver has said so. */
const lookUpNames: NonNullable<SocketOptions["lookup"]> = (host, options, callback) => {
  const family = isIP(host);
  if (family === 0) lookup(host, options, callback);
  else callback(null, host, family);
};

export class UdpTransport implements DatagramWire {
  readonly counters: TransportCounters;
  private readonly count: Mutable<TransportCounters>;
  private readonly options: UdpOptions;
  private onDatagram: (datagram: Uint8Array) => void = () => {};
  private socket: Socket | undefined;
  private family = 0;
  private server: Address | undefined;
  private local: string | undefined;
  private closed = false;
  /** What this turn of the event loop has to say, at its end: a receiver that must wake up wakes once. */
  private outgoing: Uint8Array[] = [];
  private readonly onSent = (error: Error | null): void => {
    if (error !== null) this.count.sendErrors++;
  };

  constructor(options: UdpOptions) {
    this.options = options;
    this.count = { sent: 0, received: 0, sentBytes: 0, receivedBytes: 0, foreign: 0, sendErrors: 0 };
    this.counters = this.count;
  }

  async open(onDatagram: (datagram: Uint8Array) => void): Promise<void> {
    this.onDatagram = onDatagram;
    this.closed = false;
    await this.bind(this.options.bind?.address?.includes(":") === true ? 6 : 4);
  }

  async resolve(): Promise<void> {
    const found = await addressOf(this.options.host);
    if (this.closed) return;
    if (found.family !== this.family) await this.bind(found.family);
    this.server = found;
    this.local = await localAddressTo(found, this.options.port);
  }

  async relocate(): Promise<void> {
    if (this.server !== undefined) this.local = await localAddressTo(this.server, this.options.port);
  }

  async rebind(): Promise<void> {
    // The new one is there before the old one goes: it has another port.
    const fresh = await this.bound(this.family, this.options.bind?.port ?? 0);
    await this.unbind();
    this.adopt(fresh, this.family);
  }

  get localAddress(): string | undefined {
    return this.local;
  }

  get localPort(): number | undefined {
    return this.socket?.address().port;
  }

  send(datagram: Uint8Array): void {
    if (this.socket === undefined || this.server === undefined) {
      this.count.sendErrors++;
      return;
    }
    this.count.sent++;
    this.count.sentBytes += datagram.length;
    if (this.outgoing.length === 0) setImmediate(() => this.flush());
    this.outgoing.push(datagram);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.unbind();
  }

  private flush(): void {
    const { socket, server, outgoing } = this;
    this.outgoing = [];
    if (socket === undefined || server === undefined) return;
    for (const datagram of outgoing) socket.send(datagram, this.options.port, server.address, this.onSent);
  }

  private async bind(family: number): Promise<void> {
    await this.unbind();
    const { bind: { port = 0 } = {}, wishedPort = 0 } = this.options;
    const wished =
      port === 0 && wishedPort !== 0 ? await this.bound(family, wishedPort).catch(() => undefined) : undefined;
    this.adopt(wished ?? (await this.bound(family, port)), family);
  }

  private adopt(socket: Socket, family: number): void {
    if (this.closed) {
      socket.close();
      return;
    }
    socket.on("message", (datagram, from) => this.receive(datagram, from));
    // A socket error after binding (a vanished interface) is what a lost datagram is: counted, and retried above.
    socket.on("error", () => this.count.sendErrors++);
    this.socket = socket;
    this.family = family;
  }

  private bound(family: number, port: number): Promise<Socket> {
    const socket = createSocket({ type: family === 6 ? "udp6" : "udp4", lookup: lookUpNames });
    const { address } = this.options.bind ?? {};
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.bind({ port, ...(address === undefined ? {} : { address }) }, () => {
        socket.off("error", reject);
        resolve(socket);
      });
    });
  }

  private async unbind(): Promise<void> {
    const { socket } = this;
    this.flush();
    this.socket = undefined;
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(resolve));
  }

  private receive(datagram: Uint8Array, from: RemoteInfo): void {
    if (from.address !== this.server?.address || from.port !== this.options.port) {
      this.count.foreign++;
      return;
    }
    this.count.received++;
    this.count.receivedBytes += datagram.length;
    this.onDatagram(datagram);
  }
}

/** What the routes of this moment say; nothing is sent for it. Undefined where there is no way to the server. */
function localAddressTo({ address, family }: Address, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createSocket({ type: family === 6 ? "udp6" : "udp4", lookup: lookUpNames });
    const end = (local: string | undefined): void => {
      probe.close();
      resolve(local);
    };
    probe.once("error", () => end(undefined));
    probe.connect(port, address, () => end(probe.address().address));
  });
}
