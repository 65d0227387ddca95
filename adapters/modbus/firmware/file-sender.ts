/** An image as records of files. MODBUS Application Protocol V1.1b3 §6.14 (FC 20), §6.15 (FC 21). */
import { FirmwareError, type FirmwareImage, type TransferListener } from "../../../src/adapter.ts";
import { ModbusException } from "../errors.ts";
import { formatRecord } from "../pdu.ts";
import type { Asking } from "./asking.ts";
import type { FileOptions } from "./keys.ts";
import { registersOf, type Stretch } from "./registers-of.ts";
import type { ImageSender } from "./transfer.ts";

export interface FileTerms {
  readonly options: FileOptions;
  readonly image: FirmwareImage;
}

/** There is no such record. */
const ILLEGAL_ADDRESS = 2;
/** A block that reads back otherwise is written so often in all. */
const MOST_WRITES = 3;

export class FileSender implements ImageSender {
  private readonly asking: Asking;
  private readonly terms: FileTerms;

  constructor(asking: Asking, terms: FileTerms) {
    this.asking = asking;
    this.terms = terms;
  }

  async send(offset: number, listener: TransferListener, signal: AbortSignal): Promise<void> {
    const { size } = this.terms.image;
    const { status } = this.terms.options;
    let at = (await this.holds(offset, signal)) ? offset : 0;
    listener.onAcknowledged(at);
    while (at < size) {
      const stretch = { offset: at, length: this.lengthFrom(at) };
      await this.put(stretch, signal);
      if (status !== undefined) await this.asking.ready(status, signal);
      at += stretch.length;
      listener.onAcknowledged(at);
    }
  }

  /** Whether the device has what lies before: its last block is compared. */
  private async holds(offset: number, signal: AbortSignal): Promise<boolean> {
    const { size } = this.terms.image;
    if (offset <= 0 || offset > size || (offset % 2 === 1 && offset < size)) return false;
    const most = 2 * this.terms.options.block;
    const border = this.borderBefore(offset);
    const from = Math.max(border, offset - most + (offset % 2));
    try {
      return await this.isThere({ offset: from, length: offset - from }, signal);
    } catch (error) {
      // A device that forgot what it had says so.
      if (error instanceof ModbusException && error.kind === "rejected") return false;
      throw error;
    }
  }

  private async put(stretch: Stretch, signal: AbortSignal): Promise<void> {
    const { options, image } = this.terms;
    const bytes = await registersOf(image, stretch, options);
    const place = this.placeOf(stretch.offset);
    for (let writes = 1; ; writes++) {
      try {
        await this.asking.ask({ kind: "writeFile", ...place, bytes }, signal);
      } catch (error) {
        throw this.fullOr(error, stretch);
      }
      if (!options.verify || (await this.isThere(stretch, signal))) return;
      if (writes < MOST_WRITES) continue;
      throw new FirmwareError("crc", `${formatRecord(place)} reads back otherwise than it was written`);
    }
  }

  private async isThere(stretch: Stretch, signal: AbortSignal): Promise<boolean> {
    const { options, image } = this.terms;
    const bytes = await registersOf(image, stretch, options);
    const request = { kind: "readFile", ...this.placeOf(stretch.offset), count: bytes.length / 2 } as const;
    return Buffer.from(await this.asking.ask(request, signal)).equals(bytes);
  }

  /** Records end where the room of the device does. */
  private fullOr(error: unknown, { offset }: Stretch): unknown {
    const full = error instanceof ModbusException && error.code === ILLEGAL_ADDRESS && offset > 0;
    return full ? new FirmwareError("flash-full", `it has no room: ${error.message}`, { cause: error }) : error;
  }

  /** No request goes beyond its file. */
  private lengthFrom(offset: number): number {
    const { options, image } = this.terms;
    const { record } = this.placeOf(offset);
    return Math.min(image.size - offset, 2 * Math.min(options.block, options.recordsPerFile - record));
  }

  /** Where the file begins in which the byte before this one lies. */
  private borderBefore(offset: number): number {
    return Math.max(0, offset - 2 * this.placeOf(offset - 2 + (offset % 2)).record - 2 + (offset % 2));
  }

  private placeOf(offset: number): { readonly file: number; readonly record: number } {
    const { file, record, recordsPerFile } = this.terms.options;
    const register = record + Math.floor(offset / 2);
    return { file: file + Math.floor(register / recordsPerFile), record: register % recordsPerFile };
  }
}
