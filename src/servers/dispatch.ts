/**
 * What leaves next: live reports before the backlog, the devices in turn, of each the earliest due first; confirmable messages
 * within NSTART (RFC 7252 §4.7), the others at the pace of the line (RFC 7641 §4.5.1).
 */
import { type Millis, SECOND } from "../clock.ts";
import type { CoapMessage } from "../coap/options.ts";
import type { HistoryEntry } from "../store/store.ts";
import type { BacklogItem } from "./backlog.ts";
import { BacklogReader } from "./backlog-reader.ts";
import type { Debt, Lane, Report } from "./debt.ts";
import type { Debts } from "./debts.ts";
import { Delivered } from "./delivered.ts";
import { Flights, type Part } from "./flights.ts";
import { MessageFit } from "./message-fit.ts";
import type { OutboxOptions } from "./outbox-ports.ts";
import { Pacing } from "./pacing.ts";
import { type PackItem, packed, shares } from "./packs.ts";

export class Dispatch {
  readonly delivered = new Delivered();
  private readonly options: OutboxOptions;
  private readonly debts: Debts;
  private readonly flights: Flights;
  private readonly pacing: Pacing;
  private readonly fit: MessageFit;
  private readonly reader: BacklogReader;
  private open = false;
  private sending = false;
  private alarm: { readonly time: Millis; readonly cancel: () => void } | undefined;
  /** Since when something live waits behind messages of the backlog. */
  private crowdedSince: Millis | undefined;

  constructor(options: OutboxOptions, debts: Debts) {
    const { nstart, ackTimeout, maxMessage } = options;
    this.options = options;
    this.debts = debts;
    this.flights = new Flights(nstart);
    this.pacing = new Pacing(nstart, ackTimeout);
    this.fit = new MessageFit(maxMessage);
    this.reader = new BacklogReader(options, debts, () => this.run());
  }

  get busy(): boolean {
    return this.flights.count > 0;
  }

  start(): void {
    this.open = true;
    this.run();
  }

  stop(): void {
    this.open = false;
    this.reader.stop();
    this.alarm?.cancel();
    this.alarm = undefined;
    this.crowdedSince = undefined;
  }

  /** Sends what may leave now. */
  run(): void {
    // A message that is delivered at once leads here again.
    if (this.sending || !this.open) return;
    this.sending = true;
    try {
      while (this.open && (this.sendLive() || this.sendReady()));
    } finally {
      this.sending = false;
    }
    this.hurry();
    this.read();
  }

  onDelivered(number: number): void {
    const flight = this.flights.land(number);
    if (flight === undefined) return;
    const now = this.options.clock.monotonic();
    if (flight.confirmable) this.pacing.measure(now - flight.since);
    for (const { debt, range, reports } of flight.parts) {
      if (range !== undefined) debt.draining = undefined;
      if (!this.debts.has(debt)) continue;
      if (range === undefined) this.delivered.add(this.debts.settle(debt), now);
      else {
        this.debts.confirm(debt, range);
        this.delivered.add(reports, now);
      }
      this.debts.requeue(debt);
    }
    this.run();
  }

  onFailed(number: number): void {
    const flight = this.flights.land(number);
    if (flight === undefined) return;
    for (const { debt, range } of flight.parts) {
      if (range === undefined) debt.land();
      else debt.draining = undefined;
      this.debts.shorten(debt);
      this.debts.requeue(debt);
    }
    this.run();
  }

  /** What is on its way of an observation that is void, or over, comes to nothing. */
  ground(debt: Debt): void {
    if (this.flights.ground(debt)) {
      debt.land();
      debt.draining = undefined;
    }
    if (this.reader.holds(debt)) this.discard();
  }

  /** What was read is not sent in the way for which it was read. */
  discard(): void {
    this.reader.discard();
  }

  private sendLive(): boolean {
    const debt = this.debts.lanes.next((lane) => this.isOpen(lane));
    if (debt === undefined) return false;
    if (debt.report) this.sendLivePack();
    else this.sendNotification(debt, debt.live);
    return true;
  }

  private isOpen(lane: Lane): boolean {
    if (lane !== "nonConfirmable") {
      return this.flights.hasRoom && (lane === "confirmable" || this.options.packs.canSend());
    }
    const now = this.options.clock.monotonic();
    const ready = this.pacing.ready(now);
    if (ready > now) this.wakeAt(ready);
    return ready <= now;
  }

  private liveItems(): readonly PackItem[] {
    const items: PackItem[] = [];
    let left = this.fit.samples;
    for (const debt of this.debts.lanes.of("send")) {
      for (const report of debt.live) {
        if (left <= 0) return items;
        items.push({ debt, report });
        left -= report.samples.length;
      }
    }
    return items;
  }

  private sendReady(): boolean {
    if (!this.reader.ready || !this.flights.hasRoom || !this.isOpen(this.reader.lane)) return false;
    const { bySend, items } = this.reader.take();
    const [first] = items;
    if (bySend) this.sendOlderPack(items);
    else if (first !== undefined) {
      const entries = items.map(({ report }) => report);
      this.sendNotification(first.debt, entries, entries);
    }
    return true;
  }

  /** `backlog`: the same reports, where they are of the backlog. */
  private sendNotification(debt: Debt, reports: readonly Report[], backlog?: readonly HistoryEntry[]): void {
    const { notifications, clock } = this.options;
    this.debts.lanes.take(debt);
    const composed = notifications.compose(debt.id, reports);
    if (composed === undefined) {
      this.debts.forget(debt);
      return;
    }
    const { confirmable, covers } = composed;
    if (!confirmable) this.pacing.spend(clock.monotonic());
    const part = backlog === undefined ? live(debt, covers) : older(debt, backlog.slice(0, covers), "notification");
    const number = this.begin([part], confirmable);
    this.flights.isNotification(number, debt);
    if (backlog !== undefined) this.flights.canYield(number, () => this.withdraw(debt, number));
    notifications.transmit(debt.id, number, composed);
  }

  private withdraw({ id }: Debt, number: number): void {
    this.options.notifications.withdraw(id, number);
    this.onFailed(number);
  }

  /** Live reports. */
  private sendLivePack(): void {
    const { message, sent } = this.pack(this.liveItems());
    const parts = shares(sent).map(([debt, items]) => {
      this.debts.lanes.take(debt);
      return live(debt, items.length);
    });
    this.options.packs.transmit(this.begin(parts), message);
  }

  private sendOlderPack(items: readonly BacklogItem[]): void {
    const { message, sent } = this.pack(items);
    const parts = shares(sent).map(([debt, own]) =>
      older(
        debt,
        own.map(({ report }) => report),
        "send",
      ),
    );
    // What was read and has no room in this message is read again.
    for (const { debt } of items) if (debt.draining === undefined) this.debts.requeue(debt);
    const number = this.begin(parts);
    this.flights.canYield(number, this.options.packs.transmit(number, message));
  }

  private pack<T extends PackItem>(items: readonly T[]): { message: CoapMessage; sent: readonly T[] } {
    const { message, covers } = packed(items, this.fit, (samples) => this.options.packs.write(samples));
    return { message, sent: items.slice(0, covers) };
  }

  private begin(parts: readonly Part[], confirmable = true): number {
    return this.flights.start({ parts, since: this.options.clock.monotonic(), confirmable });
  }

  /** Nothing live waits long behind the backlog, as it would behind a message of it that was lost. */
  private hurry(): void {
    const { lanes } = this.debts;
    const sendable = lanes.has("confirmable") || (lanes.has("send") && this.options.packs.canSend());
    const flight = sendable && !this.flights.hasRoom ? this.flights.yielding : undefined;
    if (flight === undefined) {
      this.crowdedSince = undefined;
      return;
    }
    const now = this.options.clock.monotonic();
    this.crowdedSince ??= now;
    if (now - this.crowdedSince < PATIENCE) this.wakeAt(this.crowdedSince + PATIENCE);
    else flight.abandon?.();
  }

  private read(): void {
    if (this.open && this.flights.hasRoom) this.reader.read(this.fit.samples);
    const { retryAt } = this.reader;
    if (retryAt !== undefined && retryAt > this.options.clock.monotonic()) this.wakeAt(retryAt);
  }

  private wakeAt(time: Millis): void {
    if (this.alarm !== undefined && this.alarm.time <= time) return;
    this.alarm?.cancel();
    const cancel = this.options.clock.at(time, () => {
      this.alarm = undefined;
      this.run();
    });
    this.alarm = { time, cancel };
  }
}

/** The oldest live reports leave. */
function live(debt: Debt, reports: number): Part {
  debt.fly(reports);
  return { debt, reports, range: undefined };
}

/** The oldest reports of all leave. */
function older(debt: Debt, entries: readonly HistoryEntry[], way: "send" | "notification"): Part {
  debt.draining = way;
  const from = entries[0]?.sequence ?? 0;
  return { debt, reports: entries.length, range: { from, to: entries.at(-1)?.sequence ?? from } };
}

/** With what is live a server has waited for long enough: a drain delays nothing by more than two seconds. */
const PATIENCE: Millis = 1.5 * SECOND;
