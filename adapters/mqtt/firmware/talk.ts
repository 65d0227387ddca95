/** What the ways have in common: what is heard and published while an image is on its way, and how that ends. */
import {
  type AdapterContext,
  type Clock,
  DeviceError,
  type FirmwareProbe,
  type Millis,
  SECOND,
  type TransferContext,
} from "../../../src/adapter.ts";
import { orAborted } from "../../wires/deadline.ts";
import type { Outgoing } from "../broker/connection.ts";
import type { DeviceLine } from "../device-link.ts";
import type { Message } from "../message.ts";
import type { Words } from "../template.ts";
import { type Notice, outgoingOf } from "./notice.ts";
import { type VersionSpec, type VersionWatch, versionIn } from "./version-watch.ts";
import { imageWords } from "./words.ts";

/** How long the broker may take for one message. */
const PUBLISH_TIMEOUT: Millis = 10 * SECOND;
/** How long a device may take to say its version when it is asked, and how long one that says it by itself is listened to. */
const VERSION_TIMEOUT: Millis = 10 * SECOND;

export class Talk {
  readonly clock: Clock;
  readonly words: Words;
  readonly versions: VersionWatch;
  private readonly line: DeviceLine;
  private readonly remain: Surroundings["remain"];
  private readonly version: VersionSpec | undefined;
  private readonly life = new AbortController();
  private readonly endings: (() => void)[] = [];

  /** `detached`: the device is gone from the configuration, or the link is closed. */
  constructor(
    line: DeviceLine,
    { context, transfer, detached, versions, remain }: Surroundings,
    version: VersionSpec | undefined,
  ) {
    this.line = line;
    this.clock = context.clock;
    this.words = imageWords(transfer);
    this.version = version;
    this.versions = versions;
    this.remain = remain;
    const detach = (): void => this.life.abort(detached.reason);
    detached.addEventListener("abort", detach, { once: true });
    this.endings.push(() => detached.removeEventListener("abort", detach));
    if (version !== undefined) {
      this.hearVersions(version.topic, (message) => versionIn(message, version.path));
    }
  }

  get signal(): AbortSignal {
    return this.life.signal;
  }

  /** For as long as the device is attached. */
  hearVersions(filter: string, versionOf: (message: Message) => string | undefined): void {
    const { versions } = this;
    if (versions.topics.has(filter)) return;
    versions.topics.add(filter);
    const take = (message: Message): void => versions.hear(versionOf(message), !message.retained);
    this.remain(this.line.hear({ filter, only: [], take }, 1));
  }

  hear(filter: string, take: (message: Message) => void): void {
    this.endings.push(this.line.hear({ filter, only: [], take }, 1));
  }

  /** Resolves when the broker has it. Rejects with DeviceError. */
  publish(message: Outgoing): Promise<void> {
    return orAborted(this.put(message), this.signal);
  }

  /** The same for who does not wait for it: it may end after all this has. */
  put(message: Outgoing): Promise<void> {
    return this.line.publish(message, PUBLISH_TIMEOUT);
  }

  notify(notice: Notice, words: Words = {}): Promise<void> {
    return this.publish(outgoingOf(notice, { ...this.words, ...words }));
  }

  async probe(): Promise<FirmwareProbe> {
    this.signal.throwIfAborted();
    const { version: spec, versions } = this;
    if (spec?.ask !== undefined) {
      versions.listen();
      await this.notify(spec.ask);
      return { version: await versions.answered(VERSION_TIMEOUT, this.clock, this.signal) };
    }
    const version = await versions.current(VERSION_TIMEOUT, this.clock, this.signal);
    return version === undefined ? {} : { version };
  }

  /** What runs is over; `notice`: what the device is told then. */
  async abort(notice: Notice | undefined, reason = "the update was given up"): Promise<void> {
    this.life.abort(new DeviceError("unreachable", reason));
    if (notice === undefined) return;
    try {
      await this.line.publish(outgoingOf(notice, this.words), PUBLISH_TIMEOUT);
    } catch (error) {
      // A device that is not there forgets it by itself, or is told by the next job.
      if (!(error instanceof DeviceError)) throw error;
    }
  }

  close(): void {
    this.life.abort(new DeviceError("unreachable", "the transfer was closed"));
    for (const end of this.endings.splice(0)) end();
  }
}

export interface Surroundings {
  readonly context: AdapterContext;
  readonly transfer: TransferContext;
  readonly detached: AbortSignal;
  /** What is known of its version, over all transfers. */
  readonly versions: VersionWatch;
  /** What ends when the device is detached. */
  readonly remain: (end: () => void) => void;
}

/** Ways of MQTT have no words for steps: those that publish are steps of the adapter. */
export function noSuchWord(way: string, word: string): Promise<never> {
  return Promise.reject(new DeviceError("rejected", `${way} has no step "${word}": use publish or request`));
}
