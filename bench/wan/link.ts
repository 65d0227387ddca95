/** A wide-area link on a simulated clock: a queue that leaves at a fixed rate, a delay, and loss by a seeded generator. */
import { type Clock, type Millis, randomFraction, SECOND } from "../../src/clock.ts";
import type { Transport } from "../../src/servers/transport/transport.ts";
import { fakeRandom } from "../../test/support/fake-clock.ts";

/** IPv4 and UDP, without options. */
const HEADERS = 28;

export interface LinkOptions {
  /** Bits a second from the gateway to the server; the way back has no limit. */
  readonly up: number;
  /** The way of a datagram after its last bit has left: half a round trip. */
  readonly delay: Millis;
  /** The share of datagrams that is lost, in each direction. */
  readonly loss: number;
  /** Bytes that wait to leave; what does not fit is lost. */
  readonly queue: number;
}

export class Link {
  /** While true nothing arrives. */
  cut = false;
  /** What the gateway has sent, headers included, lost or not. */
  readonly sent = { bytes: 0, datagrams: 0 };
  private readonly clock: Clock;
  private readonly options: LinkOptions;
  private readonly fraction: () => number;
  private free: Millis = 0;
  private toGateway: (bytes: Uint8Array) => void = () => {};

  constructor(clock: Clock, options: LinkOptions) {
    const random = fakeRandom(1);
    this.clock = clock;
    this.options = options;
    this.fraction = () => randomFraction(random);
  }

  /** The gateway's end. */
  transport(toServer: (bytes: Uint8Array) => void): Transport {
    const counters = { sent: 0, received: 0, sentBytes: 0, receivedBytes: 0, foreign: 0, sendErrors: 0 };
    return {
      counters,
      open: async (onDatagram) => {
        this.toGateway = onDatagram;
      },
      resolve: async () => {},
      send: (bytes) => {
        counters.sent++;
        counters.sentBytes += bytes.length;
        this.up(bytes, toServer);
      },
      close: async () => {},
    };
  }

  /** From the server to the gateway. */
  down(bytes: Uint8Array): void {
    const copy = bytes.slice();
    this.arrive(this.clock.monotonic() + this.options.delay, () => this.toGateway(copy));
  }

  private up(bytes: Uint8Array, toServer: (bytes: Uint8Array) => void): void {
    const { up, delay, queue } = this.options;
    const now = this.clock.monotonic();
    const size = bytes.length + HEADERS;
    this.sent.bytes += size;
    this.sent.datagrams++;
    const waiting = (Math.max(0, this.free - now) / SECOND) * (up / 8);
    if (waiting + size > queue) return;
    this.free = Math.max(now, this.free) + (size * 8 * SECOND) / up;
    const copy = bytes.slice();
    this.arrive(this.free + delay, () => toServer(copy));
  }

  private arrive(time: Millis, take: () => void): void {
    const lost = this.fraction() < this.options.loss;
    if (!lost && !this.cut) this.clock.at(time, take);
  }
}
