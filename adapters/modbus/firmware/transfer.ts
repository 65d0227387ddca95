/** One image on its way to one Modbus device: what records of files and blocks of registers have in common. */
import {
  type AdapterContext,
  DeviceError,
  type FirmwareProbe,
  type Transfer,
  type TransferContext,
  type TransferListener,
} from "../../../src/adapter.ts";
import type { Line } from "../line.ts";
import type { ModbusDevice } from "../points.ts";
import { Asking } from "./asking.ts";
import { FileSender } from "./file-sender.ts";
import type { CommitKeys, ModbusTransferOptions } from "./keys.ts";
import { numberBytes } from "./numbers.ts";
import { RegisterSender } from "./register-sender.ts";

/** Sends what is missing of an image. */
export interface ImageSender {
  /** Where the device says that it can go on; undefined: it does not say. */
  next?(signal: AbortSignal): Promise<number | undefined>;
  send(offset: number, listener: TransferListener, signal: AbortSignal): Promise<void>;
}

export interface ModbusTransferTerms {
  readonly line: Line;
  readonly device: ModbusDevice;
  /** What was kept from the device is let to it again. */
  readonly onClose: () => void;
}

export class ModbusTransfer implements Transfer {
  private readonly options: ModbusTransferOptions;
  private readonly terms: ModbusTransferTerms;
  private readonly context: Pick<AdapterContext, "clock" | "log">;
  private readonly asking: Asking;
  private readonly sender: ImageSender;
  private running = new AbortController();
  private isClosed = false;

  constructor(
    { options, image, cookie }: TransferContext<ModbusTransferOptions>,
    terms: ModbusTransferTerms,
    context: Pick<AdapterContext, "clock" | "log">,
  ) {
    const { line, device } = terms;
    this.options = options;
    this.terms = terms;
    this.context = context;
    this.asking = new Asking({ line, device, options, clock: context.clock });
    this.sender =
      options.way === "modbus-file"
        ? new FileSender(this.asking, { options, image })
        : new RegisterSender(this.asking, { options, image, cookie });
  }

  async probe(): Promise<FirmwareProbe> {
    const offset = await this.sender.next?.(this.signal);
    return offset === undefined ? {} : { offset };
  }

  send(offset: number, listener: TransferListener): Promise<void> {
    return this.sender.send(offset, listener, this.signal);
  }

  async act(word: string): Promise<void> {
    if (word !== "commit") throw new DeviceError("rejected", `modbus: there is no "${word}"`);
    const { commit } = this.options;
    if (commit !== undefined) await this.commit(commit, this.signal);
  }

  /** The protocol has no words for it; the mapping may have steps. */
  async abort(): Promise<void> {
    this.running.abort(new DeviceError("unreachable", "the transfer was given up"));
    this.running = new AbortController();
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.running.abort(new DeviceError("unreachable", "the transfer was closed"));
    this.terms.onClose();
  }

  private get signal(): AbortSignal {
    return this.running.signal;
  }

  /** Once: a device that restarts meanwhile, and hears it again, may have begun anew. */
  private async commit(commit: CommitKeys, signal: AbortSignal): Promise<void> {
    const { status } = this.options;
    try {
      await this.asking.ask(this.asking.writing(commit.holding, numberBytes(commit.value, commit)), signal, {
        once: true,
      });
      if (status === undefined) return;
      const { done = status.ready, timeout = status.timeout } = commit;
      await this.asking.ready({ ...status, ready: done, timeout }, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof DeviceError) || error.kind === "rejected") throw error;
      this.context.log.warn(
        { code: "LG593", reason: error.message },
        "the device did not acknowledge that it uses the image: whether it does its version will show",
      );
    }
  }
}
