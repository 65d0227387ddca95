/** An image on its way into the spare slot: Zephyr, "Application/software image management group", image upload. */
import {
  type Clock,
  DeviceError,
  FirmwareError,
  type FirmwareImage,
  type Millis,
  SECOND,
  type TransferListener,
} from "../../../src/adapter.ts";
import { until } from "../../wires/deadline.ts";
import type { SmpMap } from "./cbor.ts";
import { isPassing, type SmpClient, type SmpRequest } from "./client.ts";
import { encodePacket, GROUP, IMAGE, OP } from "./packet.ts";

export interface UploadTerms {
  readonly clock: Clock;
  readonly image: FirmwareImage;
  /** Which one, of devices with several. */
  readonly number: number;
  /** Requests on their way at once. */
  readonly window: number;
  /** The longest packet, and what to fall back to where such are not answered. */
  readonly longest: number;
  readonly certain: number;
  /** The most bytes of the image in one request; absent: what fits. */
  readonly chunk: number | undefined;
  readonly timeout: Millis;
  /** How often in a row it may not go on. */
  readonly retries: number;
}

/** With the first request the device erases the slot, which takes as long as it takes. */
const ERASING: Millis = 15 * SECOND;
/** Flash is written in words of up to so many bytes: what is no multiple of them many bootloaders ask for again. */
const WORD = 8;
/** A length in CBOR takes so much more than that of nothing. */
const LENGTH_HEAD = 2;
/** Numbers below each of these are as long in CBOR (RFC 8949 §3). */
const HEADS = [24, 0x100, 0x1_0000, 0x1_0000_0000];
const LEAST_CHUNK = 16;

/** A request that was sent. */
interface Sent {
  /** Where the image goes on if all is well. */
  readonly end: number;
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
}

type Outcome = { readonly answer: SmpMap } | { readonly error: unknown };

export class Upload {
  private readonly client: SmpClient;
  private readonly terms: UploadTerms;
  private readonly listener: Pick<TransferListener, "onAcknowledged">;
  private readonly signal: AbortSignal;
  private readonly inFlight: Sent[] = [];
  /** What the device has; what was sent. */
  private acknowledged = 0;
  private next = 0;
  /** How often in a row it did not go on. */
  private failures = 0;
  private longest: number;
  /** Lengths of packets without a byte of the image, by HEADS; 0: of the first. */
  private readonly empty = new Map<number, number>();

  constructor(
    client: SmpClient,
    terms: UploadTerms,
    { listener, signal }: { readonly listener: Pick<TransferListener, "onAcknowledged">; readonly signal: AbortSignal },
  ) {
    this.client = client;
    this.terms = terms;
    this.listener = listener;
    this.signal = signal;
    this.longest = terms.longest;
  }

  /**
   * Resolves when the device has all of it. It is always begun with the first request: a device that knows the image by its hash says
   * how much of it it has, be it all, and another one begins anew.
   */
  async run(): Promise<void> {
    const { size } = this.terms.image;
    while (this.acknowledged < size) {
      await this.fill();
      const sent = this.inFlight.shift();
      if (sent === undefined) return;
      const outcome = await sent.outcome;
      this.signal.throwIfAborted();
      if ("error" in outcome) await this.failed(outcome.error);
      else await this.took(outcome.answer, sent.end);
    }
  }

  /** Before the first answer nobody knows where it goes on, nor while it does not go on. */
  private async fill(): Promise<void> {
    const { window, image } = this.terms;
    const most = this.acknowledged === 0 || this.failures > 0 ? 1 : window;
    while (this.inFlight.length < most && this.next < image.size) this.inFlight.push(await this.send(this.next));
  }

  private async send(offset: number): Promise<Sent> {
    const { image, timeout } = this.terms;
    const started = this.terms.clock.monotonic();
    const data = await image.read(offset, this.chunkAt(offset));
    const span = offset === 0 ? Math.max(timeout, ERASING) : timeout;
    const request = this.request(offset, data);
    const outcome = this.client.exchange(request, { timeout: span, signal: this.signal }).then(
      (answer): Outcome => ({ answer }),
      async (error: unknown): Promise<Outcome> => {
        // A line that is away says so at once.
        if (isPassing(error)) await until(started + timeout, this.terms.clock, this.signal).catch(() => {});
        return { error };
      },
    );
    this.next = offset + data.length;
    return { end: this.next, outcome };
  }

  private async took(answer: SmpMap, end: number): Promise<void> {
    const offset = this.offsetIn(answer);
    if (offset === end) {
      this.failures = 0;
      this.reached(offset);
      return;
    }
    // It goes on elsewhere: it had some of it, took less, or has lost it. What is under way is answered likewise.
    const others = (await this.drained()).flatMap((outcome) => ("answer" in outcome ? [outcome.answer] : []));
    const last = this.offsetIn(others.at(-1) ?? answer);
    if (last > this.acknowledged) this.failures = 0;
    else this.missed(new DeviceError("malformed", `upload: the device asks for byte ${last} again and again`));
    this.reached(last);
    this.next = last;
  }

  private reached(offset: number): void {
    this.acknowledged = offset;
    this.listener.onAcknowledged(offset);
  }

  private async failed(error: unknown): Promise<void> {
    const others = await this.drained();
    if (!isPassing(error)) throw error;
    const last = others.findLast((outcome) => "answer" in outcome);
    this.missed(error);
    // Not every device puts together what comes in pieces.
    this.longest = Math.min(this.longest, this.terms.certain);
    if (last !== undefined) this.reached(this.offsetIn(last.answer));
    this.next = this.acknowledged;
  }

  private missed(error: unknown): void {
    if (++this.failures > this.terms.retries) throw error;
  }

  /** What is under way is settled, one way or the other. */
  private async drained(): Promise<readonly Outcome[]> {
    const outcomes = await Promise.all(this.inFlight.splice(0).map(({ outcome }) => outcome));
    this.signal.throwIfAborted();
    return outcomes;
  }

  private offsetIn({ off, match }: SmpMap): number {
    const { size } = this.terms.image;
    if (typeof off !== "number" || !Number.isInteger(off) || off < 0 || off > size)
      throw new DeviceError("malformed", "upload: the device does not say where the image goes on");
    if (off === size && match === false)
      throw new FirmwareError("crc", "upload: the device has all of it, and its hash is another one");
    return off;
  }

  private request(offset: number, data: Uint8Array): SmpRequest {
    const { image, number } = this.terms;
    const first = offset > 0 ? {} : { ...(number === 0 ? {} : { image: number }), len: image.size, sha: image.sha256 };
    return {
      name: "upload",
      op: "write",
      group: GROUP.image,
      command: IMAGE.upload,
      body: { ...first, off: offset, data },
    };
  }

  /** As much as a packet has room for. */
  private chunkAt(offset: number): number {
    const { image, chunk = Number.POSITIVE_INFINITY } = this.terms;
    const room = Math.max(LEAST_CHUNK, this.longest - this.emptyAt(offset) - LENGTH_HEAD);
    return Math.min(image.size - offset, chunk, room - (room % WORD));
  }

  /** The length of a packet without a byte of the image; all but the first differ by that of their offset alone. */
  private emptyAt(offset: number): number {
    const head = offset === 0 ? 0 : HEADS.find((end) => offset < end);
    const known = head === undefined ? undefined : this.empty.get(head);
    if (known !== undefined) return known;
    const { group, command, body } = this.request(offset, new Uint8Array(0));
    const { length } = encodePacket({ op: OP.write, version: 1, group, sequence: 0, command, body });
    if (head !== undefined) this.empty.set(head, length);
    return length;
  }
}
