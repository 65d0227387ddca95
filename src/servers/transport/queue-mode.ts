/** Queue mode (Core 1.2 §6.5) as a radio has it: what is sent wakes it, and no datagram is heard while it sleeps. */
import type { Clock, Millis, UnixMillis } from "../../clock.ts";
import type { ConnectionEvent } from "../../coap/events.ts";
import { AwakeWindow, type Traffic } from "../../lwm2m/awake-window.ts";
import { type Drive, drive } from "../../machine.ts";
import type { Carrier } from "./transport.ts";

export interface QueueModeOptions {
  /** Whether it ever sleeps. */
  readonly enabled: boolean;
  /** How long it listens after its last message. */
  readonly awake: Millis;
  readonly clock: Clock;
  /** Whether something is waited for, or owed: it does not fall asleep over that. */
  readonly busy: () => boolean;
  readonly onAsleep: () => void;
}

export class QueueMode implements Carrier {
  /** May be changed while it runs. */
  enabled: boolean;
  private readonly inner: Carrier;
  private readonly clock: Clock;
  private readonly window: AwakeWindow;
  private readonly feed: Drive<Traffic>;
  private missed = 0;

  constructor(inner: Carrier, { enabled, awake, clock, busy, onAsleep }: QueueModeOptions) {
    this.inner = inner;
    this.enabled = enabled;
    this.clock = clock;
    this.window = new AwakeWindow(awake, busy);
    this.feed = drive(this.window, clock, (effect) => {
      if (effect.type === "asleep" && this.enabled) onAsleep();
    });
  }

  get asleep(): boolean {
    return this.enabled && this.window.deadline === undefined;
  }

  /** When it falls asleep; undefined: it sleeps, or never does. */
  get awakeUntil(): UnixMillis | undefined {
    const { deadline } = this.window;
    if (!this.enabled || deadline === undefined) return undefined;
    return Math.round(this.clock.wall() + deadline - this.clock.monotonic());
  }

  /** Datagrams that came while it slept. */
  get unheard(): number {
    return this.missed;
  }

  async open(
    onDatagram: (datagram: Uint8Array) => void,
    onConnection?: (event: ConnectionEvent) => void,
  ): Promise<void> {
    await this.inner.open((datagram) => {
      // No byte of a stream can be left out: what comes over TCP wakes it.
      if (this.asleep && this.inner.stream !== true) this.missed++;
      else {
        this.renew();
        onDatagram(datagram);
      }
    }, onConnection);
  }

  send(datagram: Uint8Array): void {
    this.renew();
    this.inner.send(datagram);
  }

  disconnect(): void {
    this.inner.disconnect?.();
  }

  async close(): Promise<void> {
    this.feed.stop();
    await this.inner.close();
  }

  private renew(): void {
    if (this.enabled) this.feed({ type: "traffic" });
  }
}
