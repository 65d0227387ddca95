import type { DeviceLink, DeviceListener, Link, PointId, RawValue, ReadResult } from "../adapter.ts";
import { type Clock, MINUTE, type Millis, SECOND } from "../clock.ts";
import { DeviceError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { TimeLimit } from "./time-limit.ts";

/** Tells which of two requests came first: a read's is taken when it is sent, a write's when it is confirmed. */
export type Order = number;

export interface SessionListener extends DeviceListener {
  onRead(points: readonly PointId[], result: ReadResult, order: Order): void;
  /** The device answered a request, be it with a refusal, or gave another sign of life. */
  onHeard(): void;
  /** A request, or the attempt to attach, failed. */
  onFailed(error: DeviceError): void;
}

export interface SessionSettings {
  /** The adapter's own of the device, and of each point. */
  readonly device: unknown;
  readonly points: () => ReadonlyMap<PointId, unknown>;
  /** Asked again for each attempt to attach. */
  readonly openLink: () => Promise<Link>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Adapters have deadlines of their own, far shorter; this one keeps a bug in one of them from silencing a device for ever. */
const LONGEST_REQUEST: Millis = 10 * MINUTE;

/** A write, or a list of steps, that is on its way when the device is paused may come to its end for so long. */
const FINISHING: Millis = 10 * SECOND;

/** One read of the device, for everybody who wants any of its points meanwhile. */
interface Run {
  readonly points: readonly PointId[];
  done: Promise<void>;
}

/**
 * The requests to one device. Attaches when it is first needed, and again after a failed attempt; whoever wants a point
 * that is being read already waits for that read. Every failure is a DeviceError.
 */
export class DeviceSession {
  private readonly settings: SessionSettings;
  private readonly listener: SessionListener;
  private readonly limit: TimeLimit;
  /** The reads on their way. No Map: one that is filled and emptied at each poll leaves its tables in the old heap. */
  private readonly running: Run[] = [];
  private link: DeviceLink | undefined;
  private attaching: Promise<DeviceLink> | undefined;
  private lastOrder: Order = 0;
  /** Writes and steps on their way. */
  private readonly acting = new Set<Promise<unknown>>();
  /** Why nothing may be asked now. */
  private paused: string | undefined;
  /** What was asked in an era that is over is nobody's business any more. */
  private era = 0;
  private closed = false;
  private counts = { reads: 0, writes: 0, executes: 0, failures: 0 };

  constructor(settings: SessionSettings, listener: SessionListener) {
    this.settings = settings;
    this.listener = listener;
    this.limit = new TimeLimit(settings.clock, LONGEST_REQUEST);
  }

  get counters(): Readonly<typeof this.counts> {
    return this.counts;
  }

  async attach(): Promise<void> {
    await this.attached();
  }

  /** Resolves when the device has answered for all the points; `onRead` has had its answers by then. */
  read(points: readonly PointId[]): Promise<void> {
    // So it is at nearly every poll.
    if (this.running.length === 0) return this.share(points);
    const shared = this.running.filter((run) => run.points.some((point) => points.includes(point)));
    if (shared.length === 0) return this.share(points);
    const fresh = points.filter((point) => !shared.some((run) => run.points.includes(point)));
    const waits = shared.map(({ done }) => done);
    if (fresh.length > 0) waits.push(this.share(fresh));
    return allOf(waits);
  }

  /** Resolves when the device has confirmed. */
  async write(point: PointId, raw: RawValue, mask?: Uint8Array): Promise<Order> {
    const link = await this.attached();
    this.counts.writes++;
    await this.act(() => link.write(point, raw, mask));
    return ++this.lastOrder;
  }

  async invoke(steps: readonly unknown[]): Promise<void> {
    const link = await this.attached();
    this.counts.executes++;
    await this.act(() => link.invoke(steps));
  }

  /**
   * From now on every request is refused with this reason. What is being written is finished, within limits; then the device is
   * detached, and what was being read is forgotten. Never rejects.
   */
  async pause(reason: string): Promise<void> {
    this.paused = reason;
    await this.finished();
    this.era++;
    await this.detach();
  }

  /** Requests are carried out again; the device is attached by the first of them. */
  resume(): void {
    this.paused = undefined;
  }

  /** Never rejects. The listener hears nothing afterwards. */
  async close(): Promise<void> {
    this.closed = true;
    await this.detach();
    this.limit.close();
  }

  private async detach(): Promise<void> {
    try {
      const link = this.link ?? (await this.attaching?.catch(() => undefined));
      this.link = undefined;
      await link?.close();
    } catch (error) {
      this.settings.log.error({ code: "LG748", err: error }, "the device could not be detached");
    }
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
    const asked = this.ask(request);
    this.acting.add(asked);
    try {
      await asked;
    } finally {
      this.acting.delete(asked);
    }
  }

  private share(points: readonly PointId[]): Promise<void> {
    const run: Run = { points, done: NOTHING };
    this.running.push(run);
    run.done = this.perform(run);
    return run.done;
  }

  private async perform(run: Run): Promise<void> {
    try {
      const link = this.paused === undefined && this.link !== undefined ? this.link : await this.attached();
      this.counts.reads++;
      const order = ++this.lastOrder;
      const { era } = this;
      const result = await this.ask(() => link.read(run.points));
      if (this.isHeard(era)) this.listener.onRead(run.points, result, order);
    } finally {
      this.running.splice(this.running.indexOf(run), 1);
    }
  }

  /** The link to the device; one attempt at a time serves everybody who waits. */
  private attached(): Promise<DeviceLink> {
    if (this.closed) return Promise.reject(new DeviceError("unreachable", "the device is being closed"));
    if (this.paused !== undefined) return Promise.reject(new DeviceError("unreachable", this.paused));
    if (this.link !== undefined) return Promise.resolve(this.link);
    this.attaching ??= this.attachNow().finally(() => {
      this.attaching = undefined;
    });
    return this.attaching;
  }

  private async attachNow(): Promise<DeviceLink> {
    const { device, points, openLink } = this.settings;
    const { era } = this;
    const link = await this.guard(async () => (await openLink()).attach(device, points(), this.unasked(era)));
    // Whoever detaches it waits for it, and closes it.
    if (era === this.era) this.link = link;
    return link;
  }

  private async ask<T>(request: () => Promise<T>): Promise<T> {
    const { era } = this;
    const answer = await this.guard(request);
    if (this.isHeard(era)) this.listener.onHeard();
    return answer;
  }

  private isHeard(era: number): boolean {
    return !this.closed && era === this.era;
  }

  /** Makes every failure a DeviceError, and tells it. A refusal is an answer too: the device is there. */
  private async guard<T>(work: () => Promise<T>): Promise<T> {
    const { era } = this;
    try {
      return await this.limit.of(work());
    } catch (cause) {
      const error = this.deviceError(cause);
      if (!this.isHeard(era)) throw error;
      if (error.kind !== "rejected") this.counts.failures++;
      if (error.kind === "rejected") this.listener.onHeard();
      else this.listener.onFailed(error);
      throw error;
    }
  }

  /** What is no DeviceError is a bug, of the adapter most likely: it costs this request, and no other device. */
  private deviceError(cause: unknown): DeviceError {
    if (cause instanceof DeviceError) return cause;
    this.settings.log.error(
      { code: "LG109", err: cause },
      "a bug: the adapter failed with something that is no DeviceError",
    );
    return new DeviceError("malformed", "the adapter failed; the gateway's log says how", { cause });
  }

  private unasked(era: number): DeviceListener {
    return {
      onReadings: (readings, refused) => {
        if (this.isHeard(era)) this.listener.onReadings(readings, refused);
      },
      onHeard: () => {
        if (this.isHeard(era)) this.listener.onHeard();
      },
      onReachable: (reachable, reason) => {
        if (this.isHeard(era)) this.listener.onReachable(reachable, reason);
      },
      onConnectivity: (connectivity) => {
        if (this.isHeard(era)) this.listener.onConnectivity?.(connectivity);
      },
    };
  }
}

const NOTHING = Promise.resolve();

/** Waits for all of them, so that what one answered is not lost with what another did not. */
async function allOf(reads: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(reads)).find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
