/** Observe, the client's side: RFC 7641 §3. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapEffect, exchangeId } from "../../src/coap/endpoint.ts";
import { encodeEmpty, TYPE, type UdpMessage } from "../../src/coap/message.ts";
import { type CoapMessage, OPTION, uintOption, uintValue } from "../../src/coap/options.ts";
import { Bench, content, effectsOf, message, only, request, sent } from "./bench.ts";

const OBSERVE = uintOption(OPTION.observe, 0);
const STOP = uintOption(OPTION.observe, 1);
const FIRST = exchangeId(1);

/** Our observation of a peer's /a, with the first answer numbered 10. */
function observing(): { bench: Bench; asked: UdpMessage } {
  const bench = new Bench();
  const asked = only(sent(bench.handle({ ...REQUEST, message: request(CODE.get, "a", [OBSERVE]) })));
  bench.receive(TYPE.ack, asked.token, numbered(10, "first"), asked.messageId);
  return { bench, asked };
}
const REQUEST = { type: "request", exchange: FIRST, confirmable: true } as const;

function numbered(sequence: number, text: string): CoapMessage {
  return content(text, [uintOption(OPTION.observe, sequence)]);
}

function heard(effects: readonly CoapEffect[]): string[] {
  return effectsOf(effects, "response").map((effect) => Buffer.from(effect.message.payload).toString());
}

test("notifications of a peer are delivered in order; one that was overtaken is acknowledged and dropped", () => {
  const { bench, asked } = observing();
  assert.deepEqual(heard(bench.con(asked.token, numbered(12, "b"))), ["b"]);
  const late = bench.con(asked.token, numbered(11, "a"));
  assert.deepEqual(heard(late), []);
  assert.equal(only(sent(late)).type, TYPE.ack);
  assert.deepEqual(heard(bench.receive(TYPE.non, asked.token, numbered(13, "c"))), ["c"]);
});

test("RFC 7641 §3.4: numbers wrap, and after 128 s any number is newer", () => {
  const { bench, asked } = observing();
  assert.deepEqual(heard(bench.con(asked.token, numbered(10 + 0x7fffff, "far"))), ["far"]);
  assert.deepEqual(heard(bench.con(asked.token, numbered(5, "wrapped"))), ["wrapped"]);
  bench.wait(128 * SECOND);
  assert.deepEqual(heard(bench.con(asked.token, numbered(4, "old"))), []);
  bench.wait(1);
  assert.deepEqual(heard(bench.con(asked.token, numbered(4, "restarted"))), ["restarted"]);
});

test("a notification that is no success, or has no Observe option, is the last", () => {
  for (const last of [message(CODE.notFound), content("x")]) {
    const { bench, asked } = observing();
    assert.equal(effectsOf(bench.con(asked.token, last), "response").length, 1);
    assert.ok(bench.endpoint.idle);
    assert.equal(only(sent(bench.con(asked.token, numbered(20, "late")))).type, TYPE.rst);
  }
});

test("a notification that outran the first answer counts, and the older answer is dropped", () => {
  const bench = new Bench();
  const asked = only(sent(bench.handle({ ...REQUEST, message: request(CODE.get, "a", [OBSERVE]) })));
  assert.deepEqual(heard(bench.con(asked.token, numbered(11, "second"))), ["second"]);
  assert.deepEqual(heard(bench.con(asked.token, numbered(10, "first"))), []);
});

test("an observation whose first answer came separately waits for nothing more", () => {
  const bench = new Bench();
  const asked = only(sent(bench.handle({ ...REQUEST, message: request(CODE.get, "a", [OBSERVE]) })));
  bench.bytes(encodeEmpty(TYPE.ack, asked.messageId));
  assert.deepEqual(heard(bench.con(asked.token, numbered(10, "first"))), ["first"]);
  assert.equal(bench.endpoint.deadline, undefined);
});

test("after forget a notification draws RST, confirmable or not", () => {
  const { bench, asked } = observing();
  bench.handle({ type: "forget", exchange: FIRST });
  assert.equal(only(sent(bench.con(asked.token, numbered(12, "b")))).type, TYPE.rst);
  assert.equal(only(sent(bench.receive(TYPE.non, asked.token, numbered(13, "c")))).type, TYPE.rst);
});

test("Observe 1 in the observation's exchange has its token; a notification that crosses it is not the answer", () => {
  const { bench, asked } = observing();
  const stop = only(sent(bench.handle({ ...REQUEST, message: request(CODE.get, "a", [STOP]) })));
  assert.deepEqual([stop.token, uintValue(stop, OPTION.observe)], [asked.token, 1]);
  assert.deepEqual(heard(bench.con(asked.token, numbered(12, "crossing"))), []);
  assert.deepEqual(heard(bench.receive(TYPE.ack, asked.token, content("last"), stop.messageId)), ["last"]);
  assert.equal(only(sent(bench.con(asked.token, numbered(13, "late")))).type, TYPE.rst);
});

test("Observe 0 in the observation's exchange renews it under its token", () => {
  const { bench, asked } = observing();
  const again = only(sent(bench.handle({ ...REQUEST, message: request(CODE.get, "a", [OBSERVE]) })));
  assert.deepEqual(again.token, asked.token);
  assert.deepEqual(heard(bench.receive(TYPE.ack, asked.token, numbered(15, "renewed"), again.messageId)), ["renewed"]);
  assert.deepEqual(heard(bench.con(asked.token, numbered(16, "on"))), ["on"]);
});
