/** Observe, the server's side: RFC 7641 §4. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapEffect, exchangeId } from "../../src/coap/endpoint.ts";
import { encodeEmpty, TYPE } from "../../src/coap/message.ts";
import { type CoapMessage, OPTION, uintOption, uintValue } from "../../src/coap/options.ts";
import { Bench, content, effectsOf, message, only, request, sent, TOKEN } from "./bench.ts";

const OBSERVE = uintOption(OPTION.observe, 0);
const STOP = uintOption(OPTION.observe, 1);
const FIRST = exchangeId(1);

/** A bench whose peer observes /a; the exchange is the first. */
function observed(code: number = CODE.get): Bench {
  const bench = new Bench();
  bench.con(TOKEN, request(code, "a", [OBSERVE]));
  const answer = only(sent(bench.handle({ type: "respond", exchange: FIRST, message: content("0", [OBSERVE]) })));
  assert.notEqual(uintValue(answer, OPTION.observe), undefined);
  return bench;
}

function notify(
  bench: Bench,
  notification: number,
  confirmable = true,
  what: CoapMessage = content("n"),
): CoapEffect[] {
  return bench.handle({ type: "notify", exchange: FIRST, notification, message: what, confirmable });
}

const failed = (notification: number, reason: "reset" | "timeout") =>
  ({ type: "failed", exchange: FIRST, notification, reason }) as const;
const cancelled = (reason: "reset" | "deregister" | "replaced") =>
  ({ type: "cancelled", exchange: FIRST, reason }) as const;

test("a confirmable notification is delivered when it is acknowledged", () => {
  const bench = observed();
  const sentOut = only(sent(notify(bench, 7)));
  assert.deepEqual([sentOut.type, sentOut.token], [TYPE.con, TOKEN]);
  const delivered = bench.bytes(encodeEmpty(TYPE.ack, sentOut.messageId));
  assert.deepEqual(delivered, [{ type: "delivered", exchange: FIRST, notification: 7 }]);
});

test("confirmable or not is chosen for each notification; a non-confirmable one is delivered when sent", () => {
  const bench = observed();
  const effects = notify(bench, 8, false);
  assert.equal(only(sent(effects)).type, TYPE.non);
  assert.deepEqual(effectsOf(effects, "delivered"), [{ type: "delivered", exchange: FIRST, notification: 8 }]);
  assert.equal(only(sent(notify(bench, 9))).type, TYPE.con);
});

test("a non-confirmable registration may have confirmable notifications", () => {
  const bench = new Bench();
  bench.receive(TYPE.non, TOKEN, request(CODE.get, "a", [OBSERVE]));
  const answer = only(sent(bench.handle({ type: "respond", exchange: FIRST, message: content("0", [OBSERVE]) })));
  assert.equal(answer.type, TYPE.non);
  assert.equal(only(sent(notify(bench, 1))).type, TYPE.con);
});

test("an RST to a confirmable notification: it failed by reset, and the observation is cancelled", () => {
  const bench = observed();
  const { messageId } = only(sent(notify(bench, 7)));
  assert.deepEqual(bench.bytes(encodeEmpty(TYPE.rst, messageId)), [failed(7, "reset"), cancelled("reset")]);
  assert.deepEqual(notify(bench, 8), [failed(8, "reset")]);
});

test("an RST to a non-confirmable notification is known by its message ID, and cancels", () => {
  const bench = observed();
  const ids = [1, 2, 3].map((n) => only(sent(notify(bench, n, false))).messageId);
  assert.deepEqual(bench.bytes(encodeEmpty(TYPE.rst, ids[1] ?? 0)), [cancelled("reset")]);
  assert.deepEqual(bench.bytes(encodeEmpty(TYPE.rst, ids[2] ?? 0)), [], "once");
});

test("an RST to the registration's own answer cancels, where that answer was a message of ours", () => {
  const bench = new Bench();
  bench.con(TOKEN, request(CODE.get, "a", [OBSERVE]));
  bench.wait(500);
  const answer = only(sent(bench.handle({ type: "respond", exchange: FIRST, message: content("0", [OBSERVE]) })));
  assert.deepEqual(bench.bytes(encodeEmpty(TYPE.rst, answer.messageId)), [cancelled("reset")]);
});

test("a notification without acknowledgement failed by timeout; the observation outlives it", () => {
  const bench = observed();
  notify(bench, 7);
  assert.deepEqual(effectsOf(bench.wait(93 * SECOND), "failed"), [failed(7, "timeout")]);
  assert.equal(sent(notify(bench, 8)).length, 1);
});

test("an RST ends every notification of the observation that is still on its way", () => {
  const bench = observed();
  const { messageId } = only(sent(notify(bench, 1)));
  notify(bench, 2);
  notify(bench, 3, false);
  const effects = bench.bytes(encodeEmpty(TYPE.rst, messageId));
  assert.deepEqual(effects, [failed(1, "reset"), failed(2, "reset"), failed(3, "reset"), cancelled("reset")]);
  assert.equal(bench.endpoint.deadline, undefined);
});

test("Observe 1 with the same token cancels, and the GET is served too", () => {
  const bench = observed();
  const [first, serve] = bench.con(TOKEN, request(CODE.get, "a", [STOP]));
  assert.deepEqual(first, cancelled("deregister"));
  assert.equal(serve?.type, "serve");
  assert.deepEqual(notify(bench, 8), [failed(8, "reset")]);
});

test("Observe 1 with another token cancels nothing", () => {
  const bench = observed();
  assert.deepEqual(effectsOf(bench.con(Uint8Array.of(1), request(CODE.get, "a", [STOP])), "cancelled"), []);
  assert.equal(sent(notify(bench, 8)).length, 1);
});

test("the same token again replaces the observation", () => {
  const bench = observed();
  const effects = bench.con(TOKEN, request(CODE.get, "b", [OBSERVE]));
  assert.deepEqual(effects[0], cancelled("replaced"));
  const second = only(effectsOf(effects, "serve")).exchange;
  bench.handle({ type: "respond", exchange: second, message: content("0", [OBSERVE]) });
  const event = {
    type: "notify",
    exchange: second,
    notification: 1,
    message: content("n"),
    confirmable: true,
  } as const;
  assert.equal(sent(bench.handle(event)).length, 1);
});

test("Observe 1 that comes before the registration is answered cancels it after the answer", () => {
  const bench = new Bench();
  bench.con(TOKEN, request(CODE.get, "a", [OBSERVE]));
  bench.con(TOKEN, request(CODE.get, "a", [STOP]));
  const effects = bench.handle({ type: "respond", exchange: FIRST, message: content("0", [OBSERVE]) });
  assert.equal(uintValue(only(sent(effects)), OPTION.observe), undefined);
  assert.deepEqual(effects[1], cancelled("deregister"));
});

test("without an Observe option in the answer, or with an error, there is no observation", () => {
  for (const answer of [content("0"), message(CODE.notFound, [OBSERVE])]) {
    const bench = new Bench();
    bench.con(TOKEN, request(CODE.get, "a", [OBSERVE]));
    const effects = bench.handle({ type: "respond", exchange: FIRST, message: answer });
    assert.equal(uintValue(only(sent(effects)), OPTION.observe), undefined);
    assert.deepEqual(notify(bench, 1), [failed(1, "reset")]);
  }
});

test("FETCH observes as GET does; POST does not", () => {
  assert.equal(sent(notify(observed(CODE.fetch), 1)).length, 1);
  const bench = new Bench();
  bench.con(TOKEN, request(CODE.post, "a", [OBSERVE]));
  bench.handle({ type: "respond", exchange: FIRST, message: content("0", [OBSERVE]) });
  assert.deepEqual(notify(bench, 1), [failed(1, "reset")]);
});

test("a notification that is no success has no Observe option and ends the observation", () => {
  const bench = observed();
  const last = only(sent(notify(bench, 7, true, message(CODE.notFound, [OBSERVE]))));
  assert.deepEqual([last.code, uintValue(last, OPTION.observe)], [CODE.notFound, undefined]);
  assert.deepEqual(bench.bytes(encodeEmpty(TYPE.ack, last.messageId)), [
    { type: "delivered", exchange: FIRST, notification: 7 },
  ]);
  assert.deepEqual(notify(bench, 8), [failed(8, "reset")]);
});

test("an observation that the application ends sends nothing more, and what was on its way came to nothing", () => {
  const bench = observed();
  notify(bench, 1);
  notify(bench, 2);
  const effects = bench.handle({ type: "endObservation", exchange: FIRST });
  assert.deepEqual(effects, [failed(1, "reset"), failed(2, "reset")]);
  assert.equal(bench.endpoint.deadline, undefined);
  assert.ok(bench.endpoint.idle);
});

test("a notification that is withdrawn is not repeated, gives its place to the next, and its late acknowledgement is nothing", () => {
  const bench = observed();
  const first = only(sent(notify(bench, 1)));
  assert.deepEqual(sent(notify(bench, 2)), [], "NSTART is 1");
  const second = only(sent(bench.handle({ type: "withdraw", exchange: FIRST, notification: 1 })));
  assert.notEqual(second.messageId, first.messageId);
  assert.deepEqual(bench.bytes(encodeEmpty(TYPE.ack, first.messageId)), []);
  assert.deepEqual(bench.handle({ type: "withdraw", exchange: FIRST, notification: 1 }), [], "it is gone already");
  assert.deepEqual(bench.bytes(encodeEmpty(TYPE.ack, second.messageId)), [
    { type: "delivered", exchange: FIRST, notification: 2 },
  ]);
});

test("the numbers rise with every notification, over hours, and round the end of 24 bits", () => {
  const bench = new Bench({ after: { observe: 0xfffffb, messageId: 0xfffb } });
  bench.con(TOKEN, request(CODE.get, "a", [OBSERVE]));
  const answer = only(sent(bench.handle({ type: "respond", exchange: FIRST, message: content("0", [OBSERVE]) })));
  let previous = uintValue(answer, OPTION.observe) ?? 0;
  for (const [n, pause] of [0, 0, 0, 1, 5, HOUR, 0, 3 * HOUR, 0].entries()) {
    bench.now += pause;
    const next = uintValue(only(sent(notify(bench, n, false))), OPTION.observe) ?? -1;
    const ahead = (next - previous) & 0xffffff;
    assert.ok(next < 0x1000000 && ahead > 0 && ahead < 0x800000, `${previous} ${next}`);
    previous = next;
  }
});
