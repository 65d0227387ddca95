/** One image on its way to one device that asks for files by XMODEM or YMODEM, whatever carries the bytes. */
import {
  type AdapterContext,
  DeviceError,
  drive,
  type FirmwareImage,
  type FirmwareProbe,
  formatDuration,
  type Transfer,
  type TransferListener,
} from "../../../src/adapter.ts";
import type { ClaimableWire, ClaimedWire } from "../../wires/claimed-wire.ts";
import { until } from "../../wires/deadline.ts";
import { CANCELS } from "./blocks.ts";
import { fileName, type XymodemOptions } from "./keys.ts";
import { PromptWatch } from "./prompt-watch.ts";
import { Sender, type SenderEffect, type SenderEvent } from "./sender.ts";

export interface XymodemTerms {
  readonly image: FirmwareImage;
  /** Of attempts before this one. */
  readonly cookie?: string | undefined;
  readonly options: XymodemOptions & { readonly baudRate?: number | undefined };
}

/** What hears the device, at the moment. */
interface Hearing {
  push(bytes: Uint8Array): void;
  /** The line was away: what went on is over. */
  opened(): void;
}

type Context = Pick<AdapterContext, "clock" | "log">;

/** What is kept of an attempt that the device cancelled, with the bytes that it had. */
const CANCELLED_AT = "cancelled at ";

export class XymodemTransfer implements Transfer {
  private readonly line: ClaimableWire;
  private readonly terms: XymodemTerms;
  private readonly context: Context;
  private readonly life = new AbortController();
  private running = new AbortController();
  private claimed: Promise<ClaimedWire> | undefined;
  private hearing: Hearing | undefined;
  private cancelledAt: number | undefined;

  constructor(line: ClaimableWire, terms: XymodemTerms, context: Context) {
    this.line = line;
    this.terms = terms;
    this.context = context;
    this.cancelledAt = offsetIn(terms.cookie);
  }

  /** The protocol has no words for it. */
  async probe(): Promise<FirmwareProbe> {
    return {};
  }

  async send(offset: number, listener: TransferListener): Promise<void> {
    this.life.signal.throwIfAborted();
    const wire = await this.wire();
    const { signal } = this.running;
    listener.onAcknowledged(0);
    await this.prepare(wire, signal);
    const certain = await this.run(wire, { listener, hangs: offset > 0 }, signal);
    if (certain) return;
    this.context.log.warn(
      { code: "LG593" },
      "the device has every block, and did not acknowledge the end of the file: whether it runs it its version will show",
    );
  }

  async act(word: string): Promise<void> {
    throw new DeviceError("rejected", `XMODEM and YMODEM have no "${word}"`);
  }

  async abort(): Promise<void> {
    this.running.abort(new DeviceError("unreachable", "the transfer was given up"));
    this.running = new AbortController();
    try {
      await (await this.claimed)?.send(CANCELS);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      this.context.log.debug({ err: error }, "the device was not told that nothing follows");
    }
  }

  async close(): Promise<void> {
    const gone = new DeviceError("unreachable", "the transfer was closed");
    this.life.abort(gone);
    this.running.abort(gone);
    // A wire that is still waited for is given back when it comes.
    await this.claimed?.then(
      (wire) => wire.release(),
      () => {},
    );
  }

  private async wire(): Promise<ClaimedWire> {
    const { baudRate } = this.terms.options;
    this.claimed ??= this.line.claim(
      { reason: "an image is on its way over it", baudRate },
      { push: (bytes) => this.hearing?.push(bytes), opened: () => this.hearing?.opened() },
    );
    try {
      return await this.claimed;
    } catch (error) {
      this.claimed = undefined;
      throw error;
    }
  }

  /** Until the bootloader listens. */
  private async prepare(wire: ClaimedWire, signal: AbortSignal): Promise<void> {
    const { prompt, start, startTimeout } = this.terms.options;
    if (prompt !== undefined) {
      const { clock } = this.context;
      const over = new AbortController();
      const watch = new PromptWatch(prompt);
      try {
        await new Promise<void>((resolve, reject) => {
          this.hearing = { push: (bytes) => watch.push(bytes) && resolve(), opened: () => watch.reset() };
          const late = until(clock.monotonic() + startTimeout, clock, AbortSignal.any([signal, over.signal]));
          const silence = `the bootloader does not say ${JSON.stringify(prompt)} within ${formatDuration(startTimeout)}`;
          // A bootloader that was entered just now may have printed it already.
          if (watch.push(wire.before())) resolve();
          late.then(() => reject(new DeviceError("unreachable", `${silence}; ${watch.heard}`)), reject);
        });
      } finally {
        this.hearing = undefined;
        over.abort();
      }
    }
    if (start !== undefined) await wire.send(start);
  }

  /** A device that cancels there again means it. */
  private remember(offset: number, listener: TransferListener): void {
    this.cancelledAt = offset;
    listener.onCookie(`${CANCELLED_AT}${offset}`);
  }

  /** Resolves with whether the end was acknowledged. */
  private run(
    wire: ClaimedWire,
    { listener, hangs }: { readonly listener: TransferListener; readonly hangs: boolean },
    signal: AbortSignal,
  ): Promise<boolean> {
    const { image, options } = this.terms;
    const file = { name: options.name ?? fileName(image), size: image.size };
    // What the line needs by itself is no silence of the device.
    const ackTimeout = options.ackTimeout + wire.time(options.block);
    const sender = new Sender({ ...options, ackTimeout, file, hangs, cancelledAt: this.cancelledAt });
    const over = new AbortController();
    const sending = new Promise<boolean>((resolve, reject) => {
      const perform = (effect: SenderEffect): void => {
        switch (effect.type) {
          case "send":
            wire.send(effect.bytes).catch(reject);
            return;
          case "read":
            image.read(effect.offset, effect.length).then((bytes) => feed({ type: "data", bytes }), reject);
            return;
          case "acknowledged":
            listener.onAcknowledged(effect.offset);
            return;
          case "done":
            resolve(effect.certain);
            return;
          case "failed":
            if (effect.cancelledAt !== undefined) this.remember(effect.cancelledAt, listener);
            reject(effect.error);
            return;
          default:
            effect satisfies never;
        }
      };
      const feed = drive<SenderEvent, SenderEffect>(sender, this.context.clock, perform);
      const opened = (): void => reject(new DeviceError("unreachable", "the line was lost during the transfer"));
      this.hearing = { push: (bytes) => feed({ type: "received", bytes: bytes.slice() }), opened };
      over.signal.addEventListener("abort", () => feed.stop());
      signal.addEventListener("abort", () => reject(signal.reason), { signal: over.signal });
      if (signal.aborted) reject(signal.reason);
      else feed({ type: "start" });
    });
    return sending.finally(() => {
      this.hearing = undefined;
      over.abort();
    });
  }
}

function offsetIn(cookie = ""): number | undefined {
  const written = cookie.startsWith(CANCELLED_AT) ? cookie.slice(CANCELLED_AT.length) : "";
  return /^\d+$/.test(written) ? Number(written) : undefined;
}
