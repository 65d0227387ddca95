/** The numbers of one endpoint that must not come again too soon: RFC 7641 §3.4, §4.4 (Observe), RFC 7252 §4.4 (message IDs). */
import type { Random } from "../clock.ts";

/** Numbers up to these may be in use; who goes on later, towards a peer that remembers, begins here. */
export interface ReservedNumbers {
  /** Of 24 bits. */
  readonly observe: number;
  /** Of 16 bits. */
  readonly messageId: number;
}

/**
 * How far ahead numbers are reserved. More are when half of them is used: what is left is a second at the highest rate that
 * RFC 7252 §4.4 allows, and minutes of notifications. One step, whatever its length, is newer for the peer.
 */
const RESERVE = { observe: 0x1_0000, messageId: 0x1000 };
const MASK = { observe: 0xff_ffff, messageId: 0xffff };

type Kind = keyof ReservedNumbers;

export class Numbers {
  private readonly onReserved: (numbers: ReservedNumbers) => void;
  private readonly last: Record<Kind, number>;
  /** Of those that are reserved. */
  private readonly left: Record<Kind, number> = { observe: 0, messageId: 0 };

  /** `after`: what was reserved before, by another endpoint towards this peer. */
  constructor(random: Random, onReserved: (numbers: ReservedNumbers) => void, after?: ReservedNumbers) {
    const [high = 0, low = 0] = random(2);
    this.onReserved = onReserved;
    // RFC 7252 §4.4: the first message ID is random.
    this.last = { ...(after ?? { observe: 0, messageId: (high << 8) | low }) };
  }

  /**
   * For the next notification, of whichever observation: each of them sees numbers that rise, as RFC 7641 §4.4 wants them.
   * They count and do not tell the time, so that no clock that is set can make the newer look older.
   */
  nextObserve(): number {
    return this.next("observe");
  }

  nextMessageId(): number {
    return this.next("messageId");
  }

  private next(kind: Kind): number {
    this.last[kind] = (this.last[kind] + 1) & MASK[kind];
    this.left[kind]--;
    if (this.left[kind] < RESERVE[kind] / 2) this.reserve(kind);
    return this.last[kind];
  }

  private reserve(kind: Kind): void {
    this.left[kind] = RESERVE[kind];
    const end = (of: Kind): number => (this.last[of] + Math.max(0, this.left[of])) & MASK[of];
    this.onReserved({ observe: end("observe"), messageId: end("messageId") });
  }
}
