/** Who gets non-confirmable notifications is asked now and then whether it is still there: RFC 7641 §4.5. */
import { HOUR, type Millis } from "../clock.ts";

/** RFC 7641 §4.5: at least so often. */
const LONGEST_WITHOUT_CON: Millis = 24 * HOUR;
/** And sooner where much is sent. */
const MOST_WITHOUT_CON = 16;

/** The notifications of one observation as they are sent; what is never sent asks nobody. */
export class SignsOfLife {
  private confirmedAt: Millis;
  private unconfirmed = 0;

  /** `now`: the observation begins, with an answer to a request. */
  constructor(now: Millis) {
    this.confirmedAt = now;
  }

  /** Whether the notification that leaves now is confirmable, which `wanted` says for itself. */
  next(wanted: boolean, now: Millis): boolean {
    const confirmable = wanted || this.unconfirmed >= MOST_WITHOUT_CON || now >= this.confirmedAt + LONGEST_WITHOUT_CON;
    this.unconfirmed = confirmable ? 0 : this.unconfirmed + 1;
    if (confirmable) this.confirmedAt = now;
    return confirmable;
  }
}
