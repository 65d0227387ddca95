/** Which of the packets of one device are new: each is sent several times, and heard as often as luck has it. */
import { type Clock, MINUTE, type Millis, SECOND } from "../../src/adapter.ts";
import type { Advertisement } from "./radio/radio.ts";

/** Numbers begin anew at 256 at the soonest: after so long the same one is another packet. */
const SAME_NUMBER: Millis = MINUTE;
/** What has no number, and says the same after so long, says it again. */
const SAME_BYTES: Millis = 10 * SECOND;
/** Some devices say several things in turn. */
const REMEMBERED = 4;

type Data = Pick<Advertisement, "serviceData" | "manufacturerData">;

interface Heard {
  readonly data: Data;
  readonly time: Millis;
}

export class Repeats {
  private readonly clock: Clock;
  private id: string | undefined;
  private idAt: Millis = Number.NEGATIVE_INFINITY;
  private readonly newest: Heard[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Whether it was heard before. `id`: the number that its format gives it. Remembers it. */
  isRepeat(data: Data, id: string | undefined): boolean {
    const now = this.clock.monotonic();
    if (id === undefined) return this.hasBytes(data, now);
    const known = id === this.id && now - this.idAt < SAME_NUMBER;
    if (!known) this.idAt = now;
    this.id = id;
    return known;
  }

  private hasBytes(data: Data, now: Millis): boolean {
    if (this.newest.some((heard) => now - heard.time < SAME_BYTES && isSame(heard.data, data))) return true;
    this.newest.push({ data, time: now });
    if (this.newest.length > REMEMBERED) this.newest.shift();
    return false;
  }
}

function isSame(a: Data, b: Data): boolean {
  return areSame(a.serviceData, b.serviceData) && areSame(a.manufacturerData, b.manufacturerData);
}

function areSame<K>(a: ReadonlyMap<K, Uint8Array>, b: ReadonlyMap<K, Uint8Array>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, bytes] of a) {
    const other = b.get(key);
    if (other === undefined || Buffer.compare(bytes, other) !== 0) return false;
  }
  return true;
}
