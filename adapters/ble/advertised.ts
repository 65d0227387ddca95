/** What one device says in its advertisements: which are its own, which are new, and what they have for its points. */
import {
  type AdapterContext,
  type Clock,
  type DeviceListener,
  MINUTE,
  type Millis,
  type PointId,
  type Reading,
  SECOND,
} from "../../src/adapter.ts";
import type { Decoded } from "./decoders/decoder.ts";
import { isReplay } from "./decoders/replay.ts";
import { holds, isNamed } from "./match.ts";
import type { Outcome, Packet } from "./packet.ts";
import { advertisedValue, dataOf, Refusal } from "./point-value.ts";
import type { AdvertisementSource } from "./points.ts";
import { Repeats } from "./repeats.ts";
import type { Hearer } from "./router.ts";
import type { BleDevice } from "./section.ts";
import type { Signal } from "./signal.ts";

/** After so long without a word another one that fits may be the device: its address has changed, or it was replaced. */
const SILENT: Millis = MINUTE;
/** Signs of life without a value are told no more often. */
const LIFE: Millis = SECOND;
/** After so many advertisements without any of what the mapping wants it is said so. */
const ENOUGH = 20;
/** So many wrong packets in a row are no accident. */
const IN_A_ROW = 3;
const REPLAYED =
  "it counts less than before, as somebody does who plays a recording; if it was reset, the gateway believes it after a restart";

export type AdvertisedPoint = readonly [PointId, AdvertisementSource];

export interface AdvertisedParts {
  readonly device: BleDevice;
  readonly points: readonly AdvertisedPoint[];
}

export class AdvertisedDevice implements Hearer {
  private readonly device: BleDevice;
  private readonly points: AdvertisedParts["points"];
  private readonly listener: DeviceListener;
  private readonly signal: Signal;
  private readonly context: AdapterContext;
  private readonly repeats: Repeats;
  private readonly last = new Map<PointId, Reading>();
  private current: string | undefined;
  private heardAt: Millis = Number.NEGATIVE_INFINITY;
  private lifeAt: Millis = Number.NEGATIVE_INFINITY;
  private warnedOf: string | undefined;
  private packets = 0;
  /** Whether a packet of the format that the mapping names was ever good. */
  private wasDecoded = false;
  private faults = 0;
  /** Of the newest encrypted packet that was believed. */
  private counter: number | undefined;

  constructor({ device, points }: AdvertisedParts, listener: DeviceListener, signal: Signal, context: AdapterContext) {
    this.device = device;
    this.points = points;
    this.listener = listener;
    this.signal = signal;
    this.context = context;
    this.repeats = new Repeats(context.clock);
  }

  /** By which the router finds it. */
  get address(): string | undefined {
    return this.device.match.address;
  }

  /** Where it was heard last; undefined before that. */
  get heardFrom(): string | undefined {
    return this.current;
  }

  /** What the newest packet that mentions it says of a point. */
  said(point: PointId): Reading | undefined {
    return this.last.get(point);
  }

  take(packet: Packet): void {
    const { decode } = this.device;
    const outcome = decode === undefined ? undefined : packet.outcome(decode);
    if (!this.isOurs(packet, outcome)) return;
    const { advertisement } = packet;
    const decoded = outcome !== undefined && "decoded" in outcome ? outcome.decoded : undefined;
    this.heardAt = this.clock.monotonic();
    this.signal.hear(advertisement.rssi);
    this.packets++;
    if (this.repeats.isRepeat(advertisement, decoded?.packet)) this.tellLife();
    else this.deliver(packet, outcome, decoded);
    if (this.packets === ENOUGH) this.tellMissing(packet);
  }

  private get clock(): Clock {
    return this.context.clock;
  }

  private isOurs({ advertisement: { address, name } }: Packet, outcome: Outcome): boolean {
    const { match } = this.device;
    if (match.address !== undefined && match.address !== address) return false;
    if (
      match.only.length > 0 &&
      (outcome === undefined || !("decoded" in outcome) || !holds(match.only, outcome.decoded))
    )
      return false;
    const isHeard = address === this.current;
    // Many packets have no name: once one had, the others of that address are the device's, too.
    if (match.name !== undefined && !isHeard && !isNamed(match.name, name)) return false;
    if (!isHeard && match.address === undefined && match.only.length === 0 && !this.mayBe(address)) return false;
    this.current = address;
    return true;
  }

  /** Several may have the name that is meant. */
  private mayBe(address: string): boolean {
    const { current } = this;
    if (current === undefined || this.clock.monotonic() - this.heardAt >= SILENT) return true;
    if (this.warnedOf !== address) {
      this.warnedOf = address;
      const { name } = this.device.match;
      this.context.log.warn(
        { code: "LG558", name, taken: current, other: address },
        "two devices fit: say by its address which one it is",
      );
    }
    return false;
  }

  private deliver({ advertisement }: Packet, outcome: Outcome, decoded: Decoded | undefined): void {
    if (outcome !== undefined && "fault" in outcome) {
      this.tellFault(outcome.fault);
      return;
    }
    if (decoded?.counter !== undefined) {
      if (isReplay(this.counter, decoded.counter)) {
        this.tellFault(REPLAYED);
        return;
      }
      this.counter = decoded.counter;
    }
    if (decoded !== undefined) {
      this.wasDecoded = true;
      this.faults = 0;
      if (decoded.packet !== undefined) this.signal.packet(decoded.packet);
    }
    const readings: Reading[] = [];
    const refused: { readonly point: PointId; readonly reason: string }[] = [];
    const time = this.clock.wall();
    for (const [point, source] of this.points) {
      const value = advertisedValue(source, advertisement, decoded);
      if (value === undefined) continue;
      if (value instanceof Refusal) refused.push({ point, reason: value.reason });
      else readings.push({ point, value, time });
    }
    for (const reading of readings) this.last.set(reading.point, reading);
    if (readings.length + refused.length === 0) this.tellLife();
    else this.listener.onReadings(readings, refused);
  }

  private tellLife(): void {
    const now = this.clock.monotonic();
    if (now - this.lifeAt < LIFE) return;
    this.lifeAt = now;
    this.listener.onHeard?.();
  }

  /** One wrong packet among good ones may be anybody's, or come of a disturbed radio. */
  private tellFault(reason: string): void {
    this.faults++;
    if (this.wasDecoded && this.faults < IN_A_ROW) this.tellLife();
    else this.refuse((source) => (source.kind === "field" ? reason : undefined));
  }

  /** It is heard, and says nothing of what the mapping wants: whoever waits for it should know. */
  private tellMissing({ advertisement }: Packet): void {
    const { decode } = this.device;
    const isOfIt = this.wasDecoded || this.faults > 0;
    this.refuse((source, point) => {
      if (this.last.has(point)) return undefined;
      if (source.kind === "field") {
        return isOfIt || decode === undefined
          ? undefined
          : `it is heard, but none of its advertisements is ${decode.decoder.title}: is \`decode\` right?`;
      }
      if (dataOf(source, advertisement) !== undefined) return undefined;
      const { data } = source;
      const what = "service" in data ? `of the service ${data.service}` : `of the company ${companyName(data.company)}`;
      return `it is heard, but none of its advertisements has data ${what}`;
    });
  }

  private refuse(reasonOf: (source: AdvertisementSource, point: PointId) => string | undefined): void {
    const refused = this.points.flatMap(([point, source]) => {
      const reason = reasonOf(source, point);
      return reason === undefined ? [] : [{ point, reason }];
    });
    if (refused.length > 0) this.listener.onReadings([], refused);
    else this.tellLife();
  }
}

/** "0x0499" */
function companyName(company: number): string {
  return `0x${company.toString(16).padStart(4, "0")}`;
}
