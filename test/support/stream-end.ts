/**
 * The edge fake "stream wire" and a CoAP endpoint over TCP at its far end. Bytes arrive in order and once, but cut anywhere and
 * glued together, the same in every run of a seed. A connection on a wire that is cut is dead without a word, as behind a
 * router that lost power.
 */
import { randomFraction } from "../../src/clock.ts";
import type { CoapEffect, CoapEvent, StreamEvent } from "../../src/coap/events.ts";
import { join } from "../../src/coap/join.ts";
import { TYPE } from "../../src/coap/message.ts";
import { TcpEndpoint, type TcpEndpointOptions } from "../../src/coap/tcp-endpoint.ts";
import { FrameReader } from "../../src/coap/tcp-framing.ts";
import { type Drive, drive } from "../../src/machine.ts";
import type { Transport } from "../../src/servers/transport/transport.ts";
import { fakeRandom } from "./fake-clock.ts";
import { countersOf, type FarEnd, type FarEndOptions } from "./far-end.ts";

export class StreamEnd implements FarEnd {
  /** Where it is set nobody can connect, for this reason. */
  refuses: string | undefined;
  /** Of the server's endpoint. */
  readonly settings: { -readonly [Key in keyof TcpEndpointOptions]?: TcpEndpointOptions[Key] };
  /** How many connections there were. */
  connections = 0;
  private readonly options: FarEndOptions;
  private drive: Drive<CoapEvent> | undefined;
  private line: Line | undefined;
  private gateway: Gateway = { onBytes: () => {}, onConnection: () => {} };

  constructor(options: FarEndOptions, settings: StreamEnd["settings"] = {}) {
    this.options = options;
    this.settings = settings;
  }

  openTransport(): Transport {
    const counters = countersOf();
    let address: string | undefined;
    return {
      counters,
      connects: true,
      stream: true,
      get localAddress() {
        return address;
      },
      open: async (onBytes, onConnection = () => {}) => {
        this.gateway = { onBytes, onConnection };
      },
      resolve: async () => {
        if (this.line !== undefined) return;
        this.connect();
        address = `192.0.2.1:50001 (connection ${this.connections})`;
      },
      send: (bytes) => {
        counters.sent++;
        counters.sentBytes += bytes.length;
        this.line?.toServer.carry(bytes, () => this.gateway.onConnection({ type: "written", bytes: bytes.length }));
      },
      disconnect: () => this.end("closed by the gateway"),
      close: async () => {
        this.gateway = { onBytes: () => {}, onConnection: () => {} };
        this.end("closed by the gateway");
      },
    };
  }

  /** It dies, and knows nothing when it is back. */
  restart(): void {
    this.break("the server closed the connection");
  }

  /** The connection breaks here and now; what is on its way is lost. */
  break(reason = "the connection broke: reset by the other side (ECONNRESET)"): void {
    const { line, gateway } = this;
    if (line === undefined) return;
    this.line = undefined;
    line.die();
    this.feed({ type: "disconnected", reason });
    gateway.onConnection({ type: "disconnected", reason });
  }

  feed(event: CoapEvent): void {
    this.drive?.(event);
  }

  send(bytes: Uint8Array): void {
    this.line?.toGateway.carry(bytes, () => this.feed({ type: "written", bytes: bytes.length }));
  }

  private connect(): void {
    const { wire, clock, resolves, onSession } = this.options;
    if (!resolves()) throw new Error("no connection to server port 5683: the name has no address (ENOTFOUND)");
    if (wire.cut) throw new Error("no connection to server port 5683: not made within 30 s");
    if (this.refuses !== undefined) throw new Error(`no connection to server port 5683: ${this.refuses}`);
    this.connections++;
    this.drive?.stop();
    onSession();
    const random = fakeRandom(100 + this.connections);
    this.drive = drive(new TcpEndpoint({ random, ...this.settings }), clock, (effect) => this.perform(effect));
    const frames = new FrameReader(Number.POSITIVE_INFINITY);
    this.line = new Line(this.options, this.connections, {
      server: (bytes) => {
        frames.read(bytes, (message) => this.options.onPacket("gateway", { ...message, type: TYPE.non, messageId: 0 }));
        this.feed({ type: "datagram", bytes });
      },
      gateway: (bytes) => this.gateway.onBytes(bytes),
    });
    this.gateway.onConnection({ type: "connected" });
    this.feed({ type: "connected" });
  }

  private perform(effect: CoapEffect): void {
    if (effect.type === "send") {
      new FrameReader(Number.POSITIVE_INFINITY).read(effect.bytes, (message) =>
        this.options.onPacket("server", { ...message, type: TYPE.non, messageId: 0 }),
      );
      this.send(effect.bytes);
    } else if (effect.type === "disconnect") this.end("the server closed the connection");
    else this.options.perform(effect);
  }

  /** In order: what was sent arrives before. */
  private end(reason: string): void {
    const { line } = this;
    const { clock } = this.options;
    clock.at(clock.monotonic() + 2, () => {
      if (line !== undefined && line === this.line) this.break(reason);
    });
  }
}

interface Gateway {
  readonly onBytes: (bytes: Uint8Array) => void;
  readonly onConnection: (event: StreamEvent) => void;
}

class Line {
  readonly toServer: Direction;
  readonly toGateway: Direction;

  constructor(options: FarEndOptions, seed: number, arrive: Readonly<Record<"server" | "gateway", Arrive>>) {
    this.toServer = new Direction(options, seed, arrive.server);
    this.toGateway = new Direction(options, seed + 1000, arrive.gateway);
  }

  die(): void {
    this.toServer.dead = true;
    this.toGateway.dead = true;
  }
}

type Arrive = (bytes: Uint8Array) => void;

class Direction {
  dead = false;
  private readonly options: FarEndOptions;
  private readonly arrive: Arrive;
  private readonly fraction: () => number;
  private waiting: Uint8Array[] = [];

  constructor(options: FarEndOptions, seed: number, arrive: Arrive) {
    const random = fakeRandom(seed);
    this.options = options;
    this.arrive = arrive;
    this.fraction = () => randomFraction(random);
  }

  carry(bytes: Uint8Array, written: () => void): void {
    const { clock, wire } = this.options;
    wire.counts.sent++;
    // A network that takes nothing any more: the connection will never come back to life.
    if (wire.cut) this.dead = true;
    this.waiting.push(bytes.slice());
    clock.at(clock.monotonic(), () => {
      if (!this.dead) written();
    });
    this.schedule();
  }

  private schedule(): void {
    const { clock } = this.options;
    clock.at(clock.monotonic() + 1, () => this.deliver());
  }

  /** What was sent meanwhile as one, cut elsewhere. */
  private deliver(): void {
    if (this.dead || this.options.wire.cut || this.waiting.length === 0) return;
    this.options.wire.counts.arrived++;
    let rest = join(
      this.waiting,
      this.waiting.reduce((sum, { length }) => sum + length, 0),
    );
    this.waiting = [];
    while (rest.length > 0 && !this.dead) {
      const length = Math.max(1, Math.floor(this.fraction() * rest.length * 1.5));
      this.arrive(rest.slice(0, length));
      rest = rest.slice(length);
    }
  }
}
