/**
 * What one server is owed, in order: every due report goes through here, also while the server is there, when it leaves at
 * once. A report stays in the history until the server acknowledged it (RFC 7641 §4.5), so an outage, a restart or a crash
 * delays reports and loses none within the limits. The newest of each observation are live: they stand in memory, and go before
 * everything older.
 */
import type { Millis } from "../clock.ts";
import { UNRESTRAINED } from "../lwm2m/budget.ts";
import { deviceOf, type ObservationId } from "../lwm2m/observation-id.ts";
import type { Debt, Report } from "./debt.ts";
import { Debts, type OutboxDropCause } from "./debts.ts";
import { Dispatch } from "./dispatch.ts";
import type { OutboxOptions } from "./outbox-ports.ts";

/** A report for the queue of an observation, or of a report entry, which keeps the newest `keep`. */
export interface DueReport {
  readonly id: ObservationId;
  readonly report: Report;
  readonly keep: number;
}

export interface OutboxCounters {
  /** Reports that the server does not have. */
  readonly waiting: number;
  /** Of these, how many cannot be delivered in the way that is open now: no Send, and no format with times. */
  readonly stranded: number;
  readonly delivered: number;
  /** In the last minute. */
  readonly deliveredLately: number;
  /** How long ago the server acknowledged a report; absent: it never did. */
  readonly sinceDelivered?: Millis;
  /** Beside what the history drops. */
  readonly dropped: Readonly<Record<OutboxDropCause, number>>;
}

/** What takes room only once something is owed. */
interface Parts {
  readonly options: OutboxOptions;
  readonly debts: Debts;
  readonly dispatch: Dispatch;
}

export class Outbox {
  private readonly makeOptions: () => OutboxOptions;
  /** Made when something is owed for the first time: of a thousand registrations most are never observed. */
  private parts: Parts | undefined;
  private open = false;
  private away = true;

  /** `makeOptions` is asked when something is owed for the first time. */
  constructor(makeOptions: () => OutboxOptions) {
    this.makeOptions = makeOptions;
  }

  get counters(): OutboxCounters {
    if (this.parts === undefined) return NOTHING_OWED;
    const { options, debts, dispatch } = this.parts;
    const { waiting, stranded, dropped } = debts;
    const { total: delivered } = dispatch.delivered;
    const deliveredLately = dispatch.delivered.lately(options.clock.monotonic());
    const { last } = dispatch.delivered;
    const since = last === undefined ? {} : { sinceDelivered: options.clock.monotonic() - last };
    return { waiting, stranded, delivered, deliveredLately, ...since, dropped: { ...dropped } };
  }

  /** Whether an acknowledgement is waited for. */
  get busy(): boolean {
    return this.parts?.dispatch.busy ?? false;
  }

  /** What waits since before this run. */
  adopt(ids: readonly ObservationId[]): void {
    for (const id of ids) this.owing().debts.adopt(id);
  }

  /** The history keeps the newest `keep` reports of the observation; where that is 0, nothing for a server that is away. */
  add(id: ObservationId, report: Report, keep: number): void {
    this.addAll([{ id, report, keep }]);
  }

  /** What is due at the same moment leaves together. */
  addAll(due: Iterable<DueReport>): void {
    const { options, debts, dispatch } = this.owing();
    let live = false;
    for (const { id, report, keep } of due) {
      const debt = debts.add(id, report, keep);
      live = (debt.live.length > 0 && !debts.withholds(debt)) || live;
    }
    dispatch.run();
    if (!this.open && live) options.onWaiting?.();
  }

  /** The server is there: what is owed leaves. */
  resume(): void {
    this.open = true;
    this.expect();
    this.parts?.debts.backlog.retry();
    this.parts?.dispatch.start();
  }

  /** The server is taken to be there, and is asked: what becomes due waits for its answer, which is not storing. */
  expect(): void {
    this.away = false;
    if (this.parts !== undefined) this.parts.debts.away = false;
  }

  /** We sleep, in queue mode: the next report waits until we are awake, which is not storing. */
  rest(): void {
    this.open = false;
    this.parts?.dispatch.stop();
  }

  /** The server is away: reports gather. */
  pause(): void {
    this.open = false;
    this.away = true;
    if (this.parts === undefined) return;
    const { debts, dispatch } = this.parts;
    debts.away = true;
    dispatch.stop();
    for (const debt of [...debts.all]) {
      debts.shorten(debt);
      debts.requeue(debt);
    }
  }

  /** A budget allows more or less than before. */
  restraintChanged(): void {
    if (this.parts === undefined) return;
    const { debts, dispatch } = this.parts;
    dispatch.discard();
    for (const debt of [...debts.all]) debts.requeue(debt);
    dispatch.run();
  }

  /** What waits may be deliverable in another way than before. */
  kick(): void {
    if (this.parts === undefined) return;
    const { debts, dispatch } = this.parts;
    dispatch.discard();
    debts.backlog.retry();
    dispatch.run();
  }

  onDelivered(number: number): void {
    this.parts?.dispatch.onDelivered(number);
  }

  /** Not acknowledged: the reports stay, and go again. */
  onFailed(number: number): void {
    this.parts?.dispatch.onFailed(number);
  }

  /** The observation is void, and what it owes waits until it is granted again, or goes by Send. */
  hold(id: ObservationId): void {
    this.owing().debts.hold(id);
    this.supersede(id);
  }

  /** The observation is there again: what waited for it leaves. */
  release(id: ObservationId): void {
    const debt = this.parts?.debts.get(id);
    if (debt === undefined) return;
    debt.held = false;
    this.parts?.debts.requeue(debt);
    this.kick();
  }

  /** The server has heard by itself what is new: what is owed is the past. */
  supersede(id: ObservationId): void {
    this.settle(id, ({ debts }, debt) => debts.retire(debt));
  }

  /** The history has forgotten what waits of these: what of it is live, or on its way, is owed no more. */
  forgotten(match: (id: ObservationId) => boolean): void {
    if (this.parts === undefined) return;
    const { debts, dispatch } = this.parts;
    for (const debt of [...debts.all]) {
      if (!match(debt.id)) continue;
      dispatch.ground(debt);
      debt.clear();
      debts.requeue(debt);
    }
    dispatch.run();
  }

  /** The observation is over: nothing is owed any more. */
  forget(id: ObservationId): void {
    this.settle(id, ({ debts }, debt) => debts.forget(debt));
  }

  private settle(id: ObservationId, end: (parts: Parts, debt: Debt) => void): void {
    const { parts } = this;
    const debt = parts?.debts.get(id);
    if (parts === undefined || debt === undefined) return;
    parts.dispatch.ground(debt);
    end(parts, debt);
    parts.dispatch.run();
  }

  private owing(): Parts {
    if (this.parts !== undefined) return this.parts;
    const options = this.makeOptions();
    const debts = debtsOf(options);
    debts.away = this.away;
    this.parts = { options, debts, dispatch: new Dispatch(options, debts) };
    if (this.open) this.parts.dispatch.start();
    return this.parts;
  }
}

function debtsOf(options: OutboxOptions): Debts {
  const { history, notifications, packs, maxMessage, restraint = () => UNRESTRAINED } = options;
  return new Debts({
    history,
    carriesTime: (id) => notifications.carriesTime(id),
    isThere: (entry) => packs.isThere(entry),
    canSend: () => packs.canSend(),
    delivery: () => packs.delivery(),
    deviceOf: options.deviceOf ?? deviceOf,
    restraint,
    liveSamples: Math.max(LEAST_LIVE, Math.floor(maxMessage / BYTES_A_SAMPLE)),
  });
}

const NOTHING_OWED: OutboxCounters = {
  waiting: 0,
  stranded: 0,
  delivered: 0,
  deliveredLately: 0,
  dropped: { hqmax: 0, unkept: 0, ended: 0 },
};

/** Of an observation so much is live at least: what a message of 1024 bytes takes. */
const LEAST_LIVE = 48;
/** Of a record of SenML CBOR with a time, without its name. */
const BYTES_A_SAMPLE = 20;
