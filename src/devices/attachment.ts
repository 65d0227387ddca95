import type { DeviceLink, DeviceListener, Link, PointId, Transfer, TransferContext } from "../adapter.ts";
import { type Clock, MINUTE, type Millis } from "../clock.ts";
import { DeviceError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { SparseSet } from "../sparse-map.ts";
import { GuardedTransfer } from "./guarded-transfer.ts";
import { TimeLimit } from "./time-limit.ts";

export interface AttachmentSettings {
  /** The adapter's own of the device, and of each point. */
  readonly device: unknown;
  readonly points: () => ReadonlyMap<PointId, unknown>;
  /** Asked again for each attempt to attach. */
  readonly openLink: () => Promise<Link>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface AttachmentListener extends DeviceListener {
  /** The device answered a request, be it with a refusal, or gave another sign of life. */
  onHeard(): void;
  /** A request, or the attempt to attach, failed. */
  onFailed(error: DeviceError): void;
}

/** Adapters have deadlines of their own, far shorter; this one keeps a bug in one of them from silencing a device for ever. */
const LONGEST_REQUEST: Millis = 10 * MINUTE;

/** A device on its link: attached when it is first needed, and again after a failed attempt. Every failure is a DeviceError. */
export class Attachment {
  private readonly settings: AttachmentSettings;
  private readonly listener: AttachmentListener;
  private readonly limit: TimeLimit;
  private link: DeviceLink | undefined;
  private attaching: Promise<DeviceLink> | undefined;
  private readonly transfers = new SparseSet<GuardedTransfer>();
  /** What was asked in an era that is over is nobody's business any more. */
  private era = 0;
  private closed = false;
  private failed = 0;

  constructor(settings: AttachmentSettings, listener: AttachmentListener) {
    this.settings = settings;
    this.listener = listener;
    this.limit = new TimeLimit(settings.clock, LONGEST_REQUEST);
  }

  /** Requests that the device did not answer, or not properly. */
  get failures(): number {
    return this.failed;
  }

  /** Names the time until it is detached. */
  get now(): number {
    return this.era;
  }

  /** The link to the device, where it is attached. */
  get current(): DeviceLink | undefined {
    return this.closed ? undefined : this.link;
  }

  /** The same, attached now where it is not; one attempt at a time serves everybody who waits. */
  get(): Promise<DeviceLink> {
    if (this.closed) return Promise.reject(new DeviceError("unreachable", "the device is being closed"));
    if (this.link !== undefined) return Promise.resolve(this.link);
    this.attaching ??= this.attachNow().finally(() => {
      this.attaching = undefined;
    });
    return this.attaching;
  }

  async ask<T>(request: () => Promise<T>): Promise<T> {
    const { era } = this;
    const answer = await this.guard(request);
    if (this.isHeard(era)) this.listener.onHeard();
    return answer;
  }

  /** Whether what came of a request of that time may be told. */
  isHeard(era: number): boolean {
    return !this.closed && era === this.era;
  }

  /** Ends by itself when the device is detached. */
  async transfer(link: DeviceLink, context: TransferContext): Promise<Transfer> {
    const { clock } = this.settings;
    const { era } = this;
    const inner = await this.guard(async () => {
      if (link.transfer === undefined) throw new DeviceError("rejected", "this protocol carries no firmware");
      return link.transfer(context);
    });
    const transfer = new GuardedTransfer(inner, {
      ...{ clock, longest: LONGEST_REQUEST },
      onHeard: () => this.isHeard(era) && this.listener.onHeard(),
      failure: (cause) => this.failure(cause, era),
      onClosed: () => this.transfers.delete(transfer),
    });
    this.transfers.add(transfer);
    if (!this.isHeard(era)) await transfer.lose(new DeviceError("unreachable", "the device was detached"));
    return transfer;
  }

  /** Transfers that are on their way end with this. Never rejects. */
  async endTransfers(reason: DeviceError): Promise<void> {
    await Promise.all([...this.transfers].map((transfer) => transfer.lose(reason)));
  }

  /** What was asked before is forgotten; the next request attaches it again. Never rejects. */
  async detach(): Promise<void> {
    this.era++;
    await this.letGo();
  }

  /** Never rejects. The listener hears nothing afterwards. */
  async close(): Promise<void> {
    this.closed = true;
    await this.endTransfers(new DeviceError("unreachable", "the device is being closed"));
    await this.letGo();
    this.limit.close();
  }

  private async letGo(): Promise<void> {
    try {
      const link = this.link ?? (await this.attaching?.catch(() => undefined));
      this.link = undefined;
      await link?.close();
    } catch (error) {
      this.settings.log.error({ code: "LG748", err: error }, "the device could not be detached");
    }
  }

  private async attachNow(): Promise<DeviceLink> {
    const { device, points, openLink } = this.settings;
    const { era } = this;
    const link = await this.guard(async () => (await openLink()).attach(device, points(), this.unasked(era)));
    // Whoever detaches it waits for it, and closes it.
    if (era === this.era) this.link = link;
    return link;
  }

  /** Makes every failure a DeviceError, and tells it. */
  private async guard<T>(work: () => Promise<T>): Promise<T> {
    const { era } = this;
    try {
      return await this.limit.of(work());
    } catch (cause) {
      throw this.failure(cause, era);
    }
  }

  /** A refusal is an answer too: the device is there. */
  private failure(cause: unknown, era: number): DeviceError {
    const error = this.deviceError(cause);
    if (!this.isHeard(era)) return error;
    if (error.kind !== "rejected") this.failed++;
    if (error.kind === "rejected") this.listener.onHeard();
    else this.listener.onFailed(error);
    return error;
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
