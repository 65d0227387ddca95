/** A relay of datagrams before a real server, for what networks do: it loses, delays, and speaks in the server's name. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { type Millis, randomFraction, systemClock } from "../../src/clock.ts";
import { fakeRandom } from "./fake-clock.ts";
import type { Lifetime } from "./process.ts";

export interface Weather {
  /** The share of datagrams that is lost, each way: 0 to 1. */
  readonly loss: number;
  /** The share that is overtaken by those behind it. */
  readonly reordering: number;
}

/** So much later comes what is overtaken. */
const DELAY: Millis = 30;

export class UdpRelay {
  readonly port: number;
  /** By the port of the client: towards the server. */
  private readonly clients = new Map<number, Socket>();
  private readonly socket: Socket;
  private readonly server: number;
  private readonly fraction: () => number;
  private open = true;
  weather: Weather = { loss: 0, reordering: 0 };
  /** Whether this one is lost; asked before the weather. */
  loses: (datagram: Uint8Array, towards: "client" | "server") => boolean = () => false;
  /** What passes towards clients, for who wants to say something first. */
  onPassing: (port: number) => void = () => {};

  constructor(socket: Socket, server: number, seed: number) {
    this.socket = socket;
    this.server = server;
    this.port = socket.address().port;
    const random = fakeRandom(seed);
    this.fraction = () => randomFraction(random);
    socket.on("message", (bytes, { port }) => this.toServer(port, bytes));
  }

  /** The ports of all clients so far, the newest last. */
  get ports(): readonly number[] {
    return [...this.clients.keys()];
  }

  /** In the server's name. */
  say(port: number, bytes: Uint8Array): void {
    if (this.open) this.socket.send(bytes, port, "127.0.0.1");
  }

  /** As a NAT that forgot: to the server whoever says something next does so from another port. */
  remap(): void {
    for (const socket of this.clients.values()) socket.close();
    this.clients.clear();
  }

  close(): void {
    this.open = false;
    for (const socket of [this.socket, ...this.clients.values()]) socket.close();
  }

  private toServer(port: number, bytes: Uint8Array): void {
    const towards = this.clients.get(port) ?? this.begin(port);
    this.carry(bytes, "server", () => towards.send(bytes, this.server, "127.0.0.1"));
  }

  private begin(port: number): Socket {
    const socket = createSocket("udp4");
    socket.on("message", (bytes) => {
      this.onPassing(port);
      this.carry(bytes, "client", () => this.say(port, bytes));
    });
    socket.on("error", () => {});
    this.clients.set(port, socket);
    return socket;
  }

  private carry(bytes: Uint8Array, towards: "client" | "server", deliver: () => void): void {
    const { loss, reordering } = this.weather;
    if (this.loses(bytes, towards) || this.fraction() < loss) return;
    if (this.fraction() >= reordering) deliver();
    else systemClock.at(systemClock.monotonic() + DELAY, () => this.open && deliver());
  }
}

export async function aRelay(t: Lifetime, server: number, seed = 1): Promise<UdpRelay> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const relay = new UdpRelay(socket, server, seed);
  t.after(() => relay.close());
  return relay;
}

/** A port of UDP that nobody has at the moment, and so many less one above it. */
export async function freeUdpPort(count = 1): Promise<number> {
  for (;;) {
    const sockets = [await bound(0)];
    const { port } = sockets[0]?.address() ?? { port: 0 };
    try {
      for (let i = 1; i < count; i++) sockets.push(await bound(port + i));
      return port;
    } catch {
      // One of them is taken: another try.
    } finally {
      for (const socket of sockets) await new Promise<void>((resolve) => socket.close(() => resolve()));
    }
  }
}

async function bound(port: number): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(port, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}
