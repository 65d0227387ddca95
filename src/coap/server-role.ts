/** The peer's requests and our answers: RFC 7252 §5.2, §5.9; RFC 7959 §2.4, §2.5; RFC 7641 §4.1. */
import type { Millis } from "../clock.ts";
import { type Block, blockOption, readBlock } from "./block.ts";
import { Bodies, type BodyStep } from "./bodies.ts";
import { CODE } from "./codes.ts";
import type { Context } from "./context.ts";
import type { CoapEffect, CoapEvent, ExchangeId, Part } from "./events.ts";
import type { ObservedRequest } from "./observed-request.ts";
import { Observers } from "./observers.ts";
import { OpenExchanges } from "./open-exchanges.ts";
import {
  type CoapMessage,
  type CoapOption,
  OPTION,
  sameBytes,
  uintOption,
  withOption,
  withoutObserve,
} from "./options.ts";
import { invalidBlock, noRoom, refusal } from "./refusals.ts";
import type { Outcome, Sending } from "./reliability.ts";
import type { Reply } from "./reply.ts";
import { beginsObservation, observeValue, optionError, servedOptions } from "./requests.ts";
import { Snapshots } from "./snapshots.ts";

/** A request as it arrived, its Block options read. */
interface Arriving {
  readonly message: CoapMessage;
  readonly reply: Reply;
  readonly block1: Block | undefined;
  readonly block2: Block | undefined;
}

/** A request that waits for its answer. */
interface Served {
  readonly id: ExchangeId;
  readonly reply: Reply;
  /** As the application sees it: the body whole, no Block options. */
  readonly request: CoapMessage;
  readonly block1: Block | undefined;
  readonly block2: Block | undefined;
  /** Of a body that is streamed. */
  readonly part: Part | undefined;
  /** The peer has ended the observation that this request would begin, before the answer. */
  cancelled: Extract<CoapEffect, { type: "cancelled" }>["reason"] | undefined;
}

/** Serves the requests of one peer. */
export class ServerRole {
  private readonly context: Context;
  private readonly sending: Sending;
  private readonly bodies: Bodies;
  private readonly snapshots: Snapshots;
  private readonly observers: Observers;
  private readonly serving: OpenExchanges<Served>;
  /** Answers as messages by themselves that wait for their turn or their acknowledgement. */
  private answering = 0;

  constructor(context: Context, sending: Sending) {
    this.context = context;
    this.sending = sending;
    this.serving = new OpenExchanges(context.limits.serving);
    this.bodies = new Bodies(context);
    this.snapshots = new Snapshots(context);
    this.observers = new Observers(context, sending, this.snapshots);
  }

  get idle(): boolean {
    return this.serving.size === 0 && this.observers.idle && this.bodies.idle;
  }

  /** Whether a request waits for the application. */
  get serves(): boolean {
    return this.serving.size > 0;
  }

  /** Takes a request that is no repetition. */
  receive(message: CoapMessage, reply: Reply, now: Millis): void {
    const { largest } = this.context.blocks;
    const error = optionError(message);
    const block1 = readBlock(message, OPTION.block1, largest);
    const block2 = readBlock(message, OPTION.block2, largest);
    if (error !== undefined) reply.reject(error, now);
    else if (block1 === "invalid") reply.reject(invalidBlock(OPTION.block1), now);
    else if (block2 === "invalid") reply.reject(invalidBlock(OPTION.block2), now);
    else this.receiveBlocks({ message, reply, block1, block2 }, now);
  }

  /** The application's answer. One to a request that is not waiting is dropped. */
  respond(id: ExchangeId, message: CoapMessage, now: Millis): void {
    const served = this.serving.get(id);
    if (served === undefined) return;
    this.serving.remove(served);
    const observe = this.beginObservation(served, message);
    let answer = observe === undefined ? withoutObserve(message) : withOption(message, observe);
    const { block1, part } = served;
    if (block1 !== undefined) {
      const option = part === undefined ? undefined : this.bodies.answered(part, block1, message.code, now);
      answer = withOption(answer, option ?? blockOption(OPTION.block1, block1));
    }
    answer = this.snapshots.cut(served.request, answer, served.block2, now);
    this.send(served.reply, answer, observe !== undefined, now);
    if (served.cancelled !== undefined && beginsObservation(served.request, message)) {
      this.context.emit({ type: "cancelled", exchange: id, reason: served.cancelled });
    }
  }

  /** As if the request had not arrived; its repetition is another chance. */
  ignore(id: ExchangeId, now: Millis): void {
    const served = this.serving.get(id);
    if (served === undefined) return;
    this.serving.remove(served);
    if (served.part !== undefined) this.bodies.ignored(served.part, now);
    served.reply.discard();
  }

  notify(event: Extract<CoapEvent, { type: "notify" }>, now: Millis): void {
    this.observers.notify(event, now);
  }

  /** One notification, or the whole observation. */
  giveUp(event: Extract<CoapEvent, { type: "withdraw" | "endObservation" }>, now: Millis): void {
    if (event.type === "withdraw") this.observers.withdraw(event.exchange, event.notification, now);
    else this.observers.end(event.exchange, now);
  }

  /** An observation of an earlier process goes on. */
  restore(exchange: ExchangeId, observed: ObservedRequest): void {
    this.observers.begin(exchange, observed);
  }

  observed(exchange: ExchangeId): ObservedRequest | undefined {
    return this.observers.observed(exchange);
  }

  /** The connection is gone, and with it what was asked, and what was observed. */
  clear(now: Millis): void {
    for (const served of this.serving.all()) {
      this.serving.remove(served);
      served.reply.discard();
    }
    this.answering = 0;
    this.bodies.clear();
    this.snapshots.clear();
    this.observers.clear(now);
  }

  private receiveBlocks(arriving: Arriving, now: Millis): void {
    const { message, reply, block1, block2 } = arriving;
    if (block1 !== undefined) {
      const step = this.bodies.take(message, block1, now);
      this.takeStep(arriving, step, now);
      return;
    }
    if (block2 !== undefined && block2.number > 0) {
      const block = this.snapshots.next(message, block2, now);
      // Without a snapshot a read can be done again, but nothing that changes something.
      const safe = message.code === CODE.get || message.code === CODE.fetch;
      const answer = block ?? (safe ? undefined : refusal(CODE.requestEntityIncomplete, LOST));
      if (answer !== undefined) {
        this.send(reply, answer, false, now);
        return;
      }
    }
    this.serve(arriving, message.payload, now);
  }

  private takeStep(arriving: Arriving, step: BodyStep, now: Millis): void {
    switch (step.type) {
      case "answer":
        this.send(arriving.reply, step.message, false, now);
        break;
      case "whole":
        this.serve(arriving, step.payload, now);
        break;
      case "part":
        this.serve(arriving, arriving.message.payload, now, step.part);
        break;
      default:
        step satisfies never;
    }
  }

  private serve(arriving: Arriving, payload: Uint8Array, now: Millis, part?: Part): void {
    const { message, reply, block1, block2 } = arriving;
    const id = this.answering < this.context.limits.serving ? this.serving.next() : undefined;
    if (id === undefined) {
      if (part !== undefined) this.bodies.ignored(part, now);
      this.context.counters.refused++;
      this.send(reply, noRoom(), false, now);
      return;
    }
    const options = servedOptions(message, block1 !== undefined || block2 !== undefined, (block2?.number ?? 0) > 0);
    const request = { code: message.code, options, payload };
    this.endEarlierObservation(request, reply.token, now);
    this.serving.add({ id, reply, request, block1, block2, part, cancelled: undefined });
    reply.begin(now);
    this.context.emit({ type: "serve", exchange: id, message: request, ...(part === undefined ? {} : { part }) });
  }

  /** RFC 7641 §3.6, §4.1: Observe 1 ends the observation with this token, Observe 0 begins it anew. */
  private endEarlierObservation(request: CoapMessage, token: Uint8Array, now: Millis): void {
    const observe = observeValue(request);
    if (observe === undefined) return;
    const reason = observe === 0 ? "replaced" : "deregister";
    this.observers.cancelToken(token, reason, now);
    for (const served of this.serving.all()) {
      if (observeValue(served.request) === 0 && sameBytes(served.reply.token, token)) served.cancelled = reason;
    }
  }

  /** The Observe option of the answer, where it begins an observation. */
  private beginObservation(served: Served, message: CoapMessage): CoapOption | undefined {
    if (!beginsObservation(served.request, message) || served.cancelled === "deregister") return undefined;
    const { id, reply, request, block2 } = served;
    if (served.cancelled === undefined) this.observers.begin(id, { token: reply.token, request, block: block2 });
    return uintOption(OPTION.observe, this.context.numbers.nextObserve());
  }

  private send(reply: Reply, answer: CoapMessage, observed: boolean, now: Millis): void {
    if (reply.answer(answer, observed)) return;
    const { token, confirmable } = reply;
    this.answering++;
    const ended = (outcome: Outcome, time: Millis): void => {
      if (outcome !== "reset" || confirmable) this.answering--; // A NON that was "sent" may be rejected later.
      if (observed && outcome === "reset") this.observers.cancelToken(token, "reset", time);
    };
    this.sending.send({ token, confirmable, message: () => answer, ended }, now);
  }
}

const LOST = "the answer that this is a block of is not kept: send the request again";
