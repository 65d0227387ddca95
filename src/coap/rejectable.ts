/**
 * Non-confirmable messages of ours that the peer may still reject: RFC 7641 §3.6 lets a client end an observation by an RST
 * to any notification. Each has its place by its message ID and leaves when another falls on it. Places are written anew,
 * never made anew, and hold nothing of the message: what lives as long as a thousand notifications fills the old part of
 * the heap.
 */

import type { Millis } from "../clock.ts";
import { SparseMap } from "../sparse-map.ts";
import type { Outcome } from "./reliability.ts";

/** Who wants to know of the RST. */
export type Ended = (outcome: Outcome, now: Millis) => void;

interface Place {
  messageId: number;
  expires: Millis;
  /** Undefined where nobody wants to know any more. */
  ended: Ended | undefined;
}

export class Rejectable {
  private readonly count: number;
  private readonly places = new SparseMap<number, Place>();

  /** `count`: how many messages are remembered at most, the newest. */
  constructor(count: number) {
    this.count = count;
  }

  add(messageId: number, ended: Ended, expires: Millis): void {
    const place = this.places.get(messageId % this.count);
    if (place === undefined) {
      this.places.set(messageId % this.count, { messageId, expires, ended });
      return;
    }
    place.messageId = messageId;
    place.expires = expires;
    place.ended = ended;
  }

  /** The message with this ID is rejected: who wants to know, once. */
  take(messageId: number, now: Millis): Ended | undefined {
    const place = this.places.get(messageId % this.count);
    if (place === undefined || place.messageId !== messageId) return undefined;
    const { ended, expires } = place;
    place.ended = undefined;
    return expires > now ? ended : undefined;
  }

  /** Nobody wants to know of this one any more. */
  forget(messageId: number, ended: Ended): void {
    const place = this.places.get(messageId % this.count);
    if (place?.messageId === messageId && place.ended === ended) place.ended = undefined;
  }

  clear(): void {
    this.places.clear();
  }
}
