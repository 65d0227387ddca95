/**
 * The memory of messages that would do no harm a second time: reads, blocks that are not the last, responses (RFC 7252 §4.5
 * lets a server relax for what is idempotent). Each has its place by its message ID and leaves when another falls on it; a
 * peer that counts its IDs up, as they all do, has its newest messages remembered. Places are written anew, never made
 * anew: what lives as long as a thousand reads would otherwise fill the old part of the heap under load.
 */
import type { Millis } from "../clock.ts";

interface Place {
  messageId: number;
  mark: number;
  expires: Millis;
  /** The first bytes of `buffer`; undefined while there is no answer. */
  length: number | undefined;
  buffer: Uint8Array;
}

/** Room for the answer of a usual read. */
const USUAL_ANSWER = 64;

export class PassingMessages {
  private readonly count: number;
  private readonly places = new Map<number, Place>();
  private held = 0;

  /** `count`: how many messages are remembered at most. */
  constructor(count: number) {
    this.count = count;
  }

  /** What the buffers of all places hold. */
  get bytes(): number {
    return this.held;
  }

  add(messageId: number, mark: number, expires: Millis): void {
    const place = this.places.get(messageId % this.count);
    if (place === undefined) {
      const fresh = { messageId, mark, expires, length: undefined, buffer: new Uint8Array(USUAL_ANSWER) };
      this.places.set(messageId % this.count, fresh);
      this.held += USUAL_ANSWER;
      return;
    }
    place.messageId = messageId;
    place.mark = mark;
    place.expires = expires;
    place.length = undefined;
  }

  has(messageId: number, mark: number, now: Millis): boolean {
    const place = this.place(messageId, mark);
    return place !== undefined && place.expires > now;
  }

  /** What a repetition gets; undefined: nothing yet, or not known. */
  answerOf(messageId: number, mark: number): Uint8Array | undefined {
    const place = this.place(messageId, mark);
    return place?.length === undefined ? undefined : place.buffer.slice(0, place.length);
  }

  /** Notes what a repetition gets from now on. */
  answer(messageId: number, mark: number, bytes: Uint8Array): void {
    const place = this.place(messageId, mark);
    if (place === undefined) return;
    if (bytes.length > place.buffer.length) {
      this.held += bytes.length - place.buffer.length;
      place.buffer = new Uint8Array(bytes.length);
    }
    place.buffer.set(bytes);
    place.length = bytes.length;
  }

  discard(messageId: number, mark: number): void {
    const place = this.place(messageId, mark);
    if (place !== undefined) place.expires = Number.NEGATIVE_INFINITY;
  }

  clear(): void {
    this.places.clear();
    this.held = 0;
  }

  private place(messageId: number, mark: number): Place | undefined {
    const place = this.places.get(messageId % this.count);
    return place?.messageId === messageId && place.mark === mark ? place : undefined;
  }
}
