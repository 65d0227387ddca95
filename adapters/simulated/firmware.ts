/** A device with a spare slot for firmware: as fast, lossy, choosy and forgetful as the mapping says, for trials and tests. */
import { z } from "zod";
import {
  type AdapterContext,
  DeviceError,
  durationSchema,
  type FirmwareCondition,
  FirmwareError,
  type FirmwareProbe,
  type FirmwareWay,
  type Millis,
  parseDuration,
  randomFraction,
  type Transfer,
  type TransferContext,
  type TransferListener,
} from "../../src/adapter.ts";
import type { Flash } from "./flash.ts";

export interface FlashOptions {
  readonly version: string;
  readonly memory?: string | undefined;
  readonly speed: number;
  readonly chunk: number;
  readonly loss: number;
  readonly refuse?: FirmwareCondition | undefined;
  readonly revert: boolean;
  readonly boot: Millis;
}

export const flashSchema: z.ZodType<FlashOptions> = z.strictObject({
  version: z.string().min(1).default("1.0.0").describe("What it runs when it is new"),
  memory: z.string().min(1).optional().describe("A file in which it keeps what it has while the gateway does not run"),
  speed: z.int().min(1).default(50_000).describe("Bytes a second"),
  chunk: z.int().min(1).max(65_536).default(512).describe("Bytes at a time"),
  loss: z.number().min(0).max(1).default(0).describe("How likely the connection breaks at each of them"),
  refuse: z
    .enum(["flash-full", "out-of-memory", "bad-image", "crc", "busy", "failed"])
    .optional()
    .describe("What it says of each image"),
  revert: z.boolean().default(false).describe("It comes back with what it ran before"),
  boot: durationSchema.default(parseDuration("2s")).describe("How long it is away when it starts"),
});

export const simulatedWay: FirmwareWay<FlashOptions> = {
  transfer: flashSchema,
  actions: { key: "simulated", words: ["test", "reset", "confirm"] },
  defaults: { activate: ["test", "reset"], confirm: ["confirm"] },
  staged: true,
  tellsVersion: true,
};

export class SimulatedTransfer implements Transfer {
  private readonly flash: Flash;
  private readonly context: TransferContext<FlashOptions>;
  private readonly options: FlashOptions;
  private readonly surroundings: AdapterContext;
  private closed = false;
  private end: ((error: DeviceError) => void) | undefined;

  constructor(flash: Flash, context: TransferContext<FlashOptions>, surroundings: AdapterContext) {
    this.flash = flash;
    this.options = context.options;
    this.context = context;
    this.surroundings = surroundings;
  }

  async probe(): Promise<FirmwareProbe> {
    this.check();
    const { version } = this.flash.now;
    const offset = this.isOurs ? this.flash.length : 0;
    return { version, offset, staged: offset === this.context.image.size };
  }

  async send(offset: number, listener: TransferListener): Promise<void> {
    const { image } = this.context;
    const { refuse, chunk, loss } = this.options;
    this.check();
    if (refuse !== undefined && refuse !== "crc")
      throw new FirmwareError(refuse, `the simulated device says: ${refuse}`);
    if (!this.isOurs) this.flash.cut(0);
    this.flash.cut(offset);
    this.flash.set({ image: this.name, pending: false });
    while (this.flash.length < image.size) {
      if (this.closed) throw CLOSED();
      await this.pause();
      if (randomFraction(this.surroundings.random) < loss) throw new DeviceError("unreachable", "the connection broke");
      this.flash.append(await image.read(this.flash.length, chunk));
      listener.onAcknowledged(this.flash.length);
    }
    if (refuse === "crc") throw new FirmwareError(refuse, "the simulated device says: crc");
  }

  async act(word: string): Promise<void> {
    this.check();
    const { flash } = this;
    const { clock } = this.surroundings;
    if (word === "test") flash.set({ pending: this.isOurs && flash.length === this.context.image.size });
    if (word !== "reset") return;
    const runs = flash.now.pending && !this.options.revert;
    flash.set({
      pending: false,
      back: clock.wall() + this.options.boot,
      ...(runs ? { version: this.context.image.version ?? this.name.slice(0, 8) } : {}),
    });
  }

  async abort(): Promise<void> {
    this.flash.cut(0);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.end?.(CLOSED());
  }

  private get name(): string {
    return Buffer.from(this.context.image.sha256).toString("hex");
  }

  private get isOurs(): boolean {
    return this.flash.now.image === this.name;
  }

  private check(): void {
    if (this.flash.isAway(this.surroundings.clock.wall())) throw new DeviceError("unreachable", "the device starts");
  }

  /** As long as a chunk takes. */
  private pause(): Promise<void> {
    const { clock } = this.surroundings;
    const { chunk, speed } = this.options;
    return new Promise((resolve, reject) => {
      const cancel = clock.at(clock.monotonic() + (chunk * 1000) / speed, () => {
        this.end = undefined;
        resolve();
      });
      this.end = (error) => {
        this.end = undefined;
        cancel();
        reject(error);
      };
    });
  }
}

const CLOSED = (): DeviceError => new DeviceError("unreachable", "the transfer was closed");
