/** What waits in the history beyond the live reports: read a message at a time, the devices in turn. */
import type { ObservationId } from "../lwm2m/observation-id.ts";
import type { History, HistoryEntry } from "../store/store.ts";
import type { Debt } from "./debt.ts";
import type { PackItem } from "./packs.ts";
import { Turns } from "./turns.ts";

/** How what waits is delivered now: by Send, in notifications with times, or value by value too where the format has none. */
export type Delivery = "send" | "notify" | "replay";

/** One report of the backlog, and whose it is. */
export interface BacklogItem extends PackItem {
  readonly report: HistoryEntry;
}

export interface BacklogOptions {
  readonly history: Pick<History, "peek">;
  /** Whether the format in which it is observed carries time; undefined: it is not observed now. */
  readonly carriesTime: (id: ObservationId) => boolean | undefined;
  /** Whether what it measures is still there: a Send of what is not would be refused as a whole. */
  readonly isThere: (entry: HistoryEntry) => boolean;
  readonly canSend: () => boolean;
  readonly delivery: () => Delivery;
}

/** One message's worth: many observations in a Send, or one in a notification. */
export interface Batch {
  readonly bySend: boolean;
  readonly items: readonly BacklogItem[];
}

export class Backlog {
  private readonly options: BacklogOptions;
  private readonly waiting = new Turns();
  /** Those that cannot be delivered in the way that is open now. */
  private readonly stuck = new Set<Debt>();

  constructor(options: BacklogOptions) {
    this.options = options;
  }

  get empty(): boolean {
    return this.waiting.size === 0;
  }

  /** What cannot be delivered in the way that is open now, as far as that was tried. */
  get stranded(): Iterable<Debt> {
    return this.stuck;
  }

  /** It may have older reports. */
  add(debt: Debt): void {
    if (!this.stuck.has(debt)) this.waiting.add(debt);
  }

  remove(debt: Debt): void {
    this.waiting.remove(debt);
    this.stuck.delete(debt);
  }

  /** Another way may be open now. */
  retry(): void {
    for (const debt of this.stuck) this.waiting.add(debt);
    this.stuck.clear();
  }

  /**
   * The reports of the next message, of about so many samples. Those that it reads are taken out: `add` them again. Rejects with
   * StoreError, with nothing taken out.
   */
  async read(room: number): Promise<Batch> {
    const items: BacklogItem[] = [];
    let left = room;
    let bySend = true;
    for (let turns = this.waiting.size; turns > 0 && left > 0 && bySend; turns--) {
      const { next: debt } = this.waiting;
      if (debt === undefined) break;
      this.waiting.take(debt);
      // It comes again when its message has arrived.
      if (debt.draining !== undefined || debt.notifying) continue;
      const way = this.wayOf(debt);
      if (way === "notification" && items.length > 0) {
        this.waiting.add(debt);
        continue;
      }
      const reports = way === undefined ? undefined : await this.older(debt, left, items);
      if (reports === undefined) this.stuck.add(debt);
      for (const report of reports ?? []) items.push({ debt, report });
      left -= (reports ?? []).reduce((sum, { samples }) => sum + Math.max(1, samples.length), 0);
      bySend = way !== "notification" || items.length === 0;
    }
    return { bySend, items };
  }

  /** How what waits of it leaves now; undefined: it cannot. */
  wayOf(debt: Debt): "send" | "notification" | undefined {
    const { canSend, delivery, carriesTime } = this.options;
    if (debt.report) return canSend() ? "send" : undefined;
    const wanted = delivery();
    if (wanted === "send") return "send";
    if (debt.held) return undefined;
    return wanted === "replay" || carriesTime(debt.id) === true ? "notification" : undefined;
  }

  /** Those before the live ones; undefined where they cannot be delivered. `others` were read for the same message. */
  private async older(
    debt: Debt,
    room: number,
    others: readonly BacklogItem[],
  ): Promise<readonly HistoryEntry[] | undefined> {
    const { history, carriesTime, isThere, delivery } = this.options;
    try {
      const oldest = await history.peek(debt.id, room);
      const older = oldest.filter(({ sequence }) => sequence < debt.oldestLive);
      if (!older.every(isThere)) return undefined;
      // Without times each value is a message.
      return delivery() === "replay" && carriesTime(debt.id) === false ? older.slice(0, 1) : older;
    } catch (error) {
      for (const item of [...others, { debt }]) this.waiting.add(item.debt);
      throw error;
    }
  }
}
