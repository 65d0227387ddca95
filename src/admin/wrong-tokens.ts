/** Whoever tries tokens is told so, stands in the log, and neither fills a disk. */
import { type Clock, MINUTE } from "../clock.ts";
import type { Logger } from "../log.ts";

/** Of one address in a minute: a script with an old token is told what is wrong, one that guesses only to wait. */
const MOST_TRIES = 10;
/** In a minute, of all. */
const MOST_LINES = 5;
const MOST_ADDRESSES = 1000;

export class WrongTokens {
  private readonly log: Logger;
  private readonly clock: Clock;
  private readonly tries = new Map<string, number>();
  private total = 0;
  private disarm: (() => void) | undefined;

  constructor(log: Logger, clock: Clock) {
    this.log = log;
    this.clock = clock;
  }

  /** Whether it is worth a word to who asks, from that address. */
  tell(from: string): boolean {
    this.disarm ??= this.clock.at(this.clock.monotonic() + MINUTE, () => this.stop());
    const name = this.tries.has(from) || this.tries.size < MOST_ADDRESSES ? from : "";
    const tries = (this.tries.get(name) ?? 0) + 1;
    this.tries.set(name, tries);
    this.total++;
    if (this.total <= MOST_LINES) this.log.warn({ from, code: "LG706" }, "somebody asked the API with a wrong token");
    return tries <= MOST_TRIES;
  }

  /** The minute is over. */
  stop(): void {
    this.disarm?.();
    this.disarm = undefined;
    const more = this.total - MOST_LINES;
    if (more > 0) {
      const from = [...this.tries.keys()].slice(0, MOST_LINES).filter((name) => name !== "");
      this.log.warn({ from, more, code: "LG706" }, "wrong tokens: as many more in this minute");
    }
    this.tries.clear();
    this.total = 0;
  }
}
