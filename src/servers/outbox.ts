/**
 * What one server is owed, in order: every notification goes through here, also while the server is there, when it leaves
 * at once. A report stays until the server acknowledged it (RFC 7641 §4.5), so an outage delays reports and loses none
 * within the limit of each observation.
 */
import type { CoapMessage } from "../coap/options.ts";
import type { ObservationId } from "../lwm2m/observations.ts";
import type { Sample } from "../lwm2m/sample.ts";

/** What an observation owes its server: the samples of one due notification. */
export interface Report {
  readonly samples: readonly Sample[];
  readonly confirmable: boolean;
}

export interface Composed {
  readonly message: CoapMessage;
  readonly confirmable: boolean;
  /** How many reports, oldest first, this message settles. */
  readonly covers: number;
}

export interface OutboxPort {
  /** The message for what an observation owes, oldest first; undefined where the observation is gone. */
  compose(id: ObservationId, reports: readonly Report[]): Composed | undefined;
  transmit(id: ObservationId, notification: number, composed: Composed): void;
}

export interface OutboxCounters {
  readonly waiting: number;
  readonly delivered: number;
  readonly dropped: number;
}

interface Flight {
  readonly id: ObservationId;
  readonly covers: number;
}

export class Outbox {
  private readonly port: OutboxPort;
  private readonly nstart: number;
  /** In the order in which their turns come; an observation that had its turn goes to the end. */
  private readonly owed = new Map<ObservationId, Report[]>();
  private readonly flights = new Map<number, Flight>();
  private readonly flying = new Set<ObservationId>();
  private lastNotification = 0;
  private open = false;
  private delivered = 0;
  private dropped = 0;

  /** `nstart`: how many notifications may be unacknowledged at the same time (RFC 7252 §4.7). */
  constructor(port: OutboxPort, nstart: number) {
    this.port = port;
    this.nstart = nstart;
  }

  get counters(): OutboxCounters {
    let waiting = 0;
    for (const reports of this.owed.values()) waiting += reports.length;
    return { waiting, delivered: this.delivered, dropped: this.dropped };
  }

  /** Adds a report; an observation keeps its newest `keep`, and nothing for a server that is away where that is 0. */
  add(id: ObservationId, report: Report, keep: number): void {
    if (keep === 0 && !this.open) {
      this.dropped++;
      return;
    }
    const reports = this.owed.get(id) ?? [];
    reports.push(report);
    // What flies right now is not counted out: its acknowledgement settles it by position.
    while (reports.length > Math.max(1, keep) && !this.flying.has(id)) {
      reports.shift();
      this.dropped++;
    }
    this.owed.set(id, reports);
    this.send();
  }

  /** The server is there: what is owed leaves. */
  resume(): void {
    this.open = true;
    this.send();
  }

  /** The server is away: reports gather. */
  pause(): void {
    this.open = false;
  }

  onDelivered(notification: number): void {
    const flight = this.land(notification);
    if (flight === undefined) return;
    const reports = this.owed.get(flight.id) ?? [];
    reports.splice(0, flight.covers);
    this.delivered += flight.covers;
    this.owed.delete(flight.id);
    if (reports.length > 0) this.owed.set(flight.id, reports);
    this.send();
  }

  /** Not acknowledged: the reports stay, and go again when the server is back. */
  onFailed(notification: number): void {
    this.land(notification);
    this.send();
  }

  /** The observation is over: nothing is owed any more. */
  forget(id: ObservationId): void {
    this.dropped += this.owed.get(id)?.length ?? 0;
    this.owed.delete(id);
    for (const [notification, flight] of this.flights) if (flight.id === id) this.land(notification);
    this.send();
  }

  private land(notification: number): Flight | undefined {
    const flight = this.flights.get(notification);
    if (flight !== undefined) {
      this.flights.delete(notification);
      this.flying.delete(flight.id);
    }
    return flight;
  }

  private send(): void {
    while (this.open && this.flights.size < this.nstart) {
      const id = this.next();
      if (id === undefined) return;
      const composed = this.port.compose(id, this.owed.get(id) ?? []);
      if (composed === undefined) {
        this.owed.delete(id);
        continue;
      }
      const notification = ++this.lastNotification;
      this.flights.set(notification, { id, covers: composed.covers });
      this.flying.add(id);
      this.port.transmit(id, notification, composed);
    }
  }

  private next(): ObservationId | undefined {
    for (const id of this.owed.keys()) if (!this.flying.has(id)) return id;
    return undefined;
  }
}
