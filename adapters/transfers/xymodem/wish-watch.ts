/** Finds a receiver's wish for the file in what comes before it. */
import type { Millis } from "../../../src/adapter.ts";
import { type Check, CRC_WISH, NAK } from "./blocks.ts";
import type { SenderSettings } from "./sender-settings.ts";

/** Bootloaders print texts before they ask, with letters like the wish in them: it is one when nothing follows. */
const WISH_STANDS: Millis = 200;
/** Of what came instead of a wish, the end is shown. */
const HEARD_LENGTH = 60;

export class WishWatch {
  private readonly protocol: SenderSettings["protocol"];
  /** The last that came, from then on. */
  private last: { readonly wish: Check; readonly since: Millis } | undefined;
  private tail = "";

  constructor(protocol: SenderSettings["protocol"]) {
    this.protocol = protocol;
  }

  push(byte: number, now: Millis): void {
    this.tail = (this.tail + String.fromCharCode(byte)).slice(-HEARD_LENGTH);
    const wish = wishOf(byte, this.protocol);
    if (wish === undefined) this.last = undefined;
    else if (wish !== this.last?.wish) this.last = { wish, since: now };
  }

  get wish(): Check | undefined {
    return this.last?.wish;
  }

  /** When it is one, if nothing follows. */
  get standsAt(): Millis | undefined {
    return this.last === undefined ? undefined : this.last.since + WISH_STANDS;
  }

  get heard(): string {
    return this.tail;
  }
}

function wishOf(byte: number, protocol: SenderSettings["protocol"]): Check | undefined {
  if (byte === CRC_WISH) return "crc";
  return byte === NAK && protocol === "xmodem" ? "sum" : undefined;
}
