/** Bodies that reach us in blocks: the server's side of Block1, RFC 7959 §2.5, §2.9. */

import type { Millis } from "../clock.ts";
import { SparseMap } from "../sparse-map.ts";
import { Alarm } from "./alarms.ts";
import { type Block, blockOffset, blockOption, blockSize, isBlockLength, operationKey } from "./block.ts";
import { CODE } from "./codes.ts";
import type { Context } from "./context.ts";
import { join } from "./join.ts";
import { type CoapMessage, type CoapOption, NO_PAYLOAD, OPTION, uintOption, uintValue } from "./options.ts";
import { refusal } from "./refusals.ts";

export type BodyStep =
  | { readonly type: "whole"; readonly payload: Uint8Array }
  | { readonly type: "answer"; readonly message: CoapMessage };

interface Body {
  readonly key: string;
  readonly chunks: Uint8Array[];
  length: number;
  readonly alarm: Alarm;
}

/** Puts together the bodies of one peer's requests. */
export class Bodies {
  private readonly context: Context;
  /** The one that moved last stands last. */
  private readonly bodies = new SparseMap<string, Body>();

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
      if (this.isTooLarge(uintValue(request, OPTION.size1) ?? 0)) return this.refuseSize(block);
      if (!block.more) return { type: "whole", payload };
      this.begin(key);
    }
    const body = this.bodies.get(key);
    if (body === undefined) return refuse(CODE.requestEntityIncomplete, "Block1: there is no block before it", block);
    const offset = blockOffset(block);
    // The block that we have last, under a new message ID: its answer was lost on the way through the peer.
    const repeated = block.more && offset + payload.length === body.length;
    if (offset !== body.length && !repeated) {
      const said = `Block1: it begins at byte ${offset}: expected ${body.length}`;
      return refuse(CODE.requestEntityIncomplete, said, block);
    }
    if (this.isTooLarge(offset + payload.length)) {
      this.drop(key);
      return this.refuseSize(block);
    }
    if (!repeated) this.append(body, payload);
    if (!block.more) {
      this.drop(key);
      return { type: "whole", payload: join(body.chunks, body.length) };
    }
    this.touch(body, now);
    // RFC 7959 §2.3: the same number, and a smaller size where we want one; the client converts the number.
    const next = { ...block, szx: Math.min(block.szx, this.context.limits.szx) };
    const options = [blockOption(OPTION.block1, next)];
    return { type: "answer", message: { code: CODE.continue, options, payload: NO_PAYLOAD } };
  }

  /** The connection over which they came is gone. */
  clear(): void {
    for (const key of [...this.bodies.keys()]) this.drop(key);
  }

  private begin(key: string): void {
    if (this.bodies.size >= this.context.limits.bodies) {
      const [idlest] = this.bodies.keys();
      if (idlest !== undefined) this.drop(idlest);
    }
    this.bodies.set(key, { key, chunks: [], length: 0, alarm: new Alarm(() => this.drop(key)) });
  }

  private append(body: Body, payload: Uint8Array): void {
    body.chunks.push(payload);
    body.length += payload.length;
  }

  private touch(body: Body, now: Millis): void {
    this.bodies.delete(body.key);
    this.bodies.set(body.key, body);
    this.context.alarms.set(body.alarm, now + this.context.times.exchangeLifetime);
  }

  private drop(key: string): void {
    const body = this.bodies.get(key);
    if (body === undefined) return;
    this.bodies.delete(key);
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

function refuse(code: number, said: string, block: Block, ...more: readonly CoapOption[]): BodyStep {
  return { type: "answer", message: refusal(code, said, [blockOption(OPTION.block1, block), ...more]) };
}
