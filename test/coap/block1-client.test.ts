/** Bodies that go out: the client's side of Block1, RFC 7959 §2.5. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { blockOption } from "../../src/coap/block.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapEffect, exchangeId } from "../../src/coap/endpoint.ts";
import { TYPE, type UdpMessage } from "../../src/coap/message.ts";
import { OPTION, uintOption, uintValue } from "../../src/coap/options.ts";
import {
  acknowledge,
  ask,
  Bench,
  BODY,
  block,
  block1,
  bodyOf,
  CHANGED,
  gist,
  message,
  only,
  request,
  sent,
} from "./bench.ts";

const FIRST = exchangeId(1);

/** Plays a server that takes the blocks; `szx` of the answers may be smaller. */
function takeUpload(
  bench: Bench,
  first: UdpMessage,
  szx = 6,
): { body: Uint8Array; effects: CoapEffect[]; last: UdpMessage } {
  const parts: Uint8Array[] = [];
  let asked = first;
  for (;;) {
    const position = block1(asked);
    if (position === undefined || position === "invalid") throw new Error("no Block1");
    assert.equal(position.number * (16 << position.szx), Buffer.concat(parts).length);
    parts.push(asked.payload);
    const option = blockOption(OPTION.block1, { ...position, szx: Math.min(szx, position.szx) });
    const answer = message(position.more ? CODE.continue : CODE.changed, [option]);
    const effects = acknowledge(bench, asked, answer);
    if (!position.more) return { body: Buffer.concat(parts), effects, last: asked };
    asked = only(sent(effects));
  }
}

test("a body of ours goes out in blocks under one token, with Size1 in the first", () => {
  const bench = new Bench();
  const first = ask(bench, request(CODE.post, "rd", [], BODY));
  assert.deepEqual([block1(first), uintValue(first, OPTION.size1)], [block(0, true), 5000]);
  const { body, effects, last } = takeUpload(bench, first);
  assert.equal(gist(body), gist(BODY));
  assert.deepEqual(last.token, first.token);
  assert.deepEqual(effects, [{ type: "response", exchange: FIRST, message: CHANGED }]);
});

test("a smaller size that the server asks for in its 2.31 is obeyed", () => {
  const bench = new Bench();
  const { body, last } = takeUpload(bench, ask(bench, request(CODE.post, "rd", [], BODY)), 3);
  assert.equal(gist(body), gist(BODY));
  assert.deepEqual(block1(last), block(39, false, 3));
});

test("4.13 with a smaller Block1 begins again in that size, also where we sent no Block1", () => {
  for (const length of [5000, 600]) {
    const bench = new Bench();
    const first = ask(bench, request(CODE.post, "rd", [], bodyOf(length)));
    const tooLarge = message(CODE.requestEntityTooLarge, [blockOption(OPTION.block1, block(0, true, 4))]);
    const again = only(sent(acknowledge(bench, first, tooLarge)));
    assert.deepEqual(block1(again), block(0, true, 4));
    assert.equal(gist(takeUpload(bench, again).body), gist(bodyOf(length)));
  }
});

test("any other answer ends the upload: 4.13 for the body, 4.08, 4.04", () => {
  const tooLarge = message(CODE.requestEntityTooLarge, [uintOption(OPTION.size1, 100)]);
  for (const answer of [tooLarge, message(CODE.requestEntityIncomplete), message(CODE.notFound)]) {
    const bench = new Bench();
    const effects = acknowledge(bench, ask(bench, request(CODE.post, "rd", [], BODY)), answer);
    assert.deepEqual(effects, [{ type: "response", exchange: FIRST, message: answer }]);
    assert.ok(bench.endpoint.idle);
  }
});

test("a separate 2.31 that belongs to an earlier block is acknowledged and changes nothing", () => {
  const bench = new Bench();
  const first = ask(bench, request(CODE.post, "rd", [], BODY));
  const go = message(CODE.continue, [blockOption(OPTION.block1, block(0, true))]);
  const second = only(sent(acknowledge(bench, first, go)));
  const late = only(sent(bench.con(first.token, go)));
  assert.equal(late.type, TYPE.ack);
  const next = message(CODE.continue, [blockOption(OPTION.block1, block(1, true))]);
  const third = only(sent(acknowledge(bench, second, next)));
  assert.deepEqual(block1(third), block(2, true));
});

test("the blocks of a body obey NSTART with everything else", () => {
  const bench = new Bench();
  const first = ask(bench, request(CODE.post, "rd", [], BODY));
  const other = {
    type: "request",
    exchange: exchangeId(2),
    message: request(CODE.get, "a"),
    confirmable: true,
  } as const;
  assert.deepEqual(bench.handle(other), []);
  const go = message(CODE.continue, [blockOption(OPTION.block1, block(0, true))]);
  assert.equal(only(sent(acknowledge(bench, first, go))).code, CODE.get, "the other request was first in the queue");
});
