/** The peer's requests and our answers: RFC 7252 §5.2, §5.9; RFC 7959 §2.4, §2.5; RFC 7641 §4.1. */
import type { Millis } from "../clock.ts";
import { Alarm } from "./alarms.ts";
import { type Block, blockOption, readBlock } from "./block.ts";
import { Bodies } from "./bodies.ts";
import { CODE } from "./codes.ts";
import type { Context } from "./context.ts";
import type { Arrival, DuplicateFilter } from "./duplicates.ts";
import type { CoapEffect, CoapEvent, ExchangeId } from "./events.ts";
import { encodeEmpty, encodeMessage, TYPE, type UdpMessage } from "./message.ts";
import type { ObservedRequest } from "./observed-request.ts";
import { Observers } from "./observers.ts";
import { OpenExchanges } from "./open-exchanges.ts";
import {
  type CoapMessage,
  type CoapOption,
  OPTION,
  sameBytes,
  uintOption,
  withOptions,
  withoutObserve,
} from "./options.ts";
import { invalidBlock, noRoom, refusal } from "./refusals.ts";
import type { Outcome, Transmissions } from "./reliability.ts";
import { beginsObservation, observeValue, optionError, servedOptions } from "./requests.ts";
import { Snapshots } from "./snapshots.ts";

/** A request as it arrived, its Block options read. */
interface Arriving {
  readonly message: UdpMessage;
  readonly arrival: Arrival;
  readonly block1: Block | undefined;
  readonly block2: Block | undefined;
}

/** A request that waits for its answer. */
interface Served {
  readonly id: ExchangeId;
  readonly token: Uint8Array;
  readonly messageId: number;
  readonly confirmable: boolean;
  /** As the application sees it: the body whole, no Block options. */
  readonly request: CoapMessage;
  readonly block1: Block | undefined;
  readonly block2: Block | undefined;
  readonly arrival: Arrival;
  /** Rings when the empty ACK is due; undefined for a non-confirmable request. */
  readonly alarm: Alarm | undefined;
  acknowledged: boolean;
  /** The peer has ended the observation that this request would begin, before the answer. */
  cancelled: Extract<CoapEffect, { type: "cancelled" }>["reason"] | undefined;
}

/** Serves the requests of one peer. */
export class ServerRole {
  private readonly context: Context;
  private readonly transmissions: Transmissions;
  private readonly duplicates: DuplicateFilter;
  private readonly bodies: Bodies;
  private readonly snapshots: Snapshots;
  private readonly observers: Observers;
  private readonly serving: OpenExchanges<Served>;
  /** Separate responses that wait for their turn or their acknowledgement. */
  private answering = 0;

  constructor(context: Context, transmissions: Transmissions, duplicates: DuplicateFilter) {
    this.context = context;
    this.transmissions = transmissions;
    this.duplicates = duplicates;
    this.serving = new OpenExchanges(context.limits.serving);
    this.bodies = new Bodies(context);
    this.snapshots = new Snapshots(context);
    this.observers = new Observers(context, transmissions, this.snapshots);
  }

  get idle(): boolean {
    return this.serving.size === 0 && this.observers.idle && this.bodies.idle;
  }

  /** Takes a request that is no repetition. */
  receive(message: UdpMessage, arrival: Arrival, now: Millis): void {
    const error = optionError(message);
    const block1 = readBlock(message, OPTION.block1);
    const block2 = readBlock(message, OPTION.block2);
    if (error !== undefined) this.reject(message, arrival, error);
    else if (block1 === "invalid") this.reject(message, arrival, invalidBlock(OPTION.block1));
    else if (block2 === "invalid") this.reject(message, arrival, invalidBlock(OPTION.block2));
    else this.receiveBlocks({ message, arrival, block1, block2 }, now);
  }

  /** Says that there is no room for a request; it may come again. */
  refuse(message: UdpMessage): void {
    this.context.counters.refused++;
    if (message.type === TYPE.con) this.put(encodeMessage(TYPE.ack, message.messageId, message.token, noRoom()));
  }

  /** The application's answer. One to a request that is not waiting is dropped. */
  respond(id: ExchangeId, message: CoapMessage, now: Millis): void {
    const served = this.serving.get(id);
    if (served === undefined) return;
    this.serving.remove(served);
    if (served.alarm !== undefined) this.context.alarms.clear(served.alarm);
    const observe = this.beginObservation(served, message);
    let answer = observe === undefined ? withoutObserve(message) : withOptions(message, [observe]);
    if (served.block1 !== undefined) answer = withOptions(answer, [blockOption(OPTION.block1, served.block1)]);
    answer = this.snapshots.cut(served.request, answer, served.block2, now);
    this.send(served, answer, observe !== undefined, now);
    if (served.cancelled !== undefined && beginsObservation(served.request, message)) {
      this.context.emit({ type: "cancelled", exchange: id, reason: served.cancelled });
    }
  }

  /** As if the request had not arrived; its repetition is another chance. */
  ignore(id: ExchangeId): void {
    const served = this.serving.get(id);
    if (served === undefined) return;
    this.serving.remove(served);
    if (served.alarm !== undefined) this.context.alarms.clear(served.alarm);
    if (!served.acknowledged) this.duplicates.discard(served.arrival);
  }

  notify(event: Extract<CoapEvent, { type: "notify" }>, now: Millis): void {
    this.observers.notify(event, now);
  }

  endObservation(exchange: ExchangeId, now: Millis): void {
    this.observers.end(exchange, now);
  }

  /** An observation of an earlier process goes on. */
  restore(exchange: ExchangeId, observed: ObservedRequest): void {
    this.observers.begin(exchange, observed);
  }

  observed(exchange: ExchangeId): ObservedRequest | undefined {
    return this.observers.observed(exchange);
  }

  private receiveBlocks(arriving: Arriving, now: Millis): void {
    const { message, arrival, block1, block2 } = arriving;
    if (block1 !== undefined) {
      const step = this.bodies.take(message, block1, now);
      if (step.type === "answer") this.answerNow(message, arrival, step.message);
      else this.serve(arriving, step.payload, now);
      return;
    }
    if (block2 !== undefined && block2.number > 0) {
      const block = this.snapshots.next(message, block2, now);
      // Without a snapshot a read can be done again, but nothing that changes something.
      const safe = message.code === CODE.get || message.code === CODE.fetch;
      const answer = block ?? (safe ? undefined : refusal(CODE.requestEntityIncomplete, LOST));
      if (answer !== undefined) {
        this.answerNow(message, arrival, answer);
        return;
      }
    }
    this.serve(arriving, message.payload, now);
  }

  private serve(arriving: Arriving, payload: Uint8Array, now: Millis): void {
    const { message, arrival, block1, block2 } = arriving;
    const id = this.answering < this.context.limits.serving ? this.serving.next() : undefined;
    if (id === undefined) {
      this.context.counters.refused++;
      this.answerNow(message, arrival, noRoom());
      return;
    }
    const options = servedOptions(message, block1 !== undefined || block2 !== undefined, (block2?.number ?? 0) > 0);
    const request = { code: message.code, options, payload };
    this.endEarlierObservation(request, message.token, now);
    const confirmable = message.type === TYPE.con;
    const alarm = confirmable ? new Alarm(() => this.acknowledge(served)) : undefined;
    const { token, messageId } = message;
    const served: Served = {
      id,
      token,
      messageId,
      confirmable,
      request,
      block1,
      block2,
      arrival,
      alarm,
      acknowledged: false,
      cancelled: undefined,
    };
    this.serving.add(served);
    if (alarm !== undefined) this.context.alarms.set(alarm, now + this.context.times.ackDelay);
    this.context.emit({ type: "serve", exchange: id, message: request });
  }

  /** RFC 7641 §3.6, §4.1: Observe 1 ends the observation with this token, Observe 0 begins it anew. */
  private endEarlierObservation(request: CoapMessage, token: Uint8Array, now: Millis): void {
    const observe = observeValue(request);
    if (observe === undefined) return;
    const reason = observe === 0 ? "replaced" : "deregister";
    this.observers.cancelToken(token, reason, now);
    for (const served of this.serving.all()) {
      if (observeValue(served.request) === 0 && sameBytes(served.token, token)) served.cancelled = reason;
    }
  }

  /** The Observe option of the answer, where it begins an observation. */
  private beginObservation(served: Served, message: CoapMessage): CoapOption | undefined {
    if (!beginsObservation(served.request, message) || served.cancelled === "deregister") return undefined;
    const { id, token, request, block2 } = served;
    if (served.cancelled === undefined) this.observers.begin(id, { token, request, block: block2 });
    return uintOption(OPTION.observe, this.context.numbers.nextObserve());
  }

  /** RFC 7252 §5.2.2: the answer takes longer, so the acknowledgement goes ahead, and the answer follows by itself. */
  private acknowledge(served: Served): void {
    served.acknowledged = true;
    const bytes = encodeEmpty(TYPE.ack, served.messageId);
    this.duplicates.answer(served.arrival, bytes);
    this.put(bytes);
  }

  private send(served: Served, answer: CoapMessage, observed: boolean, now: Millis): void {
    const { token, confirmable } = served;
    if (confirmable && !served.acknowledged) {
      const bytes = encodeMessage(TYPE.ack, served.messageId, token, answer);
      this.duplicates.answer(served.arrival, bytes);
      this.put(bytes);
    } else if (confirmable || observed) {
      this.answering++;
      const ended = (outcome: Outcome, time: Millis): void => {
        if (outcome !== "reset" || confirmable) this.answering--; // A NON that was "sent" may be rejected later.
        if (observed && outcome === "reset") this.observers.cancelToken(token, "reset", time);
      };
      this.transmissions.send({ token, confirmable, message: () => answer, ended }, now);
    } else {
      this.transmissions.sendOnce(token, answer);
    }
  }

  /** Answers a request that the application does not see. */
  private answerNow(message: UdpMessage, arrival: Arrival, answer: CoapMessage): void {
    if (message.type === TYPE.con) {
      const bytes = encodeMessage(TYPE.ack, message.messageId, message.token, answer);
      this.duplicates.answer(arrival, bytes);
      this.put(bytes);
    } else this.transmissions.sendOnce(message.token, answer);
  }

  /** RFC 7252 §5.4.1: a non-confirmable request with options that we do not understand is rejected, here in silence. */
  private reject(message: UdpMessage, arrival: Arrival, answer: CoapMessage): void {
    if (message.type === TYPE.con) this.answerNow(message, arrival, answer);
    else this.context.counters.stray++;
  }

  private put(bytes: Uint8Array): void {
    this.context.counters.sent++;
    this.context.emit({ type: "send", bytes });
  }
}

const LOST = "the answer that this is a block of is not kept: send the request again";
