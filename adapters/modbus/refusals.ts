/** What a device has refused to read, remembered for a while, so that the next poll asks better. */
import { type Clock, MINUTE, type Millis } from "../../src/adapter.ts";
import type { Span, Table } from "./pdu.ts";
import { type Cut, endOf } from "./read-plan.ts";

/** A device that was starting, or has a new firmware, gets another chance after this. */
const REMEMBERED: Millis = 10 * MINUTE;

export class Refusals {
  private readonly clock: Clock;
  private readonly known: Cut[] = [];
  private readonly dead: Span[] = [];
  private forgetAt: Millis = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Where no read may reach over. */
  cuts(): readonly Cut[] {
    if (this.clock.monotonic() >= this.forgetAt) this.forget();
    return this.known;
  }

  /** Whether all of it was refused in every part: asking for the parts again would be noise. */
  isDead(span: Span): boolean {
    return this.dead.some(
      (dead) => dead.table === span.table && dead.address <= span.address && endOf(span) <= endOf(dead),
    );
  }

  /** Both sides are read, both together are not: the device has a hole in between. */
  learnHole(table: Table, from: number, to: number): void {
    this.known.push({ table, from, to });
    this.remember();
  }

  /** Refused in every part; what lies beside it is not to suffer. */
  learnDead(span: Span): void {
    const { table, address } = span;
    if (this.isDead(span)) return;
    this.dead.push({ table, address, count: span.count });
    this.known.push({ table, from: address, to: address }, { table, from: endOf(span), to: endOf(span) });
    this.remember();
  }

  forget(): void {
    this.known.length = 0;
    this.dead.length = 0;
  }

  private remember(): void {
    this.forgetAt = this.clock.monotonic() + REMEMBERED;
  }
}
