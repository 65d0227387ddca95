/**
 * Answers too large for one message: the server's side of Block2, RFC 7959 §2.4, §2.6 (notifications), §3.3 (after Block1).
 * What is handed out block by block is kept as it was, under an ETag, so that it cannot change midway.
 */

import type { Millis } from "../clock.ts";
import { SparseMap } from "../sparse-map.ts";
import { Alarm } from "./alarms.ts";
import { type Block, blockOffset, blockOption, blockSize, messageSize, operationKey } from "./block.ts";
import { CODE, isSuccess } from "./codes.ts";
import type { Context } from "./context.ts";
import { type CoapMessage, findOption, OPTION, uintOption, withOption } from "./options.ts";
import { refusal } from "./refusals.ts";

interface Snapshot {
  readonly key: string;
  /** The key without the body: FETCH may repeat its body with each block, or leave it out. */
  readonly operation: string;
  readonly message: CoapMessage;
  readonly alarm: Alarm;
}

const NO_SUCH_BLOCK = refusal(CODE.badRequest, "Block2: the answer has no such block");

/** Keeps the newest representations that one peer fetches in blocks. */
export class Snapshots {
  private readonly context: Context;
  /** Oldest first. */
  private readonly snapshots = new SparseMap<string, Snapshot>();

  constructor(context: Context) {
    this.context = context;
  }

  get idle(): boolean {
    return this.snapshots.size === 0;
  }

  /** The answer itself where it fits; else the block of it that was asked for, the rest being kept. */
  cut(request: CoapMessage, answer: CoapMessage, asked: Block | undefined, now: Millis): CoapMessage {
    const { blocks } = this.context;
    const room = blocks.room(answer.options);
    const largest = blocks.szx(answer.options);
    const szx = asked === undefined ? largest : Math.min(asked.szx, largest ?? asked.szx);
    const beginning = asked === undefined || asked.number === 0;
    const most = asked === undefined || szx === undefined ? room : Math.min(room, messageSize(szx, room));
    if (answer.payload.length <= most) return beginning || !isSuccess(answer.code) ? answer : NO_SUCH_BLOCK;
    if (szx === undefined)
      return refusal(CODE.internalServerError, `the answer is longer than the ${most} bytes that fit`);
    // The application's own ETag stays; else one that is the same for the same content.
    const etag = findOption(answer, OPTION.etag) ?? digest(answer.payload);
    const message = withOption(answer, { number: OPTION.etag, value: etag });
    this.keep(request, message, now);
    const first = slice(message, beginning ? 0 : blockOffset(asked), szx, room);
    return beginning ? withOption(first, uintOption(OPTION.size2, answer.payload.length)) : first;
  }

  /** A later block of something kept; undefined where nothing fits the request. */
  next(request: CoapMessage, asked: Block, now: Millis): CoapMessage | undefined {
    const snapshot = this.find(request);
    if (snapshot === undefined) return undefined;
    this.context.alarms.set(snapshot.alarm, now + this.context.times.exchangeLifetime);
    const { message } = snapshot;
    const { blocks } = this.context;
    const szx = Math.min(asked.szx, blocks.szx(message.options) ?? asked.szx);
    return slice(message, blockOffset(asked), szx, blocks.room(message.options));
  }

  /** Nobody can ask for them any more. */
  clear(): void {
    for (const key of [...this.snapshots.keys()]) this.drop(key);
  }

  /** Without the body it was asked for last: should that be another's, its ETag says so. */
  private find(request: CoapMessage): Snapshot | undefined {
    if (request.payload.length > 0) return this.snapshots.get(keyOf(request));
    const operation = operationKey(request);
    return [...this.snapshots.values()].findLast((snapshot) => snapshot.operation === operation);
  }

  private keep(request: CoapMessage, answer: CoapMessage, now: Millis): void {
    const key = keyOf(request);
    this.drop(key);
    if (this.snapshots.size >= this.context.limits.snapshots) {
      const [oldest] = this.snapshots.keys();
      if (oldest !== undefined) this.drop(oldest);
    }
    // Observe belongs to the first block only (RFC 7959 §2.6), Block1 to the answer of the last block of a request.
    const options = answer.options.filter(({ number }) => number !== OPTION.observe && number !== OPTION.block1);
    const alarm = new Alarm(() => this.drop(key));
    this.snapshots.set(key, { key, operation: operationKey(request), message: { ...answer, options }, alarm });
    this.context.alarms.set(alarm, now + this.context.times.exchangeLifetime);
  }

  private drop(key: string): void {
    const snapshot = this.snapshots.get(key);
    if (snapshot === undefined) return;
    this.snapshots.delete(key);
    this.context.alarms.clear(snapshot.alarm);
  }
}

/** RFC 8132 §2.1: of a FETCH the body is part of what is asked for; several run beside each other, observed ones too. */
function keyOf(request: CoapMessage): string {
  return operationKey(request) + String.fromCharCode(...digest(request.payload));
}

/** RFC 7959 §2.4: a block beyond the end is a bad request. */
function slice(message: CoapMessage, offset: number, szx: number, room: number): CoapMessage {
  const { payload } = message;
  if (offset >= payload.length) return NO_SUCH_BLOCK;
  const end = offset + messageSize(szx, room);
  const block = { number: offset / blockSize(szx), more: end < payload.length, szx };
  const cut = { ...message, payload: payload.subarray(offset, end) };
  return withOption(cut, blockOption(OPTION.block2, block));
}

/** Eight bytes that tell contents apart (FNV-1a, two of different beginnings); no protection against who makes them alike. */
function digest(bytes: Uint8Array): Uint8Array {
  let a = 0x811c9dc5;
  let b = 0x01234567;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x85ebca6b);
  }
  const value = new Uint8Array(8);
  const view = new DataView(value.buffer);
  view.setUint32(0, a);
  view.setUint32(4, b);
  return value;
}
