/** A TCP endpoint on the bench: a hand-made peer sends it single messages and looks at what comes out. */
import type { Millis } from "../../src/clock.ts";
import type { CoapEffect, CoapEvent } from "../../src/coap/events.ts";
import type { TokenMessage } from "../../src/coap/message.ts";
import { type CoapMessage, NO_PAYLOAD } from "../../src/coap/options.ts";
import { type Capabilities, csm, SIGNAL } from "../../src/coap/signaling.ts";
import { TcpEndpoint, type TcpEndpointOptions } from "../../src/coap/tcp-endpoint.ts";
import { encodeFrame, FrameReader } from "../../src/coap/tcp-framing.ts";
import { TIMEOUT } from "../../src/machine.ts";
import { fakeRandom } from "../support/fake-clock.ts";
import { message } from "./bench.ts";

export const LARGE: Capabilities = { maxMessageSize: 100_000, blockWise: true };

export class TcpBench {
  readonly endpoint: TcpEndpoint;
  now: Millis = 0;

  constructor(options: Partial<TcpEndpointOptions> = {}) {
    this.endpoint = new TcpEndpoint({ random: fakeRandom(7), ...options });
  }

  /** Connects, and tells what the peer takes. */
  open(capabilities: Capabilities = LARGE): this {
    this.handle({ type: "connected" });
    this.receive(csm(capabilities));
    return this;
  }

  /** What is sent is written at once. */
  handle(event: CoapEvent): CoapEffect[] {
    const effects = this.endpoint.handle(event, this.now);
    return [...effects, ...this.write(effects)];
  }

  receive(one: CoapMessage, token: Uint8Array = NO_PAYLOAD): CoapEffect[] {
    return this.handle({ type: "datagram", bytes: encodeFrame(token, one) });
  }

  pong(): CoapEffect[] {
    return this.receive(message(SIGNAL.pong));
  }

  wait(span: Millis): CoapEffect[] {
    const end = this.now + span;
    const effects: CoapEffect[] = [];
    for (let next = this.endpoint.deadline; next !== undefined && next <= end; next = this.endpoint.deadline) {
      this.now = Math.max(this.now, next);
      const rung = this.endpoint.handle(TIMEOUT, this.now);
      effects.push(...rung, ...this.write(rung));
    }
    this.now = end;
    return effects;
  }

  private write(effects: readonly CoapEffect[]): CoapEffect[] {
    const bytes = effects.reduce((sum, effect) => sum + (effect.type === "send" ? effect.bytes.length : 0), 0);
    return bytes === 0 ? [] : this.handle({ type: "written", bytes });
  }
}

/** The messages among the effects. */
export function framesOf(effects: readonly CoapEffect[]): TokenMessage[] {
  const messages: TokenMessage[] = [];
  const reader = new FrameReader(Number.POSITIVE_INFINITY);
  for (const effect of effects) if (effect.type === "send") reader.read(effect.bytes, (one) => messages.push(one));
  return messages;
}
