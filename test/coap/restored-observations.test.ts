/** Observations that outlive a process: RFC 7641 §3.4, §4.4 (the order of notifications), RFC 7252 §4.4 (message IDs). */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { blockOption } from "../../src/coap/block.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapEffect, exchangeId, type ReservedNumbers } from "../../src/coap/endpoint.ts";
import { encodeEmpty, TYPE } from "../../src/coap/message.ts";
import { Numbers } from "../../src/coap/numbers.ts";
import { decodeObserved, encodeObserved, type ObservedRequest } from "../../src/coap/observed-request.ts";
import { OPTION, stringOptions, uintOption, uintValue } from "../../src/coap/options.ts";
import { ProtocolError } from "../../src/errors.ts";
import { fakeRandom } from "../support/fake-clock.ts";
import { Bench, block, block2, bodyOf, content, effectsOf, only, request, sent, TOKEN, utf8 } from "./bench.ts";

const OBSERVE = uintOption(OPTION.observe, 0);
const FIRST = exchangeId(1);
const RESTORED = exchangeId(-1);

function observing(bench: Bench, asked = request(CODE.get, "a", [OBSERVE])): CoapEffect[] {
  return [
    ...bench.con(TOKEN, asked),
    ...bench.handle({ type: "respond", exchange: FIRST, message: content("0", [OBSERVE]) }),
  ];
}

function notify(bench: Bench, exchange = RESTORED, message = content("n")): CoapEffect[] {
  return bench.handle({ type: "notify", exchange, notification: 1, message, confirmable: true });
}

/** What a process leaves behind that ends after this. */
function left(bench: Bench, effects: readonly CoapEffect[]): { observed: ObservedRequest; after: ReservedNumbers } {
  const observed = bench.endpoint.observed(FIRST);
  const after = effectsOf(effects, "reserved").at(-1)?.numbers;
  assert.ok(observed !== undefined && after !== undefined);
  return { observed: decodeObserved(encodeObserved(observed)), after };
}

test("a restored observation is notified under its token, with newer numbers and message IDs not used before", () => {
  const before = new Bench({ reserve: true });
  const effects = [...observing(before), ...notify(before, FIRST)];
  const last = sent(effects).at(-1);
  const { observed, after } = left(before, effects);
  const bench = new Bench({ random: fakeRandom(99), reserve: true, after });
  bench.handle({ type: "restore", exchange: RESTORED, observed });
  const notification = only(sent(notify(bench)));
  assert.deepEqual(notification.token, TOKEN);
  const [old = 0, now = 0] = [last, notification].map((message) => message && uintValue(message, OPTION.observe));
  assert.ok(now > old && now - old < 0x80_0000, `${old} ${now}`);
  assert.ok(((notification.messageId - (last?.messageId ?? 0)) & 0xffff) < 0x2000);
  assert.notEqual(notification.messageId, last?.messageId);
});

test("what ends an observation ends a restored one: an RST, Observe 1 with its token, a new Observe with it", () => {
  const before = new Bench({ reserve: true });
  const { observed } = left(before, observing(before));
  const restored = (): Bench => {
    const bench = new Bench();
    bench.handle({ type: "restore", exchange: RESTORED, observed });
    return bench;
  };
  const rejected = restored();
  const { messageId } = only(sent(notify(rejected)));
  const reset = effectsOf(rejected.bytes(encodeEmpty(TYPE.rst, messageId)), "cancelled");
  assert.deepEqual(reset, [{ type: "cancelled", exchange: RESTORED, reason: "reset" }]);
  for (const [value, reason] of [
    [1, "deregister"],
    [0, "replaced"],
  ] as const) {
    const bench = restored();
    const [cancelled] = bench.con(TOKEN, request(CODE.get, "a", [uintOption(OPTION.observe, value)]));
    assert.deepEqual(cancelled, { type: "cancelled", exchange: RESTORED, reason });
    assert.deepEqual(effectsOf(notify(bench), "failed").length, 1);
    assert.equal(bench.endpoint.observed(RESTORED), undefined);
  }
});

test("the blocks of a notification have the size that the request of before asked for, and its GET fetches the rest", () => {
  const before = new Bench({ reserve: true });
  const small = blockOption(OPTION.block2, block(0, false, 2));
  const { observed } = left(before, observing(before, request(CODE.get, "a", [OBSERVE, small])));
  const bench = new Bench();
  bench.handle({ type: "restore", exchange: RESTORED, observed });
  const notification = only(sent(notify(bench, RESTORED, content(bodyOf(100)))));
  assert.deepEqual(block2(notification), block(0, true, 2));
  const rest = bench.con(Uint8Array.of(9), request(CODE.get, "a", [blockOption(OPTION.block2, block(1, false, 2))]));
  assert.deepEqual(block2(only(sent(rest))), block(1, false, 2));
});

test("an endpoint says which numbers are reserved only where somebody keeps them", () => {
  assert.deepEqual(effectsOf(observing(new Bench()), "reserved"), []);
});

test("the numbers of process after process rise, however they end, and are reserved before they are used", () => {
  const lives = fc.array(fc.tuple(fc.nat(200_000), fc.nat(20_000)), { minLength: 2, maxLength: 8 });
  const first = fc.record({ observe: fc.nat(0xff_ffff), messageId: fc.nat(0xffff) });
  fc.assert(
    fc.property(first, lives, (after, counts) => {
      let reserved = after;
      let [observe, messageId] = [after.observe, after.messageId];
      for (const [notifications, messages] of counts) {
        const numbers = new Numbers(fakeRandom(), (now) => (reserved = now), reserved);
        for (let n = 0; n < notifications; n++) {
          const next = numbers.nextObserve();
          const ahead = (next - observe) & 0xff_ffff;
          assert.ok(ahead > 0 && ahead <= 0x1_0001, "newer, and not by half of what there is");
          assert.ok(((reserved.observe - next) & 0xff_ffff) <= 0x1_0000, "reserved");
          observe = next;
        }
        for (let n = 0; n < messages; n++) {
          const next = numbers.nextMessageId();
          assert.ok(((next - messageId) & 0xffff) > 0 && ((next - messageId) & 0xffff) <= 0x1001);
          assert.ok(((reserved.messageId - next) & 0xffff) <= 0x1000, "reserved");
          messageId = next;
        }
      }
    }),
    { numRuns: 20 },
  );
});

test("a request is kept with all that belongs to it: token, path, attributes, format, body, size of blocks", () => {
  const options = [
    OBSERVE,
    ...stringOptions(OPTION.uriQuery, ["pmin=5", "gt=20"]),
    uintOption(OPTION.accept, 112),
    uintOption(OPTION.contentFormat, 320),
  ];
  const fetch = request(CODE.fetch, "", options, utf8("[]"));
  for (const observed of [
    { token: TOKEN, request: fetch, block: block(0, false, 3) },
    { token: new Uint8Array(), request: request(CODE.get, "d01/3303/0/5700", options.slice(0, 3)), block: undefined },
  ]) {
    assert.deepEqual(decodeObserved(encodeObserved(observed)), observed);
  }
});

test("bytes that are no such request are refused", () => {
  const wrong = (options: Parameters<typeof request>[2], code: number = CODE.get): Uint8Array =>
    encodeObserved({ token: TOKEN, request: request(code, "a", options), block: undefined });
  const cases = [wrong([]), wrong([uintOption(OPTION.observe, 1)]), wrong([OBSERVE], CODE.post), new Uint8Array(3)];
  cases.push(wrong([OBSERVE, uintOption(OPTION.block2, 7)]), wrong([OBSERVE, uintOption(OPTION.proxyUri, 1)]));
  for (const bytes of cases) assert.throws(() => decodeObserved(bytes), ProtocolError);
  const mutated = fc.tuple(fc.nat(30), fc.nat(255));
  const good = encodeObserved({
    token: TOKEN,
    request: request(CODE.get, "a/b", [OBSERVE]),
    block: block(0, false, 1),
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), fc.array(mutated)), (chance) => {
      const bytes = chance instanceof Uint8Array ? chance : good.slice();
      if (!(chance instanceof Uint8Array)) for (const [at, value] of chance) bytes[at % bytes.length] = value;
      try {
        const { token } = decodeObserved(bytes);
        assert.ok(token.length <= 8);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }),
  );
});
