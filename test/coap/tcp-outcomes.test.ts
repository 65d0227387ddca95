/** Whatever happens to a stream, each notification comes to one end, and nothing is delivered that was not written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Millis, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import type { CoapEffect, CoapEvent, ExchangeId } from "../../src/coap/events.ts";
import { NO_PAYLOAD, OPTION, uintOption } from "../../src/coap/options.ts";
import { csm, SIGNAL } from "../../src/coap/signaling.ts";
import { TcpEndpoint } from "../../src/coap/tcp-endpoint.ts";
import { encodeFrame } from "../../src/coap/tcp-framing.ts";
import { TIMEOUT } from "../../src/machine.ts";
import { fakeRandom } from "../support/fake-clock.ts";
import { content, message, request, TOKEN } from "./bench.ts";
import { LARGE } from "./tcp-bench.ts";

type Step =
  | { readonly type: "notify"; readonly confirmable: boolean; readonly length: number }
  | { readonly type: "written"; readonly share: number }
  | { readonly type: "pong" }
  | { readonly type: "break" }
  | { readonly type: "wait"; readonly span: Millis };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant("notify" as const), confirmable: fc.boolean(), length: fc.nat(900) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("written" as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("pong" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("break" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("wait" as const), span: fc.nat(200 * SECOND) }) },
);

class World {
  readonly sent: number[] = [];
  readonly ended = new Map<number, string[]>();
  private readonly endpoint = new TcpEndpoint({ random: fakeRandom(3), inFlight: 2000 });
  private exchange: ExchangeId | undefined;
  private unwritten = 0;
  private now: Millis = 0;
  private up = false;

  take(one: Step): void {
    if (!this.up) this.open();
    if (one.type === "notify") this.notify(one);
    else if (one.type === "pong") this.receive(message(SIGNAL.pong));
    else if (one.type === "break") this.break();
    else if (one.type === "written") {
      const bytes = Math.floor(this.unwritten * one.share);
      this.unwritten -= bytes;
      this.feed({ type: "written", bytes });
    } else this.wait(one.span);
  }

  break(): void {
    this.up = false;
    this.unwritten = 0;
    this.feed({ type: "disconnected", reason: "broken" });
  }

  private open(): void {
    this.up = true;
    this.feed({ type: "connected" });
    this.receive(csm(LARGE));
    this.receive(request(CODE.get, "3", [uintOption(OPTION.observe, 0)]), TOKEN);
    if (this.exchange === undefined) throw new Error("not served");
    this.feed({ type: "respond", exchange: this.exchange, message: content("0", [uintOption(OPTION.observe, 0)]) });
  }

  private notify({ confirmable, length }: Step & { readonly type: "notify" }): void {
    if (this.exchange === undefined) return;
    const notification = this.sent.length + 1;
    this.sent.push(notification);
    this.feed({
      type: "notify",
      exchange: this.exchange,
      notification,
      message: content("x".repeat(length)),
      confirmable,
    });
  }

  private receive(one: Parameters<typeof encodeFrame>[1], token = NO_PAYLOAD): void {
    this.feed({ type: "datagram", bytes: encodeFrame(token, one) });
  }

  private wait(span: Millis): void {
    const end = this.now + span;
    for (let next = this.endpoint.deadline; next !== undefined && next <= end; next = this.endpoint.deadline) {
      this.now = Math.max(this.now, next);
      this.perform(this.endpoint.handle(TIMEOUT, this.now));
    }
    this.now = end;
  }

  private feed(event: CoapEvent): void {
    this.perform(this.endpoint.handle(event, this.now));
  }

  private perform(effects: readonly CoapEffect[]): void {
    for (const effect of effects) {
      if (effect.type === "send") this.unwritten += effect.bytes.length;
      else if (effect.type === "serve") this.exchange = effect.exchange;
      else if (effect.type === "delivered" || (effect.type === "failed" && effect.notification !== undefined)) {
        const { notification = 0 } = effect;
        this.ended.set(notification, [...(this.ended.get(notification) ?? []), effect.type]);
      }
    }
    if (effects.some(({ type }) => type === "disconnect")) this.break();
  }
}

test("each notification is delivered or fails, once", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = new World();
      for (const one of steps) world.take(one);
      world.break();
      for (const notification of world.sent) {
        assert.equal(world.ended.get(notification)?.length, 1, `notification ${notification}`);
      }
    }),
    { numRuns: 300 },
  );
});
