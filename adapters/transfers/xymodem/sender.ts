/**
 * The sender's half of XMODEM, XMODEM-1K and YMODEM. Chuck Forsberg, XMODEM/YMODEM Protocol Reference (1988). Where receivers
 * differ: what is not answered is sent again, also the end of the file; and once all blocks are acknowledged, an end that
 * nobody acknowledges is no failure yet, since many devices start what they got at once.
 */
import { DeviceError, type Machine, type Millis, type Timeout } from "../../../src/adapter.ts";
import {
  ACK,
  type BlockSize,
  blockSize,
  CAN,
  CANCELS,
  type Check,
  CRC_WISH,
  dataBlock,
  EOT,
  headerBlock,
  NAK,
} from "./blocks.ts";
import { cancelledIn, refused, STAGES, type Stage, unacknowledged, uninvited } from "./failures.ts";
import { answerTimeout, mostRetries } from "./patience.ts";
import type { SenderSettings } from "./sender-settings.ts";
import { deadlineOf, type SenderState, type Sent, stageOf, type UnderWay } from "./sender-state.ts";
import { WishWatch } from "./wish-watch.ts";

export type SenderEvent =
  | { readonly type: "start" }
  | { readonly type: "received"; readonly bytes: Uint8Array }
  /** What `read` asked for. */
  | { readonly type: "data"; readonly bytes: Uint8Array }
  | { readonly type: "cancel" };

export type SenderEffect =
  | { readonly type: "send"; readonly bytes: Uint8Array }
  | { readonly type: "read"; readonly offset: number; readonly length: number }
  | { readonly type: "acknowledged"; readonly offset: number }
  /** The receiver has every block; `certain`: it has acknowledged the end, too. */
  | { readonly type: "done"; readonly certain: boolean }
  /** `cancelledAt`: the receiver did, of a block that came once, having acknowledged so many bytes. */
  | { readonly type: "failed"; readonly error: DeviceError; readonly cancelledAt?: number };

/** A block that was sent twice for want of an answer may be acknowledged twice; the second is none for the next block. */
const SETTLE: Millis = 1000;

export class Sender implements Machine<SenderEvent, SenderEffect> {
  private readonly settings: SenderSettings;
  private state: SenderState = { name: "idle" };
  private check: Check = "crc";
  private number = 1;
  /** Bytes that are acknowledged. */
  private offset = 0;
  private cancels = 0;
  private hangs: boolean;

  constructor(settings: SenderSettings) {
    this.settings = settings;
    this.hangs = settings.hangs ?? false;
  }

  get deadline(): Millis | undefined {
    return deadlineOf(this.state);
  }

  handle(event: SenderEvent | Timeout, now: Millis): SenderEffect[] {
    switch (event.type) {
      case "start":
        if (this.state.name === "idle") this.listen(now);
        return [];
      case "received":
        return this.receive(event.bytes, now);
      case "data":
        return this.state.name === "reading" ? this.sendData(this.state, event.bytes, now) : [];
      case "cancel":
        return this.cancel();
      case "timeout":
        return this.deadline === undefined || now < this.deadline ? [] : this.expire(now);
    }
  }

  private listen(now: Millis): void {
    const { protocol, startTimeout } = this.settings;
    this.state = { name: "uninvited", until: now + startTimeout, watch: new WishWatch(protocol) };
  }

  private receive(bytes: Uint8Array, now: Millis): SenderEffect[] {
    const effects: SenderEffect[] = [];
    for (const byte of bytes) {
      if (this.state.name === "uninvited") {
        effects.push(...this.invite(byte, this.state.watch, now));
        continue;
      }
      this.cancels = byte === CAN ? this.cancels + 1 : 0;
      if (this.cancels === 2) return [...effects, ...this.cancelled()];
      // What came together with an answer was said before we said more: it is none to that.
      if (!effects.some(({ type }) => type === "send")) effects.push(...this.hear(byte, now));
    }
    return effects;
  }

  /** CANs are still about a transfer before this one. */
  private invite(byte: number, watch: WishWatch, now: Millis): SenderEffect[] {
    // One that listens anew asks by its wish: CANs, which would end that, are for one that wants its next block.
    if (byte === NAK && this.hangs) {
      this.hangs = false;
      return [{ type: "send", bytes: CANCELS }];
    }
    watch.push(byte, now);
    return [];
  }

  private hear(byte: number, now: Millis): SenderEffect[] {
    const { state } = this;
    if (state.name === "awaited") {
      // A receiver of YMODEM that asks by NAK has checked the header by its CRC all the same.
      return byte === CRC_WISH || (byte === NAK && state.next === "data") ? this.follow(state.next, now) : [];
    }
    if (state.name !== "sent") return [];
    if (byte === ACK) return this.acknowledged(state.sent, state.late, now);
    if (byte === NAK) return this.again(state, now, "damaged");
    // It asks for another file: it has this one, and its acknowledgement was lost.
    const askedForMore = byte === CRC_WISH && state.sent.what === "end" && this.settings.protocol === "ymodem";
    return askedForMore ? this.follow("closing", now) : [];
  }

  private acknowledged({ what, offset }: Sent, late: boolean, now: Millis): SenderEffect[] {
    const until = now + answerTimeout(what, this.settings);
    switch (what) {
      case "header":
        this.state = { name: "awaited", next: "data", until };
        return [];
      case "data": {
        this.number++;
        this.offset = offset;
        const told: SenderEffect = { type: "acknowledged", offset };
        if (!late) return [told, ...this.proceed(offset, now)];
        this.state = { name: "settling", offset, until: now + SETTLE };
        return [told];
      }
      case "end":
        if (this.settings.protocol === "xmodem") return this.done(true);
        this.state = { name: "awaited", next: "closing", until };
        return [];
      case "closing":
        return this.done(true);
    }
  }

  private follow(next: "data" | "closing", now: Millis): SenderEffect[] {
    if (next === "data") return this.proceed(0, now);
    return this.send({ what: "closing", bytes: headerBlock(), offset: this.settings.file.size }, now);
  }

  /** The block from here on, or the end. */
  private proceed(offset: number, now: Millis): SenderEffect[] {
    const left = this.settings.file.size - offset;
    if (left <= 0) return this.send({ what: "end", bytes: Uint8Array.of(EOT), offset }, now);
    const size = blockSize(left, this.settings.block, this.check);
    this.state = { name: "reading", offset, size };
    return [{ type: "read", offset, length: Math.min(size, left) }];
  }

  private sendData(
    { offset, size }: { readonly offset: number; readonly size: BlockSize },
    data: Uint8Array,
    now: Millis,
  ): SenderEffect[] {
    const bytes = dataBlock(this.number, data, size, this.check);
    return this.send({ what: "data", bytes, offset: offset + data.length }, now);
  }

  private send(sent: Sent, now: Millis, { tries = 1, late = false } = {}): SenderEffect[] {
    const until = now + answerTimeout(sent.what, this.settings);
    this.state = { name: "sent", sent, tries, late, until };
    return [{ type: "send", bytes: sent.bytes }];
  }

  private again(
    { sent, tries, late }: Extract<SenderState, { readonly name: "sent" }>,
    now: Millis,
    why: "damaged" | "silent",
  ): SenderEffect[] {
    if (tries <= mostRetries(sent.what, this.settings)) {
      return this.send(sent, now, { tries: tries + 1, late: late || why === "silent" });
    }
    switch (sent.what) {
      case "header":
      case "data":
        return this.fail(new DeviceError("unreachable", this.reproach(sent.what, tries, why)), CANCELS);
      case "end":
        if (why === "silent") return this.done(false);
        return this.fail(new DeviceError("rejected", this.reproach(sent.what, tries, why)), CANCELS);
      case "closing":
        return this.done(true);
    }
  }

  private reproach(what: Stage, tries: number, why: "damaged" | "silent"): string {
    const name = what === "data" ? `block ${this.number}` : STAGES[what];
    return why === "silent" ? unacknowledged(name, tries, this.settings.ackTimeout) : refused(name, tries);
  }

  private expire(now: Millis): SenderEffect[] {
    const { state } = this;
    switch (state.name) {
      case "uninvited":
        if (state.watch.wish !== undefined) return this.begin(state.watch.wish, now);
        return this.fail(new DeviceError("unreachable", uninvited(this.settings, state.watch.heard)));
      case "sent":
        return this.again(state, now, "silent");
      case "awaited":
        // Bootloaders that end with the file do not ask for another one; of the first block the wish may be lost.
        return state.next === "closing" ? this.done(true) : this.follow("data", now);
      case "settling":
        return this.proceed(state.offset, now);
      case "idle":
      case "over":
      case "reading":
        return [];
    }
  }

  private begin(wish: Check, now: Millis): SenderEffect[] {
    this.check = wish;
    if (this.settings.protocol === "xmodem") return this.proceed(0, now);
    return this.send({ what: "header", bytes: headerBlock(this.settings.file), offset: 0 }, now);
  }

  private cancelled(): SenderEffect[] {
    const { state } = this;
    switch (state.name) {
      case "idle":
      case "over":
      case "uninvited":
        return [];
      case "reading":
      case "settling":
      case "sent":
      case "awaited":
        return this.cancelledIn(state);
    }
  }

  private cancelledIn(state: UnderWay): SenderEffect[] {
    const { offset } = this;
    const stage = stageOf(state);
    // After a block that was sent again it is the line that it has enough of.
    const isTold = stage === "data" && !(state.name === "sent" && state.tries > 1);
    this.state = { name: "over" };
    const error = cancelledIn(stage, { offset, again: isTold && offset === this.settings.cancelledAt });
    return [{ type: "failed", error, ...(isTold ? { cancelledAt: offset } : {}) }];
  }

  private cancel(): SenderEffect[] {
    if (this.state.name === "over") return [];
    this.state = { name: "over" };
    return [{ type: "send", bytes: CANCELS }];
  }

  private done(certain: boolean): SenderEffect[] {
    this.state = { name: "over" };
    return [{ type: "done", certain }];
  }

  private fail(error: DeviceError, bytes?: Uint8Array): SenderEffect[] {
    this.state = { name: "over" };
    const failed: SenderEffect = { type: "failed", error };
    return bytes === undefined ? [failed] : [{ type: "send", bytes }, failed];
  }
}
