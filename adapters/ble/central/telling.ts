import type { Clock, Millis } from "../../../src/adapter.ts";
import { SECOND } from "../../../src/adapter.ts";
import type { CharacteristicRef, SessionListener } from "./session-types.ts";

/** Advertisements come often, and their strength is never the same. */
const RSSI_PAUSE: Millis = 10 * SECOND;

/** What a device was told, so that it hears of changes; and nothing after the end. */
export class Telling {
  private readonly clock: Clock;
  private listener: SessionListener | undefined;
  private told: { readonly reachable: boolean; readonly reason: string | undefined } | undefined;
  private rssiAt = Number.NEGATIVE_INFINITY;
  private percent: number | undefined;

  constructor(listener: SessionListener, clock: Clock) {
    this.listener = listener;
    this.clock = clock;
  }

  get isUnreachable(): boolean {
    return this.told?.reachable === false;
  }

  get wantsRssi(): boolean {
    return this.listener?.onRssi !== undefined;
  }

  end(): void {
    this.listener = undefined;
  }

  reachable(reachable: boolean, reason?: string): void {
    if (this.told?.reachable === reachable && this.told.reason === reason) return;
    this.told = { reachable, reason };
    this.listener?.onReachable(reachable, reason);
  }

  connected(): void {
    this.listener?.onConnected?.();
  }

  notification(ref: CharacteristicRef, bytes: Uint8Array): void {
    this.listener?.onNotification(ref, bytes);
  }

  refused(ref: CharacteristicRef, reason: string): void {
    this.listener?.onRefused?.(ref, reason);
  }

  rssi(rssi: number): void {
    const now = this.clock.monotonic();
    if (now - this.rssiAt < RSSI_PAUSE) return;
    this.rssiAt = now;
    this.listener?.onRssi?.(rssi);
  }

  quality(percent: number): void {
    if (percent === this.percent) return;
    this.percent = percent;
    this.listener?.onQuality?.(percent);
  }
}
