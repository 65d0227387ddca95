/** A device with two slots behind a link, which a script makes slow, lossy, stubborn or forgetful: the adapter's edge of a job. */
import type { FirmwareProbe, PointId, Transfer, TransferContext, TransferListener } from "../../src/adapter.ts";
import type { Clock, Millis } from "../../src/clock.ts";
import { DeviceError } from "../../src/errors.ts";
import type { FirmwareTarget } from "../../src/firmware/target.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import type { FirmwarePlan } from "../../src/mapping/firmware-plan.ts";

export const VERSION_POINT = "3/0/3";

/** What runs and lies in the device: it outlives the gateway. */
export class ScriptedDevice {
  version = "1.0.0";
  slot: Uint8Array = new Uint8Array();
  pending = false;
  online = true;
  /** Comes back with what it ran before. */
  reverts = false;
  /** Takes so long to boot. */
  boot: Millis = 0;
  /** How long it takes to forget an image. */
  forgets: Millis = 0;
  /** What `send` fails with, once at so many bytes. */
  failures: { readonly at: number; readonly error: Error }[] = [];
  /** What each act fails with, once. */
  refusals = new Map<string, Error>();
  readonly heard: string[] = [];
  private back: Millis = 0;

  isThere(now: Millis): boolean {
    return this.online && now >= this.back;
  }

  restart(now: Millis, version: string): void {
    this.back = now + this.boot;
    if (this.pending && !this.reverts) this.version = version;
    this.pending = false;
  }
}

/** What a transfer needs of it. */
type ScriptedTransferOptions = Pick<ScriptedTargetOptions, "clock" | "device" | "becomes" | "chunk" | "latency">;

export interface ScriptedTargetOptions {
  readonly id?: string;
  readonly link?: string;
  readonly clock: Clock;
  readonly device: ScriptedDevice;
  /** What an image makes of it. */
  readonly becomes?: string;
  readonly plan?: Partial<FirmwarePlan>;
  readonly chunk?: number;
  /** Of each chunk. */
  readonly latency?: Millis;
}

export class ScriptedTarget implements FirmwareTarget {
  readonly id: string;
  readonly prefix: string;
  readonly link: string;
  readonly plan: FirmwarePlan;
  /** How it is held now. */
  held: "not" | "device" | "line" = "not";
  /** Transfers that are open: as long as there is one, the wire is its own. */
  private open = 0;
  private readonly options: ScriptedTargetOptions;
  private holds: ("device" | "line")[] = [];

  constructor(options: ScriptedTargetOptions) {
    this.options = options;
    this.id = options.id ?? "meter-1";
    this.prefix = this.id;
    this.link = options.link ?? "bus";
    this.plan = { ...PLAN, ...options.plan };
  }

  get online(): boolean {
    return this.options.device.online;
  }

  hold(_reason: string, line: boolean): () => void {
    const hold = line ? "line" : "device";
    this.holds.push(hold);
    this.held = this.holds.includes("line") ? "line" : "device";
    return () => {
      this.holds.splice(this.holds.indexOf(hold), 1);
      this.held = this.holds.includes("line") ? "line" : (this.holds[0] ?? "not");
    };
  }

  async transfer(context: TransferContext): Promise<Transfer> {
    this.open++;
    return new ScriptedTransfer(this.options, context, () => this.open--);
  }

  async invoke(steps: readonly unknown[]): Promise<void> {
    this.refuseWhileOpen();
    this.options.device.heard.push(...steps.map((step) => JSON.stringify(step)));
  }

  async read(points: readonly PointId[]): Promise<ReadonlyMap<PointId, Value>> {
    const { device, clock } = this.options;
    this.refuseWhileOpen();
    if (!device.isThere(clock.monotonic())) throw new DeviceError("unreachable", "no answer");
    return new Map(points.flatMap((point) => (point === VERSION_POINT ? [[point, device.version]] : [])));
  }

  private refuseWhileOpen(): void {
    if (this.open > 0) throw new DeviceError("unreachable", "the line is taken: an image is on its way");
  }
}

export class ScriptedTransfer implements Transfer {
  private readonly options: ScriptedTransferOptions;
  private readonly context: TransferContext;
  private readonly onClosed: () => void;
  private end: ((error: Error) => void) | undefined;

  constructor(options: ScriptedTransferOptions, context: TransferContext, onClosed: () => void) {
    this.options = options;
    this.context = context;
    this.onClosed = onClosed;
  }

  async probe(): Promise<FirmwareProbe> {
    const { device } = this.options;
    this.ask("probe");
    const { length } = device.slot;
    return { version: device.version, offset: length, staged: length === this.context.image.size };
  }

  async send(offset: number, listener: TransferListener): Promise<void> {
    const { device, chunk = 100 } = this.options;
    const { image } = this.context;
    this.ask(`send ${offset}`);
    listener.onCookie(`session of ${this.context.job}`);
    device.slot = device.slot.slice(0, offset);
    while (device.slot.length < image.size) {
      await this.pass();
      const failure = device.failures.find(({ at }) => device.slot.length >= at);
      if (failure !== undefined) {
        device.failures = device.failures.filter((other) => other !== failure);
        throw failure.error;
      }
      device.slot = Buffer.concat([device.slot, await image.read(device.slot.length, chunk)]);
      listener.onAcknowledged(device.slot.length);
    }
  }

  async act(word: string): Promise<void> {
    const { device, clock, becomes = "2.0.0" } = this.options;
    this.ask(word);
    const refusal = device.refusals.get(word);
    device.refusals.delete(word);
    if (refusal !== undefined) throw refusal;
    if (word === "test") device.pending = true;
    if (word === "reset") device.restart(clock.monotonic(), becomes);
  }

  async abort(): Promise<void> {
    this.ask("abort");
    const { device, clock } = this.options;
    if (device.forgets > 0) await new Promise<void>((resolve) => clock.at(clock.monotonic() + device.forgets, resolve));
    this.options.device.slot = new Uint8Array();
  }

  async close(): Promise<void> {
    this.end?.(new DeviceError("unreachable", "closed"));
    this.onClosed();
  }

  private ask(word: string): void {
    const { device, clock } = this.options;
    if (!device.isThere(clock.monotonic())) throw new DeviceError("unreachable", "no answer");
    device.heard.push(word);
  }

  private pass(): Promise<void> {
    const { clock, latency = 10, device } = this.options;
    return new Promise((resolve, reject) => {
      const cancel = clock.at(clock.monotonic() + latency, () => {
        this.end = undefined;
        if (device.isThere(clock.monotonic())) resolve();
        else reject(new DeviceError("unreachable", "no answer"));
      });
      this.end = (error) => {
        cancel();
        reject(error);
      };
    });
  }
}

const PLAN: FirmwarePlan = {
  via: "scripted",
  transfer: {},
  stage: "on-update",
  accept: { maxSize: 100_000 },
  version: { kind: "point", point: VERSION_POINT },
  expect: "changed",
  enter: [],
  activate: [
    { type: "transfer", word: "test" },
    { type: "transfer", word: "reset" },
  ],
  confirm: [{ type: "transfer", word: "confirm" }],
  abort: [],
  verify: { within: 180_000, poll: 5000, settle: 10_000 },
  retries: 5,
  lock: "line",
  results: new Map(),
};
