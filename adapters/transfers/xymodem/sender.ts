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

export interface SenderSettings {
  readonly protocol: "xmodem" | "ymodem";
  /** The name is YMODEM's; size in bytes, 1 at least. */
  readonly file: { readonly name: string; readonly size: number };
  /** The longest block. */
  readonly block: BlockSize;
  /** How long the receiver may need to ask for the file. */
  readonly startTimeout: Millis;
  readonly ackTimeout: Millis;
  /** How often one block is sent again. */
  readonly retries: number;
  /** A transfer before this one broke off: the receiver may still wait for its rest. */
  readonly hangs?: boolean;
  /** In a transfer before this one the receiver cancelled when it had so many bytes. */
  readonly cancelledAt?: number | undefined;
}

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

/** What is sent and not acknowledged yet. */
interface Sent {
  readonly what: Stage;
  readonly bytes: Uint8Array;
  /** Bytes of the file that the receiver has with it. */
  readonly offset: number;
}

type State =
  | { readonly name: "idle" | "over" }
  /** `since`: its wish is the last that came, from then on. */
  | { readonly name: "uninvited"; readonly until: Millis; readonly wish?: Check; readonly since: Millis }
  | { readonly name: "reading"; readonly offset: number; readonly size: BlockSize }
  | {
      readonly name: "sent";
      readonly sent: Sent;
      readonly tries: number;
      readonly late: boolean;
      readonly until: Millis;
    }
  /** The receiver has acknowledged, and will ask for what follows: the first block, or another file. */
  | { readonly name: "awaited"; readonly next: "data" | "closing"; readonly until: Millis }
  | { readonly name: "settling"; readonly offset: number; readonly until: Millis };

/** Bootloaders print texts before they ask, with letters like the wish in them: it is one when nothing follows. */
const WISH_STANDS: Millis = 200;
/** A block that was sent twice for want of an answer may be acknowledged twice; the second is none for the next block. */
const SETTLE: Millis = 1000;
/** Nobody acknowledges the end: so often it is said, at most. */
const MOST_ENDS = 5;
const END_TIMEOUT: Millis = 3000;
/** It has the file by then; many start it, rb ends, and what is said once more is noise to who comes after. */
const MOST_CLOSINGS = 1;
/** Of what came instead of a wish, the end is shown. */
const HEARD_LENGTH = 60;

export class Sender implements Machine<SenderEvent, SenderEffect> {
  private readonly settings: SenderSettings;
  private state: State = { name: "idle" };
  private check: Check = "crc";
  private number = 1;
  /** Bytes that are acknowledged. */
  private offset = 0;
  private cancels = 0;
  private heard = "";
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
        if (this.state.name !== "idle") return [];
        this.state = { name: "uninvited", until: now + this.settings.startTimeout, since: now };
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

  private receive(bytes: Uint8Array, now: Millis): SenderEffect[] {
    const effects: SenderEffect[] = [];
    for (const byte of bytes) {
      if (this.state.name === "uninvited") {
        effects.push(...this.invite(byte, now));
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
  private invite(byte: number, now: Millis): SenderEffect[] {
    const { state } = this;
    if (state.name !== "uninvited") return [];
    // One that listens anew asks by its wish: CANs, which would end that, are for one that wants its next block.
    if (byte === NAK && this.hangs) {
      this.hangs = false;
      return [{ type: "send", bytes: CANCELS }];
    }
    this.heard = (this.heard + String.fromCharCode(byte)).slice(-HEARD_LENGTH);
    const wish = wishOf(byte, this.settings.protocol);
    const { until } = state;
    if (wish === undefined) this.state = { name: "uninvited", until, since: now };
    else if (wish !== state.wish) this.state = { name: "uninvited", until, wish, since: now };
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
    const until = now + this.settings.ackTimeout;
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
        this.state = { name: "awaited", next: "closing", until: Math.min(until, now + END_TIMEOUT) };
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
    const { ackTimeout } = this.settings;
    const isShort = sent.what === "end" || sent.what === "closing";
    const until = now + (isShort ? Math.min(ackTimeout, END_TIMEOUT) : ackTimeout);
    this.state = { name: "sent", sent, tries, late, until };
    return [{ type: "send", bytes: sent.bytes }];
  }

  private again(
    { sent, tries, late }: Extract<State, { readonly name: "sent" }>,
    now: Millis,
    why: "damaged" | "silent",
  ): SenderEffect[] {
    if (tries <= this.most(sent.what)) {
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

  private most(what: Sent["what"]): number {
    const { retries } = this.settings;
    if (what === "closing") return Math.min(retries, MOST_CLOSINGS);
    return what === "end" ? Math.min(retries, MOST_ENDS) : retries;
  }

  private expire(now: Millis): SenderEffect[] {
    const { state } = this;
    switch (state.name) {
      case "uninvited":
        if (state.wish !== undefined) return this.begin(state.wish, now);
        return this.fail(new DeviceError("unreachable", uninvited(this.settings, this.heard)));
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

  private cancelledIn(state: Exclude<State, { readonly name: "idle" | "over" | "uninvited" }>): SenderEffect[] {
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

function deadlineOf(state: State): Millis | undefined {
  switch (state.name) {
    case "idle":
    case "over":
    case "reading":
      return undefined;
    case "uninvited":
      return state.wish === undefined ? state.until : Math.min(state.until, state.since + WISH_STANDS);
    case "sent":
    case "awaited":
    case "settling":
      return state.until;
  }
}

/** What the receiver knows. */
function stageOf(state: Exclude<State, { readonly name: "idle" | "over" | "uninvited" }>): Stage {
  if (state.name === "sent") return state.sent.what;
  if (state.name !== "awaited") return "data";
  return state.next === "data" ? "header" : "closing";
}

function wishOf(byte: number, protocol: SenderSettings["protocol"]): Check | undefined {
  if (byte === CRC_WISH) return "crc";
  return byte === NAK && protocol === "xmodem" ? "sum" : undefined;
}
