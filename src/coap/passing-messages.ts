/**
 * The memory of messages that would do no harm a second time: reads, blocks that are not the last, responses (RFC 7252 §4.5
 * lets a server relax for what is idempotent). Each has its place by its message ID and leaves when another falls on it; a
 * peer that counts its IDs up, as they all do, has its newest messages remembered. Places are written anew, never made
 * anew: what lives as long as a thousand reads would otherwise fill the old part of the heap under load. They are rows of
 * numbers and bytes: as many objects would, between two visits of each, push what is read out of the processor's memory.
 */
import type { Millis } from "../clock.ts";

/** What stands where in the row of a place. */
const MESSAGE_ID = 0;
const MARK = 1;
const EXPIRES = 2;
/** Of the answer; NO_ANSWER while there is none. */
const LENGTH = 3;
const ROW = 4;

/** In the row of a place that nobody has had. */
const FREE = Number.NaN;
const NO_ANSWER = -1;
/** Room for the answer of a usual read. */
const USUAL_ANSWER = 64;
const PLACE_BYTES = ROW * Float64Array.BYTES_PER_ELEMENT + USUAL_ANSWER;
/** More than these are made only when they are needed: most peers read seldom, and a gateway may speak with a thousand. */
const FIRST_PLACES = 16;
/** Shared by all that have no place yet. */
const NO_ROWS = new Float64Array(0);
const NO_ANSWERS = new Uint8Array(0);

export class PassingMessages {
  private readonly most: number;
  private size = 0;
  private rows = NO_ROWS;
  private answers = NO_ANSWERS;
  /** Where answers of more than the usual bytes stand, by place; undefined while there are none. */
  private longer: Map<number, Uint8Array> | undefined;
  private longerBytes = 0;

  /** `most`: how many messages are remembered at most. */
  constructor(most: number) {
    this.most = most;
  }

  /** What all places hold. */
  get bytes(): number {
    return this.size * PLACE_BYTES + this.longerBytes;
  }

  add(messageId: number, mark: number, expires: Millis, now: Millis): void {
    while (this.size < this.most && !this.hasRoom(messageId, now)) this.grow();
    const row = this.row(messageId);
    this.rows[row + MESSAGE_ID] = messageId;
    this.rows[row + MARK] = mark;
    this.rows[row + EXPIRES] = expires;
    this.rows[row + LENGTH] = NO_ANSWER;
  }

  has(messageId: number, mark: number, now: Millis): boolean {
    return this.holds(messageId, mark) && (this.rows[this.row(messageId) + EXPIRES] ?? now) > now;
  }

  /** What a repetition gets; undefined: nothing yet, or not known. */
  answerOf(messageId: number, mark: number): Uint8Array | undefined {
    return this.holds(messageId, mark) ? this.answerAt(messageId % this.size) : undefined;
  }

  /** Notes what a repetition gets from now on. */
  answer(messageId: number, mark: number, bytes: Uint8Array): void {
    if (!this.holds(messageId, mark)) return;
    const place = messageId % this.size;
    this.rows[place * ROW + LENGTH] = bytes.length;
    if (bytes.length <= USUAL_ANSWER) this.answers.set(bytes, place * USUAL_ANSWER);
    else this.longerBuffer(place, bytes.length).set(bytes);
  }

  discard(messageId: number, mark: number): void {
    if (this.holds(messageId, mark)) this.rows[this.row(messageId) + EXPIRES] = Number.NEGATIVE_INFINITY;
  }

  clear(): void {
    this.empty(0);
  }

  private holds(messageId: number, mark: number): boolean {
    const row = this.row(messageId);
    return this.rows[row + MESSAGE_ID] === messageId && this.rows[row + MARK] === mark;
  }

  /** Whether the place of the message is its own, or of one that is over. */
  private hasRoom(messageId: number, now: Millis): boolean {
    const row = this.row(messageId);
    return this.size > 0 && (this.rows[row + MESSAGE_ID] === messageId || !((this.rows[row + EXPIRES] ?? now) > now));
  }

  /** No two that have a place each fall on the same one afterwards: the new size is a multiple of the old one. */
  private grow(): void {
    const { rows, size } = this;
    const held = Array.from({ length: size }, (_, place) => ({
      row: rows.subarray(place * ROW, (place + 1) * ROW),
      answer: this.answerAt(place),
    }));
    this.empty(size === 0 ? firstSize(this.most) : 2 * size);
    for (const { row, answer } of held) {
      const [messageId = FREE, mark = FREE] = row;
      if (Number.isNaN(messageId)) continue;
      this.rows.set(row, this.row(messageId));
      if (answer !== undefined) this.answer(messageId, mark, answer);
    }
  }

  /** So many places, and nothing in them. */
  private empty(size: number): void {
    this.size = size;
    this.rows = size === 0 ? NO_ROWS : new Float64Array(size * ROW).fill(FREE);
    this.answers = size === 0 ? NO_ANSWERS : new Uint8Array(size * USUAL_ANSWER);
    this.longer = undefined;
    this.longerBytes = 0;
  }

  private answerAt(place: number): Uint8Array | undefined {
    const length = this.rows[place * ROW + LENGTH] ?? NO_ANSWER;
    if (!(length >= 0)) return undefined;
    const start = place * USUAL_ANSWER;
    return length <= USUAL_ANSWER
      ? this.answers.slice(start, start + length)
      : this.longer?.get(place)?.slice(0, length);
  }

  private longerBuffer(place: number, length: number): Uint8Array {
    this.longer ??= new Map();
    const known = this.longer.get(place);
    if (known !== undefined && known.length >= length) return known;
    const buffer = new Uint8Array(length);
    this.longer.set(place, buffer);
    this.longerBytes += length - (known?.length ?? 0);
    return buffer;
  }

  /** Where its row begins. */
  private row(messageId: number): number {
    return (messageId % this.size) * ROW;
  }
}

/** Halved as often as it goes, so that doubling leads back to it. */
function firstSize(most: number): number {
  let size = most;
  while (size > FIRST_PLACES && size % 2 === 0) size /= 2;
  return size;
}
