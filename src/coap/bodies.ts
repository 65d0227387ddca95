/** Bodies that reach us in blocks: the server's side of Block1, RFC 7959 §2.5, §2.9. */

import type { Millis } from "../clock.ts";
import { SparseMap } from "../sparse-map.ts";
import { Alarm } from "./alarms.ts";
import { type Block, blockOffset, blockOption, blockSize, isBlockLength, operationKey } from "./block.ts";
import { CODE } from "./codes.ts";
import type { Context } from "./context.ts";
import { type Part, type StreamId, streamId } from "./events.ts";
import { join } from "./join.ts";
import { type CoapMessage, type CoapOption, NO_PAYLOAD, OPTION, uintOption, uintValue } from "./options.ts";
import { refusal } from "./refusals.ts";

export type BodyStep =
  | { readonly type: "whole"; readonly payload: Uint8Array }
  /** For the application, which answers; `answered` is told what. */
  | { readonly type: "part"; readonly part: Part }
  | { readonly type: "answer"; readonly message: CoapMessage };

interface Body {
  readonly key: string;
  /** What was put together; undefined: the parts are the application's. */
  readonly chunks: Uint8Array[] | undefined;
  readonly id: StreamId;
  length: number;
  /** The part that the application has, and has not answered. */
  pending: { readonly length: number; readonly last: boolean } | undefined;
  readonly alarm: Alarm;
}

/** Puts together the bodies of one peer's requests, or watches over the parts of those that are streamed. */
export class Bodies {
  private readonly context: Context;
  /** The one that moved last stands last. */
  private readonly bodies = new SparseMap<string, Body>();
  private lastStream = 0;

  constructor(context: Context) {
    this.context = context;
  }

  get idle(): boolean {
    return this.bodies.size === 0;
  }

  /** Takes one block of a request: the whole body, or what to answer to this block. */
  take(request: CoapMessage, block: Block, now: Millis): BodyStep {
    const { payload } = request;
    if (!isBlockLength(block, payload.length)) {
      const expected = `${block.more ? "" : "at most "}${blockSize(block.szx)}`;
      return refuse(CODE.badRequest, `Block1: a block of ${payload.length} bytes: expected ${expected}`, block);
    }
    const key = operationKey(request);
    if (block.number === 0) {
      this.drop(key);
      const streamed = this.context.streams(request);
      if (!streamed && this.isTooLarge(uintValue(request, OPTION.size1) ?? 0)) return this.refuseSize(block);
      if (!streamed && !block.more) return { type: "whole", payload };
      this.begin(key, streamed);
    }
    const body = this.bodies.get(key);
    if (body === undefined) return refuse(CODE.requestEntityIncomplete, "Block1: there is no block before it", block);
    if (body.pending !== undefined) return refuse(CODE.serviceUnavailable, "Block1: one block after the other", block);
    const offset = blockOffset(block);
    // The block that we have last, under a new message ID: its answer was lost on the way through the peer.
    const repeated = block.more && offset + payload.length === body.length;
    if (offset !== body.length && !repeated) {
      const said = `Block1: it begins at byte ${offset}: expected ${body.length}`;
      return refuse(CODE.requestEntityIncomplete, said, block);
    }
    if (body.chunks === undefined && !repeated) return this.hand(body, request, block, now);
    if (body.chunks !== undefined && this.isTooLarge(offset + payload.length)) {
      this.drop(key);
      return this.refuseSize(block);
    }
    if (!repeated) append(body, payload);
    if (!block.more && body.chunks !== undefined) {
      this.drop(key);
      return { type: "whole", payload: join(body.chunks, body.length) };
    }
    this.touch(body, now);
    const options = [blockOption(OPTION.block1, this.next(block))];
    return { type: "answer", message: { code: CODE.continue, options, payload: NO_PAYLOAD } };
  }

  /** What the application answered to a part. Returns the Block1 option of that answer. */
  answered({ stream }: Part, block: Block, code: number, now: Millis): CoapOption {
    const body = [...this.bodies.values()].find(({ id }) => id === stream);
    const pending = body?.pending;
    if (body === undefined || pending === undefined) return blockOption(OPTION.block1, block);
    body.pending = undefined;
    if (code !== CODE.continue || pending.last) {
      this.forget(body);
      return blockOption(OPTION.block1, block);
    }
    body.length += pending.length;
    this.touch(body, now);
    return blockOption(OPTION.block1, this.next(block));
  }

  /** The part is as good as not arrived. */
  ignored({ stream }: Part, now: Millis): void {
    const body = [...this.bodies.values()].find(({ id }) => id === stream);
    if (body === undefined) return;
    body.pending = undefined;
    // It stands nowhere yet: its repetition begins it.
    if (body.length === 0) this.forget(body);
    else this.touch(body, now);
  }

  /** The connection over which they came is gone. */
  clear(): void {
    for (const key of [...this.bodies.keys()]) this.drop(key);
  }

  private begin(key: string, streamed: boolean): void {
    if (this.bodies.size >= this.context.limits.bodies) {
      const [idlest] = this.bodies.keys();
      if (idlest !== undefined) this.drop(idlest);
    }
    const id = streamId(++this.lastStream);
    const alarm = new Alarm(() => this.drop(key));
    this.bodies.set(key, { key, chunks: streamed ? undefined : [], id, length: 0, pending: undefined, alarm });
  }

  /** The application has the part as long as it likes: the silence that ends a stream begins with its answer. */
  private hand(body: Body, request: CoapMessage, block: Block, now: Millis): BodyStep {
    const { payload } = request;
    const last = !block.more;
    body.pending = { length: payload.length, last };
    this.touch(body, now);
    this.context.alarms.clear(body.alarm);
    const size = uintValue(request, OPTION.size1);
    const part = { stream: body.id, offset: body.length, last, ...(size === undefined ? {} : { size }) };
    return { type: "part", part };
  }

  /** RFC 7959 §2.3: the same number, and a smaller size where we want one; the client converts the number. */
  private next(block: Block): Block {
    return { ...block, szx: Math.min(block.szx, this.context.limits.szx) };
  }

  private touch(body: Body, now: Millis): void {
    this.bodies.delete(body.key);
    this.bodies.set(body.key, body);
    this.context.alarms.set(body.alarm, now + this.context.times.exchangeLifetime);
  }

  private drop(key: string): void {
    const body = this.bodies.get(key);
    if (body === undefined) return;
    this.forget(body);
    if (body.chunks === undefined) this.context.emit({ type: "broken", stream: body.id });
  }

  private forget(body: Body): void {
    this.bodies.delete(body.key);
    this.context.alarms.clear(body.alarm);
  }

  private isTooLarge(length: number): boolean {
    return length > this.context.limits.maxBody;
  }

  private refuseSize(block: Block): BodyStep {
    const { maxBody } = this.context.limits;
    const said = `the body is too large: expected at most ${maxBody} bytes`;
    return refuse(CODE.requestEntityTooLarge, said, block, uintOption(OPTION.size1, maxBody));
  }
}

function append(body: Body, payload: Uint8Array): void {
  body.chunks?.push(payload);
  body.length += payload.length;
}

function refuse(code: number, said: string, block: Block, ...more: readonly CoapOption[]): BodyStep {
  return { type: "answer", message: refusal(code, said, [blockOption(OPTION.block1, block), ...more]) };
}
