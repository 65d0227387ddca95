/** Two endpoints over a wire that loses, doubles, delays and reorders. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Millis, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapEffect, CoapEndpoint, type CoapEvent, type ExchangeId, exchangeId } from "../../src/coap/endpoint.ts";
import { type CoapMessage, findOption, OPTION, uintOption, uintValue } from "../../src/coap/options.ts";
import type { Drive } from "../../src/machine.ts";
import { FakeClock, fakeRandom } from "../support/fake-clock.ts";
import { join, Wire, type WireOptions } from "../support/wire.ts";
import { bodyOf, content, gist, hex, message, request, utf8 } from "./bench.ts";

/** A client and a server that answers after `work` ms. */
class Pair {
  readonly clock = new FakeClock();
  readonly client: Drive<CoapEvent>;
  readonly server: Drive<CoapEvent>;
  /** What the client heard, by exchange. */
  readonly answers = new Map<ExchangeId, CoapMessage[]>();
  readonly failures = new Map<ExchangeId, string>();
  /** How often the server ran each request. */
  readonly runs = new Map<string, number>();
  observed: ExchangeId | undefined;
  readonly delivered: number[] = [];

  constructor(
    wire: WireOptions,
    nstart: number,
    answer: (asked: CoapMessage) => { after: Millis; message: CoapMessage },
  ) {
    const { seed = 1 } = wire;
    const endpoint = (n: number) => new CoapEndpoint({ random: fakeRandom(seed * 2 + n), parameters: { nstart } });
    [this.client, this.server] = join(
      this.clock,
      new Wire(this.clock, wire),
      { machine: endpoint(1), perform: (effect: CoapEffect) => this.performClient(effect) },
      {
        machine: endpoint(2),
        perform: (effect: CoapEffect) => {
          if (effect.type === "delivered") this.delivered.push(effect.notification);
          if (effect.type === "serve") this.serve(effect.exchange, effect.message, answer(effect.message));
        },
      },
    );
  }

  private performClient(effect: CoapEffect): void {
    if (effect.type === "response") {
      this.answers.set(effect.exchange, [...(this.answers.get(effect.exchange) ?? []), effect.message]);
    }
    if (effect.type === "failed") this.failures.set(effect.exchange, effect.reason);
  }

  private serve(exchange: ExchangeId, asked: CoapMessage, answer: { after: Millis; message: CoapMessage }): void {
    const key = `${asked.code} ${hex(asked.payload.subarray(0, 4))}`;
    this.runs.set(key, (this.runs.get(key) ?? 0) + 1);
    if (findOption(asked, OPTION.observe) !== undefined) this.observed = exchange;
    this.clock.at(this.clock.monotonic() + answer.after, () =>
      this.server({ type: "respond", exchange, message: answer.message }),
    );
  }

  ask(number: number, asked: CoapMessage): void {
    this.client({ type: "request", exchange: exchangeId(number), message: asked, confirmable: true });
  }
}

const badWire: fc.Arbitrary<WireOptions> = fc.record({
  seed: fc.integer({ min: 1, max: 1e9 }),
  loss: fc.double({ min: 0, max: 0.3, noNaN: true }),
  duplicates: fc.double({ min: 0, max: 0.4, noNaN: true }),
  delay: fc.constantFrom([1, 1], [10, 500], [100, 3000], [1, 8000]),
});
const work = fc.constantFrom<Millis>(0, 100, 700, 5000);
const nstart = fc.constantFrom(1, 4);

test("each request that changes something runs at most once, and gets its own answer or fails by timeout", () => {
  fc.assert(
    fc.property(badWire, work, nstart, (wire, after, window) => {
      const pair = new Pair(wire, window, (asked) => ({ after, message: message(CODE.changed, [], asked.payload) }));
      const numbers = Array.from({ length: 20 }, (_, i) => i + 1);
      for (const n of numbers) pair.ask(n, request(CODE.post, "x", [], Uint8Array.of(n, 0, 0, n)));
      pair.clock.advanceSync(3600 * SECOND);
      for (const n of numbers) {
        const answers = pair.answers.get(exchangeId(n)) ?? [];
        const failure = pair.failures.get(exchangeId(n));
        const runs = pair.runs.get(`2 ${hex(Uint8Array.of(n, 0, 0, n))}`) ?? 0;
        if (failure === undefined) {
          assert.deepEqual(
            answers.map(({ payload }) => hex(payload)),
            [hex(Uint8Array.of(n, 0, 0, n))],
          );
          assert.equal(runs, 1);
        } else {
          assert.deepEqual([failure, answers], ["timeout", []]);
          assert.ok(runs <= 1);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("without loss everything is answered, however late and doubled it comes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), work, (seed, after) => {
      const wire: WireOptions = { seed, duplicates: 0.5, delay: [1, 900] };
      const pair = new Pair(wire, 1, (asked) => ({ after, message: message(CODE.changed, [], asked.payload) }));
      for (let n = 1; n <= 10; n++) pair.ask(n, request(CODE.post, "x", [], Uint8Array.of(n)));
      pair.clock.advanceSync(3600 * SECOND);
      assert.deepEqual([pair.answers.size, pair.failures.size], [10, 0]);
      assert.ok([...pair.runs.values()].every((runs) => runs === 1));
    }),
    { numRuns: 40 },
  );
});

test("bodies of 5,000 bytes arrive whole in both directions, or the request fails", () => {
  let whole = 0;
  fc.assert(
    fc.property(badWire, (wire) => {
      const right = gist(bodyOf(5000));
      const pair = new Pair(wire, 1, (asked) => {
        assert.equal(gist(asked.payload), right);
        return { after: 50, message: content(bodyOf(5000, 9)) };
      });
      pair.ask(1, request(CODE.put, "x", [], bodyOf(5000)));
      pair.clock.advanceSync(7200 * SECOND);
      const answers = pair.answers.get(exchangeId(1)) ?? [];
      assert.equal(answers.length + pair.failures.size, 1);
      for (const answer of answers) assert.equal(gist(answer.payload), gist(bodyOf(5000, 9)));
      whole += answers.length;
    }),
    { numRuns: 60 },
  );
  assert.ok(whole > 30, `only ${whole} of 60 arrived`);
});

test("notifications never arrive out of order, and what was delivered was heard", () => {
  const sizes = fc.array(fc.constantFrom(3, 3, 3, 2500), { minLength: 1, maxLength: 15 });
  fc.assert(
    fc.property(
      badWire,
      sizes,
      fc.array(fc.boolean(), { minLength: 15, maxLength: 15 }),
      (wire, lengths, confirmable) => {
        const pair = new Pair(wire, 1, () => ({ after: 0, message: content("0", [uintOption(OPTION.observe, 0)]) }));
        pair.ask(1, request(CODE.get, "x", [uintOption(OPTION.observe, 0)]));
        pair.clock.advanceSync(100 * SECOND);
        const exchange = pair.observed;
        lengths.forEach((length, i) => {
          if (exchange === undefined) return;
          const payload = new Uint8Array(length);
          payload.set(utf8(String.fromCharCode(65 + i)));
          const shared = { type: "notify", exchange, notification: i, confirmable: confirmable[i] ?? true } as const;
          pair.server({ ...shared, message: content(payload) });
          pair.clock.advanceSync(SECOND);
        });
        pair.clock.advanceSync(3600 * SECOND);
        const heard = (pair.answers.get(exchangeId(1)) ?? []).filter((answer) => answer.payload.length > 1);
        const letters = heard.map(({ payload }) => payload[0] ?? 0);
        assert.deepEqual(
          letters,
          letters.toSorted((a, b) => a - b),
        );
        assert.equal(new Set(letters).size, letters.length, "none twice");
        assert.ok(heard.every((answer) => uintValue(answer, OPTION.observe) !== undefined));
        if (wire.loss === 0 && wire.delay?.[1] === 1) assert.equal(pair.delivered.length, lengths.length);
      },
    ),
    { numRuns: 60 },
  );
});
