/** What the scripted server has asked and not heard of yet, and what it observes. */
import { isSuccess } from "../../src/coap/codes.ts";
import { type CoapEvent, type ExchangeId, exchangeId } from "../../src/coap/endpoint.ts";
import type { CoapMessage } from "../../src/coap/options.ts";
import { type Answer, type Asked, answerOf, requestOf } from "./scripted-messages.ts";

export interface Notification extends Answer {
  /** The path that is observed; of a composite observation all of them, with spaces between. */
  readonly observed: string;
}

interface Waiting {
  readonly path: string;
  readonly name: string;
  readonly observes: boolean;
  resolve(answer: Answer): void;
  reject(error: Error): void;
  answered: boolean;
}

export class ScriptedAsks {
  private readonly feed: (event: CoapEvent) => void;
  private readonly onNotification: (notification: Notification) => void;
  private readonly waiting = new Map<ExchangeId, Waiting>();
  private readonly observing = new Map<string, ExchangeId>();
  private exchanges = 0;

  constructor(feed: (event: CoapEvent) => void, onNotification: (notification: Notification) => void) {
    this.feed = feed;
    this.onNotification = onNotification;
  }

  /** Sends a request. Rejects where nothing answers. */
  begin(code: number, path: string, asked: Asked, running?: ExchangeId): Promise<Answer> {
    const exchange = running ?? exchangeId(++this.exchanges);
    const { name = path, observe } = asked;
    if (observe === 0) this.observing.set(name, exchange);
    return new Promise((resolve, reject) => {
      this.waiting.set(exchange, { path, name, observes: observe === 0, resolve, reject, answered: false });
      this.feed({ type: "request", exchange, message: requestOf(code, path, asked), confirmable: true });
    });
  }

  /** Of an observation that is about to end. */
  end(name: string): ExchangeId {
    const exchange = this.observing.get(name);
    if (exchange === undefined) throw new RangeError(`${name} is not observed`);
    this.observing.delete(name);
    return exchange;
  }

  forget(exchange: ExchangeId): void {
    this.waiting.delete(exchange);
    this.feed({ type: "forget", exchange });
  }

  clear(): void {
    this.waiting.clear();
    this.observing.clear();
  }

  onResponse(exchange: ExchangeId, message: CoapMessage, seen: Pick<Answer, "type" | "at">): void {
    const waiting = this.waiting.get(exchange);
    if (waiting === undefined) return;
    const answer = answerOf(waiting.path, message, seen);
    if (waiting.answered) this.onNotification({ ...answer, observed: waiting.name });
    else waiting.resolve(answer);
    waiting.answered = true;
    if (!waiting.observes || !isSuccess(message.code)) this.waiting.delete(exchange);
  }

  onFailed(exchange: ExchangeId, reason: string): void {
    this.waiting.get(exchange)?.reject(new Error(`the gateway gave no answer: ${reason}`));
    this.waiting.delete(exchange);
  }
}
