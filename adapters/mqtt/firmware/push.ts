/** An image sent in messages: begin, data/<offset>, and acknowledgements that say what is wanted next. The device knows where it is. */
import {
  DeviceError,
  type FirmwareImage,
  type FirmwareProbe,
  formatDuration,
  type Transfer,
  type TransferListener,
} from "../../../src/adapter.ts";
import type { DeviceLine } from "../device-link.ts";
import { valueAt } from "../json-path.ts";
import type { Message } from "../message.ts";
import { wordOf } from "../router.ts";
import { refusal } from "./conditions.ts";
import { Inbox } from "./inbox.ts";
import { topicOf } from "./notice.ts";
import type { PushOptions } from "./push-options.ts";
import { noSuchWord, type Surroundings, Talk } from "./talk.ts";

type Answer =
  | { readonly kind: "next"; readonly offset: number }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly error: DeviceError }
  /** The broker did not take it. */
  | { readonly kind: "lost"; readonly error: DeviceError };

/** How far it is, and what is on its way. */
interface Course {
  readonly listener: TransferListener;
  /** What the device has. */
  next: number;
  /** What is sent, up to here. */
  sent: number;
  /** From where it was sent again because the device wanted it so: once for each place. */
  again: number;
  /** How often in a row nothing came. */
  silent: number;
}

export class PushTransfer implements Transfer {
  private readonly options: PushOptions;
  private readonly image: FirmwareImage;
  private readonly job: string;
  private readonly talk: Talk;
  private readonly inbox = new Inbox<Answer>();
  /** What is read before it is wanted. */
  private ahead: { readonly offset: number; readonly bytes: Promise<Buffer | undefined> } | undefined;

  constructor(line: DeviceLine, options: PushOptions, surroundings: Surroundings) {
    this.options = options;
    this.image = surroundings.transfer.image;
    this.job = surroundings.transfer.job;
    this.talk = new Talk(line, surroundings, options.version);
    this.talk.hear(options.ack, (message) => this.take(message));
  }

  probe(): Promise<FirmwareProbe> {
    return this.talk.probe();
  }

  async send(_offset: number, listener: TransferListener): Promise<void> {
    this.talk.versions.begin();
    const course: Course = { listener, next: 0, sent: 0, again: -1, silent: 0 };
    if (!(await this.begin(course))) await this.deliver(course);
    listener.onAcknowledged(this.image.size);
  }

  act(word: string): Promise<void> {
    return noSuchWord("mqtt-push", word);
  }

  abort(): Promise<void> {
    return this.talk.abort(this.options.abort);
  }

  async close(): Promise<void> {
    this.talk.close();
  }

  /** Sends what is wanted until the device says how that ended. */
  private async deliver(course: Course): Promise<void> {
    const { options, talk, inbox } = this;
    for (;;) {
      await this.fill(course);
      const answer = await inbox.next(options.timeout, talk.clock, talk.signal);
      switch (answer?.kind) {
        case "done":
          return;
        case "failed":
          throw answer.error;
        case "next":
          this.advance(course, answer.offset);
          break;
        case "lost":
        case undefined:
          if (++course.silent > options.retries) throw answer?.error ?? this.silence(course);
          if (await this.begin(course)) return;
          break;
        default:
          answer satisfies never;
      }
    }
  }

  /**
   * Asks where the device is, and hears it. Returns whether it has the image already. A device that knows the image says where it was,
   * another one 0.
   */
  private async begin(course: Course): Promise<boolean> {
    const { options, talk, inbox } = this;
    for (;;) {
      inbox.clear();
      const asked = await this.attempted(talk.notify(options.begin, { chunk: options.chunk }));
      const answer = asked ?? (await inbox.next(options.beginTimeout, talk.clock, talk.signal));
      switch (answer?.kind) {
        case "done":
          return true;
        case "failed":
          throw answer.error;
        case "next":
          course.next = answer.offset;
          course.sent = answer.offset;
          course.again = -1;
          course.listener.onAcknowledged(answer.offset);
          return false;
        case "lost":
        case undefined:
          if (++course.silent > options.retries) throw answer?.error ?? this.silence(course);
          if (asked !== undefined) await inbox.next(options.timeout, talk.clock, talk.signal);
          break;
        default:
          answer satisfies never;
      }
    }
  }

  private advance(course: Course, offset: number): void {
    if (offset > course.sent) return;
    if (offset > course.next) course.silent = 0;
    else if (offset === course.next) {
      // It had something else, or the same again: what is on its way will not help it.
      if (course.again === offset) return;
      course.again = offset;
      course.sent = offset;
    } else course.sent = offset;
    course.next = offset;
    course.listener.onAcknowledged(offset);
  }

  private async fill(course: Course): Promise<void> {
    const { chunk, window, data, qos } = this.options;
    const { size } = this.image;
    while (course.sent < Math.min(size, course.next + window * chunk)) {
      const offset = course.sent;
      const payload = await this.piece(offset, chunk);
      const topic = topicOf(data, { ...this.talk.words, offset });
      course.sent = offset + payload.length;
      // The device's answer is awaited, not the broker's.
      void this.attempted(this.talk.put({ topic, payload, qos, retain: false })).then((lost) => {
        if (lost !== undefined) this.inbox.push(lost);
      });
    }
    // While the device is at it the next piece is read; where that fails it is read again when it is wanted.
    if (course.sent < size)
      this.ahead = { offset: course.sent, bytes: this.read(course.sent, chunk).catch(() => undefined) };
  }

  private async piece(offset: number, chunk: number): Promise<Buffer> {
    const { ahead } = this;
    this.ahead = undefined;
    const found = ahead?.offset === offset ? await ahead.bytes : undefined;
    return found ?? this.read(offset, chunk);
  }

  private async read(offset: number, chunk: number): Promise<Buffer> {
    return Buffer.from(await this.image.read(offset, Math.min(chunk, this.image.size - offset)));
  }

  /** What became of it, where it did not get to the broker. */
  private async attempted(publishing: Promise<void>): Promise<Answer | undefined> {
    try {
      await publishing;
      return undefined;
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      return { kind: error.kind === "rejected" ? "failed" : "lost", error };
    }
  }

  private take(message: Message): void {
    const { json } = message;
    // What the broker had kept answers what was asked before.
    if (message.retained || "fault" in json) return;
    const { paths, done, failed, errors } = this.options;
    const job = wordOf(valueAt(json.value, paths.job));
    if (job !== undefined && job !== this.job) return;
    const state = wordOf(valueAt(json.value, paths.state));
    const offset = valueAt(json.value, paths.next);
    if (state !== undefined && failed.includes(state)) {
      this.inbox.push({ kind: "failed", error: refusal(wordOf(valueAt(json.value, paths.error)), errors) });
    } else if (state !== undefined && done.includes(state)) {
      this.talk.versions.forget();
      this.inbox.push({ kind: "done" });
    } else if (typeof offset === "number" && Number.isInteger(offset) && offset >= 0 && offset <= this.image.size) {
      this.inbox.push({ kind: "next", offset });
    }
  }

  private silence({ next }: Course): DeviceError {
    const { timeout, retries } = this.options;
    const what = next === 0 ? "does not answer" : `has said nothing since byte ${next}`;
    return new DeviceError(
      "unreachable",
      `the device ${what}: asked ${retries + 1} times, for ${formatDuration(timeout)} each`,
    );
  }
}
