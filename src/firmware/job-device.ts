/** What a job asks of its device, and of the way to it; an answer that nobody waits for any more is dropped. */
import type { PointId, Transfer } from "../adapter.ts";
import type { Clock } from "../clock.ts";
import { DeviceError, FirmwareError, reasonOf } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Value } from "../lwm2m/sample.ts";
import type { FirmwareStep } from "../mapping/firmware-plan.ts";
import type { ImageOffer, ImageOffers } from "./http/image-offers.ts";
import type { StoredImage } from "./images.ts";
import type { KeptJob } from "./job.ts";
import type { JobEffect, JobEvent, JobFailure } from "./job-events.ts";
import type { FirmwareTarget } from "./target.ts";
import type { Look } from "./version-verdict.ts";

export type DeviceEffect = Extract<JobEffect, { type: "look" | "run" | "send" | "abort" }>;

export interface JobDeviceOptions {
  readonly target: FirmwareTarget;
  readonly image: StoredImage;
  readonly clock: Clock;
  readonly log: Logger;
  readonly offers?: Pick<ImageOffers, "offer">;
  readonly job: () => KeptJob;
  readonly feed: (event: JobEvent) => void;
  readonly onCookie: (cookie: string) => void;
  /** Resolves when it is on the disk. */
  readonly onToken: (token: string) => Promise<void>;
}

export class JobDevice {
  private readonly options: JobDeviceOptions;
  private transfer: Transfer | undefined;
  private offer: ImageOffer | undefined;
  /** What was asked in an era that is over is nobody's any more. */
  private era = 0;
  private endWait: (() => void) | undefined;

  constructor(options: JobDeviceOptions) {
    this.options = options;
  }

  /** The answer is fed. */
  ask(effect: DeviceEffect): void {
    const { era } = this;
    const feed = (event: JobEvent): void => {
      if (era === this.era) this.options.feed(event);
    };
    void this.answered(effect, feed)
      .catch((error: unknown): JobEvent => ({ type: "failed", failure: this.failureOf(error) }))
      .then(feed);
  }

  /** Ends what runs, and gives back the wire. Never rejects. */
  async close(): Promise<void> {
    this.era++;
    const { transfer, offer } = this;
    this.transfer = undefined;
    this.offer = undefined;
    this.endWait?.();
    await transfer?.close();
    await offer?.withdraw();
  }

  private answered(effect: DeviceEffect, feed: (event: JobEvent) => void): Promise<JobEvent> {
    switch (effect.type) {
      case "look":
        return this.look(effect.health).then((look) => ({ type: "looked", look }));
      case "run":
        return this.run(this.options.target.plan[effect.steps]).then(() => ({ type: "done" }));
      case "send":
        return this.send(effect.offset, feed).then(() => ({ type: "done" }));
      case "abort":
        return this.abort().then(() => ({ type: "done" }));
    }
  }

  private async look(health: boolean): Promise<Look> {
    const { version, verify } = this.options.target.plan;
    const reasons: string[] = [];
    const quietly = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await work();
      } catch (error) {
        reasons.push(reasonOf(this.deviceErrorOf(error)));
        return undefined;
      }
    };
    const points = [
      ...(version.kind === "point" ? [version.point] : []),
      ...(health ? (verify.healthy?.points ?? []) : []),
    ];
    const values = points.length === 0 ? undefined : await quietly(() => this.read(points));
    // After the activation the wire is the device's unless the way itself tells the version.
    const probe =
      health && version.kind !== "transfer" ? undefined : await quietly(async () => (await this.opened()).probe());
    const said = version.kind === "point" ? values?.get(version.point) : probe?.version;
    const nothing = probe === undefined && points.length === 0 && version.kind === "none";
    return {
      answered: nothing || probe !== undefined || values !== undefined,
      ...(probe === undefined ? {} : { probe }),
      ...(said === undefined ? {} : { version: String(said) }),
      ...(verify.healthy === undefined || values === undefined ? {} : { healthy: verify.healthy.holds(values) }),
      ...(reasons[0] === undefined ? {} : { reason: reasons[0] }),
    };
  }

  private async read(points: readonly PointId[]): Promise<ReadonlyMap<PointId, Value>> {
    await this.freed();
    return this.options.target.read(points);
  }

  /** As long as a transfer is open, the wire is its own; one that is needed again is opened again. */
  private async freed(): Promise<void> {
    const { transfer } = this;
    this.transfer = undefined;
    await transfer?.close();
  }

  private async send(offset: number, feed: (event: JobEvent) => void): Promise<void> {
    const { onCookie } = this.options;
    const transfer = await this.opened();
    await transfer.send(offset, { onAcknowledged: (at) => feed({ type: "acknowledged", offset: at }), onCookie });
  }

  private async run(steps: readonly FirmwareStep[]): Promise<void> {
    const { target } = this.options;
    for (const step of steps) {
      switch (step.type) {
        case "device":
          await this.freed();
          await target.invoke([step.step]);
          break;
        case "transfer":
          await (await this.opened()).act(step.word);
          break;
        case "wait":
          await this.wait(step.time);
          break;
        default:
          step satisfies never;
      }
    }
  }

  /** As far as the device lets itself be told. */
  private async abort(): Promise<void> {
    try {
      await (await this.opened()).abort();
      await this.run(this.options.target.plan.abort);
    } catch (error) {
      const reason = reasonOf(this.deviceErrorOf(error));
      this.options.log.debug(
        { device: this.options.target.id, reason },
        "the device could not be told to forget the image",
      );
    }
  }

  private async opened(): Promise<Transfer> {
    if (this.transfer !== undefined) return this.transfer;
    const { target, image, job } = this.options;
    const { era } = this;
    const offer = await this.offered();
    const { id, cookie } = job();
    const transfer = await target.transfer({
      way: target.plan.via,
      options: target.plan.transfer,
      image,
      job: id,
      ...(offer === undefined ? {} : { url: offer.url, onFetched: (hears) => offer.onFetched(hears) }),
      ...(cookie === undefined ? {} : { cookie }),
    });
    if (era !== this.era) {
      await transfer.close();
      throw new DeviceError("unreachable", "nobody waits for it any more");
    }
    this.transfer = transfer;
    return transfer;
  }

  private async offered(): Promise<ImageOffer | undefined> {
    const { target, image, offers, job, onToken } = this.options;
    if (target.plan.fetched !== true) return undefined;
    if (this.offer !== undefined) return this.offer;
    if (offers === undefined) {
      throw new DeviceError("unreachable", "the device fetches its image, and gateway.firmware.http is not set");
    }
    const { token, offset } = job();
    this.offer = await offers.offer(image, token === undefined ? undefined : { token, fetched: offset });
    if (this.offer.token !== token) await onToken(this.offer.token);
    return this.offer;
  }

  private wait(time: number): Promise<void> {
    const { clock } = this.options;
    return new Promise((resolve) => {
      const cancel = clock.at(clock.monotonic() + time, () => this.endWait?.());
      this.endWait = () => {
        this.endWait = undefined;
        cancel();
        resolve();
      };
    });
  }

  private failureOf(error: unknown): JobFailure {
    const { kind, message } = this.deviceErrorOf(error);
    return { kind, message, ...(error instanceof FirmwareError ? { condition: error.condition } : {}) };
  }

  /** A bug of a way, or a file that cannot be read: the job is told, and tries again within its limits. */
  private deviceErrorOf(error: unknown): DeviceError {
    if (error instanceof DeviceError) return error;
    this.options.log.error({ code: "LG748", device: this.options.target.id, err: error }, "the transfer failed");
    return new DeviceError("malformed", reasonOf(error), { cause: error });
  }
}
