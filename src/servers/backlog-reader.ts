/** Reads the next message of the backlog while others are on their way. */
import { type Millis, SECOND } from "../clock.ts";
import { reasonOf } from "../errors.ts";
import type { Batch } from "./backlog.ts";
import type { Debt, Lane } from "./debt.ts";
import type { Debts } from "./debts.ts";
import type { OutboxOptions } from "./outbox-ports.ts";

/** Until a disk that gives nothing is asked again. */
const RETRY: Millis = 10 * SECOND;

const NOTHING: Batch = { bySend: true, items: [] };

export class BacklogReader {
  private readonly options: Pick<OutboxOptions, "clock" | "log">;
  private readonly debts: Debts;
  private readonly onRead: () => void;
  private reading = false;
  private batch: Batch = NOTHING;
  private wanted = false;
  private unreadableUntil: Millis | undefined;

  /** `onRead`: there is something to `take`, or something to be tried again. */
  constructor(options: Pick<OutboxOptions, "clock" | "log">, debts: Debts, onRead: () => void) {
    this.options = options;
    this.debts = debts;
    this.onRead = onRead;
  }

  get ready(): boolean {
    return this.batch.items.length > 0;
  }

  /** What may keep back that which was read. */
  get lane(): Lane {
    const { bySend, items } = this.batch;
    if (bySend) return "send";
    return items.some(({ report }) => report.confirmable) ? "confirmable" : "nonConfirmable";
  }

  /** When the disk is to be asked again, after it gave nothing. */
  get retryAt(): Millis | undefined {
    return this.unreadableUntil;
  }

  take(): Batch {
    const { batch } = this;
    this.batch = NOTHING;
    return batch;
  }

  /** Something of this one is read and not sent. */
  holds(debt: Debt): boolean {
    return this.batch.items.some((item) => item.debt === debt);
  }

  /** What was read is not sent in the way for which it was read. */
  discard(): void {
    for (const { debt } of this.take().items) this.debts.requeue(debt);
  }

  /** Nothing is sent now. */
  stop(): void {
    this.wanted = false;
    this.discard();
  }

  /** Reads about so many samples, where there is something and nothing is ready. */
  read(samples: number): void {
    const { backlog } = this.debts;
    this.wanted = true;
    if (this.reading || this.ready || backlog.empty) return;
    if (this.unreadableUntil !== undefined && this.options.clock.monotonic() < this.unreadableUntil) return;
    this.reading = true;
    backlog.read(samples).then(
      (batch) => this.onBatch(batch),
      (error: unknown) => this.onUnreadable(error),
    );
  }

  private onBatch(batch: Batch): void {
    this.reading = false;
    this.unreadableUntil = undefined;
    this.batch = batch;
    // Much may have happened while the disk was read.
    if (!this.wanted || !batch.items.every(({ debt }) => this.isOwed(debt, batch))) this.discard();
    this.onRead();
  }

  private isOwed(debt: Debt, { bySend }: Batch): boolean {
    return this.debts.has(debt) && this.debts.backlog.wayOf(debt) === (bySend ? "send" : "notification");
  }

  private onUnreadable(error: unknown): void {
    const { clock, log } = this.options;
    this.reading = false;
    if (this.unreadableUntil === undefined && this.wanted) {
      log.warn(
        { code: "LG668", reason: reasonOf(error) },
        "the history cannot be read now; it is tried again until it can",
      );
    }
    this.unreadableUntil = clock.monotonic() + RETRY;
    this.onRead();
  }
}
