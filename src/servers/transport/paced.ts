/** The transport of one of many clients at a server: it looks for the way, and shakes hands, when it is its turn. */
import type { Clock } from "../../clock.ts";
import type { ConnectionEvent } from "../../coap/events.ts";
import type { Pace } from "../pace.ts";
import type { Uplink } from "../uplink/selection.ts";
import type { SecurityStatus, Transport, TransportCounters } from "./transport.ts";

export class PacedTransport implements Transport {
  private readonly inner: Transport;
  private readonly pace: Pace;

  constructor(inner: Transport, pace: Pace) {
    this.inner = inner;
    this.pace = pace;
  }

  get counters(): TransportCounters {
    return this.inner.counters;
  }

  get localAddress(): string | undefined {
    return this.inner.localAddress;
  }

  get localPort(): number | undefined {
    return this.inner.localPort;
  }

  get connects(): boolean {
    return this.inner.connects ?? false;
  }

  get stream(): boolean {
    return this.inner.stream ?? false;
  }

  get security(): SecurityStatus | undefined {
    return this.inner.security;
  }

  open(onDatagram: (datagram: Uint8Array) => void, onConnection?: (event: ConnectionEvent) => void): Promise<void> {
    return this.inner.open(onDatagram, onConnection);
  }

  /** Every Register and every Update begins with it. */
  async resolve(): Promise<void> {
    await this.pace.turn();
    await this.inner.resolve();
  }

  doubt(): void {
    this.inner.doubt?.();
  }

  async probe(from: Uplink, clock: Clock): Promise<boolean | undefined> {
    return this.inner.probe?.(from, clock);
  }

  send(datagram: Uint8Array): void {
    this.inner.send(datagram);
  }

  disconnect(): void {
    this.inner.disconnect?.();
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
