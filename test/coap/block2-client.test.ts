/** Answers that come in: the client's side of Block2, RFC 7959 §2.4; and both sides against each other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Block, blockOption } from "../../src/coap/block.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapEffect, exchangeId } from "../../src/coap/endpoint.ts";
import { TYPE, type UdpMessage } from "../../src/coap/message.ts";
import { type CoapMessage, findOption, OPTION, stringOption, uintOption, uintValue } from "../../src/coap/options.ts";
import {
  acknowledge,
  ask,
  Bench,
  BODY,
  block,
  block2,
  bodyOf,
  content,
  effectsOf,
  gist,
  message,
  only,
  request,
  sent,
} from "./bench.ts";

const FIRST = exchangeId(1);

/** Plays a server that has this body. */
function giveDownload(
  bench: Bench,
  first: UdpMessage,
  body: Uint8Array,
  options: CoapMessage["options"] = [],
): CoapEffect[] {
  let asked = first;
  for (;;) {
    const position = block2(asked);
    const at = position === undefined || position === "invalid" ? block(0, false) : position;
    const effects = acknowledge(bench, asked, piece(body, at, options));
    if (sent(effects).length === 0) return effects;
    asked = only(sent(effects));
  }
}

function piece(body: Uint8Array, at: Block, options: CoapMessage["options"] = []): CoapMessage {
  const size = 16 << at.szx;
  const option = blockOption(OPTION.block2, { ...at, more: (at.number + 1) * size < body.length });
  return content(body.subarray(at.number * size, (at.number + 1) * size), [option, ...options]);
}

test("who asks for a single block gets it as it comes, its first one too", () => {
  for (const number of [0, 3]) {
    const bench = new Bench();
    const message = request(CODE.get, "3", [blockOption(OPTION.block2, block(number, false))]);
    const event = { type: "request", exchange: FIRST, message, confirmable: true, single: true } as const;
    const asked = only(sent(bench.handle(event)));
    const answer = piece(BODY, block(number, true), [uintOption(OPTION.size2, BODY.length)]);
    assert.deepEqual(acknowledge(bench, asked, answer), [{ type: "response", exchange: FIRST, message: answer }]);
  }
});

test("an answer in blocks arrives whole, without the Block options", () => {
  const bench = new Bench();
  const effects = giveDownload(bench, ask(bench, request(CODE.get, "3")), BODY, [
    uintOption(OPTION.contentFormat, 112),
  ]);
  const expected = content(BODY, [uintOption(OPTION.contentFormat, 112)]);
  assert.deepEqual(effects, [{ type: "response", exchange: FIRST, message: expected }]);
});

test("who wants smaller blocks says so in the first request", () => {
  const bench = new Bench({ blockSize: 64 });
  const first = ask(bench, request(CODE.get, "3"));
  assert.deepEqual(block2(first), block(0, false, 2));
  const { message: whole } = only(effectsOf(giveDownload(bench, first, BODY), "response"));
  assert.equal(gist(whole.payload), gist(BODY));
});

test("another ETag midway begins again, and a representation that never stays is given up", () => {
  const bench = new Bench();
  const tag = (n: number) => [{ number: OPTION.etag, value: Uint8Array.of(n) }];
  const first = ask(bench, request(CODE.get, "3"));
  const second = only(sent(acknowledge(bench, first, piece(BODY, block(0, true), tag(1)))));
  const again = only(sent(acknowledge(bench, second, piece(BODY, block(1, true), tag(2)))));
  assert.equal(block2(again), undefined);
  const { message: whole } = only(effectsOf(giveDownload(bench, again, bodyOf(3000), tag(3)), "response"));
  assert.equal(gist(whole.payload), gist(bodyOf(3000)));

  let n = 0;
  let asked = ask(bench, request(CODE.get, "3"));
  for (;;) {
    const position = block2(asked);
    const at = position === undefined || position === "invalid" ? block(0, true) : position;
    const effects = acknowledge(bench, asked, piece(BODY, at, tag(n++)));
    if (sent(effects).length === 0) {
      assert.deepEqual(effects, [{ type: "failed", exchange: FIRST, reason: "reset" }]);
      break;
    }
    asked = only(sent(effects));
  }
  assert.ok(n <= 10);
});

test("an answer over our limit fails: at once where Size2 tells, else where it overflows", () => {
  const failed = [{ type: "failed", exchange: FIRST, reason: "reset" }];
  const told = new Bench({ maxBody: 2048 });
  const first = piece(BODY, block(0, true), [uintOption(OPTION.size2, 5000)]);
  assert.deepEqual(acknowledge(told, ask(told, request(CODE.get, "3")), first), failed);
  const untold = new Bench({ maxBody: 2048 });
  assert.deepEqual(giveDownload(untold, ask(untold, request(CODE.get, "3")), BODY), failed);
});

test("an error midway is the answer", () => {
  const bench = new Bench();
  const second = only(sent(acknowledge(bench, ask(bench, request(CODE.get, "3")), piece(BODY, block(0, true)))));
  const effects = acknowledge(bench, second, message(CODE.serviceUnavailable));
  assert.deepEqual(effects, [{ type: "response", exchange: FIRST, message: message(CODE.serviceUnavailable) }]);
});

test("a block that claims more than it has makes the request fail", () => {
  const bench = new Bench();
  const short = content(bodyOf(100), [blockOption(OPTION.block2, block(0, true))]);
  const effects = acknowledge(bench, ask(bench, request(CODE.get, "3")), short);
  assert.deepEqual(effects, [{ type: "failed", exchange: FIRST, reason: "reset" }]);
});

test("the rest of a large answer to POST is asked for without its body", () => {
  const bench = new Bench();
  const first = ask(bench, request(CODE.post, "x", [], bodyOf(20)));
  const second = only(sent(acknowledge(bench, first, piece(BODY, block(0, true)))));
  assert.deepEqual([second.code, second.payload.length, block2(second)], [CODE.post, 0, block(1, false)]);
});

/** Our observation of a peer's /3, whose first answer was small. */
function observing(bench: Bench): UdpMessage {
  const first = ask(bench, request(CODE.get, "3", [uintOption(OPTION.observe, 0)]));
  acknowledge(bench, first, content("small", [uintOption(OPTION.observe, 1)]));
  return first;
}

test("the rest of a large notification is fetched under another token without Observe, and it is delivered whole", () => {
  const bench = new Bench();
  const { token } = observing(bench);
  const effects = bench.con(token, piece(BODY, block(0, true), [uintOption(OPTION.observe, 2)]));
  const [ack, next] = sent(effects);
  assert.equal(ack?.type, TYPE.ack);
  assert.ok(next !== undefined);
  assert.notDeepEqual(next.token, token);
  assert.deepEqual([block2(next), findOption(next, OPTION.observe)], [block(1, false), undefined]);
  const { message: whole } = only(effectsOf(giveDownload(bench, next, BODY), "response"));
  assert.deepEqual([gist(whole.payload), uintValue(whole, OPTION.observe)], [gist(BODY), 2]);
});

test("a newer notification takes the place of one whose rest is still being fetched", () => {
  const bench = new Bench();
  const { token } = observing(bench);
  const next = sent(bench.con(token, piece(BODY, block(0, true), [uintOption(OPTION.observe, 2)])))[1];
  const effects = bench.con(token, content("newer", [uintOption(OPTION.observe, 3)]));
  assert.equal(effectsOf(effects, "response").length, 1);
  assert.ok(next !== undefined);
  assert.deepEqual(acknowledge(bench, next, piece(BODY, block(1, true))), []);
  assert.equal(bench.endpoint.deadline, undefined);
});

test("what is cut into blocks is put together again, whatever the sizes", () => {
  const sizes = fc.constantFrom(16, 32, 64, 128, 256, 512, 1024);
  fc.assert(
    fc.property(fc.nat(6000), fc.nat(6000), sizes, sizes, (up, down, ours, theirs) => {
      const [client, server] = [new Bench({ blockSize: ours }), new Bench({ blockSize: theirs })];
      const asked = request(CODE.fetch, "x", [stringOption(OPTION.uriQuery, "q")], bodyOf(up));
      let effects = client.handle({ type: "request", exchange: FIRST, message: asked, confirmable: true });
      for (let turns = 0; sent(effects).length > 0; turns++) {
        assert.ok(turns < 1000);
        let answers = server.bytes(only(effectsOf(effects, "send")).bytes);
        const [serve] = effectsOf(answers, "serve");
        if (serve !== undefined) {
          assert.deepEqual(serve.message, asked);
          answers = server.handle({ type: "respond", exchange: serve.exchange, message: content(bodyOf(down, 3)) });
        }
        effects = client.bytes(only(effectsOf(answers, "send")).bytes);
      }
      assert.equal(gist(only(effectsOf(effects, "response")).message.payload), gist(bodyOf(down, 3)));
    }),
    { numRuns: 60 },
  );
});
