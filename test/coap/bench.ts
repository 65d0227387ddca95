/** One endpoint on the bench: a hand-made peer sends it single messages and looks at what comes out. */
import { createHash } from "node:crypto";
import type { Millis } from "../../src/clock.ts";
import { type Block, blockOption, readBlock } from "../../src/coap/block.ts";
import { CODE } from "../../src/coap/codes.ts";
import {
  type CoapEffect,
  CoapEndpoint,
  type CoapEndpointOptions,
  type CoapEvent,
  exchangeId,
} from "../../src/coap/endpoint.ts";
import { decodeMessage, encodeMessage, type MessageType, TYPE, type UdpMessage } from "../../src/coap/message.ts";
import {
  type CoapMessage,
  type CoapOption,
  NO_PAYLOAD,
  OPTION,
  sortOptions,
  stringOptions,
} from "../../src/coap/options.ts";
import { TIMEOUT } from "../../src/machine.ts";
import { fakeRandom } from "../support/fake-clock.ts";

type EffectOf<T extends CoapEffect["type"]> = Extract<CoapEffect, { type: T }>;

export class Bench {
  readonly endpoint: CoapEndpoint;
  now: Millis = 0;
  private messageId = 1000;

  constructor(options: Partial<CoapEndpointOptions> = {}) {
    this.endpoint = new CoapEndpoint({ random: fakeRandom(7), ...options });
  }

  handle(event: CoapEvent): CoapEffect[] {
    return this.endpoint.handle(event, this.now);
  }

  bytes(bytes: Uint8Array): CoapEffect[] {
    return this.handle({ type: "datagram", bytes });
  }

  /** A message of the peer, under a new message ID unless it is given. */
  receive(type: MessageType, token: Uint8Array, message: CoapMessage, messageId = this.messageId++): CoapEffect[] {
    return this.bytes(encodeMessage(type, messageId, token, message));
  }

  con(token: Uint8Array, message: CoapMessage, messageId?: number): CoapEffect[] {
    return this.receive(TYPE.con, token, message, messageId);
  }

  /** A request that the application answers at once; what the peer gets for it. */
  ask(token: Uint8Array, request: CoapMessage, answer: CoapMessage): UdpMessage {
    const effects = this.con(token, request);
    const serve = effects.find((effect) => effect.type === "serve");
    const all =
      serve === undefined ? effects : this.handle({ type: "respond", exchange: serve.exchange, message: answer });
    return only(sent(all));
  }

  /** Moves on to `until`, ringing each deadline on the way. */
  wait(span: Millis): CoapEffect[] {
    const end = this.now + span;
    const effects: CoapEffect[] = [];
    for (let next = this.endpoint.deadline; next !== undefined && next <= end; next = this.endpoint.deadline) {
      this.now = Math.max(this.now, next);
      effects.push(...this.endpoint.handle(TIMEOUT, this.now));
    }
    this.now = end;
    return effects;
  }
}

/** The messages among the effects. */
export function sent(effects: readonly CoapEffect[]): UdpMessage[] {
  return effects.filter((effect) => effect.type === "send").map(({ bytes }) => decodeMessage(bytes));
}

export function effectsOf<T extends CoapEffect["type"]>(effects: readonly CoapEffect[], type: T): EffectOf<T>[] {
  return effects.filter((effect): effect is EffectOf<T> => effect.type === type);
}

export function only<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined || items.length !== 1) throw new Error(`expected one, got ${items.length}`);
  return item;
}

export function message(
  code: number,
  options: readonly CoapOption[] = [],
  payload: Uint8Array = NO_PAYLOAD,
): CoapMessage {
  return { code, options: sortOptions(options), payload };
}

export function request(
  code: number,
  path: string,
  options: readonly CoapOption[] = [],
  payload?: Uint8Array,
): CoapMessage {
  return message(code, [...stringOptions(OPTION.uriPath, path.split("/")), ...options], payload);
}

export function content(payload: Uint8Array | string, options: readonly CoapOption[] = []): CoapMessage {
  return message(CODE.content, options, typeof payload === "string" ? utf8(payload) : payload);
}

export const CHANGED: CoapMessage = message(CODE.changed);

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Stands for a long body where two are compared: its length and a hash. */
export function gist(bytes: Uint8Array): string {
  return `${bytes.length} bytes ${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`;
}

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
}

/** A body in which each place is recognisable. */
export function bodyOf(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) + seed) & 0xff);
}

export const TOKEN: Uint8Array = Uint8Array.of(0xaa, 0xbb);

export function block(number: number, more: boolean, szx = 6): Block {
  return { number, more, szx };
}

export function block1(answer: CoapMessage): Block | "invalid" | undefined {
  return readBlock(answer, OPTION.block1);
}

export function block2(answer: CoapMessage): Block | "invalid" | undefined {
  return readBlock(answer, OPTION.block2);
}

/** Answers the one request that was served. */
export function respond(bench: Bench, answer: CoapMessage, effects: readonly CoapEffect[]): UdpMessage {
  const { exchange } = only(effectsOf(effects, "serve"));
  return only(sent(bench.handle({ type: "respond", exchange, message: answer })));
}

/** Sends a confirmable request of ours in the first exchange. */
export function ask(bench: Bench, asked: CoapMessage): UdpMessage {
  return only(sent(bench.handle({ type: "request", exchange: exchangeId(1), message: asked, confirmable: true })));
}

/** Answers a request of ours in the acknowledgement. */
export function acknowledge(bench: Bench, asked: UdpMessage, answer: CoapMessage): CoapEffect[] {
  return bench.receive(TYPE.ack, asked.token, answer, asked.messageId);
}

/** Five blocks of 1024 bytes, the last one short. */
export const BODY: Uint8Array = bodyOf(5000);

/** A token for each block. */
export const tokenOf = (n: number): Uint8Array => Uint8Array.of(1, n >> 8, n & 0xff);

/** A request with block `number` of the body. */
export function part(code: number, number: number, body = BODY, szx = 6): CoapMessage {
  const size = 16 << szx;
  const more = (number + 1) * size < body.length;
  const option = blockOption(OPTION.block1, block(number, more, szx));
  return request(code, "5/0/0", [option], body.subarray(number * size, (number + 1) * size));
}
