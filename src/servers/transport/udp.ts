/** Datagrams to one server over UDP: `coap://` as they are (RFC 7252 §3; LwM2M NoSec), `coaps://` below DTLS. One socket a server. */
import { createSocket, type RemoteInfo, type Socket, type SocketOptions } from "node:dgram";
import { lookup } from "node:dns";
import { isIP } from "node:net";
import type { Clock } from "../../clock.ts";
import { encodeEmpty, TYPE } from "../../coap/message.ts";
import type { IpFamily } from "../uplink/local-addresses.ts";
import type { Uplink } from "../uplink/selection.ts";
import type { UplinkPort } from "../uplink/uplinks.ts";
import { type Address, addressesOf } from "./addresses.ts";
import type { DatagramWire, TransportCounters } from "./transport.ts";
import { answersFrom } from "./udp-question.ts";

export interface UdpOptions {
  readonly host: string;
  readonly port: number;
  /** Local address and port; port 0 lets the system choose. */
  readonly bind?: { readonly address?: string; readonly port?: number };
  /** By which of our interfaces it is reached; absent: as the routes say. */
  readonly uplink?: UplinkPort | undefined;
  /** The local port of before, by which the server knows us: taken where it is free and `bind` names no other. */
  readonly wishedPort?: number | undefined;
}

/** From a port that the server has not heard of, so that any number is new to it. */
const PING = encodeEmpty(TYPE.con, 1);

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
  private family: IpFamily | undefined;
  private server: Address | undefined;
  /** All that its name stands for. */
  private known: readonly Address[] = [];
  private local: string | undefined;
  /** The address that the socket is bound to; undefined: any. */
  private bound: string | undefined;
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
    // With `via:` it is not known before the first `resolve` by what to leave.
    if (this.options.uplink === undefined) await this.bind(this.options.bind?.address?.includes(":") === true ? 6 : 4);
  }

  /** Where no interface is up nothing can leave; without `via:` datagrams may still reach an old address. */
  get connects(): boolean {
    return this.options.uplink !== undefined;
  }

  async resolve(): Promise<void> {
    const { uplink, host, port } = this.options;
    if (uplink !== undefined) return this.resolveBy(uplink);
    const [found] = await addressesOf(host);
    if (this.closed || found === undefined) return;
    if (found.family !== this.family) await this.bind(found.family);
    this.server = found;
    this.local = await localAddressTo(found, port);
  }

  async relocate(): Promise<void> {
    const { uplink, port } = this.options;
    if (this.server === undefined) return;
    if (uplink === undefined) this.local = await localAddressTo(this.server, port);
    else this.aim(uplink);
  }

  async rebind(): Promise<void> {
    // The new one is there before the old one goes: it has another port.
    const family = this.server?.family ?? this.family ?? 4;
    const fresh = await this.boundSocket(family, this.options.bind?.port ?? 0);
    await this.unbind();
    this.adopt(fresh, family);
  }

  doubt(): void {
    this.options.uplink?.unanswered();
  }

  /** RFC 7252 §4.3: whoever speaks CoAP answers an empty message with a Reset. */
  async probe(from: Uplink, clock: Clock): Promise<boolean | undefined> {
    if (await this.ask(from, PING, clock)) return true;
    // One that does not even answer here tells nothing of there.
    const { local, family } = this;
    if (local === undefined || family === undefined) return undefined;
    return (await this.ask({ name: "", address: local, family }, PING, clock)) ? false : undefined;
  }

  async ask(from: Uplink, datagram: Uint8Array, clock: Clock): Promise<boolean> {
    const server = this.known.find(({ family }) => family === from.family);
    if (server === undefined) return false;
    return answersFrom(from, { address: server.address, port: this.options.port }, datagram, clock);
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

  private async resolveBy(uplink: UplinkPort): Promise<void> {
    try {
      this.known = await addressesOf(this.options.host);
    } catch (error) {
      // The address of before may still be right.
      if (this.known.length === 0) throw error;
    }
    if (this.closed) return;
    this.aim(uplink);
    if (this.bound !== this.local || this.server?.family !== this.family) await this.bind(this.server?.family ?? 4);
  }

  /** By what the next socket leaves, and to where. */
  private aim(uplink: UplinkPort): void {
    const { address, family } = uplink.choose(this.known.map((known) => known.family));
    this.server = this.known.find((known) => known.family === family);
    this.local = address;
  }

  private async bind(family: IpFamily): Promise<void> {
    await this.unbind();
    const { bind: { port = 0 } = {}, wishedPort = 0 } = this.options;
    const wished =
      port === 0 && wishedPort !== 0 ? await this.boundSocket(family, wishedPort).catch(() => undefined) : undefined;
    this.adopt(wished ?? (await this.boundSocket(family, port)), family);
  }

  private adopt(socket: Socket, family: IpFamily): void {
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

  private boundSocket(family: IpFamily, port: number): Promise<Socket> {
    const socket = createSocket({ type: family === 6 ? "udp6" : "udp4", lookup: lookUpNames });
    const { uplink, bind } = this.options;
    const address = uplink === undefined ? bind?.address : this.local;
    this.bound = address;
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
