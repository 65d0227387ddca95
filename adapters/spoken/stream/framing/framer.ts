/** Finds frames in what a port delivers, whatever comes before, between and instead of them. No I/O. */
import type { Machine, Millis, Timeout } from "../../../../src/adapter.ts";
import { checksumLength, type FrameSettings, type LengthType } from "./frame-settings.ts";
import { endMark, type Frame, open } from "./seal.ts";

export type FramerEvent =
  | { readonly type: "bytes"; readonly bytes: Uint8Array }
  /** What comes now begins anew: the port was opened, or the line was quiet and the device was asked. */
  | { readonly type: "opened" | "asked" };

/** What came that is no frame, so far. */
export interface Junk {
  /** Bytes outside of frames. */
  readonly bytes: number;
  /** Frames whose checksum was wrong. */
  readonly damaged: number;
  /** Frames that did not end in time, or were too long. */
  readonly unfinished: number;
}

/** So many damaged frames in a row, each within the one before, and nothing of what is there is believed. */
const MOST_DAMAGED = 8;

export class Framer implements Machine<FramerEvent, Frame> {
  private readonly settings: FrameSettings;
  private readonly end: Uint8Array;
  private readonly behind: number;
  /** Never changed, so that frames may be parts of it. */
  private buffer: Buffer = Buffer.alloc(0);
  /** Up to here there is no end mark. */
  private searched = 0;
  /** Whether what is there may be the rest of a frame that began before we listened. */
  private unsure = true;
  private lastByte: Millis | undefined;
  private counts = { bytes: 0, damaged: 0, unfinished: 0 };

  constructor(settings: FrameSettings) {
    this.settings = settings;
    this.end = endMark(settings);
    this.behind = settings.checksum?.behindEnd === true ? checksumLength(settings.checksum) : 0;
  }

  get deadline(): Millis | undefined {
    return this.lastByte === undefined ? undefined : this.lastByte + this.settings.idle;
  }

  get junk(): Junk {
    return this.counts;
  }

  handle(event: FramerEvent | Timeout, now: Millis): Frame[] {
    switch (event.type) {
      case "bytes":
        return this.push(event.bytes, now);
      case "opened":
        this.drop(this.buffer.length);
        this.unsure = true;
        // A silence from the beginning on is one, too.
        this.lastByte = now;
        return [];
      case "asked":
        if (this.buffer.length === 0) this.unsure = false;
        return [];
      case "timeout":
        return this.deadline !== undefined && now >= this.deadline ? this.pause() : [];
    }
  }

  private push(bytes: Uint8Array, now: Millis): Frame[] {
    const frames: Frame[] = [];
    this.lastByte = now;
    // In pieces: what is kept is never longer than the longest frame, with a piece.
    for (let at = 0; at < bytes.length; at += this.settings.max) {
      this.buffer = Buffer.concat([this.buffer, bytes.subarray(at, at + this.settings.max)]);
      this.take(frames);
    }
    return frames;
  }

  /** The line was silent for so long. */
  private pause(): Frame[] {
    this.lastByte = undefined;
    const rest = this.buffer;
    const ended = this.settings.end.kind === "idle" && !this.unsure && rest.length > 0;
    const frame = ended ? open(rest, this.settings) : undefined;
    if (ended && frame === undefined) this.counts.damaged++;
    if (!ended && rest.length > 0) this.counts.unfinished++;
    this.drop(rest.length, frame !== undefined);
    this.unsure = false;
    return frame === undefined ? [] : [frame];
  }

  private take(frames: Frame[]): void {
    for (let damaged = 0; ; ) {
      if (!this.begin()) return;
      const length = this.frameLength();
      if (length === "unknown" && this.buffer.length <= this.settings.max) return;
      if (length === "unknown" || length > this.settings.max) {
        this.tooLong(length);
        continue;
      }
      if (length > this.buffer.length) return;
      const frame = open(this.buffer.subarray(0, length), this.settings) ?? this.within(length);
      if (frame !== undefined) {
        // An empty line is no message.
        if (frame.body.length > 0 || this.settings.start.length > 0) frames.push(frame);
        this.drop(length, true);
        damaged = 0;
        continue;
      }
      this.counts.damaged++;
      this.afterDamage(length, ++damaged);
    }
  }

  /** Whether a frame may begin with the first byte that is there; drops what comes before it. */
  private begin(): boolean {
    const { start, end } = this.settings;
    if (start.length > 0) {
      const at = this.buffer.indexOf(start);
      // The last bytes may be the beginning of the mark.
      this.drop(at >= 0 ? at : Math.max(0, this.buffer.length - start.length + 1));
      if (at >= 0 && end.kind === "idle") this.unsure = false;
      return at >= 0 && this.buffer.length > 0;
    }
    if (!this.unsure) return this.buffer.length > 0;
    const length = end.kind === "mark" ? this.frameLength() : "unknown";
    if (length === "unknown") {
      if (this.buffer.length > this.settings.max) this.drop(this.buffer.length - this.end.length + 1);
      return false;
    }
    if (length > this.buffer.length) return false;
    this.drop(length);
    this.unsure = false;
    return this.buffer.length > 0;
  }

  /** Of the frame that begins with the first byte, as far as that can be told. */
  private frameLength(): number | "unknown" {
    const { start, end } = this.settings;
    switch (end.kind) {
      case "mark": {
        const from = Math.max(start.length, this.searched - this.end.length + 1);
        const at = this.buffer.indexOf(this.end, from);
        this.searched = at < 0 ? this.buffer.length : at;
        return at < 0 ? "unknown" : at + this.end.length + this.behind;
      }
      case "size":
        return end.size;
      case "length": {
        const said = lengthAt(this.buffer, end.at, end.as);
        // One that is shorter than what says so is none: too long for anything, to be passed over.
        return said === undefined ? "unknown" : said + end.plus > end.at ? said + end.plus : Infinity;
      }
      case "idle":
        return "unknown";
    }
  }

  /** Where the beginning of a frame was lost, its end may be that of the next one, which is good. */
  private within(length: number): Frame | undefined {
    const { start, end } = this.settings;
    if (start.length === 0 || end.kind !== "mark") return undefined;
    const at = this.buffer.lastIndexOf(start, length - 1);
    const frame = at > 0 ? open(this.buffer.subarray(at, length), this.settings) : undefined;
    if (frame !== undefined) {
      this.counts.damaged++;
      this.counts.bytes += at;
    }
    return frame;
  }

  /** Passes over what may have looked like a beginning; without a start mark only a silence, or an end, tells where the next is. */
  private afterDamage(length: number, damaged: number): void {
    const { start, end } = this.settings;
    if (end.kind === "mark") this.drop(length);
    else if (start.length > 0 && damaged < MOST_DAMAGED) this.drop(1);
    else this.loseTrack();
  }

  private tooLong(length: number | "unknown"): void {
    if (this.settings.start.length > 0) {
      this.drop(1);
      return;
    }
    this.counts.unfinished++;
    if (length !== "unknown" && this.settings.end.kind === "mark") this.drop(length);
    else this.loseTrack();
  }

  private loseTrack(): void {
    this.drop(this.buffer.length);
    this.unsure = true;
  }

  private drop(count: number, isFrame = false): void {
    if (count === 0) return;
    if (!isFrame) this.counts.bytes += count;
    this.buffer = this.buffer.subarray(count);
    this.searched = Math.max(0, this.searched - count);
  }
}

function lengthAt(bytes: Uint8Array, at: number, as: LengthType): number | undefined {
  const [first, second] = [bytes[at], bytes[at + 1]];
  if (first === undefined) return undefined;
  switch (as) {
    case "u8":
      return first;
    case "u16":
      return second === undefined ? undefined : (first << 8) | second;
    case "u16le":
      return second === undefined ? undefined : (second << 8) | first;
  }
}
