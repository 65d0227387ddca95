/** A repeated message is not worked on twice: RFC 7252 §4.5. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { blockOption } from "../../src/coap/block.ts";
import { CODE } from "../../src/coap/codes.ts";
import { exchangeId } from "../../src/coap/endpoint.ts";
import { encodeEmpty, TYPE } from "../../src/coap/message.ts";
import { OPTION, uintOption } from "../../src/coap/options.ts";
import { Bench, CHANGED, content, effectsOf, hex, message, only, request, sent, TOKEN } from "./bench.ts";

const POST = request(CODE.post, "3/0/4");
const GET = request(CODE.get, "3/0/4");

/** Bytes that go out, as text. */
function out(effects: ReturnType<Bench["handle"]>): string[] {
  return effectsOf(effects, "send").map(({ bytes }) => hex(bytes));
}

test("a request repeated after it was answered gets the stored answer, byte for byte, and is not run again", () => {
  const bench = new Bench();
  bench.con(TOKEN, POST, 7);
  const first = bench.handle({ type: "respond", exchange: exchangeId(1), message: content("done") });
  bench.wait(246 * SECOND);
  assert.deepEqual(bench.con(TOKEN, POST, 7), first);
  assert.equal(bench.endpoint.counters.duplicates, 1);
});

test("a request repeated while it still runs is run once and answered once", () => {
  const bench = new Bench();
  assert.equal(effectsOf(bench.con(TOKEN, POST, 7), "serve").length, 1);
  assert.deepEqual(bench.con(TOKEN, POST, 7), []);
  assert.deepEqual(bench.con(TOKEN, POST, 7), []);
  const answer = bench.handle({ type: "respond", exchange: exchangeId(1), message: CHANGED });
  assert.equal(out(answer).length, 1);
});

test("a request repeated after its empty ACK gets the empty ACK again, also when the answer has gone", () => {
  const bench = new Bench();
  bench.con(TOKEN, POST, 7);
  bench.wait(500);
  const ack = [{ type: "send", bytes: encodeEmpty(TYPE.ack, 7) }];
  assert.deepEqual(bench.con(TOKEN, POST, 7), ack);
  bench.handle({ type: "respond", exchange: exchangeId(1), message: CHANGED });
  assert.deepEqual(bench.con(TOKEN, POST, 7), ack);
});

test("a request that is ignored is neither acknowledged nor remembered: its repetition is served anew", () => {
  const bench = new Bench();
  bench.con(TOKEN, POST, 7);
  assert.deepEqual(bench.handle({ type: "ignore", exchange: exchangeId(1) }), []);
  assert.deepEqual(bench.wait(10 * SECOND), []);
  assert.deepEqual(
    effectsOf(bench.con(TOKEN, POST, 7), "serve").map(({ exchange }) => exchange),
    [exchangeId(2)],
  );
});

test("answers that the application never sees are repeated too: 4.02, 2.31, 4.08", () => {
  const bench = new Bench();
  const asked = [
    request(CODE.post, "a", [{ number: 9999, value: new Uint8Array(0) }]),
    request(CODE.put, "b", [uintOption(OPTION.block1, 0x08)], new Uint8Array(16)),
    request(CODE.put, "c", [uintOption(OPTION.block1, 0x18)], new Uint8Array(16)),
  ];
  const first = asked.map((one, i) => bench.con(TOKEN, one, i));
  assert.deepEqual(
    first.map((effects) => only(sent(effects)).code),
    [CODE.badOption, CODE.continue, CODE.requestEntityIncomplete],
  );
  assert.deepEqual(
    asked.map((one, i) => bench.con(TOKEN, one, i)),
    first,
  );
});

test("after EXCHANGE_LIFETIME the message ID is free again", () => {
  const bench = new Bench();
  bench.con(TOKEN, POST, 7);
  bench.handle({ type: "respond", exchange: exchangeId(1), message: CHANGED });
  bench.wait(247 * SECOND);
  assert.equal(effectsOf(bench.con(TOKEN, POST, 7), "serve").length, 1);
});

test("a repeated non-confirmable request is dropped for NON_LIFETIME", () => {
  const bench = new Bench();
  bench.receive(TYPE.non, TOKEN, POST, 7);
  bench.handle({ type: "respond", exchange: exchangeId(1), message: CHANGED });
  bench.wait(144 * SECOND);
  assert.deepEqual(bench.receive(TYPE.non, TOKEN, POST, 7), []);
  bench.wait(SECOND);
  assert.equal(effectsOf(bench.receive(TYPE.non, TOKEN, POST, 7), "serve").length, 1);
});

test("another request under a message ID that is not free yet is a new one: its sender restarted", () => {
  const bench = new Bench();
  bench.con(TOKEN, POST, 7);
  bench.handle({ type: "respond", exchange: exchangeId(1), message: CHANGED });
  assert.equal(effectsOf(bench.con(Uint8Array.of(9), POST, 7), "serve").length, 1);
});

/** Runs so many requests to their end, under message IDs from `from` on. */
function flood(bench: Bench, count: number, from: number, asked = GET): void {
  for (let i = 0; i < count; i++) {
    const serve = effectsOf(bench.con(TOKEN, asked, from + i), "serve")[0];
    if (serve !== undefined) bench.handle({ type: "respond", exchange: serve.exchange, message: content("x") });
  }
}

test("a flood of reads does not push out what changes something", () => {
  const bench = new Bench({ limits: { passingDuplicates: 100 } });
  flood(bench, 1, 0, POST);
  flood(bench, 1, 1, request(CODE.get, "o", [uintOption(OPTION.observe, 0)]));
  flood(bench, 5000, 10);
  assert.equal(out(bench.con(TOKEN, POST, 0)).length, 1);
  assert.equal(
    effectsOf(bench.con(TOKEN, request(CODE.get, "o", [uintOption(OPTION.observe, 0)]), 1), "serve").length,
    0,
  );
  assert.equal(effectsOf(bench.con(TOKEN, GET, 5009), "serve").length, 0, "a new read is remembered");
  assert.equal(effectsOf(bench.con(TOKEN, GET, 10), "serve").length, 1, "an old read is done again");
});

test("a slow read whose place another one took is answered, and its answer is nobody else's", () => {
  const bench = new Bench({ limits: { passingDuplicates: 1 } });
  const slow = only(effectsOf(bench.con(TOKEN, GET, 7), "serve"));
  const quick = only(effectsOf(bench.con(TOKEN, GET, 8), "serve"));
  assert.equal(out(bench.handle({ type: "respond", exchange: slow.exchange, message: content("slow") })).length, 1);
  assert.deepEqual(bench.con(TOKEN, GET, 8), [], "it still runs");
  const answer = bench.handle({ type: "respond", exchange: quick.exchange, message: content("quick") });
  assert.deepEqual(bench.con(TOKEN, GET, 8), answer);
});

test("a repeated read gets its own answer again, however long those were that stood in its place before", () => {
  const bench = new Bench({ limits: { passingDuplicates: 1 } });
  for (const [id, length] of [1000, 3, 200, 64].entries()) {
    const { exchange } = only(effectsOf(bench.con(TOKEN, GET, id), "serve"));
    const answer = bench.handle({ type: "respond", exchange, message: content(new Uint8Array(length).fill(id + 1)) });
    assert.deepEqual(bench.con(TOKEN, GET, id), answer);
  }
});

test("where the memory is full, what changes something is refused by 5.03 rather than forgotten", () => {
  const bench = new Bench({ limits: { lastingDuplicates: 3 } });
  flood(bench, 3, 0, POST);
  const refused = bench.con(TOKEN, POST, 3);
  assert.equal(only(sent(refused)).code, CODE.serviceUnavailable);
  assert.equal(out(bench.con(TOKEN, POST, 0)).length, 1, "the first is still known");
  flood(bench, 1, 4);
  bench.wait(247 * SECOND);
  assert.equal(effectsOf(bench.con(TOKEN, POST, 3), "serve").length, 1);
});

test("a peer that comes round to its first message IDs within one lifetime takes no second place for each", () => {
  const bench = new Bench({ limits: { lastingDuplicates: 1500 } });
  const serve = (token: Uint8Array): void => {
    for (let id = 0; id < 1500; id++) {
      const { exchange } = only(effectsOf(bench.con(token, POST, id), "serve"));
      bench.handle({ type: "respond", exchange, message: CHANGED });
    }
  };
  for (const round of [1, 2, 3]) serve(Uint8Array.of(round));
  assert.equal(bench.endpoint.counters.refused, 0);
  assert.equal(out(bench.con(Uint8Array.of(3), POST, 0)).length, 1, "and the first of the last round is still known");
});

test("requests that are ignored take no lasting place", () => {
  const bench = new Bench({ limits: { lastingDuplicates: 3 } });
  for (let id = 0; id < 5000; id++) {
    const { exchange } = only(effectsOf(bench.con(TOKEN, POST, id), "serve"));
    bench.handle({ type: "ignore", exchange });
  }
  assert.equal(bench.endpoint.counters.refused, 0);
});

test("the blocks of a long body take no lasting place: only the last one does", () => {
  const bench = new Bench({ limits: { lastingDuplicates: 2, passingDuplicates: 4 } });
  const body = new Uint8Array(16 * 200);
  for (let n = 0; n < 200; n++) {
    const more = n < 199;
    const asked = request(
      CODE.put,
      "5/0/0",
      [blockOption(OPTION.block1, { number: n, more, szx: 0 })],
      new Uint8Array(16),
    );
    const effects = bench.con(TOKEN, asked, n);
    if (more) assert.equal(only(sent(effects)).code, CODE.continue);
    else assert.deepEqual(only(effectsOf(effects, "serve")).message.payload, body);
    assert.equal(effectsOf(bench.con(TOKEN, asked, n), "serve").length, 0);
  }
});

test("the memory is bounded in bytes: large answers of reads make way first", () => {
  const bench = new Bench({ limits: { duplicateBytes: 20_000 } });
  flood(bench, 1, 0, POST);
  for (let i = 1; i < 100; i++) bench.ask(TOKEN, GET, content(new Uint8Array(1000)));
  assert.equal(out(bench.con(TOKEN, POST, 0)).length, 1);
});

test("a repeated separate response is acknowledged again and delivered once", () => {
  const bench = new Bench();
  const event = { type: "request", exchange: exchangeId(1), message: GET, confirmable: true } as const;
  const { token } = only(sent(bench.handle(event)));
  assert.equal(effectsOf(bench.con(token, content("x"), 9), "response").length, 1);
  assert.deepEqual(bench.con(token, content("x"), 9), [{ type: "send", bytes: encodeEmpty(TYPE.ack, 9) }]);
});

test("message IDs of the peer and of ours do not mix", () => {
  const bench = new Bench();
  const event = { type: "request", exchange: exchangeId(1), message: GET, confirmable: true } as const;
  const { messageId } = only(sent(bench.handle(event)));
  assert.equal(effectsOf(bench.con(TOKEN, POST, messageId), "serve").length, 1);
  assert.equal(
    out(bench.handle({ type: "respond", exchange: exchangeId(1), message: message(CODE.changed) })).length,
    1,
  );
  assert.notEqual(bench.endpoint.deadline, undefined, "our request still waits");
});
