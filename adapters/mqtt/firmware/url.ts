/** The device is told where the image lies, and fetches it from the gateway by HTTP. */
import {
  DeviceError,
  type FirmwareError,
  type FirmwareProbe,
  type Transfer,
  type TransferContext,
  type TransferListener,
} from "../../../src/adapter.ts";
import type { DeviceLine } from "../device-link.ts";
import { Inbox } from "./inbox.ts";
import { type Report, reportOf } from "./reports.ts";
import { noSuchWord, type Surroundings, Talk } from "./talk.ts";
import type { UrlOptions } from "./url-options.ts";

type Sign = Report | { readonly kind: "fetched"; readonly bytes: number };

export class UrlTransfer implements Transfer {
  private readonly options: UrlOptions;
  private readonly transfer: TransferContext;
  private readonly talk: Talk;
  private readonly inbox = new Inbox<Sign>();
  private announced = false;
  /** What it said was wrong after it had everything. */
  private failure: FirmwareError | undefined;
  private endHearing: () => void = () => {};

  constructor(line: DeviceLine, options: UrlOptions, surroundings: Surroundings) {
    this.options = options;
    this.transfer = surroundings.transfer;
    this.talk = new Talk(line, surroundings, options.version);
    for (const spec of options.reports) {
      this.talk.hear(spec.topic, (message) => {
        const report = message.retained || !this.announced ? undefined : reportOf(spec, message, options.errors);
        if (report === undefined) return;
        if (report.kind === "failed") this.failure = report.error;
        if (report.kind === "done") this.talk.versions.forget();
        this.inbox.push(report);
      });
    }
  }

  async probe(): Promise<FirmwareProbe> {
    if (this.failure !== undefined) throw this.failure;
    return this.talk.probe();
  }

  async send(offset: number, listener: TransferListener): Promise<void> {
    const { transfer, talk, options } = this;
    if (transfer.url === undefined) {
      throw new DeviceError("rejected", "devices cannot fetch: gateway.firmware.http is not there");
    }
    // A device that is fetching goes on by itself: the URL is the one that it knows.
    let isTold = transfer.cookie === TOLD && offset > 0;
    this.announced = true;
    talk.versions.begin();
    this.endHearing();
    this.endHearing = transfer.onFetched?.((bytes) => this.fetched(bytes)) ?? (() => {});
    let fetched = offset;
    for (let silent = 0; ; ) {
      if (!isTold) await this.announce(listener);
      isTold = true;
      const sign = await this.inbox.next(options.timeout, talk.clock, talk.signal);
      if (sign === undefined) {
        if (++silent > options.retries) throw this.silence(fetched);
        // One that has all of it is busy with it.
        isTold = fetched >= transfer.image.size;
        continue;
      }
      silent = 0;
      if (sign.kind === "fetched") fetched = sign.bytes;
      if (this.isDone(sign, fetched, listener)) break;
    }
    listener.onAcknowledged(transfer.image.size);
  }

  act(word: string): Promise<void> {
    return noSuchWord("url", word);
  }

  async abort(): Promise<void> {
    this.endHearing();
    await this.talk.abort(this.options.abort);
  }

  async close(): Promise<void> {
    this.endHearing();
    this.talk.close();
  }

  private fetched(bytes: number): void {
    if (bytes >= this.transfer.image.size && this.options.fetched) this.talk.versions.forget();
    this.inbox.push({ kind: "fetched", bytes });
  }

  /** Throws the FirmwareError of the device. */
  private isDone(sign: Sign, fetched: number, listener: TransferListener): boolean {
    const { size } = this.transfer.image;
    switch (sign.kind) {
      case "fetched":
        listener.onAcknowledged(fetched);
        return this.options.fetched && fetched >= size;
      case "done":
        return true;
      case "failed":
        throw sign.error;
      case "works":
        return false;
      default:
        return sign satisfies never;
    }
  }

  private async announce(listener: TransferListener): Promise<void> {
    const { options, talk } = this;
    listener.onCookie(TOLD);
    try {
      for (const one of options.announce) await talk.notify(one);
    } catch (error) {
      // Without a broker nobody is told: that is tried again as where nobody answers.
      if (!(error instanceof DeviceError) || error.kind === "rejected" || talk.signal.aborted) throw error;
    }
  }

  private silence(fetched: number): DeviceError {
    const what = fetched === 0 ? "does not fetch the image" : `has fetched nothing behind byte ${fetched}`;
    return new DeviceError("unreachable", `the device ${what} from ${this.transfer.url ?? ""}`);
  }
}

/** The device was told of the image. */
const TOLD = "told";
