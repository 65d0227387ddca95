/** An image that a program brings to its device. */
import {
  DeviceError,
  type FirmwareProbe,
  type Transfer,
  type TransferContext,
  type TransferListener,
} from "../../adapter.ts";
import { type Clock, MINUTE, type Millis } from "../../clock.ts";
import type { Logger } from "../../log.ts";
import type { ExecOptions } from "../../mapping/exec-way.ts";
import { environmentOf, failureOf, type Saying, type Step, sayingOf } from "./contract.ts";
import { runProgram } from "./program.ts";

export interface ExecSurroundings {
  /** Of the device. */
  readonly device: string;
  /** The file of the image. */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** To ask a device, or to have it start, takes no longer. */
const STEP_TIMEOUT: Millis = 2 * MINUTE;

export class ExecTransfer implements Transfer {
  private readonly options: ExecOptions;
  private readonly context: TransferContext;
  private readonly surroundings: ExecSurroundings;
  private readonly life = new AbortController();
  /** What runs. */
  private running: Promise<unknown> = Promise.resolve();

  constructor(options: ExecOptions, context: TransferContext, surroundings: ExecSurroundings) {
    this.options = options;
    this.context = context;
    this.surroundings = surroundings;
  }

  async probe(): Promise<FirmwareProbe> {
    if (!this.options.steps.includes("probe")) return {};
    let found: FirmwareProbe = {};
    await this.run("probe", 0, (saying) => {
      found = { ...found, ...probed(saying) };
    });
    return found;
  }

  async send(offset: number, listener: TransferListener): Promise<void> {
    const { size } = this.context.image;
    await this.run("send", offset, (saying) => {
      if (saying.kind === "progress") listener.onAcknowledged(Math.min(saying.bytes, size));
    });
    listener.onAcknowledged(size);
  }

  async act(word: string): Promise<void> {
    if (word !== "activate" && word !== "confirm") throw new DeviceError("rejected", `exec has no step "${word}"`);
    await this.run(word, 0);
  }

  async abort(): Promise<void> {
    await this.stop("the update was given up");
    if (!this.options.steps.includes("abort")) return;
    try {
      await this.once("abort", 0, () => {}, new AbortController().signal);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      this.surroundings.log.debug({ err: error }, "the program could not tell the device that it is over");
    }
  }

  close(): Promise<void> {
    return this.stop("the transfer was closed");
  }

  private async stop(reason: string): Promise<void> {
    this.life.abort(new DeviceError("unreachable", reason));
    await this.running;
  }

  private run(step: Step, offset: number, hears: (saying: Saying) => void = () => {}): Promise<void> {
    if (step !== "send" && !this.options.steps.includes(step)) {
      return Promise.reject(
        new DeviceError("rejected", `the program has no step "${step}": see \`steps\` of transfer`),
      );
    }
    const run = this.once(step, offset, hears, this.life.signal);
    this.running = run.catch(() => {});
    return run;
  }

  private async once(step: Step, offset: number, hears: (saying: Saying) => void, signal: AbortSignal): Promise<void> {
    const { command, timeout, silence } = this.options;
    const { clock, device, file, log } = this.surroundings;
    const sends = step === "send";
    const end = await runProgram({
      ...{ command, clock, signal },
      environment: environmentOf(this.context, { step, file, device, offset }),
      ...(sends ? { timeout, silence } : { timeout: Math.min(timeout, STEP_TIMEOUT) }),
      onLine: (line) => {
        const saying = sayingOf(line);
        if (saying === undefined) log.debug({ step, line }, "the program prints a line for nobody");
        else if (saying.kind === "log") log.info({ step, said: saying.text }, "the program that brings the image says");
        else hears(saying);
      },
    });
    const failure = failureOf(command[0], end);
    if (failure !== undefined) throw failure;
  }
}

/** What a saying adds to what is known of the device. */
function probed(saying: Saying): FirmwareProbe {
  switch (saying.kind) {
    case "version":
      return { version: saying.version };
    case "offset":
      return { offset: saying.bytes };
    case "staged":
      return { staged: true };
    case "running":
      return { running: true };
    case "progress":
    case "log":
      return {};
  }
}
