/** A receiver of XMODEM and YMODEM, written apart from the sender: bit by bit, and by its own reading of the protocol. */
import type { Machine, Timeout } from "../../src/machine.ts";

export interface ReceiverSettings {
  readonly protocol: "xmodem" | "ymodem";
  readonly check: "crc" | "sum";
  /** How long it waits for a block before it asks again. */
  readonly timeout: number;
  /** Bytes that fit; more: it cancels when it hears the size. */
  readonly room?: number;
  /** It cancels when it has so many bytes. */
  readonly cancelAt?: number;
  /** It does not acknowledge the end, as devices that start at once. */
  readonly abrupt?: boolean;
}

export interface Received {
  readonly type: "received";
  readonly bytes: Uint8Array;
}

/** A byte that it says, one at a time. */
export interface Says {
  readonly type: "says";
  readonly byte: number;
}

const GAP = 300;

export class XymodemReceiver implements Machine<Received, Says> {
  readonly file: number[] = [];
  name = "";
  size: number | undefined;
  /** How it ended; undefined: it has not. */
  end: "complete" | "cancelled" | undefined;
  blocks: Record<"128" | "1024", number> = { 128: 0, 1024: 0 };
  deadline: number | undefined = 0;
  private readonly settings: ReceiverSettings;
  private expected: number;
  private phase: "header" | "first" | "data" | "closing" = "data";
  private buffer: number[] = [];

  constructor(settings: ReceiverSettings) {
    this.settings = settings;
    this.expected = settings.protocol === "ymodem" ? 0 : 1;
    this.phase = settings.protocol === "ymodem" ? "header" : "first";
  }

  handle(event: Received | Timeout, now: number): Says[] {
    if (this.end !== undefined) {
      this.deadline = undefined;
      return [];
    }
    if (event.type === "received") {
      this.buffer.push(...event.bytes);
      const said = this.take(now);
      if (said !== undefined) return said;
      this.deadline = now + GAP;
      return [];
    }
    // Half a block, or none: what came is forgotten.
    this.buffer = [];
    this.deadline = now + this.settings.timeout;
    return this.say(this.phase === "data" || this.settings.check === "sum" ? 0x15 : 0x43);
  }

  private take(now: number): Says[] | undefined {
    const [first, number = 0, complement = 0] = this.buffer;
    if (first === 0x18 && number === 0x18) {
      this.end = "cancelled";
      return this.say();
    }
    if (first === 4 && this.buffer.length === 1) return this.finish(now);
    if (first !== 1 && first !== 2) return undefined;
    const size = first === 1 ? 128 : 1024;
    const length = 3 + size + (this.settings.check === "crc" || this.phase === "header" ? 2 : 1);
    if (this.buffer.length < length) return undefined;
    const block = this.buffer.splice(0);
    this.deadline = now + this.settings.timeout;
    const data = block.slice(3, 3 + size);
    const damaged = block.length > length || number + complement !== 255 || !this.matches(data, block.slice(3 + size));
    return damaged ? this.say(0x15) : this.accept(number, data);
  }

  private matches(data: readonly number[], sum: readonly number[]): boolean {
    if (sum.length === 1) return data.reduce((total, byte) => (total + byte) % 256, 0) === sum[0];
    let crc = 0;
    for (const byte of data) {
      for (let bit = 7; bit >= 0; bit--) {
        const top = (crc >> 15) ^ ((byte >> bit) & 1);
        crc = ((crc << 1) & 0xffff) ^ (top === 1 ? 0x1021 : 0);
      }
    }
    return sum[0] === crc >> 8 && sum[1] === (crc & 0xff);
  }

  private accept(number: number, data: readonly number[]): Says[] {
    if (this.phase === "closing" && number === 0) {
      this.end = "complete";
      return this.say(6);
    }
    if (number === ((this.expected + 255) & 255) && this.phase !== "header") return this.say(6);
    if (number !== this.expected) return this.cancel();
    this.expected = (this.expected + 1) & 255;
    if (this.phase === "header") return this.header(data);
    this.phase = "data";
    this.blocks[data.length === 128 ? "128" : "1024"]++;
    this.file.push(...data);
    if (this.settings.cancelAt !== undefined && this.file.length >= this.settings.cancelAt) return this.cancel();
    return this.say(6);
  }

  private header(data: readonly number[]): Says[] {
    const [name = "", size = ""] = Buffer.from(data).toString("latin1").split("\0");
    this.name = name;
    this.size = Number.parseInt(size, 10);
    if (this.size > (this.settings.room ?? Infinity)) return this.cancel();
    this.phase = "first";
    return this.say(6, 0x43);
  }

  private finish(now: number): Says[] {
    this.buffer = [];
    this.deadline = now + this.settings.timeout;
    if (this.size !== undefined) this.file.length = Math.min(this.size, this.file.length);
    if (this.settings.abrupt === true) {
      this.end = "complete";
      return [];
    }
    if (this.settings.protocol === "ymodem") {
      this.phase = "closing";
      return this.say(6, 0x43);
    }
    this.end = "complete";
    return this.say(6);
  }

  private cancel(): Says[] {
    this.end = "cancelled";
    return this.say(0x18, 0x18);
  }

  private say(...bytes: readonly number[]): Says[] {
    if (this.end !== undefined) this.deadline = undefined;
    return bytes.map((byte) => ({ type: "says", byte }));
  }
}
