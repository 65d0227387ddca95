import type { Millis } from "../../src/adapter.ts";
import { LastMinute } from "../wires/last-minute.ts";

/** What comes, and what becomes of it. */
export class Traffic {
  unwanted = 0;
  oversized = 0;
  readonly messages: LastMinute;

  constructor(now: () => Millis) {
    this.messages = new LastMinute(now);
  }
}
