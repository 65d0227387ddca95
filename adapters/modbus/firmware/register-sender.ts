/** An image as blocks of holding registers, in the shape that the schemes of many makers have in common. */
import { DeviceError, FirmwareError, type FirmwareImage, type TransferListener } from "../../../src/adapter.ts";
import { imageChecksum } from "../../transfers/checksums.ts";
import { ModbusException } from "../errors.ts";
import { MAX_WRITE_REGISTERS } from "../pdu.ts";
import type { Asking } from "./asking.ts";
import type { Counting, RegisterOptions } from "./keys.ts";
import { type NumberShape, numberBytes, registerCount } from "./numbers.ts";
import { registersOf } from "./registers-of.ts";
import type { ImageSender } from "./transfer.ts";

export interface RegisterTerms {
  readonly options: RegisterOptions;
  readonly image: FirmwareImage;
  readonly cookie?: string | undefined;
}

export class RegisterSender implements ImageSender {
  private readonly asking: Asking;
  private readonly terms: RegisterTerms;
  /** By which image the device has begun, as far as we know. */
  private begun: string | undefined;

  constructor(asking: Asking, terms: RegisterTerms) {
    this.asking = asking;
    this.terms = terms;
    this.begun = terms.cookie;
  }

  async next(signal: AbortSignal): Promise<number | undefined> {
    const { next, block } = this.terms.options;
    const { size, sha256 } = this.terms.image;
    // What another image left there is none of ours.
    if (next === undefined || this.begun !== markOf(sha256)) return undefined;
    try {
      const said = this.bytesOf(await this.asking.number(next, signal), next);
      const offset = said >= size ? size : said - (said % (2 * block));
      return offset > 0 && said <= size + 2 * block ? offset : undefined;
    } catch (error) {
      if (error instanceof ModbusException && error.kind === "rejected") return undefined;
      throw error;
    }
  }

  async send(offset: number, listener: TransferListener, signal: AbortSignal): Promise<void> {
    const { options, image } = this.terms;
    const { size } = image;
    let at = offset > 0 ? ((await this.next(signal)) ?? 0) : 0;
    listener.onAcknowledged(at);
    if (at === 0) await this.announce(listener, signal);
    while (at < size) {
      const length = Math.min(2 * options.block, size - at);
      await this.put(at, await registersOf(image, { offset: at, length }, options), signal);
      at += length;
      listener.onAcknowledged(at);
    }
    await this.writeChecksum("end", signal);
  }

  private async announce(listener: TransferListener, signal: AbortSignal): Promise<void> {
    const { size, status } = this.terms.options;
    const { image } = this.terms;
    if (size !== undefined) await this.asking.write(size, this.countOf(image.size, size), signal);
    await this.writeChecksum("begin", signal);
    // It may empty its memory first.
    if (status !== undefined) await this.asking.ready(status, signal);
    this.begun = markOf(image.sha256);
    listener.onCookie(this.begun);
  }

  private async put(offset: number, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const { base, index, status, next } = this.terms.options;
    const data = this.asking.writing(base, bytes);
    if (index === undefined) {
      // A block without a number that is sent twice would be two blocks: the device is asked which it expects.
      await this.asking.ask(data, signal, { once: true });
    } else {
      const number = numberBytes(this.countOf(offset, index), index);
      const together = index.holding + registerCount(index) === base;
      if (together && number.length + bytes.length <= 2 * MAX_WRITE_REGISTERS) {
        await this.asking.ask(this.asking.writing(index.holding, Buffer.concat([number, bytes])), signal);
      } else {
        await this.asking.ask(this.asking.writing(index.holding, number), signal);
        await this.asking.ask(data, signal);
      }
    }
    if (status !== undefined) await this.asking.ready(status, signal);
    else if (index === undefined && next !== undefined) await this.expectedBehind(offset, bytes.length, signal);
  }

  /** Nothing else says whether a block without a number has arrived. */
  private async expectedBehind(offset: number, length: number, signal: AbortSignal): Promise<void> {
    const { next } = this.terms.options;
    if (next === undefined) return;
    const said = this.bytesOf(await this.asking.number(next, signal), next);
    if (said >= offset + length - 1) return;
    throw new DeviceError("unreachable", `the device expects byte ${said} next, and not ${offset + length}`);
  }

  private async writeChecksum(when: "begin" | "end", signal: AbortSignal): Promise<void> {
    const { crc } = this.terms.options;
    if (crc?.when !== when) return;
    await this.asking.write(crc, await imageChecksum(crc.alg, this.terms.image, signal), signal);
  }

  /** Bytes as the device counts them; a part counts as a whole one. */
  private countOf(bytes: number, { counts, from, as }: Counting & NumberShape): number {
    const count = from + Math.ceil(bytes / this.unitOf(counts));
    if (count < 2 ** (16 * registerCount({ as }))) return count;
    throw new FirmwareError("flash-full", `the device counts ${counts} in ${as}: ${count} does not fit`);
  }

  private bytesOf(count: number, { counts, from }: Counting): number {
    return Math.max(0, count - from) * this.unitOf(counts);
  }

  private unitOf(counts: Counting["counts"]): number {
    switch (counts) {
      case "bytes":
        return 1;
      case "registers":
        return 2;
      case "blocks":
        return 2 * this.terms.options.block;
    }
  }
}

function markOf(sha256: Uint8Array): string {
  return Buffer.from(sha256).toString("hex");
}
