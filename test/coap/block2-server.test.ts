/** Answers that go out: the server's side of Block2, RFC 7959 §2.4. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { blockOption } from "../../src/coap/block.ts";
import { CODE } from "../../src/coap/codes.ts";
import { exchangeId } from "../../src/coap/endpoint.ts";
import { TYPE, type UdpMessage } from "../../src/coap/message.ts";
import { type CoapMessage, findOption, OPTION, uintOption, uintValue } from "../../src/coap/options.ts";
import {
  Bench,
  BODY,
  block,
  block1,
  block2,
  bodyOf,
  content,
  effectsOf,
  gist,
  hex,
  message,
  only,
  part,
  request,
  respond,
  sent,
  TOKEN,
  tokenOf,
} from "./bench.ts";

const FIRST = exchangeId(1);
const NONE = new Uint8Array(0);

/** Fetches the rest of an answer as a peer does; returns the whole and how many blocks it had. */
function fetchRest(bench: Bench, asked: CoapMessage, first: UdpMessage): { body: Uint8Array; blocks: number } {
  const parts = [first.payload];
  let last = first;
  for (let n = 1; ; n++) {
    const position = block2(last);
    if (position === undefined || position === "invalid" || !position.more) break;
    const options = [...asked.options, blockOption(OPTION.block2, block(n, false, position.szx))];
    const effects = bench.con(tokenOf(n), message(asked.code, options, asked.payload));
    last = only(sent(effects));
    assert.deepEqual(findOption(last, OPTION.etag), findOption(first, OPTION.etag));
    assert.deepEqual([findOption(last, OPTION.observe), findOption(last, OPTION.block1)], [undefined, undefined]);
    parts.push(last.payload);
  }
  return { body: Buffer.concat(parts), blocks: parts.length };
}

test("a large answer goes out in blocks, each under another token, without running the handler again", () => {
  const bench = new Bench();
  const get = request(CODE.get, "3");
  const first = bench.ask(TOKEN, get, content(BODY, [uintOption(OPTION.contentFormat, 112)]));
  assert.deepEqual([block2(first), uintValue(first, OPTION.size2)], [block(0, true), 5000]);
  const { body, blocks } = fetchRest(bench, get, first);
  assert.deepEqual([gist(body), blocks], [gist(BODY), 5]);
});

for (const [szx, blocks] of [
  [2, 79],
  [0, 313],
  [6, 5],
] as const) {
  test(`a client that asks for blocks of ${16 << szx} bytes gets ${blocks} of them`, () => {
    const bench = new Bench();
    const get = request(CODE.get, "3");
    const asked = request(CODE.get, "3", [blockOption(OPTION.block2, block(0, false, szx))]);
    const fetched = fetchRest(bench, get, bench.ask(TOKEN, asked, content(BODY)));
    assert.deepEqual([gist(fetched.body), fetched.blocks], [gist(BODY), blocks]);
  });
}

test("the application's own ETag is kept; without one, equal contents have equal ETags and others do not", () => {
  const etag = { number: OPTION.etag, value: Uint8Array.of(1, 2, 3) };
  const get = request(CODE.get, "3");
  const tags = [
    content(BODY, [etag]),
    content(BODY),
    content(BODY),
    content(bodyOf(5000, 1)),
    content(new Uint8Array(3000)),
    content(new Uint8Array(3000).fill(65)),
  ].map((answer) => hex(findOption(new Bench().ask(TOKEN, get, answer), OPTION.etag) ?? new Uint8Array()));
  assert.equal(tags[0], "010203");
  assert.equal(tags[1], tags[2]);
  assert.equal(new Set(tags).size, 5);
});

test("what is fetched in blocks stays as it was when the first block went out", () => {
  const bench = new Bench();
  const get = request(CODE.get, "3");
  const first = bench.ask(TOKEN, get, content(BODY));
  bench.ask(TOKEN, request(CODE.get, "4"), content(bodyOf(5000, 9)));
  assert.equal(gist(fetchRest(bench, get, first).body), gist(BODY));
});

test("a block beyond the end is a bad request, of something kept and of something small", () => {
  const bench = new Bench();
  bench.ask(TOKEN, request(CODE.get, "3"), content(BODY));
  const beyond = (path: string) => request(CODE.get, path, [blockOption(OPTION.block2, block(5, false))]);
  assert.equal(only(sent(bench.con(TOKEN, beyond("3")))).code, CODE.badRequest);
  assert.equal(bench.ask(TOKEN, beyond("4"), content("small")).code, CODE.badRequest);
});

test("a later block of what is not kept any more: a read is done again, anything else is answered 4.08", () => {
  const bench = new Bench();
  const later = (code: number) => request(code, "3", [blockOption(OPTION.block2, block(2, false))]);
  const answer = bench.ask(TOKEN, later(CODE.get), content(BODY));
  assert.deepEqual([block2(answer), gist(answer.payload)], [block(2, true), gist(BODY.subarray(2048, 3072))]);
  assert.equal(only(sent(bench.con(TOKEN, later(CODE.post)))).code, CODE.requestEntityIncomplete);
});

test("the answers kept are bounded in number and in time", () => {
  const bench = new Bench({ limits: { snapshots: 2 } });
  const isKept = (path: string) => {
    const effects = bench.con(TOKEN, request(CODE.get, path, [blockOption(OPTION.block2, block(1, false))]));
    return effectsOf(effects, "serve").length === 0;
  };
  for (const path of ["a", "b", "c"]) bench.ask(TOKEN, request(CODE.get, path), content(BODY));
  assert.deepEqual(["a", "b", "c"].map(isKept), [false, true, true]);
  bench.wait(247 * SECOND);
  assert.deepEqual(["b", "c"].map(isKept), [false, false]);
});

test("FETCH: the rest is had with its body or without, but not with another body", () => {
  const bench = new Bench();
  const fetch = (body: Uint8Array, n?: number) =>
    request(CODE.fetch, "3", n === undefined ? [] : [blockOption(OPTION.block2, block(n, false))], body);
  bench.ask(TOKEN, fetch(bodyOf(10)), content(BODY));
  const served = [fetch(bodyOf(10), 1), fetch(bodyOf(0), 1), fetch(bodyOf(10, 1), 1)].map(
    (asked) => effectsOf(bench.con(TOKEN, asked), "serve").length,
  );
  assert.deepEqual(served, [0, 0, 1]);
});

test("two FETCHes of different bodies are had in blocks side by side, and so are their notifications", () => {
  const bench = new Bench();
  const observe = uintOption(OPTION.observe, 0);
  const asked = [bodyOf(10, 1), bodyOf(10, 2)].map((body) => request(CODE.fetch, "3", [observe], body));
  const rest = asked.map((fetch) => ({ ...fetch, options: fetch.options.filter((option) => option !== observe) }));
  const contents = [bodyOf(3000, 3), bodyOf(3000, 4)];
  const first = asked.map((fetch, i) => bench.ask(tokenOf(100 + i), fetch, content(contents[i] ?? NONE, [observe])));
  for (const i of [0, 1]) {
    assert.equal(
      gist(fetchRest(bench, rest[i] ?? assert.fail(), first[i] ?? assert.fail()).body),
      gist(contents[i] ?? NONE),
    );
  }
  const later = [bodyOf(4000, 5), bodyOf(4000, 6)];
  const told = later.map((body, i) => {
    const event = { type: "notify", exchange: exchangeId(i + 1), notification: i + 1, confirmable: false } as const;
    return only(sent(bench.handle({ ...event, message: content(body) })));
  });
  for (const i of [0, 1]) {
    assert.equal(
      gist(fetchRest(bench, rest[i] ?? assert.fail(), told[i] ?? assert.fail()).body),
      gist(later[i] ?? NONE),
    );
  }
});

test("Block1 and Block2 together: the answer to the last block has the first block of the answer", () => {
  const bench = new Bench();
  for (let n = 0; n < 4; n++) bench.con(TOKEN, part(CODE.post, n));
  const first = respond(bench, content(bodyOf(3000)), bench.con(TOKEN, part(CODE.post, 4)));
  assert.deepEqual([block1(first), block2(first)], [block(4, false), block(0, true)]);
  assert.equal(gist(fetchRest(bench, request(CODE.post, "5/0/0"), first).body), gist(bodyOf(3000)));
});

test("a notification larger than a block has its first block, and the rest is had by GET without Observe", () => {
  const bench = new Bench();
  const observe = uintOption(OPTION.observe, 0);
  bench.ask(TOKEN, request(CODE.get, "3", [observe]), content("small", [observe]));
  const event = { type: "notify", exchange: FIRST, notification: 1, confirmable: true } as const;
  const first = only(sent(bench.handle({ ...event, message: content(BODY) })));
  assert.deepEqual([first.type, first.token, block2(first)], [TYPE.con, TOKEN, block(0, true)]);
  assert.notEqual(uintValue(first, OPTION.observe), undefined);
  assert.equal(gist(fetchRest(bench, request(CODE.get, "3"), first).body), gist(BODY));
});

test("notifications keep to the block size that the observing request asked for", () => {
  const bench = new Bench();
  const options = [uintOption(OPTION.observe, 0), blockOption(OPTION.block2, block(0, false, 2))];
  bench.ask(TOKEN, request(CODE.get, "3", options), content("small", [uintOption(OPTION.observe, 0)]));
  const event = { type: "notify", exchange: FIRST, notification: 1, confirmable: true } as const;
  assert.deepEqual(block2(only(sent(bench.handle({ ...event, message: content(BODY) })))), block(0, true, 2));
});
