/** What is heard of one device on its line: frames, of which one may be the awaited answer, and the others what it says by itself. */
import { type Clock, DeviceError, type Drive, drive } from "../../../src/adapter.ts";
import { Framer, type FramerEvent, type Junk } from "./framing/framer.ts";
import type { Frame } from "./framing/seal.ts";
import type { Awaited } from "./line.ts";
import { type Message, readMessage, textOf } from "./messages.ts";
import type { RequestSpec, SpokenDevice } from "./section.ts";

const MOST_SHOWN = 40;

export class Ear {
  private readonly device: SpokenDevice;
  private readonly onMessage: (name: string, message: Message) => void;
  private readonly framer: Framer;
  private readonly feed: Drive<FramerEvent>;
  /** Whether this is the awaited answer. */
  private take: ((frame: Frame, text: string) => boolean) | undefined;
  /** What came since the device was asked. */
  private other: string | undefined;
  private bytes = 0;
  private unknown = 0;

  /** `onMessage`: hears what the device says by itself, of the kinds that the mapping names. */
  constructor(device: SpokenDevice, clock: Clock, onMessage: (name: string, message: Message) => void) {
    this.device = device;
    this.onMessage = onMessage;
    this.framer = new Framer(device.frame);
    this.feed = drive(this.framer, clock, (frame) => this.hear(frame));
  }

  /** What came that is no frame; `unknown`: frames that the mapping has no name for. */
  get junk(): Junk & { readonly unknown: number } {
    return { ...this.framer.junk, unknown: this.unknown };
  }

  /** The line was opened anew. */
  opened(): void {
    this.feed({ type: "opened" });
  }

  push(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    this.feed({ type: "bytes", bytes });
  }

  /** From now on the answer to this request is awaited; one at a time. */
  expect({ answer: spec, failures }: RequestSpec): Awaited {
    this.feed({ type: "asked" });
    this.other = undefined;
    this.bytes = 0;
    const answer = new Promise<Message>((resolve, reject) => {
      this.take = (frame, text) => {
        const failure = failures.find(({ matcher }) => matcher.match(text) !== undefined);
        if (failure !== undefined) {
          reject(new DeviceError("rejected", failure.reason));
          return true;
        }
        const message = spec === undefined ? undefined : readMessage(spec, frame, text);
        if (message !== undefined) resolve(message);
        return message !== undefined;
      };
    });
    // It may come while the request is still being written, when nobody waits for it yet.
    answer.catch(() => {});
    return { answer, heard: () => this.heard(), forget: () => this.forget() };
  }

  /** Nothing is heard any more. */
  close(): void {
    this.feed.stop();
    this.forget();
  }

  private hear(frame: Frame): void {
    const text = textOf(frame.body, this.device.charset);
    if (this.take?.(frame, text) === true) {
      this.forget();
      return;
    }
    for (const [name, spec] of this.device.messages) {
      const message = readMessage(spec, frame, text);
      if (message === undefined) continue;
      this.onMessage(name, message);
      return;
    }
    this.unknown++;
    this.other = text;
  }

  private forget(): void {
    this.take = undefined;
  }

  private heard(): string | undefined {
    if (this.other !== undefined) return `${JSON.stringify(this.other.slice(0, MOST_SHOWN))} came, which is none`;
    if (this.bytes === 0) return undefined;
    return `${this.bytes} bytes came that make no frame: are speed and parity right, and frame: of the mapping?`;
  }
}
