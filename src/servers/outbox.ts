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

/** For all observations of a server together: some tens of megabytes. Beyond it each gives its oldest for its newest. */
const MOST_SAMPLES = 250_000;

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
  /** A report has come that must wait: the server is away, or sleeps with us. */
  onWaiting?(): void;
}

export interface OutboxCounters {
  readonly waiting: number;
  readonly delivered: number;
  readonly dropped: number;
}

interface Debt {
  readonly reports: Report[];
  /** How many reports the observation keeps for a server that is away. */
  keep: number;
}

interface Flight {
  readonly id: ObservationId;
  readonly covers: number;
}

export class Outbox {
  private readonly port: OutboxPort;
  private readonly nstart: number;
  /** In the order in which their turns come; an observation that had its turn goes to the end. */
  private readonly owed = new Map<ObservationId, Debt>();
  /** Of observations that are void: it waits for the server to observe again. */
  private readonly held = new Map<ObservationId, Debt>();
  /** By notification; an observation has one on its way at most. */
  private readonly flights = new Map<number, Flight>();
  private readonly flying = new Map<ObservationId, number>();
  private lastNotification = 0;
  private open = false;
  /** Closed, and not for a sleep of ours. */
  private away = true;
  private delivered = 0;
  private dropped = 0;
  private readonly mostSamples: number;
  /** In all reports. */
  private samples = 0;

  /** `nstart`: how many notifications may be unacknowledged at the same time (RFC 7252 §4.7). */
  constructor(port: OutboxPort, nstart: number, mostSamples: number = MOST_SAMPLES) {
    this.port = port;
    this.nstart = nstart;
    this.mostSamples = mostSamples;
  }

  get counters(): OutboxCounters {
    let waiting = 0;
    for (const debts of [this.owed, this.held]) for (const { reports } of debts.values()) waiting += reports.length;
    return { waiting, delivered: this.delivered, dropped: this.dropped };
  }

  /** Whether an acknowledgement is waited for. */
  get busy(): boolean {
    return this.flights.size > 0;
  }

  /** Adds a report; an observation keeps its newest `keep`, and nothing for a server that is away where that is 0. */
  add(id: ObservationId, report: Report, keep: number): void {
    const debt = this.owed.get(id) ?? { reports: [], keep };
    debt.keep = keep;
    debt.reports.push(report);
    this.samples += report.samples.length;
    this.owed.set(id, debt);
    this.trim(id, debt);
    this.send();
    if (!this.open && debt.reports.length > 0) this.port.onWaiting?.();
  }

  /** The server is there: what is owed leaves. */
  resume(): void {
    this.open = true;
    this.away = false;
    this.send();
  }

  /** We sleep, in queue mode: the next report waits until we are awake, which is not storing. */
  rest(): void {
    this.open = false;
  }

  /** The server is away: reports gather. */
  pause(): void {
    this.open = false;
    this.away = true;
    for (const [id, debt] of this.owed) this.trim(id, debt);
  }

  onDelivered(notification: number): void {
    const flight = this.land(notification);
    if (flight === undefined) return;
    const debt = this.owed.get(flight.id);
    if (debt !== undefined) this.take(debt, 0, flight.covers);
    this.delivered += flight.covers;
    this.owed.delete(flight.id);
    if (debt !== undefined && debt.reports.length > 0) this.owed.set(flight.id, debt);
    this.send();
  }

  /** Not acknowledged: the reports stay, and go again when the server is back. */
  onFailed(notification: number): void {
    const flight = this.land(notification);
    const debt = flight === undefined ? undefined : this.owed.get(flight.id);
    if (flight !== undefined && debt !== undefined) this.trim(flight.id, debt);
    this.send();
  }

  /** The observation is void, and what it owes waits until it is granted again. */
  hold(id: ObservationId): void {
    const debt = this.owed.get(id);
    if (debt !== undefined) this.held.set(id, debt);
    this.owed.delete(id);
    this.ground(id);
  }

  /** The observation is there again: what waited for it leaves. */
  release(id: ObservationId): void {
    const debt = this.held.get(id);
    if (debt === undefined) return;
    this.held.delete(id);
    this.owed.set(id, debt);
    this.send();
  }

  /** The observation is over: nothing is owed any more. */
  forget(id: ObservationId): void {
    for (const debt of [this.owed.get(id), this.held.get(id)]) if (debt !== undefined) this.drop(debt);
    this.owed.delete(id);
    this.held.delete(id);
    this.ground(id);
    this.send();
  }

  /** Drops the oldest beyond the limit. What flies is not counted: its acknowledgement settles it by position. */
  private trim(id: ObservationId, debt: Debt): void {
    const { reports, keep } = debt;
    const covers = this.flights.get(this.flying.get(id) ?? 0)?.covers ?? 0;
    // For a server that is there the newest always waits its turn: that is not storing.
    const excess = reports.length - covers - (this.away ? keep : Math.max(1, keep));
    if (excess > 0) this.drop(debt, covers, excess);
    this.relieve(debt, covers);
    if (reports.length === 0) this.owed.delete(id);
  }

  /** Room for the newest: what waits for the server to observe again goes first, then what the same observation has kept. */
  private relieve(debt: Debt, covers: number): void {
    while (this.samples > this.mostSamples) {
      const [held] = this.held;
      if (held !== undefined) {
        const [id, old] = held;
        this.drop(old, 0, 1);
        if (old.reports.length === 0) this.held.delete(id);
      } else if (debt.reports.length > covers + 1) this.drop(debt, covers, 1);
      else return;
    }
  }

  private drop(debt: Debt, from = 0, count = debt.reports.length): void {
    this.take(debt, from, count);
    this.dropped += count;
  }

  private take({ reports }: Debt, from: number, count: number): void {
    for (const { samples } of reports.splice(from, count)) this.samples -= samples.length;
  }

  private land(notification: number): Flight | undefined {
    const flight = this.flights.get(notification);
    if (flight !== undefined) {
      this.flights.delete(notification);
      this.flying.delete(flight.id);
    }
    return flight;
  }

  private ground(id: ObservationId): void {
    const notification = this.flying.get(id);
    if (notification !== undefined) this.land(notification);
  }

  private send(): void {
    while (this.open && this.flights.size < this.nstart) {
      const next = this.next();
      if (next === undefined) return;
      const [id, debt] = next;
      const composed = this.port.compose(id, debt.reports);
      if (composed === undefined) {
        this.drop(debt);
        this.owed.delete(id);
        continue;
      }
      const notification = ++this.lastNotification;
      this.flights.set(notification, { id, covers: composed.covers });
      this.flying.set(id, notification);
      this.port.transmit(id, notification, composed);
    }
  }

  private next(): [ObservationId, Debt] | undefined {
    for (const entry of this.owed) if (!this.flying.has(entry[0])) return entry;
    return undefined;
  }
}
