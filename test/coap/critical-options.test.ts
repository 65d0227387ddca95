/** Options that must be understood: RFC 7252 §5.4. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { exchangeId } from "../../src/coap/endpoint.ts";
import { encodeEmpty, TYPE } from "../../src/coap/message.ts";
import { NO_PAYLOAD, OPTION, stringOption, uintOption } from "../../src/coap/options.ts";
import { Bench, content, effectsOf, only, request, sent, TOKEN, utf8 } from "./bench.ts";

const FIRST = exchangeId(1);

function ourGet(bench: Bench, confirmable = true, exchange = FIRST) {
  return only(sent(bench.handle({ type: "request", exchange, message: request(CODE.get, "a"), confirmable })));
}

test("an unknown critical option in a request is answered 4.02, in a non-confirmable one by silence", () => {
  const bench = new Bench();
  const odd = request(CODE.get, "a", [{ number: 9999, value: NO_PAYLOAD }]);
  const answer = only(sent(bench.con(TOKEN, odd, 9)));
  assert.deepEqual([answer.type, answer.code, answer.token], [TYPE.ack, CODE.badOption, TOKEN]);
  assert.deepEqual(answer.payload, utf8("option 9999 is not supported"), "RFC 7252 §5.4.1: says which");
  assert.deepEqual(bench.receive(TYPE.non, TOKEN, odd), []);
});

const BAD_OPTIONS = [
  ["If-Match, a condition that nobody here checks", { number: OPTION.ifMatch, value: NO_PAYLOAD }, CODE.badOption],
  ["OSCORE", { number: OPTION.oscore, value: NO_PAYLOAD }, CODE.badOption],
  ["an Accept of three bytes", { number: OPTION.accept, value: new Uint8Array(3) }, CODE.badOption],
  ["an empty Uri-Host", { number: OPTION.uriHost, value: NO_PAYLOAD }, CODE.badOption],
  ["a Block2 of four bytes", { number: OPTION.block2, value: new Uint8Array(4) }, CODE.badOption],
  ["a Block2 of the reserved size", { number: OPTION.block2, value: Uint8Array.of(7) }, CODE.badRequest],
  ["Proxy-Uri", stringOption(OPTION.proxyUri, "coap://h/"), CODE.proxyingNotSupported],
  ["Proxy-Scheme", stringOption(OPTION.proxyScheme, "coap"), CODE.proxyingNotSupported],
] as const;

for (const [name, option, code] of BAD_OPTIONS) {
  test(`not understood in a request: ${name}`, () => {
    const effects = new Bench().con(TOKEN, request(CODE.put, "a", [option]));
    const answer = only(sent(effects));
    assert.equal(answer.code, code);
    assert.match(new TextDecoder().decode(answer.payload), new RegExp(`^option ${option.number} \\(`));
    assert.equal(effectsOf(effects, "serve").length, 0);
  });
}

test("a critical option that must not repeat is not understood twice", () => {
  const twice = [uintOption(OPTION.accept, 110), uintOption(OPTION.accept, 112)];
  assert.equal(only(sent(new Bench().con(TOKEN, request(CODE.get, "a", twice)))).code, CODE.badOption);
});

test("an elective option that is too long is as if it were not there", () => {
  const long = [OPTION.observe, OPTION.contentFormat].map((number) => ({ number, value: new Uint8Array(4) }));
  const [serve] = effectsOf(new Bench().con(TOKEN, request(CODE.get, "a", long)), "serve");
  assert.deepEqual(
    serve?.message.options.map(({ number }) => number),
    [OPTION.uriPath],
  );
});

test("an unknown critical option in a response: the response is rejected, the request fails", () => {
  const odd = content("21", [{ number: 9999, value: NO_PAYLOAD }]);
  const failed = { type: "failed", exchange: FIRST, reason: "reset" };
  const separate = new Bench();
  const effects = separate.con(ourGet(separate).token, odd, 500);
  assert.deepEqual(effects, [failed, { type: "send", bytes: encodeEmpty(TYPE.rst, 500) }]);
  const piggybacked = new Bench();
  const asked = ourGet(piggybacked);
  assert.deepEqual(piggybacked.receive(TYPE.ack, asked.token, odd, asked.messageId), [failed]);
});
