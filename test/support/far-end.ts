/** The edge fake "datagram wire" and a CoAP endpoint at its far end; stream-end.ts is the same for TCP. */
import { type CoapEffect, CoapEndpoint, type CoapEvent } from "../../src/coap/endpoint.ts";
import { decodeMessage, type UdpMessage } from "../../src/coap/message.ts";
import { type Drive, drive } from "../../src/machine.ts";
import type { Transport } from "../../src/servers/transport/transport.ts";
import type { UplinkPort } from "../../src/servers/uplink/uplinks.ts";
import type { Opening } from "./dtls-end.ts";
import { type FakeClock, fakeRandom } from "./fake-clock.ts";
import type { Wire } from "./wire.ts";

/** What the far end asks of the server that it belongs to. */
export interface FarEndOptions {
  readonly clock: FakeClock;
  readonly wire: Wire;
  /** Whether the server's name has an address. */
  readonly resolves: () => boolean;
  /** It begins anew: what was asked and observed is gone. */
  readonly onSession: () => void;
  readonly onPacket: (from: "gateway" | "server", message: UdpMessage) => void;
  readonly perform: (effect: CoapEffect) => void;
}

export interface FarEnd {
  /** The gateway's end; it leaves from the wished port where that is free, and by the interface that `uplink` chooses. */
  openTransport(wishedPort?: number, opening?: Opening, uplink?: UplinkPort): Transport;
  /** Begins anew with its CoAP, as a restarted server does. */
  restart(): void;
  feed(event: CoapEvent): void;
  /** Bytes, right or wrong, to the gateway. */
  send(bytes: Uint8Array): void;
}

export function countersOf() {
  return { sent: 0, received: 0, sentBytes: 0, receivedBytes: 0, foreign: 0, sendErrors: 0 };
}

export class DatagramEnd implements FarEnd {
  /** Local ports that another process has by now. */
  readonly takenPorts = new Set<number>();
  /** Whether it says anything to an empty message (RFC 7252 §4.3). */
  answersPings = true;
  private readonly options: FarEndOptions;
  private drive: Drive<CoapEvent> | undefined;
  private deliver: (bytes: Uint8Array) => void = () => {};
  private sessions = 0;
  private lastPort = 50_000;
  private sessionPort: number | undefined;
  /** Local addresses from which nothing gets through, and to which nothing does. */
  readonly cut = new Set<string>();

  constructor(options: FarEndOptions) {
    this.options = options;
  }

  /** The server knows the gateway by its port. */
  openTransport(wishedPort?: number, _opening?: Opening, uplink?: UplinkPort): Transport {
    const { wire, resolves } = this.options;
    const counters = countersOf();
    let local: string | undefined;
    const isCut = (address = local): boolean => address !== undefined && this.cut.has(address);
    const localPort = wishedPort === undefined || this.takenPorts.has(wishedPort) ? ++this.lastPort : wishedPort;
    const heard = (bytes: Uint8Array): void => this.receive(bytes);
    return {
      counters,
      localPort,
      connects: uplink !== undefined,
      get localAddress() {
        return local;
      },
      open: async (onDatagram) => {
        this.deliver = (bytes) => {
          if (isCut()) return;
          counters.received++;
          counters.receivedBytes += bytes.length;
          onDatagram(bytes);
        };
        if (localPort !== this.sessionPort) this.restart();
        this.sessionPort = localPort;
      },
      resolve: async () => {
        if (!resolves()) throw new Error("getaddrinfo EAI_AGAIN");
        local = uplink?.choose([4]).address;
      },
      send: (bytes) => {
        counters.sent++;
        counters.sentBytes += bytes.length;
        if (!isCut()) wire.carry(bytes, heard);
      },
      doubt: () => uplink?.unanswered(),
      probe: async ({ address }) => (this.answersPings ? !wire.cut && !isCut(address) : undefined),
      close: async () => {
        if (this.sessionPort === localPort) this.deliver = () => {};
      },
    };
  }

  restart(): void {
    this.drive?.stop();
    this.options.onSession();
    const endpoint = new CoapEndpoint({ random: fakeRandom(100 + this.sessions++) });
    this.drive = drive(endpoint, this.options.clock, (effect) => this.perform(effect));
  }

  feed(event: CoapEvent): void {
    this.drive?.(event);
  }

  send(bytes: Uint8Array): void {
    this.options.wire.carry(bytes, (copy) => this.deliver(copy));
  }

  private receive(bytes: Uint8Array): void {
    this.options.onPacket("gateway", decodeMessage(bytes));
    this.feed({ type: "datagram", bytes });
  }

  private perform(effect: CoapEffect): void {
    if (effect.type === "send") {
      this.options.onPacket("server", decodeMessage(effect.bytes));
      this.send(effect.bytes);
    } else this.options.perform(effect);
  }
}
