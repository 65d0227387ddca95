/** What DTLS below means to an endpoint: sessions (RFC 7252 §9.1.1), and silence (§4.3, Ping). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { exchangeId } from "../../src/coap/endpoint.ts";
import { encodeEmpty, encodeMessage, TYPE } from "../../src/coap/message.ts";
import { OPTION, uintOption } from "../../src/coap/options.ts";
import { Bench, CHANGED, content, effectsOf, only, request, sent, TOKEN } from "./bench.ts";

const NEW = { type: "associated", session: "new" } as const;
const RESUMED = { type: "associated", session: "resumed" } as const;
const ENDED = { type: "interrupted", reason: "the server ended the DTLS association" } as const;
const OBSERVE = request(CODE.get, "a", [uintOption(OPTION.observe, 0)]);

/** An observation that was granted, and a notification of it that is not acknowledged. */
function observing(): Bench {
  const bench = new Bench();
  bench.handle(NEW);
  bench.ask(TOKEN, OBSERVE, content("1", [uintOption(OPTION.observe, 0)]));
  const exchange = exchangeId(1);
  bench.handle({ type: "notify", exchange, notification: 7, message: content("2"), confirmable: true });
  return bench;
}

const ours = { type: "request", exchange: exchangeId(9), message: request(CODE.get, "b"), confirmable: true } as const;

test("the first session changes nothing", () => {
  assert.deepEqual(new Bench().handle(NEW), []);
});

test("in a new session nothing is left: requests of both sides, observations, what was on its way", () => {
  const bench = observing();
  bench.handle(ours);
  bench.con(new Uint8Array([5]), request(CODE.post, "c"));
  const effects = bench.handle(NEW);
  assert.deepEqual(effects[0], { type: "renewed", reason: "the server began a new DTLS session" });
  const failed = effectsOf(effects, "failed");
  assert.deepEqual(
    failed.map(({ exchange, notification, reason }) => [exchange, notification, reason]),
    [
      [1, 7, "timeout"],
      [9, undefined, "timeout"],
    ],
  );
  assert.ok(bench.endpoint.idle);
  assert.deepEqual(bench.wait(10 * MINUTE), [], "nothing is sent again, nor acknowledged");
  const late = bench.handle({
    type: "notify",
    exchange: exchangeId(1),
    notification: 8,
    message: content("3"),
    confirmable: true,
  });
  assert.deepEqual(sent(late), []);
});

test("a message ID of the session before is no repetition in the new one", () => {
  const bench = new Bench();
  bench.handle(NEW);
  const post = encodeMessage(TYPE.con, 77, TOKEN, request(CODE.post, "a"));
  only(effectsOf(bench.bytes(post), "serve"));
  bench.handle({ type: "respond", exchange: exchangeId(1), message: CHANGED });
  assert.equal(effectsOf(bench.bytes(post), "serve").length, 0);
  bench.handle(RESUMED);
  assert.equal(effectsOf(bench.bytes(post), "serve").length, 0, "in the same session it is one");
  bench.handle(NEW);
  only(effectsOf(bench.bytes(post), "serve"));
});

test("in a resumed session everything goes on: what is not acknowledged is repeated, and who observes is notified", () => {
  const bench = observing();
  assert.deepEqual(bench.handle(RESUMED), []);
  const [again] = sent(bench.wait(4 * SECOND));
  assert.ok(again !== undefined);
  const effects = bench.bytes(encodeEmpty(TYPE.ack, again.messageId));
  assert.deepEqual(effects, [{ type: "delivered", exchange: 1, notification: 7 }]);
});

test("with the association what we asked is over, and what is observed is not", () => {
  const bench = observing();
  bench.handle({ ...ours, exchange: exchangeId(9) });
  const effects = bench.handle(ENDED);
  assert.deepEqual(effects, [ENDED, { type: "failed", exchange: 9, reason: "timeout" }]);
  bench.handle(RESUMED);
  const [again] = sent(bench.wait(4 * SECOND));
  assert.deepEqual(again?.payload, content("2").payload);
});

test("a silence as long as keepAlive is broken by a Ping; each word of the peer puts it off", () => {
  const bench = new Bench();
  bench.handle({ ...NEW, keepAlive: 30 * SECOND });
  assert.deepEqual(bench.wait(29 * SECOND), []);
  bench.receive(TYPE.non, TOKEN, request(CODE.get, "a"));
  bench.handle({ type: "respond", exchange: exchangeId(1), message: content("21") });
  assert.deepEqual(bench.wait(29 * SECOND), []);
  const ping = only(sent(bench.wait(SECOND)));
  assert.deepEqual([ping.type, ping.code, ping.token.length], [TYPE.con, 0, 0]);
  assert.deepEqual(bench.bytes(encodeEmpty(TYPE.rst, ping.messageId)), []);
  assert.equal(sent(bench.wait(30 * SECOND)).length, 1, "and so on");
});

test("a Ping without an answer says that the peer is silent, once; it is asked again when it was heard", () => {
  const bench = new Bench();
  bench.handle({ ...NEW, keepAlive: 30 * SECOND });
  const effects = bench.wait(10 * MINUTE);
  assert.equal(sent(effects).length, 5, "as often as any CON");
  assert.deepEqual(effectsOf(effects, "silent"), [{ type: "silent" }]);
  bench.handle({ ...RESUMED, keepAlive: 30 * SECOND });
  assert.equal(sent(bench.wait(30 * SECOND)).length, 1);
});

test("without an association, or a keepAlive, no silence is broken", () => {
  const bench = new Bench();
  bench.handle({ ...NEW, keepAlive: 30 * SECOND });
  bench.handle(ENDED);
  assert.deepEqual(bench.wait(HOURS), []);
  bench.handle({ ...RESUMED, keepAlive: 30 * SECOND });
  assert.deepEqual(bench.handle({ type: "leave" }), [{ type: "disconnect" }]);
  assert.deepEqual(bench.wait(HOURS), []);
  bench.handle(RESUMED);
  assert.deepEqual(bench.wait(HOURS), []);
});

const HOURS = 600 * MINUTE;
