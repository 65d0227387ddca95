/** One CoAP server, asked one thing after the other, over whatever carries that. */
import type { Clock } from "../../clock.ts";
import { CODE } from "../../coap/codes.ts";
import {
  type CoapEffect,
  type CoapEvent,
  type CoapMachine,
  type ConnectionEvent,
  type ExchangeId,
  exchangeId,
} from "../../coap/events.ts";
import { type CoapMessage, NO_PAYLOAD } from "../../coap/options.ts";
import { type Drive, drive } from "../../machine.ts";
import { BrokenOff } from "./until-there.ts";

/** What carries CoAP to one host and back: datagrams, secured or not, or a stream. */
export interface CoapCarrier {
  open(onBytes: (bytes: Uint8Array) => void, onConnection: (event: ConnectionEvent) => void): Promise<void>;
  /** Finds the host, and connects to it. Rejects with a sentence that says why not. */
  resolve(): Promise<void>;
  send(bytes: Uint8Array): void;
  disconnect?(): void;
  close(): Promise<void>;
}

interface Waiting {
  readonly exchange: ExchangeId;
  resolve(answer: CoapMessage): void;
  reject(error: BrokenOff): void;
}

export class CoapConversation {
  private readonly carrier: CoapCarrier;
  private readonly feed: Drive<CoapEvent>;
  private waiting: Waiting | undefined;
  private count = 0;
  /** Why the connection ended, where there was one. */
  private reason: string | undefined;

  constructor(carrier: CoapCarrier, machine: CoapMachine, clock: Clock) {
    this.carrier = carrier;
    this.feed = drive(machine, clock, (effect) => this.perform(effect));
  }

  /** Rejects as the carrier does. */
  async open(): Promise<void> {
    await this.carrier.open((bytes) => this.feed({ type: "datagram", bytes }), this.feed);
    await this.carrier.resolve();
  }

  /** The answer as it came, one block of it or all. Rejects with BrokenOff where there is none. */
  ask(message: CoapMessage): Promise<CoapMessage> {
    const exchange = exchangeId(++this.count);
    return new Promise((resolve, reject) => {
      this.waiting = { exchange, resolve, reject };
      this.feed({ type: "request", exchange, message, confirmable: true, single: true });
    });
  }

  /** What is being asked ends with it. */
  async close(): Promise<void> {
    this.feed({ type: "leave" });
    this.feed.stop();
    this.fail(new BrokenOff("it was ended here"));
    await this.carrier.close();
  }

  private perform(effect: CoapEffect): void {
    switch (effect.type) {
      case "send":
        this.carrier.send(effect.bytes);
        break;
      case "response":
        if (effect.exchange === this.waiting?.exchange) this.answer(effect.message);
        break;
      case "failed":
        if (effect.exchange === this.waiting?.exchange) this.fail(this.failure(effect.reason));
        break;
      case "lost":
      case "renewed":
      case "interrupted":
        this.reason = effect.reason;
        break;
      case "disconnect":
        this.carrier.disconnect?.();
        break;
      case "serve": {
        // Nothing can be asked of us here.
        const message = { code: CODE.notFound, options: [], payload: NO_PAYLOAD };
        this.feed({ type: "respond", exchange: effect.exchange, message });
        break;
      }
      case "silent":
      case "delivered":
      case "cancelled":
      case "reserved":
      case "broken":
        break;
      default:
        effect satisfies never;
    }
  }

  private answer(message: CoapMessage): void {
    this.waiting?.resolve(message);
    this.waiting = undefined;
  }

  private failure(reason: "timeout" | "reset"): BrokenOff {
    if (reason === "reset") return new BrokenOff("the server refuses to be asked", { refused: true });
    return new BrokenOff(this.reason ?? "the server does not answer");
  }

  private fail(error: BrokenOff): void {
    this.waiting?.reject(error);
    this.waiting = undefined;
  }
}
