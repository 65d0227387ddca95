/** All that one server is owed: what of it is live, what waits in the history alone, and what had to go. */

import type { Restraint } from "../lwm2m/budget.ts";
import type { ObservationId } from "../lwm2m/observation-id.ts";
import { SparseMap } from "../sparse-map.ts";
import type { History } from "../store/store.ts";
import { Backlog, type BacklogOptions } from "./backlog.ts";
import { Debt, type LiveReport, type Report, rangeOf, type SequenceRange } from "./debt.ts";
import { Lanes } from "./lanes.ts";

export interface DebtsOptions extends BacklogOptions {
  readonly history: Pick<History, "append" | "peek" | "confirm" | "forget" | "waiting">;
  /** How many samples of an observation are live: about what one message takes. */
  readonly liveSamples: number;
  /** Whose values an observation has: those of one device share their turns. */
  readonly deviceOf: (id: ObservationId) => string;
  /** What a budget allows now. */
  readonly restraint: () => Restraint;
}

/**
 * Why reports were dropped beside what the history drops by itself: `hqmax`: the observation keeps no more; `unkept`: it keeps
 * nothing (hqmax 0, /1/x/6) and the server was away; `ended`: it is over, and nobody waits for them.
 */
export type OutboxDropCause = "hqmax" | "unkept" | "ended";

export class Debts {
  readonly lanes = new Lanes();
  readonly backlog: Backlog;
  readonly dropped: Record<OutboxDropCause, number> = { hqmax: 0, unkept: 0, ended: 0 };
  /** Whether the server is away, so that reports gather. */
  away = true;
  private readonly options: DebtsOptions;
  private readonly byId = new SparseMap<ObservationId, Debt>();

  constructor(options: DebtsOptions) {
    this.options = options;
    this.backlog = new Backlog(options);
  }

  get all(): Iterable<Debt> {
    return this.byId.values();
  }

  /** Reports that no server has. */
  get waiting(): number {
    const { history } = this.options;
    let waiting = 0;
    for (const debt of this.byId.values()) waiting += history.waiting(debt.id) + debt.live.length - debt.keptLive;
    return waiting;
  }

  /** Reports of those that cannot be delivered in the way that is open now. */
  get stranded(): number {
    let stranded = 0;
    for (const { id, keptLive } of this.backlog.stranded) stranded += this.options.history.waiting(id) - keptLive;
    return stranded;
  }

  get(id: ObservationId): Debt | undefined {
    return this.byId.get(id);
  }

  has(debt: Debt): boolean {
    return this.byId.get(debt.id) === debt;
  }

  /** What a run before this one left: it waits for the server to observe again, where it does not go by Send. */
  adopt(id: ObservationId): void {
    const debt = this.owed(id);
    debt.held = !debt.report;
    this.requeue(debt);
  }

  /** The observation is void. */
  hold(id: ObservationId): void {
    this.owed(id).held = true;
  }

  add(id: ObservationId, { samples, confirmable, urgent = false }: Report, keep: number): Debt {
    const debt = this.owed(id);
    debt.keep = keep;
    if (keep > 0) this.dropBeyond(debt, keep - 1);
    // What is on its way is not counted: its acknowledgement settles it.
    const entry = keep > 0 ? this.options.history.append(id, { samples, confirmable }, keep + debt.flying) : undefined;
    debt.push({ samples, confirmable, urgent, sequence: entry?.sequence });
    this.shorten(debt);
    this.requeue(debt);
    return debt;
  }

  /** What arrived of the live ones is settled. Returns how many reports they were. */
  settle(debt: Debt): number {
    const { flying } = debt;
    this.confirm(debt, debt.settle());
    return flying;
  }

  confirm({ id }: Debt, range: SequenceRange | undefined): void {
    if (range !== undefined) this.options.history.confirm(id, range);
  }

  /** It stands where it has something to say; one that is void and owes nothing is nobody's any more. */
  requeue(debt: Debt): void {
    if (!this.has(debt)) return;
    const waiting = this.options.history.waiting(debt.id);
    if (debt.live.length > 0 && !debt.notifying && !debt.held && !this.withholds(debt)) this.lanes.add(debt);
    else this.lanes.remove(debt);
    if (waiting > debt.keptLive && !this.options.restraint().holdsHistory) this.backlog.add(debt);
    else this.backlog.remove(debt);
    // One that goes on will owe something again.
    if (waiting > 0 || debt.live.length > 0 || !(debt.held || debt.report)) return;
    this.byId.delete(debt.id);
    if (debt.held) this.options.history.forget(debt.id);
  }

  /** Whether a budget keeps here what is live of it. */
  withholds(debt: Debt): boolean {
    return this.options.restraint().holdsReports && !debt.urgent;
  }

  /** What is live within its room; the rest is in the history, or nowhere. */
  shorten(debt: Debt): void {
    const gone = debt.shorten({ reports: this.liveReports(debt), samples: this.options.liveSamples });
    this.countUnkept(gone);
  }

  /** Nothing of it is live any more: it waits in the history. */
  retire(debt: Debt): void {
    this.countUnkept(debt.clear());
    this.requeue(debt);
  }

  /** Nothing is owed any more. */
  forget(debt: Debt): void {
    const { id } = debt;
    this.dropped.ended += this.options.history.waiting(id) + debt.live.length - debt.keptLive;
    this.options.history.forget(id);
    this.byId.delete(id);
    this.lanes.remove(debt);
    this.backlog.remove(debt);
  }

  private owed(id: ObservationId): Debt {
    let debt = this.byId.get(id);
    if (debt !== undefined) return debt;
    debt = new Debt(id, this.options.deviceOf(id));
    this.byId.set(id, debt);
    return debt;
  }

  /** For a server that is there the newest always waits its turn: that is not storing. */
  private liveReports(debt: Debt): number {
    const { carriesTime, delivery, history } = this.options;
    const kept = this.away ? debt.keep : Math.max(1, debt.keep);
    if (carriesTime(debt.id) !== false) return kept;
    // Value by value, the newest comes last; else the newest alone is true, and what is older waits for times.
    const inTurn = delivery() === "replay" && (this.away || history.waiting(debt.id) > debt.keptLive);
    return Math.min(inTurn ? 0 : 1, kept);
  }

  /** More than so many are live, and wait: the history would drop what is on its way in their place. */
  private dropBeyond(debt: Debt, keep: number): void {
    if (debt.live.length - debt.flying <= keep) return;
    const gone = debt.shorten({ reports: keep, samples: Number.POSITIVE_INFINITY });
    this.confirm(debt, rangeOf(gone));
    this.dropped.hqmax += gone.length;
  }

  private countUnkept(reports: readonly LiveReport[]): void {
    for (const { sequence } of reports) if (sequence === undefined) this.dropped.unkept++;
  }
}
