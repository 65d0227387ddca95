import { HOUR, type Millis } from "../../../src/adapter.ts";
import type { RadioState } from "../radio/radio.ts";

/** So many changes are told at once … */
const AT_ONCE = 4;
/** … and one more after each of these: an adapter that comes and goes for months does not fill the log. */
const ONE_MORE: Millis = HOUR;

/** Which changes of the state of an adapter are worth a line of the log. */
export class StateNews {
  private told: RadioState | undefined;
  private readonly reasons = new Set<string>();
  private credit = AT_ONCE;
  private creditSince: Millis | undefined;
  /** When it is to be asked again though nothing changed. */
  againAt: Millis | undefined;

  /** The state now; undefined: it is no news, or not yet. */
  of(state: RadioState, now: Millis): RadioState | undefined {
    this.againAt = undefined;
    if (!this.isNews(state)) return undefined;
    this.refill(now);
    if (this.credit === 0) {
      this.againAt = (this.creditSince ?? now) + ONE_MORE;
      return undefined;
    }
    if (this.credit === AT_ONCE) this.creditSince = now;
    this.credit--;
    this.told = state;
    if (state.state === "ready") this.reasons.clear();
    else this.reasons.add(state.reason);
    return state;
  }

  private isNews(state: RadioState): boolean {
    if (state.state !== this.told?.state) return true;
    return state.state === "unavailable" && this.reasons.size < AT_ONCE && !this.reasons.has(state.reason);
  }

  private refill(now: Millis): void {
    if (this.creditSince === undefined) return;
    const more = Math.floor((now - this.creditSince) / ONE_MORE);
    this.credit = Math.min(AT_ONCE, this.credit + more);
    this.creditSince = this.credit === AT_ONCE ? undefined : this.creditSince + more * ONE_MORE;
  }
}
