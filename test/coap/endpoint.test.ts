/** Requests and responses of one endpoint: RFC 7252. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapEffect, exchangeId } from "../../src/coap/endpoint.ts";
import { encodeEmpty, encodeMessage, NO_TOKEN, TYPE } from "../../src/coap/message.ts";
import { OPTION } from "../../src/coap/options.ts";
import {
  Bench,
  CHANGED,
  content,
  effectsOf,
  fromHex,
  hex,
  message,
  only,
  request,
  sent,
  TOKEN,
  utf8,
} from "./bench.ts";

const FIRST = exchangeId(1);

function ourGet(bench: Bench, confirmable = true, exchange = FIRST) {
  return only(sent(bench.handle({ type: "request", exchange, message: request(CODE.get, "a"), confirmable })));
}

test("a request is served without its token, and its answer goes in the acknowledgement", () => {
  const bench = new Bench();
  const effects = bench.con(TOKEN, request(CODE.get, "3303/0/5700"), 77);
  assert.deepEqual(only(effects), { type: "serve", exchange: 1, message: request(CODE.get, "3303/0/5700") });
  const answer = only(sent(bench.handle({ type: "respond", exchange: FIRST, message: content("21") })));
  assert.deepEqual(answer, { type: TYPE.ack, messageId: 77, token: TOKEN, ...content("21") });
  assert.equal(bench.endpoint.deadline, undefined);
  assert.ok(bench.endpoint.idle);
});

test("the answer to a non-confirmable request is non-confirmable, under a message ID of our own", () => {
  const bench = new Bench();
  bench.receive(TYPE.non, TOKEN, request(CODE.get, "a"), 77);
  const answer = only(sent(bench.handle({ type: "respond", exchange: FIRST, message: content("21") })));
  assert.equal(answer.type, TYPE.non);
  assert.notEqual(answer.messageId, 77);
  assert.deepEqual(answer.token, TOKEN);
});

test("slow work: the empty ACK goes ahead after 500 ms, the answer follows confirmable with the same token", () => {
  const bench = new Bench();
  bench.con(TOKEN, request(CODE.post, "a"), 77);
  assert.deepEqual(bench.wait(499), []);
  assert.equal(hex(encodeEmpty(TYPE.ack, 77)), "6000004d");
  assert.deepEqual(bench.wait(1), [{ type: "send", bytes: encodeEmpty(TYPE.ack, 77) }]);
  bench.wait(10 * SECOND);
  const answer = only(sent(bench.handle({ type: "respond", exchange: FIRST, message: CHANGED })));
  assert.equal(answer.type, TYPE.con);
  assert.deepEqual(answer.token, TOKEN);
  assert.equal(sent(bench.wait(3 * SECOND)).length, 1, "it is repeated until acknowledged");
  bench.bytes(encodeEmpty(TYPE.ack, answer.messageId));
  assert.equal(bench.endpoint.deadline, undefined);
});

test("a second answer to the same request is dropped", () => {
  const bench = new Bench();
  bench.con(TOKEN, request(CODE.get, "a"));
  bench.handle({ type: "respond", exchange: FIRST, message: CHANGED });
  assert.deepEqual(bench.handle({ type: "respond", exchange: FIRST, message: CHANGED }), []);
});

test("repeated options, ETag and any option number reach the application and the peer", () => {
  const bench = new Bench();
  const options = [
    { number: OPTION.etag, value: Uint8Array.of(1) },
    { number: OPTION.etag, value: Uint8Array.of(2, 3) },
    { number: 2054, value: utf8("x") },
  ];
  assert.deepEqual(bench.ask(TOKEN, request(CODE.get, "a"), content("21", options)).options, options);
  const asked = request(CODE.get, "a", options);
  assert.deepEqual(only(effectsOf(bench.con(TOKEN, asked), "serve")).message, asked);
});

test("an error answer carries the token of its request, as for a FETCH without Content-Format", () => {
  const answer = new Bench().ask(TOKEN, request(CODE.fetch, "a"), message(CODE.unsupportedContentFormat));
  assert.deepEqual([answer.code, answer.token], [CODE.unsupportedContentFormat, TOKEN]);
});

test("every method reaches the application: GET, POST, PUT, DELETE, FETCH, PATCH, iPATCH", () => {
  const bench = new Bench();
  for (const code of [1, 2, 3, 4, 5, 6, 7]) {
    assert.equal(only(effectsOf(bench.con(TOKEN, request(code, "a")), "serve")).message.code, code);
  }
});

test("a request of ours is answered in the acknowledgement", () => {
  const bench = new Bench();
  const asked = ourGet(bench);
  assert.equal(asked.type, TYPE.con);
  assert.equal(asked.token.length, 6);
  const effects = bench.receive(TYPE.ack, asked.token, content("21"), asked.messageId);
  assert.deepEqual(effects, [{ type: "response", exchange: FIRST, message: content("21") }]);
  assert.ok(bench.endpoint.idle);
});

test("a separate response is acknowledged, and stops the repetitions also where the empty ACK was lost", () => {
  const bench = new Bench();
  const asked = ourGet(bench);
  const effects = bench.con(asked.token, content("21"), 500);
  assert.deepEqual(effects[0], { type: "send", bytes: encodeEmpty(TYPE.ack, 500) });
  assert.deepEqual(effectsOf(effects, "response").length, 1);
  assert.equal(bench.endpoint.deadline, undefined);
  assert.deepEqual(bench.con(asked.token, content("21"), 500), [{ type: "send", bytes: encodeEmpty(TYPE.ack, 500) }]);
});

test("after an empty ACK the separate response is awaited, and its absence is a timeout", () => {
  const bench = new Bench({ parameters: { responseTimeout: 60 * SECOND } });
  const asked = ourGet(bench);
  assert.deepEqual(bench.bytes(encodeEmpty(TYPE.ack, asked.messageId)), []);
  assert.deepEqual(bench.wait(60 * SECOND), [{ type: "failed", exchange: FIRST, reason: "timeout" }]);
});

test("a request that is rejected fails by reset, confirmable or not", () => {
  for (const confirmable of [true, false]) {
    const bench = new Bench();
    const asked = ourGet(bench, confirmable);
    const effects = bench.bytes(encodeEmpty(TYPE.rst, asked.messageId));
    assert.deepEqual(effects, [{ type: "failed", exchange: FIRST, reason: "reset" }]);
  }
});

test("a non-confirmable request is sent once, and fails by timeout where no answer comes", () => {
  const bench = new Bench();
  assert.equal(ourGet(bench, false).type, TYPE.non);
  assert.deepEqual(bench.wait(145 * SECOND), [{ type: "failed", exchange: FIRST, reason: "timeout" }]);
});

test("an acknowledgement whose token or message ID is another request's is no answer", () => {
  const bench = new Bench({ parameters: { nstart: 2 } });
  const [one, two] = [ourGet(bench), ourGet(bench, true, exchangeId(2))];
  assert.deepEqual(bench.receive(TYPE.ack, two.token, content("21"), one.messageId), []);
  assert.deepEqual(bench.receive(TYPE.ack, TOKEN, content("21"), one.messageId), []);
  assert.equal(bench.endpoint.counters.stray, 2);
  assert.equal(bench.receive(TYPE.ack, one.token, content("21"), one.messageId).length, 1);
});

test("after forget the request is not repeated, and its response is rejected", () => {
  const bench = new Bench();
  const asked = ourGet(bench);
  assert.deepEqual(bench.handle({ type: "forget", exchange: FIRST }), []);
  assert.equal(bench.endpoint.deadline, undefined);
  const rst = (id: number) => [{ type: "send", bytes: encodeEmpty(TYPE.rst, id) }];
  assert.deepEqual(bench.con(asked.token, content("21"), 500), rst(500));
  assert.deepEqual(bench.receive(TYPE.non, asked.token, content("21"), 501), rst(501));
});

test("a ping, an empty CON, is answered by RST", () => {
  assert.deepEqual(new Bench().bytes(fromHex("40001234")), [{ type: "send", bytes: fromHex("70001234") }]);
});

test("a confirmable message with a format error is rejected by RST; anything less is ignored", () => {
  const bench = new Bench();
  assert.deepEqual(bench.bytes(fromHex("4901 1234")), [{ type: "send", bytes: fromHex("70001234") }]);
  for (const garbage of ["", "00", "4001", "5901 1234", "8001 1234", "6045 1234 ff"]) {
    assert.deepEqual(bench.bytes(fromHex(garbage)), [], garbage);
  }
  assert.equal(bench.endpoint.counters.malformed, 7);
});

test("stray acknowledgements and resets are ignored and counted", () => {
  const bench = new Bench();
  for (const stray of ["60001234", "70001234", "6045 1234", "5000 1234", "6001 1234"]) {
    assert.deepEqual(bench.bytes(fromHex(stray)), [], stray);
  }
  assert.equal(bench.endpoint.counters.stray, 5);
});

test("whatever comes in, unasked, never draws more bytes than it has, but for the sentence of an error", () => {
  const header = fc.tuple(
    fc.constantFrom(0x40, 0x44, 0x48, 0x50, 0x54, 0x60, 0x70),
    fc.nat(255),
    fc.nat(255),
    fc.nat(255),
  );
  const near = fc
    .tuple(header, fc.uint8Array({ maxLength: 30 }))
    .map(([head, rest]) => Uint8Array.of(...head, ...rest));
  fc.assert(
    fc.property(fc.array(fc.oneof(near, fc.uint8Array({ maxLength: 40 })), { maxLength: 5 }), (datagrams) => {
      const bench = new Bench();
      for (const bytes of datagrams) {
        const effects = bench.bytes(bytes);
        const out = effectsOf(effects, "send").reduce((sum, { bytes: { length } }) => sum + length, 0);
        assert.ok(out <= bytes.length + longestAnswer(effects), hex(bytes));
        assert.deepEqual(effectsOf(effects, "response"), []);
      }
      bench.wait(300 * SECOND);
    }),
    { numRuns: 1500 },
  );
});

/** What a well-formed request may be told beyond its own length: a sentence, and of a body in blocks our largest (Size1). */
function longestAnswer(effects: readonly CoapEffect[]): number {
  const sizes = sent(effects).map(({ code, payload }) => {
    assert.ok(payload.length < 100, "a sentence");
    return (payload.length > 0 ? 1 : 0) + payload.length + (code === CODE.requestEntityTooLarge ? 16 : 0);
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

test("more requests than are served at once are refused by 5.03", () => {
  const bench = new Bench({ limits: { serving: 2 } });
  bench.con(TOKEN, request(CODE.post, "a"));
  bench.con(TOKEN, request(CODE.post, "a"));
  const effects = bench.con(TOKEN, request(CODE.post, "a"));
  assert.equal(only(sent(effects)).code, CODE.serviceUnavailable);
  assert.equal(effectsOf(effects, "serve").length, 0);
  assert.equal(bench.endpoint.counters.refused, 1);
});

test("answers that are not acknowledged count too: who asks and never acknowledges is refused in the end", () => {
  const bench = new Bench({ limits: { serving: 2 } });
  const answered = ["a", "b"].map((path) => {
    const { exchange } = only(effectsOf(bench.con(TOKEN, request(CODE.get, path)), "serve"));
    bench.wait(SECOND);
    return bench.handle({ type: "respond", exchange, message: content("late") });
  });
  const refused = bench.con(TOKEN, request(CODE.get, "c"));
  assert.equal(only(sent(refused)).code, CODE.serviceUnavailable);
  const [first = []] = answered;
  bench.bytes(encodeEmpty(TYPE.ack, only(sent(first)).messageId));
  assert.equal(effectsOf(bench.con(TOKEN, request(CODE.get, "d")), "serve").length, 1);
});

test("message IDs and tokens begin at random and do not repeat while they run", () => {
  const bench = new Bench({ parameters: { nstart: 300 } });
  const all = Array.from({ length: 300 }, (_, i) => ourGet(bench, true, exchangeId(i)));
  assert.equal(new Set(all.map(({ messageId }) => messageId)).size, 300);
  assert.equal(new Set(all.map(({ token }) => hex(token))).size, 300);
  const other = ourGet(new Bench({ random: (n) => new Uint8Array(n).fill(9) }));
  assert.notEqual(other.messageId, all[0]?.messageId);
});

test("a second request in a running exchange is a mistake of the program", () => {
  const bench = new Bench();
  ourGet(bench);
  assert.throws(() => ourGet(bench), /exchange 1/);
});

test("an unknown token in an empty-token message is not matched", () => {
  const bench = new Bench();
  ourGet(bench);
  const effects = bench.bytes(encodeMessage(TYPE.con, 5, NO_TOKEN, content("21")));
  assert.deepEqual(effects, [{ type: "send", bytes: encodeEmpty(TYPE.rst, 5) }]);
});
