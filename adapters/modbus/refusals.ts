/** What a device has refused to read, remembered so that the next poll asks better. */
import { type Clock, MINUTE, type Millis } from "../../src/adapter.ts";
import type { Span, Table } from "./pdu.ts";
import { type Cut, endOf } from "./read-plan.ts";

/** What is refused altogether may be there later: the device was starting. To ask again costs a request. */
const REMEMBERED: Millis = 10 * MINUTE;

export class Refusals {
  private readonly clock: Clock;
  private readonly holes: Cut[] = [];
  private readonly edges: Cut[] = [];
  private readonly dead: Span[] = [];
  private forgetAt: Millis = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Where no read may reach over. */
  cuts(): readonly Cut[] {
    if (this.clock.monotonic() >= this.forgetAt) this.forgetDead();
    return [...this.holes, ...this.edges];
  }

  /** Whether all of it was refused in every part: asking for the parts again would be noise. */
  isDead(span: Span): boolean {
    return this.dead.some(
      (dead) => dead.table === span.table && dead.address <= span.address && endOf(span) <= endOf(dead),
    );
  }

  /**
   * Both sides are read, both together are not: the device has a hole in between. Nothing is missed by reading around it, so
   * that is kept until `forget`.
   */
  learnHole(table: Table, from: number, to: number): void {
    this.holes.push({ table, from, to });
  }

  /** Refused in every part; what lies beside it is not to suffer. */
  learnDead(span: Span): void {
    const { table, address } = span;
    if (this.isDead(span)) return;
    this.dead.push({ table, address, count: span.count });
    this.edges.push({ table, from: address, to: address }, { table, from: endOf(span), to: endOf(span) });
    this.forgetAt = this.clock.monotonic() + REMEMBERED;
  }

  /** The device is there again, and may be another one. */
  forget(): void {
    this.holes.length = 0;
    this.forgetDead();
  }

  private forgetDead(): void {
    this.edges.length = 0;
    this.dead.length = 0;
  }
}
