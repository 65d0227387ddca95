/** Our requests and the peer's answers: RFC 7252 §5.2, §5.3; the client's side of RFC 7641 (§3) and RFC 7959. */

import type { Millis, Random } from "../clock.ts";
import { SparseMap } from "../sparse-map.ts";
import { Alarm } from "./alarms.ts";
import { BERT_SZX, type Block, messageSize, readBlock } from "./block.ts";
import {
  isAnswerTo,
  isNewer,
  isNotification,
  isStray,
  type Request,
  withBlockSize,
  withKnownBlocks,
} from "./client-request.ts";
import { CODE } from "./codes.ts";
import type { Context } from "./context.ts";
import type { CoapEffect, CoapEvent, ExchangeId } from "./events.ts";
import type { TokenMessage } from "./message.ts";
import { type CoapMessage, OPTION, uintValue, withoutObserve, withoutOptions } from "./options.ts";
import type { Outcome, Sending } from "./reliability.ts";
import { hasUnknownCritical } from "./requests.ts";
import { Tokens } from "./tokens.ts";
import { Download, firstBlock, RESPONSE_BLOCKS, Upload } from "./transfer.ts";

type RequestEvent = Extract<CoapEvent, { type: "request" }>;
type FailReason = Extract<CoapEffect, { type: "failed" }>["reason"];

/** A representation that changes each time we fetch it is given up after so many tries. */
const MAX_RESTARTS = 4;

/** The requests that we send to one peer. */
export class ClientRole {
  private readonly context: Context;
  private readonly sending: Sending;
  private readonly tokens: Tokens<Request>;
  /** Without the fetches, which belong to an observation. */
  private readonly requests = new SparseMap<ExchangeId, Request>();

  constructor(context: Context, sending: Sending, random: Random) {
    this.context = context;
    this.sending = sending;
    this.tokens = new Tokens(random);
  }

  get idle(): boolean {
    return this.requests.size === 0;
  }

  /** Sends a request. In the exchange of a running observation it has that token: Observe 1 ends it, Observe 0 renews it. */
  request(event: RequestEvent, now: Millis): void {
    const running = this.requests.get(event.exchange);
    if (running !== undefined && running.newest === undefined) {
      throw new Error(`exchange ${event.exchange} has a request that is not answered yet`);
    }
    if (running !== undefined) this.remove(running, now);
    const request = this.create(event, running?.token ?? this.tokens.create(), undefined);
    if (uintValue(event.message, OPTION.observe) === 0) request.newest = running?.newest;
    this.requests.set(event.exchange, request);
    const { payload, options } = event.message;
    const room = this.context.blocks.room(options);
    const szx = this.context.blocks.szx(options);
    if (payload.length > room && szx === undefined) {
      // RFC 8323 §5.3.2: the peer takes neither so long a message nor blocks.
      this.fail(request, "reset", now);
      return;
    }
    if (payload.length > room && szx !== undefined) request.upload = new Upload(event.message, szx, room);
    this.transmit(request, now);
  }

  /** Stops everything of this request; what still comes for it is nobody's. */
  forget(exchange: ExchangeId, now: Millis): void {
    const request = this.requests.get(exchange);
    if (request !== undefined) this.remove(request, now);
  }

  /** The connection is gone, and no answer can come. */
  clear(now: Millis): void {
    for (const request of [...this.requests.values()]) this.fail(request, "timeout", now);
  }

  /**
   * Whether a response belongs to a request of ours. One that we must not understand fails the request. `acknowledged`: the
   * message ID, where it came in an acknowledgement.
   */
  accepts(message: TokenMessage, now: Millis, acknowledged?: number): boolean {
    const request = this.tokens.find(message.token);
    if (request === undefined) return false;
    // RFC 7252 §5.3.2: in an acknowledgement both message ID and token must match.
    if (acknowledged !== undefined && !isAnswerTo(request.transmission, acknowledged)) return false;
    // RFC 7252 §5.4.1: a response with an unknown critical option is rejected.
    if (!hasUnknownCritical(message)) return true;
    this.fail(request, "reset", now);
    return false;
  }

  /** Takes a response that was accepted. */
  receive(message: TokenMessage, now: Millis, acknowledged?: number): void {
    const request = this.tokens.find(message.token);
    if (request === undefined || (acknowledged === undefined && isStray(request, message))) return;
    if (request.transmission !== undefined) this.sending.cancel([request.transmission], now);
    request.transmission = undefined;
    this.context.alarms.clear(request.alarm);
    const { code, options, payload } = message;
    this.take(request, { code, options, payload }, now);
  }

  private create(event: Omit<RequestEvent, "type">, token: Uint8Array, parent: Request | undefined): Request {
    const { exchange, message, confirmable, single = false } = event;
    const request: Request = {
      ...{ exchange, message, confirmable, single, token, parent },
      alarm: new Alarm((now) => this.fail(request, "timeout", now)),
      transmission: undefined,
      upload: undefined,
      download: undefined,
      restarts: 0,
      newest: undefined,
      fetch: undefined,
    };
    this.tokens.set(token, request);
    return request;
  }

  private transmit(request: Request, now: Millis): void {
    const { token } = request;
    // On a stream the response itself is all that confirms.
    const confirmable = request.confirmable && !this.context.ordered;
    const message = request.upload?.request ?? request.download?.next ?? this.first(request);
    const ended = (outcome: Outcome, time: Millis): void => this.onEnded(request, outcome, time);
    request.transmission = this.sending.send({ token, confirmable, message: () => message, ended }, now);
  }

  private first({ message, single }: Request): CoapMessage {
    const { limits, blocks } = this.context;
    return single ? withKnownBlocks(message, blocks.szx(message.options)) : withBlockSize(message, limits.szx);
  }

  private onEnded(request: Request, outcome: Outcome, now: Millis): void {
    if (this.tokens.find(request.token) !== request) return;
    const { alarms, times } = this.context;
    switch (outcome) {
      case "sent":
        alarms.set(request.alarm, now + times.nonLifetime);
        return;
      case "acknowledged":
        alarms.set(request.alarm, now + times.responseTimeout);
        return;
      case "reset":
      case "timeout":
        this.fail(request, outcome, now);
        return;
      default:
        outcome satisfies never;
    }
  }

  private take(request: Request, response: CoapMessage, now: Millis): void {
    const { upload, download } = request;
    if (upload !== undefined) {
      if (upload.take(response) === "next") {
        this.transmit(request, now);
        return;
      }
      request.upload = undefined;
    } else if (this.beginUpload(request, response, now)) return;
    if (download !== undefined) this.takeBlock(request, download, response, now);
    else if (isNotification(request, response)) this.takeNotification(request, response, now);
    else this.takeAnswer(request, response, now);
  }

  /** RFC 7959 §2.9.3: a server that takes our body only in blocks answers 4.13 with the size of a block. */
  private beginUpload(request: Request, response: CoapMessage, now: Millis): boolean {
    if (response.code !== CODE.requestEntityTooLarge || request.download !== undefined) return false;
    const block = readBlock(response, OPTION.block1, BERT_SZX);
    const { options, payload } = request.message;
    const largest = this.context.blocks.szx(options);
    if (block === undefined || block === "invalid" || largest === undefined) return false;
    const szx = Math.min(block.szx, largest);
    const room = this.context.blocks.room(options);
    if (payload.length <= messageSize(szx, room)) return false;
    request.upload = new Upload(request.message, szx, room);
    this.transmit(request, now);
    return true;
  }

  private takeAnswer(request: Request, response: CoapMessage, now: Millis): void {
    if (request.single) {
      this.remove(request, now);
      this.context.emit({ type: "response", exchange: request.exchange, message: response });
      return;
    }
    const block = firstBlock(response, this.context.blocks.largest);
    if (block === undefined) this.complete(request, response, now);
    else if (block === "invalid" || this.isTooLarge(response)) this.fail(request, "reset", now);
    else {
      request.download = this.download(request, response, block);
      this.transmit(request, now);
    }
  }

  private takeBlock(request: Request, download: Download, response: CoapMessage, now: Millis): void {
    const step = download.take(response);
    switch (step) {
      case "more":
        this.transmit(request, now);
        return;
      case "whole":
        this.complete(request, download.message, now);
        return;
      case "other":
        this.complete(request, response, now);
        return;
      case "changed":
        this.restart(request, now);
        return;
      case "unusable":
        this.fail(request, "reset", now);
        return;
      default:
        step satisfies never;
    }
  }

  /** RFC 7959 §2.4: blocks of different ETags do not belong together. What changes something is not asked for again. */
  private restart(request: Request, now: Millis): void {
    const { code } = request.message;
    request.restarts++;
    request.download = undefined;
    if ((code !== CODE.get && code !== CODE.fetch) || request.restarts > MAX_RESTARTS) this.fail(request, "reset", now);
    else this.transmit(request, now);
  }

  /** RFC 7641 §3.4: one that was overtaken on the way is dropped; of a large one the rest is fetched (RFC 7959 §2.6). */
  private takeNotification(request: Request, response: CoapMessage, now: Millis): void {
    const sequence = uintValue(response, OPTION.observe) ?? 0;
    const overtaken = request.newest !== undefined && !isNewer(sequence, request.newest, now);
    if (overtaken && !this.context.ordered) return;
    request.newest = { sequence, time: now };
    if (request.fetch !== undefined) this.remove(request.fetch, now);
    const block = firstBlock(response, this.context.blocks.largest);
    if (block === undefined) {
      this.emit(request, response);
      return;
    }
    if (block === "invalid" || this.isTooLarge(response)) return;
    const { exchange, confirmable } = request;
    const message = withoutObserve(request.message);
    const fetch = this.create({ exchange, message, confirmable }, this.tokens.create(), request);
    fetch.download = this.download(fetch, response, block);
    request.fetch = fetch;
    this.transmit(fetch, now);
  }

  private download(request: Request, first: CoapMessage, block: Block): Download {
    const { blocks, limits } = this.context;
    return new Download(request.message, first, block, { ...limits, largest: blocks.largest });
  }

  private isTooLarge(response: CoapMessage): boolean {
    return (uintValue(response, OPTION.size2) ?? 0) > this.context.limits.maxBody;
  }

  private complete(request: Request, response: CoapMessage, now: Millis): void {
    this.remove(request, now);
    this.emit(request, response);
  }

  private emit(request: Request, response: CoapMessage): void {
    const message = withoutOptions(response, RESPONSE_BLOCKS);
    this.context.emit({ type: "response", exchange: request.exchange, message });
  }

  /** A notification whose rest cannot be had is lost, and the next one comes: nobody is told. */
  private fail(request: Request, reason: FailReason, now: Millis): void {
    this.remove(request, now);
    if (request.parent === undefined) this.context.emit({ type: "failed", exchange: request.exchange, reason });
  }

  private remove(request: Request, now: Millis): void {
    this.tokens.delete(request.token);
    this.context.alarms.clear(request.alarm);
    if (request.transmission !== undefined) this.sending.cancel([request.transmission], now);
    request.transmission = undefined;
    if (request.parent !== undefined) request.parent.fetch = undefined;
    else this.requests.delete(request.exchange);
    if (request.fetch !== undefined) this.remove(request.fetch, now);
  }
}
