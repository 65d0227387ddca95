/** The messages of an outbox that are on their way: RFC 7252 §4.7. */

import type { Millis } from "../clock.ts";
import { SparseMap } from "../sparse-map.ts";
import type { Debt, SequenceRange } from "./debt.ts";

export interface Part {
  readonly debt: Debt;
  readonly reports: number;
  /** Of the backlog; undefined: its oldest live reports. */
  readonly range: SequenceRange | undefined;
}

export interface Flight {
  readonly parts: readonly Part[];
  readonly since: Millis;
  readonly confirmable: boolean;
  /** Calls it off; what is live is not called off. */
  abandon?: () => void;
}

export class Flights {
  private readonly nstart: number;
  /** By number. */
  private readonly underway = new SparseMap<number, Flight>();
  /** An observation has one notification on its way at most. */
  private readonly notifications = new SparseMap<Debt, number>();
  private last = 0;

  constructor(nstart: number) {
    this.nstart = nstart;
  }

  get count(): number {
    return this.underway.size;
  }

  get hasRoom(): boolean {
    return this.underway.size < this.nstart;
  }

  /** The oldest message of the backlog that can be called off. */
  get yielding(): Flight | undefined {
    for (const flight of this.underway.values()) if (flight.abandon !== undefined) return flight;
    return undefined;
  }

  start(flight: Flight): number {
    this.underway.set(++this.last, flight);
    return this.last;
  }

  /** It is a notification, which ends with its observation. */
  isNotification(number: number, debt: Debt): void {
    this.notifications.set(debt, number);
  }

  /** Something live may call it off. */
  canYield(number: number, abandon: () => void): void {
    const flight = this.underway.get(number);
    if (flight !== undefined) flight.abandon = abandon;
  }

  /** Undefined: nobody waits for it any more. */
  land(number: number): Flight | undefined {
    const flight = this.underway.get(number);
    this.underway.delete(number);
    for (const { debt } of flight?.parts ?? [])
      if (this.notifications.get(debt) === number) this.notifications.delete(debt);
    return flight;
  }

  /** Nobody waits for the notification of this observation any more. Returns whether there was one. */
  ground(debt: Debt): boolean {
    const number = this.notifications.get(debt);
    return number !== undefined && this.land(number) !== undefined;
  }
}
