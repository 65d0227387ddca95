/** Retransmission and NSTART: RFC 7252 §4.2, §4.7, §4.8. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapEffect, type CoapParameters, exchangeId } from "../../src/coap/endpoint.ts";
import { encodeEmpty, TYPE } from "../../src/coap/message.ts";
import { OPTION, uintOption } from "../../src/coap/options.ts";
import { coapTimes } from "../../src/coap/parameters.ts";
import { TIMEOUT } from "../../src/machine.ts";
import { fakeRandom } from "../support/fake-clock.ts";
import { Bench, CHANGED, content, effectsOf, only, request, sent, TOKEN } from "./bench.ts";

/** RFC 7252 §4.8.2, table 3. */
test("the derived times are those of the RFC", () => {
  const times = coapTimes();
  assert.deepEqual(
    [times.maxTransmitSpan, times.maxTransmitWait, times.exchangeLifetime, times.nonLifetime, times.ackDelay],
    [45_000, 93_000, 247_000, 145_000, 500],
  );
});

/** Sends a request to nobody; returns when something went out, and when it failed. */
function sendToNobody(bench: Bench): { sendings: number[]; failed: number | undefined } {
  const sendings: number[] = [];
  let failed: number | undefined;
  const note = (effects: readonly CoapEffect[]): void => {
    for (const effect of effects) {
      if (effect.type === "send") sendings.push(bench.now);
      if (effect.type === "failed") failed = bench.now;
    }
  };
  note(bench.handle({ type: "request", exchange: exchangeId(1), message: request(CODE.get, "a"), confirmable: true }));
  for (let next = bench.endpoint.deadline; next !== undefined; next = bench.endpoint.deadline) {
    bench.now = next;
    note(bench.endpoint.handle(TIMEOUT, next));
  }
  return { sendings, failed };
}

test("an unanswered message goes out five times at doubled intervals and fails after 31 times the first", () => {
  const { sendings, failed } = sendToNobody(new Bench({ random: (bytes) => new Uint8Array(bytes) }));
  assert.deepEqual(sendings, [0, 2000, 6000, 14_000, 30_000]);
  assert.equal(failed, 62_000);
});

test("the first timeout is random between 2 s and 3 s", () => {
  const firsts = Array.from({ length: 50 }, (_, seed) => {
    const { sendings, failed } = sendToNobody(new Bench({ random: fakeRandom(seed + 1) }));
    const first = sendings[1] ?? 0;
    assert.ok(first >= 2000 && first <= 3000, String(first));
    assert.ok(Math.abs((failed ?? 0) - first * 31) < 1e-6);
    return first;
  });
  assert.ok(Math.min(...firsts) < 2200 && Math.max(...firsts) > 2800);
});

test("any parameters work, also with fractions: nothing goes out after MAX_TRANSMIT_SPAN", () => {
  const parameters: fc.Arbitrary<Partial<CoapParameters>> = fc.record({
    ackTimeout: fc.double({ min: 1, max: 1e6, noNaN: true }),
    ackRandomFactor: fc.double({ min: 1, max: 3, noNaN: true }),
    maxRetransmit: fc.nat(6),
  });
  fc.assert(
    fc.property(parameters, fc.nat(), (given, seed) => {
      const times = coapTimes(given);
      const { sendings, failed } = sendToNobody(new Bench({ parameters: given, random: fakeRandom(seed) }));
      assert.equal(sendings.length, times.maxRetransmit + 1);
      assert.ok((sendings.at(-1) ?? 0) <= times.maxTransmitSpan * (1 + 1e-9));
      assert.ok((failed ?? 0) <= times.maxTransmitWait * (1 + 1e-9));
    }),
  );
});

test("a timeout that comes early does nothing", () => {
  const bench = new Bench();
  bench.handle({ type: "request", exchange: exchangeId(1), message: request(CODE.get, "a"), confirmable: true });
  const { deadline } = bench.endpoint;
  assert.deepEqual(bench.endpoint.handle(TIMEOUT, (deadline ?? 0) - 0.001), []);
  assert.equal(bench.endpoint.deadline, deadline);
});

/** A bench with an observation, a request and a slow answer that all have something confirmable to say. */
function busyBench(nstart: number): { bench: Bench; say: (() => CoapEffect[])[] } {
  const bench = new Bench({ parameters: { nstart } });
  const observe = uintOption(OPTION.observe, 0);
  bench.con(TOKEN, request(CODE.get, "observed", [observe]));
  bench.handle({ type: "respond", exchange: exchangeId(1), message: content("1", [observe]) });
  bench.con(Uint8Array.of(1), request(CODE.post, "slow"));
  bench.wait(500);
  const confirmable = true;
  return {
    bench,
    say: [
      () => bench.handle({ type: "request", exchange: exchangeId(1), message: request(CODE.get, "a"), confirmable }),
      () =>
        bench.handle({ type: "notify", exchange: exchangeId(1), notification: 1, message: content("2"), confirmable }),
      () => bench.handle({ type: "respond", exchange: exchangeId(2), message: CHANGED }),
    ],
  };
}

test("NSTART 1: request, notification and separate response wait for each other, in order", () => {
  const { bench, say } = busyBench(1);
  const out = say.map((event) => sent(event()));
  assert.deepEqual(
    out.map((messages) => messages.length),
    [1, 0, 0],
  );
  const first = only(out[0] ?? []);
  const second = only(sent(bench.receive(TYPE.ack, first.token, content("x"), first.messageId)));
  assert.deepEqual([second.type, second.code, second.token], [TYPE.con, CODE.content, TOKEN]);
  const effects = bench.bytes(encodeEmpty(TYPE.ack, second.messageId));
  assert.deepEqual(effects[0], { type: "delivered", exchange: 1, notification: 1 });
  assert.equal(only(sent(effects)).code, CODE.changed);
});

test("NSTART 2 lets two go out at once", () => {
  const { say } = busyBench(2);
  assert.deepEqual(
    say.map((event) => sent(event()).length),
    [1, 1, 0],
  );
});

test("an empty ACK frees the place of a request that waits for its separate response", () => {
  const { bench, say } = busyBench(1);
  const [first] = say.map((event) => sent(event()));
  assert.equal(sent(bench.bytes(encodeEmpty(TYPE.ack, only(first ?? []).messageId))).length, 1);
});

test("what waits goes out when the message before it has failed, and a forgotten one makes way", () => {
  const { bench, say } = busyBench(1);
  for (const event of say) event();
  const effects = bench.handle({ type: "forget", exchange: exchangeId(1) });
  assert.equal(only(sent(effects)).code, CODE.content);
  const later = bench.wait(93_000);
  assert.deepEqual(effectsOf(later, "failed"), [{ type: "failed", exchange: 1, notification: 1, reason: "timeout" }]);
  assert.ok(sent(later).some(({ code }) => code === CODE.changed));
});

test("a non-confirmable notification takes no place, and does not overtake what waits", () => {
  const { bench, say } = busyBench(1);
  const notify = (notification: number) =>
    bench.handle({ type: "notify", exchange: exchangeId(1), notification, message: content("n"), confirmable: false });
  const first = only(sent(say[0]?.() ?? []));
  assert.equal(only(sent(notify(7))).type, TYPE.non);
  say[1]?.();
  assert.deepEqual(notify(8), []);
  const effects = bench.receive(TYPE.ack, first.token, content("x"), first.messageId);
  assert.deepEqual(
    sent(effects).map(({ type, token }) => ({ type, token })),
    [TYPE.con, TYPE.non].map((type) => ({ type, token: TOKEN })),
  );
});
