import type { DeviceLink, PointId, RawValue, ReadResult, Transfer, TransferContext } from "../adapter.ts";
import { type Millis, SECOND } from "../clock.ts";
import { DeviceError } from "../errors.ts";
import { SparseSet } from "../sparse-map.ts";
import { Attachment, type AttachmentListener, type AttachmentSettings } from "./attachment.ts";

/** Tells which of two requests came first: a read's is taken when it is sent, a write's when it is confirmed. */
export type Order = number;

export interface SessionListener extends AttachmentListener {
  onRead(points: readonly PointId[], result: ReadResult, order: Order): void;
}

export type SessionSettings = AttachmentSettings;

/** Who asks: while a device is held, its holder alone is let through. */
export type Asker = "anybody" | "holder";

/** A write, or a list of steps, that is on its way when the device is paused may come to its end for so long. */
const FINISHING: Millis = 10 * SECOND;

/** One read of the device, for everybody who wants any of its points meanwhile. */
interface Run {
  readonly points: readonly PointId[];
  done: Promise<void>;
}

/**
 * The requests to one device. Whoever wants a point that is being read already waits for that read. Every failure is a
 * DeviceError.
 */
export class DeviceSession {
  private readonly settings: SessionSettings;
  private readonly listener: SessionListener;
  private readonly attachment: Attachment;
  /** The reads on their way. No Map: one that is filled and emptied at each poll leaves its tables in the old heap. */
  private readonly running: Run[] = [];
  private lastOrder: Order = 0;
  /** Writes and steps on their way. */
  private readonly acting = new SparseSet<Promise<unknown>>();
  /** Why nothing may be asked now. */
  private paused: string | undefined;
  /** Why nobody but the holder may ask now. */
  private held: string | undefined;
  private counts = { reads: 0, writes: 0, executes: 0 };

  constructor(settings: SessionSettings, listener: SessionListener) {
    this.settings = settings;
    this.listener = listener;
    this.attachment = new Attachment(settings, listener);
  }

  get counters(): Readonly<typeof this.counts & { failures: number }> {
    return { ...this.counts, failures: this.attachment.failures };
  }

  async attach(): Promise<void> {
    await this.attached("anybody");
  }

  /** Resolves when the device has answered for all the points; `onRead` has had its answers by then. */
  read(points: readonly PointId[], asker: Asker = "anybody"): Promise<void> {
    // So it is at nearly every poll. What a holder reads is as new as it asks.
    if (this.running.length === 0 || asker === "holder") return this.share(points, asker);
    const shared = this.running.filter((run) => run.points.some((point) => points.includes(point)));
    if (shared.length === 0) return this.share(points, asker);
    const fresh = points.filter((point) => !shared.some((run) => run.points.includes(point)));
    const waits = shared.map(({ done }) => done);
    if (fresh.length > 0) waits.push(this.share(fresh, asker));
    return allOf(waits);
  }

  /** Resolves when the device has confirmed. */
  async write(point: PointId, raw: RawValue, mask?: Uint8Array): Promise<Order> {
    const link = await this.attached("anybody");
    this.counts.writes++;
    await this.act(() => link.write(point, raw, mask));
    return ++this.lastOrder;
  }

  async invoke(steps: readonly unknown[], asker: Asker = "anybody"): Promise<void> {
    const link = await this.attached(asker);
    this.counts.executes++;
    await this.act(() => link.invoke(steps));
  }

  /** For the holder. It ends when the device is paused or closed; a call of it may last as long as something moves. */
  async transfer(context: TransferContext): Promise<Transfer> {
    return this.attachment.transfer(await this.attached("holder"), context);
  }

  /**
   * From now on every request is refused with this reason. What is being written is finished, within limits; then the device is
   * detached, and what was being read is forgotten. Never rejects.
   */
  async pause(reason: string): Promise<void> {
    this.paused = reason;
    await this.attachment.endTransfers(new DeviceError("unreachable", reason));
    await this.finished();
    await this.attachment.detach();
  }

  /** Requests are carried out again; the device is attached by the first of them. */
  resume(): void {
    this.paused = undefined;
  }

  /** From now on the requests of all but the holder are refused with this reason; undefined: no more. */
  hold(reason: string | undefined): void {
    this.held = reason;
  }

  /** Never rejects. The listener hears nothing afterwards. */
  close(): Promise<void> {
    return this.attachment.close();
  }

  private async finished(): Promise<void> {
    if (this.acting.size === 0) return;
    const { clock } = this.settings;
    let cancel = (): void => {};
    const late = new Promise<void>((resolve) => {
      cancel = clock.at(clock.monotonic() + FINISHING, resolve);
    });
    await Promise.race([Promise.allSettled(this.acting), late]);
    cancel();
  }

  private async act(request: () => Promise<void>): Promise<void> {
    const asked = this.attachment.ask(request);
    this.acting.add(asked);
    try {
      await asked;
    } finally {
      this.acting.delete(asked);
    }
  }

  private share(points: readonly PointId[], asker: Asker): Promise<void> {
    const run: Run = { points, done: NOTHING };
    this.running.push(run);
    run.done = this.perform(run, asker);
    return run.done;
  }

  private async perform(run: Run, asker: Asker): Promise<void> {
    const { attachment } = this;
    try {
      const ready = this.refusal(asker) === undefined ? attachment.current : undefined;
      const link = ready ?? (await this.attached(asker));
      this.counts.reads++;
      const order = ++this.lastOrder;
      const era = attachment.now;
      const result = await attachment.ask(() => link.read(run.points));
      if (attachment.isHeard(era)) this.listener.onRead(run.points, result, order);
    } finally {
      this.running.splice(this.running.indexOf(run), 1);
    }
  }

  private attached(asker: Asker): Promise<DeviceLink> {
    const refusal = this.refusal(asker);
    return refusal === undefined ? this.attachment.get() : Promise.reject(new DeviceError("unreachable", refusal));
  }

  private refusal(asker: Asker): string | undefined {
    return this.paused ?? (asker === "holder" ? undefined : this.held);
  }
}

const NOTHING = Promise.resolve();

/** Waits for all of them, so that what one answered is not lost with what another did not. */
async function allOf(reads: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(reads)).find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
