/** Bodies that come in: the server's side of Block1, RFC 7959 §2.5. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { blockOption } from "../../src/coap/block.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapMessage, OPTION, uintOption, uintValue } from "../../src/coap/options.ts";
import {
  Bench,
  BODY,
  block,
  block1,
  block2,
  bodyOf,
  CHANGED,
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

/** RFC 7959 §3, in the notation NUM/M/SIZE: 2:0/1/128, 1:2/0/64, 2:4/0/64. */
test("the option holds number, more and size", () => {
  const options = [block(0, true, 3), block(2, false, 2), block(4, false, 2), block(0xfffff, true, 6)];
  assert.deepEqual(
    options.map((value) => hex(blockOption(OPTION.block2, value).value)),
    ["0b", "22", "42", "fffffe"],
  );
  assert.deepEqual(
    options.map((value) => block2(message(1, [blockOption(OPTION.block2, value)]))),
    options,
  );
});

test("a body comes in with a new token for each block, is served whole, and the last answer has its Block1", () => {
  const bench = new Bench();
  for (let n = 0; n < 4; n++) {
    const answer = only(sent(bench.con(tokenOf(n), part(CODE.put, n))));
    assert.deepEqual([answer.code, answer.token, block1(answer)], [CODE.continue, tokenOf(n), block(n, true)]);
  }
  const effects = bench.con(tokenOf(4), part(CODE.put, 4));
  assert.deepEqual(only(effectsOf(effects, "serve")).message, request(CODE.put, "5/0/0", [], BODY));
  const answer = respond(bench, CHANGED, effects);
  assert.deepEqual([answer.code, block1(answer)], [CODE.changed, block(4, false)]);
});

test("a body in one block is served at once", () => {
  const effects = new Bench().con(TOKEN, part(CODE.put, 0, bodyOf(100)));
  assert.deepEqual(only(effectsOf(effects, "serve")).message.payload, bodyOf(100));
});

test("a block out of turn is answered 4.08, and the body goes on where it stands", () => {
  const bench = new Bench();
  assert.equal(only(sent(bench.con(TOKEN, part(CODE.put, 1)))).code, CODE.requestEntityIncomplete);
  bench.con(TOKEN, part(CODE.put, 0));
  assert.equal(only(sent(bench.con(TOKEN, part(CODE.put, 2)))).code, CODE.requestEntityIncomplete);
  assert.equal(only(sent(bench.con(TOKEN, part(CODE.put, 1)))).code, CODE.continue);
});

test("a block that comes again under a new message ID is answered 2.31 again and counts once", () => {
  const bench = new Bench();
  for (const n of [0, 1, 1, 2, 2, 2, 3])
    assert.equal(only(sent(bench.con(TOKEN, part(CODE.put, n)))).code, CODE.continue);
  const effects = bench.con(TOKEN, part(CODE.put, 4));
  assert.deepEqual(only(effectsOf(effects, "serve")).message.payload, BODY);
});

test("a body over the limit is refused by 4.13 with Size1: at the first block where Size1 tells, else where it overflows", () => {
  const bench = new Bench({ maxBody: 2048 });
  const announced = part(CODE.put, 0);
  const early = only(sent(bench.con(TOKEN, { ...announced, options: [...announced.options, uintOption(60, 5000)] })));
  assert.deepEqual([early.code, uintValue(early, OPTION.size1)], [CODE.requestEntityTooLarge, 2048]);
  const codes = [0, 1, 2].map((n) => only(sent(bench.con(TOKEN, part(CODE.put, n)))).code);
  assert.deepEqual(codes, [CODE.continue, CODE.continue, CODE.requestEntityTooLarge]);
  assert.equal(only(sent(bench.con(TOKEN, part(CODE.put, 3)))).code, CODE.requestEntityIncomplete);
});

/** RFC 7959 §3.2, figure 8: the client sends 128, the server asks for 32, the client goes on at number 4. */
test("a smaller size of ours is asked for in the first answer, and the number goes on by the size", () => {
  const bench = new Bench({ blockSize: 32 });
  const body = bodyOf(200);
  const first = only(sent(bench.con(TOKEN, part(CODE.put, 0, body, 3))));
  assert.deepEqual(block1(first), block(0, true, 1));
  for (const n of [4, 5]) bench.con(TOKEN, part(CODE.put, n, body, 1));
  assert.deepEqual(only(effectsOf(bench.con(TOKEN, part(CODE.put, 6, body, 1)), "serve")).message.payload, body);
});

test("a client that keeps its larger size is served all the same", () => {
  const bench = new Bench({ blockSize: 32 });
  const body = bodyOf(200);
  bench.con(TOKEN, part(CODE.put, 0, body, 3));
  assert.deepEqual(only(effectsOf(bench.con(TOKEN, part(CODE.put, 1, body, 3)), "serve")).message.payload, body);
});

test("a block that is not as long as it says is a bad request", () => {
  const option = (more: boolean) => [blockOption(OPTION.block1, block(0, more, 2))];
  const bench = new Bench();
  for (const [more, length] of [
    [true, 63],
    [true, 65],
    [true, 0],
    [false, 65],
  ] as const) {
    const answer = only(sent(bench.con(TOKEN, request(CODE.put, "a", option(more), bodyOf(length)))));
    assert.equal(answer.code, CODE.badRequest);
  }
});

test("bodies to different resources, by different methods, or under different Request-Tags do not mix", () => {
  const bench = new Bench({ limits: { bodies: 8 } });
  const variants = [
    (n: number) => part(CODE.put, n, bodyOf(3000, 1)),
    (n: number) => part(CODE.post, n, bodyOf(3000, 2)),
    (n: number) => withTag(part(CODE.put, n, bodyOf(3000, 3)), 1),
    (n: number) => withTag(part(CODE.put, n, bodyOf(3000, 4)), 2),
  ];
  for (const n of [0, 1]) for (const make of variants) bench.con(TOKEN, make(n));
  const seeds = variants.map((make) => gist(only(effectsOf(bench.con(TOKEN, make(2)), "serve")).message.payload));
  assert.deepEqual(
    seeds,
    [1, 2, 3, 4].map((seed) => gist(bodyOf(3000, seed))),
  );
});

function withTag(plain: CoapMessage, tag: number): CoapMessage {
  return { ...plain, options: [...plain.options, uintOption(OPTION.requestTag, tag)] };
}

test("an abandoned body is dropped after EXCHANGE_LIFETIME", () => {
  const bench = new Bench();
  bench.con(TOKEN, part(CODE.put, 0));
  bench.wait(246 * SECOND);
  assert.ok(!bench.endpoint.idle);
  bench.wait(SECOND);
  assert.ok(bench.endpoint.idle);
  assert.equal(only(sent(bench.con(TOKEN, part(CODE.put, 1)))).code, CODE.requestEntityIncomplete);
});

test("of too many bodies at once the one that stood still longest makes way", () => {
  const bench = new Bench({ limits: { bodies: 2 } });
  const start = (tag: number) => bench.con(TOKEN, withTag(part(CODE.put, 0), tag));
  const goOn = (tag: number, n: number) => only(sent(bench.con(TOKEN, withTag(part(CODE.put, n), tag)))).code;
  start(1);
  start(2);
  assert.equal(goOn(1, 1), CODE.continue);
  start(3);
  assert.equal(goOn(2, 1), CODE.requestEntityIncomplete);
  assert.equal(goOn(1, 2), CODE.continue);
});
