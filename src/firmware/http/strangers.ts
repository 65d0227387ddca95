/** Addresses that ask for what is not there: a device does that hardly ever, who tries paths does it often. */
import { type Clock, MINUTE, type Millis } from "../../clock.ts";

const MOST_WRONG = 10;
const WINDOW: Millis = MINUTE;
/** More addresses than that are no devices. */
const MOST_ADDRESSES = 256;

export class Strangers {
  private readonly clock: Clock;
  private readonly wrong = new Map<string, { readonly since: Millis; count: number }>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** It asked for something that is not there. Returns whether that is the first time for a minute. */
  note(address: string): boolean {
    const known = this.known(address);
    if (known !== undefined) {
      known.count++;
      return false;
    }
    if (this.wrong.size >= MOST_ADDRESSES) this.wrong.clear();
    this.wrong.set(address, { since: this.clock.monotonic(), count: 1 });
    return true;
  }

  /** Whether it is to wait for a while. */
  isRefused(address: string): boolean {
    return (this.known(address)?.count ?? 0) >= MOST_WRONG;
  }

  private known(address: string): { readonly since: Millis; count: number } | undefined {
    const known = this.wrong.get(address);
    if (known === undefined || this.clock.monotonic() - known.since < WINDOW) return known;
    this.wrong.delete(address);
    return undefined;
  }
}
