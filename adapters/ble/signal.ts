/** How well a device is heard, for object 4: so that it says something, and does not chatter. */
import { type Clock, type Connectivity, MINUTE, type Millis } from "../../src/adapter.ts";

/** What is told changes no more often, and by no less. */
const PAUSE: Millis = MINUTE;
const RSSI_STEP = 3;
const QUALITY_STEP = 5;
/** One measurement of the signal counts for so much: it goes up and down by itself. */
const WEIGHT = 1 / 8;
/** Of so many packets it is told how many came. */
const NEWEST = 50;

export class Signal {
  private readonly clock: Clock;
  private readonly tell: (connectivity: Connectivity) => void;
  private level: number | undefined;
  private share: number | undefined;
  private told: { readonly rssi?: number; readonly linkQuality?: number } = {};
  private toldAt = Number.NEGATIVE_INFINITY;
  private lastNumber: number | undefined;
  /** Whether each of the newest came, the oldest first. */
  private readonly came: boolean[] = [];

  constructor(clock: Clock, tell: (connectivity: Connectivity) => void) {
    this.clock = clock;
    this.tell = tell;
  }

  /** In dBm. */
  hear(rssi: number | undefined): void {
    if (rssi === undefined) return;
    this.level = this.level === undefined ? rssi : this.level + WEIGHT * (rssi - this.level);
    this.update();
  }

  /** In percent, as somebody else has reckoned it. */
  quality(percent: number): void {
    this.share = percent;
    this.update();
  }

  /** A new packet, by the number that it has; one that is no number says nothing. Between it and the last there were others, which did not come. */
  packet(id: string): void {
    const number = /^\d{1,15}$/.test(id) ? Number(id) : undefined;
    if (number === undefined) return;
    const missed = this.lastNumber === undefined ? 0 : gap(this.lastNumber, number) - 1;
    this.lastNumber = number;
    // It was away, or begins anew: what was before says nothing of how well it is heard now.
    if (missed >= NEWEST) this.came.length = 0;
    else for (let i = 0; i < missed; i++) this.came.push(false);
    this.came.push(true);
    if (this.came.length > NEWEST) this.came.splice(0, this.came.length - NEWEST);
    // Of a few packets a share says nothing.
    if (this.came.length < NEWEST / 5) return;
    this.share = (100 * this.came.filter(Boolean).length) / this.came.length;
    this.update();
  }

  private update(): void {
    const now = this.clock.monotonic();
    const rssi = rounded(this.level, this.told.rssi, RSSI_STEP);
    const linkQuality = rounded(this.share, this.told.linkQuality, QUALITY_STEP);
    if (rssi === this.told.rssi && linkQuality === this.told.linkQuality) return;
    const isFirst =
      (rssi !== undefined && this.told.rssi === undefined) ||
      (linkQuality !== undefined && this.told.linkQuality === undefined);
    if (!isFirst && now - this.toldAt < PAUSE) return;
    this.toldAt = now;
    this.told = { ...(rssi === undefined ? {} : { rssi }), ...(linkQuality === undefined ? {} : { linkQuality }) };
    this.tell(this.told);
  }
}

/** What was told, as long as it is nearly so. */
function rounded(value: number | undefined, told: number | undefined, step: number): number | undefined {
  if (value === undefined) return told;
  return told !== undefined && Math.abs(value - told) < step ? told : Math.round(value);
}

/** Numbers begin anew at 256, or where they are of more bytes at a power of it. */
function gap(last: number, number: number): number {
  if (number > last) return number - last;
  const size = [0x100, 0x1_0000, 0x100_0000, 0x1_0000_0000].find((one) => last < one) ?? Number.POSITIVE_INFINITY;
  return number + size - last;
}
