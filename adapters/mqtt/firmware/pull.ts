/** An image of which the device asks for one chunk after the other: the gateway answers, and hears how far it is. */
import {
  DeviceError,
  type FirmwareError,
  type FirmwareImage,
  type FirmwareProbe,
  type Logger,
  type Transfer,
  type TransferListener,
} from "../../../src/adapter.ts";
import type { DeviceLine } from "../device-link.ts";
import { type JsonPath, valueAt } from "../json-path.ts";
import type { Message } from "../message.ts";
import { wordOf } from "../router.ts";
import { payloadOf } from "../template.ts";
import { refusal } from "./conditions.ts";
import { Inbox } from "./inbox.ts";
import { filterOf, heldBy } from "./level-holes.ts";
import { topicOf } from "./notice.ts";
import type { PullOptions } from "./pull-options.ts";
import { noSuchWord, type Surroundings, Talk } from "./talk.ts";
import { versionIn } from "./version-watch.ts";

type Sign =
  /** It wants these, so it has what is before them. */
  | { readonly kind: "wants"; readonly offset: number }
  /** It is at it. */
  | { readonly kind: "works" }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly error: FirmwareError };

/** More at once would be no chunk. */
const LARGEST_CHUNK = 1_048_576;

export class PullTransfer implements Transfer {
  private readonly options: PullOptions;
  private readonly image: FirmwareImage;
  private readonly log: Logger;
  private readonly talk: Talk;
  private readonly inbox = new Inbox<Sign>();
  private readonly toldBefore: boolean;
  /** Requests are answered: the device was told of this image. */
  private offered = false;
  /** Of this image the device has wanted something, so its states are about it. */
  private begun = false;
  /** What it said was wrong after it had everything. */
  private failure: FirmwareError | undefined;

  constructor(line: DeviceLine, options: PullOptions, surroundings: Surroundings) {
    this.options = options;
    this.image = surroundings.transfer.image;
    this.log = surroundings.context.log;
    this.toldBefore = surroundings.transfer.cookie === TOLD;
    this.talk = new Talk(line, surroundings, undefined);
    const { chunks, attributes, telemetry } = options;
    this.talk.hear(filterOf(chunks.request), (message) => this.asked(message));
    if (attributes !== undefined) this.talk.hear(filterOf(attributes.request), (message) => this.wondered(message));
    for (const topic of telemetry) {
      this.talk.hear(topic, (message) => this.told(message));
      this.talk.hearVersions(topic, (message) => versionSaid(options, message));
    }
  }

  async probe(): Promise<FirmwareProbe> {
    if (this.failure !== undefined) throw this.failure;
    return this.talk.probe();
  }

  async send(_offset: number, listener: TransferListener): Promise<void> {
    const { talk, inbox, options } = this;
    this.offered = true;
    talk.versions.begin();
    // A device that is at it would begin again if it were told again.
    let isTold = this.toldBefore;
    this.begun = this.toldBefore;
    for (let silent = 0; ; ) {
      if (!isTold) await this.announce(listener);
      isTold = true;
      const sign = await inbox.next(options.silence, talk.clock, talk.signal);
      switch (sign?.kind) {
        case "wants":
          listener.onAcknowledged(sign.offset);
          silent = 0;
          break;
        case "works":
          silent = 0;
          break;
        case "done":
          listener.onAcknowledged(this.image.size);
          return;
        case "failed":
          throw sign.error;
        case undefined:
          if (++silent > options.retries) {
            throw new DeviceError("unreachable", "the device does not ask for the image that it was told of");
          }
          isTold = false;
          break;
        default:
          sign satisfies never;
      }
    }
  }

  act(word: string): Promise<void> {
    return noSuchWord("mqtt-pull", word);
  }

  async abort(): Promise<void> {
    this.offered = false;
    await this.talk.abort(this.options.abort);
  }

  async close(): Promise<void> {
    this.offered = false;
    this.talk.close();
  }

  private async announce(listener: TransferListener): Promise<void> {
    listener.onCookie(TOLD);
    try {
      await this.talk.notify(this.options.announce);
    } catch (error) {
      // Without a broker nobody is told: that is tried again as where nobody answers.
      if (!(error instanceof DeviceError) || error.kind === "rejected" || this.talk.signal.aborted) throw error;
    }
  }

  /** The device wants a chunk. */
  private asked(message: Message): void {
    if (!this.offered || message.retained) return;
    const held = heldBy(this.options.chunks.request, message.topic);
    const index = Number(held?.get("chunk"));
    const length = message.text.trim() === "" ? this.options.chunk : Number(message.text);
    if (!Number.isInteger(index) || index < 0 || !Number.isInteger(length) || length < 1 || length > LARGEST_CHUNK) {
      this.background(this.complain(`a chunk has a number, and 1 to ${LARGEST_CHUNK} bytes`));
      return;
    }
    this.begun = true;
    const offset = Math.min(index * length, this.image.size);
    this.inbox.push({ kind: "wants", offset });
    this.background(this.answer(held ?? new Map(), offset, length));
  }

  private async answer(held: ReadonlyMap<string, string>, offset: number, length: number): Promise<void> {
    const wanted = Math.min(length, this.image.size - offset);
    // Behind the end there is an empty chunk: so a device that does not count sees that it has all.
    const payload = wanted <= 0 ? Buffer.alloc(0) : Buffer.from(await this.image.read(offset, wanted));
    const topic = topicOf(this.options.chunks.response, Object.fromEntries(held));
    await this.talk.publish({ topic, payload, qos: 1, retain: false });
  }

  private async complain(text: string): Promise<void> {
    const { error: topic } = this.options;
    if (topic !== undefined) await this.talk.publish({ topic, payload: Buffer.from(text), qos: 0, retain: false });
  }

  /** The device wants to know what it was told: it has started anew. */
  private wondered(message: Message): void {
    const { attributes, announce } = this.options;
    if (!this.offered || message.retained || attributes === undefined) return;
    const held = heldBy(attributes.request, message.topic);
    const topic = topicOf(attributes.response, Object.fromEntries(held ?? []));
    const told = payloadOf(announce.payload, { id: 0, words: this.talk.words });
    const payload = Buffer.concat([Buffer.from('{"shared":'), told, Buffer.from("}")]);
    this.inbox.push({ kind: "works" });
    this.background(this.talk.publish({ topic, payload, qos: 1, retain: false }));
  }

  private told(message: Message): void {
    const { json, retained } = message;
    if ("fault" in json) return;
    const at = (path: JsonPath): string | undefined => wordOf(valueAt(json.value, path));
    const { paths, done, failed, errors } = this.options;
    const state = this.offered ? at(paths.state) : undefined;
    const isDone = state !== undefined && this.begun && done.includes(state);
    if (isDone) {
      const { versions } = this.talk;
      versions.forget();
      versions.hear(versionSaid(this.options, message), !retained);
    }
    if (state === undefined || retained) return;
    if (failed.includes(state)) {
      this.failure = refusal(at(paths.error), errors);
      this.inbox.push({ kind: "failed", error: this.failure });
    } else if (!done.includes(state)) {
      this.begun = true;
      this.inbox.push({ kind: "works" });
      // Of an update before, a device may say for long that it is done.
    } else if (isDone) this.inbox.push({ kind: "done" });
  }

  /** What cannot be answered is asked again. */
  private background(work: Promise<void>): void {
    work.catch((error: unknown) => this.log.debug({ err: error }, "a request for a chunk was not answered"));
  }
}

/** While it is at it the version that it says is the one before. */
function versionSaid({ paths, updated, failed }: PullOptions, message: Message): string | undefined {
  const state = versionIn(message, paths.state);
  return state === undefined || [...updated, ...failed].includes(state) ? versionIn(message, paths.version) : undefined;
}

/** The device was told of the image. */
const TOLD = "told";
