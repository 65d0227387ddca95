/** One image on its way to one device that speaks SMP, whatever carries it. */
import {
  DeviceError,
  FirmwareError,
  type FirmwareImage,
  type FirmwareProbe,
  type Millis,
  SECOND,
  type Transfer,
  type TransferListener,
} from "../../../src/adapter.ts";
import { withDeadline } from "../../wires/deadline.ts";
import { type ClientTerms, SmpClient, type SmpRequest } from "./client.ts";
import { type ImageSlot, imageSlots, runningSlot, spareSlot } from "./image-list.ts";
import { SMP, type SmpAction, type SmpOptions } from "./keys.ts";
import { mcubootHash } from "./mcuboot.ts";
import { GROUP, IMAGE, OS } from "./packet.ts";
import type { PacketPipe } from "./pipe.ts";
import { SmpRefusal } from "./refusals.ts";
import { Upload } from "./upload.ts";

/** A device may reset before its answer has left. */
const RESET: Millis = 2 * SECOND;
/** How long erasing a slot may take. */
const ERASE: Millis = 40 * SECOND;
const FAREWELL: Millis = 5 * SECOND;
/** No device says more, and no packet of ours is longer. */
const LONGEST_PACKET = 4096;

export class SmpTransfer implements Transfer {
  private readonly client: SmpClient;
  private readonly image: FirmwareImage;
  private readonly options: SmpOptions;
  private readonly terms: ClientTerms;
  /** Ends what is under way. */
  private running = new AbortController();
  private hasSent = false;
  private hash: Promise<string | undefined> | undefined;

  constructor(
    pipe: PacketPipe,
    { image, options }: { readonly image: FirmwareImage; readonly options: SmpOptions },
    context: Pick<ClientTerms, "clock" | "log" | "random">,
  ) {
    this.image = image;
    this.options = options;
    this.terms = { ...context, timeout: options.ackTimeout, retries: options.retries };
    this.client = new SmpClient(pipe, this.terms);
  }

  async probe(): Promise<FirmwareProbe> {
    const slots = await this.slots();
    const hash = await this.ownHash();
    const running = runningSlot(slots);
    return {
      ...(running === undefined || running.version === "" ? {} : { version: running.version }),
      ...(hash === undefined
        ? {}
        : {
            running: running?.hash === hash,
            staged: slots.some((slot) => slot !== running && slot.hash === hash),
          }),
    };
  }

  /** Where it goes on the device knows best: it is asked by the first request, whatever was acknowledged before. */
  async send(_offset: number, listener: TransferListener): Promise<void> {
    const { signal } = this.running;
    const { clock, timeout, retries } = this.terms;
    const { image: number, chunk } = this.options;
    const channel = await this.client.connected(signal);
    const { size, count } = await this.parameters();
    const room = size === undefined ? channel.certain : Math.min(LONGEST_PACKET, size - channel.overhead);
    const longest = chunk === undefined ? room : LONGEST_PACKET;
    const window = Math.min(this.options.window, count ?? this.options.window);
    this.hasSent = true;
    const certain = chunk === undefined ? Math.min(longest, channel.certain) : longest;
    const terms = { clock, image: this.image, number, window, longest, certain, chunk, timeout, retries };
    await new Upload(this.client, terms, { listener, signal }).run();
  }

  async act(word: string): Promise<void> {
    const action = SMP.actions.words.find((known) => known === word);
    if (action === undefined) throw new DeviceError("rejected", `smp: there is no "${word}"`);
    await this.actions[action]();
  }

  async abort(): Promise<void> {
    this.running.abort(new DeviceError("unreachable", "the transfer was given up"));
    this.running = new AbortController();
    const { clock, log } = this.terms;
    const late = (): DeviceError => new DeviceError("unreachable", "the device does not answer");
    try {
      await withDeadline(this.forget(), { clock, span: FAREWELL, late });
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      log.debug({ err: error }, "the device was not told that nothing comes of the image");
    }
  }

  async close(): Promise<void> {
    this.client.close();
  }

  private readonly actions: Readonly<Record<SmpAction, () => Promise<void>>> = {
    test: () => this.test(),
    confirm: () => this.confirm(),
    reset: () => this.reset(),
    erase: () => this.erase(ERASE),
  };

  /** MCUboot knows images by its own hash, which the slot tells. */
  private async test(): Promise<void> {
    const spare = await this.stagedSlot();
    await this.ask(stateRequest("test", { hash: Buffer.from(spare.hash, "hex"), confirm: false }));
  }

  /** What runs stays, if it is this image; else this image is for good from the next reset on. */
  private async confirm(): Promise<void> {
    const [slots, hash] = [await this.slots(), await this.ownHash()];
    const isRunning = hash === undefined || runningSlot(slots)?.hash === hash;
    const body = isRunning
      ? { confirm: true }
      : { hash: Buffer.from((await this.stagedSlot(slots)).hash, "hex"), confirm: true };
    await this.ask(stateRequest("confirm", body));
  }

  /** Once: a device that resets twice has reverted before anybody could confirm. That it came through is seen by its version. */
  private async reset(): Promise<void> {
    const { signal } = this.running;
    const request: SmpRequest = { name: "reset", op: "write", group: GROUP.os, command: OS.reset, body: {} };
    try {
      await this.client.exchange(request, { timeout: Math.max(RESET, this.terms.timeout), signal });
    } catch (error) {
      if (signal.aborted || !(error instanceof DeviceError) || error.kind === "rejected") throw error;
      this.terms.log.debug({ err: error }, "the device did not say that it resets");
    }
  }

  private async erase(timeout: Millis): Promise<void> {
    const { image } = this.options;
    const body = image === 0 ? {} : { slot: 2 * image + 1 };
    const request: SmpRequest = { name: "erase", op: "write", group: GROUP.image, command: IMAGE.erase, body };
    await this.client.exchange(request, { timeout, signal: this.running.signal });
  }

  /** What is not ours is left alone. */
  private async forget(): Promise<void> {
    const hash = await this.ownHash();
    const spare = this.hasSent ? undefined : spareSlot(await this.slots());
    if (this.hasSent || (hash !== undefined && spare?.hash === hash)) await this.erase(FAREWELL);
  }

  private async stagedSlot(known?: readonly ImageSlot[]): Promise<ImageSlot & { readonly hash: string }> {
    const slots = known ?? (await this.slots());
    const hash = await this.ownHash();
    const running = runningSlot(slots);
    const spare = slots.find((slot) => slot !== running && slot.hash === hash) ?? spareSlot(slots);
    if (spare?.hash === undefined)
      throw new FirmwareError("bad-image", "the device has no image in its spare slot, or takes it for none");
    if (hash !== undefined && spare.hash !== hash)
      throw new FirmwareError("failed", `the device has another image in its spare slot: ${spare.version}`);
    return { ...spare, hash: spare.hash };
  }

  private async slots(): Promise<readonly ImageSlot[]> {
    const request: SmpRequest = { name: "image list", op: "read", group: GROUP.image, command: IMAGE.state, body: {} };
    return imageSlots(await this.ask(request), this.options.image);
  }

  private ask(request: SmpRequest): ReturnType<SmpClient["request"]> {
    return this.client.request(request, { signal: this.running.signal });
  }

  private ownHash(): Promise<string | undefined> {
    this.hash ??= mcubootHash(this.image);
    return this.hash;
  }

  /** How large the buffers of the device are, and how many; not every device tells. */
  private async parameters(): Promise<{ readonly size?: number; readonly count?: number }> {
    const request: SmpRequest = { name: "parameters", op: "read", group: GROUP.os, command: OS.parameters, body: {} };
    try {
      const { buf_size: size, buf_count: count } = await this.client.request(request, {
        signal: this.running.signal,
        retries: 1,
      });
      return {
        ...(typeof size === "number" && size > LEAST_BUFFER ? { size } : {}),
        ...(typeof count === "number" && count > 0 ? { count } : {}),
      };
    } catch (error) {
      if (error instanceof SmpRefusal || (error instanceof DeviceError && error.kind !== "rejected")) return {};
      throw error;
    }
  }
}

/** A device that says less has no room for an upload. */
const LEAST_BUFFER = 96;

function stateRequest(name: string, body: SmpRequest["body"]): SmpRequest {
  return { name, op: "write", group: GROUP.image, command: IMAGE.state, body };
}
