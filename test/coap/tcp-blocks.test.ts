/** Bodies over TCP: whole where they fit, else in blocks, BERT among them. RFC 8323 §5.3.2, §6. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BERT_SZX, type Block, blockOption, readBlock } from "../../src/coap/block.ts";
import { CODE } from "../../src/coap/codes.ts";
import type { CoapEffect } from "../../src/coap/events.ts";
import { exchangeId } from "../../src/coap/events.ts";
import { type CoapMessage, OPTION, uintOption } from "../../src/coap/options.ts";
import { TcpEndpoint, type TcpEndpointOptions } from "../../src/coap/tcp-endpoint.ts";
import { fakeRandom } from "../support/fake-clock.ts";
import { bodyOf, content, effectsOf, gist, message, only, request, TOKEN } from "./bench.ts";
import { framesOf, LARGE, TcpBench } from "./tcp-bench.ts";

const bert = (number: number, more: boolean): Block => ({ number, more, szx: BERT_SZX });
const blockOf = (answer: CoapMessage, option: number) => readBlock(answer, option, BERT_SZX);

test("RFC 8323 §6, figure 14: a GET with BERT blocks", () => {
  const bench = new TcpBench().open();
  const asked = request(CODE.get, "status");
  const effects = bench.handle({ type: "request", exchange: exchangeId(1), message: asked, confirmable: true });
  const body = bodyOf(3072 + 5120 + 4711);
  let { token } = only(framesOf(effects));
  let last: CoapEffect[] = [];
  for (const [number, more, length, next] of [
    [0, true, 3072, 3],
    [3, true, 5120, 8],
    [8, false, 4711, undefined],
  ] as const) {
    const part = body.subarray(number * 1024, number * 1024 + length);
    last = bench.receive(content(part, [blockOption(OPTION.block2, bert(number, more))]), token);
    if (next === undefined) break;
    const asks = only(framesOf(last));
    assert.deepEqual(blockOf(asks, OPTION.block2), bert(next, false));
    token = asks.token;
  }
  assert.equal(gist(only(effectsOf(last, "response")).message.payload), gist(body));
});

test("RFC 8323 §6, figure 15: a PUT with BERT blocks", () => {
  const bench = new TcpBench().open();
  const body = bodyOf(8192 + 16_384 + 5683);
  for (const [number, more, length] of [
    [0, true, 8192],
    [8, true, 16_384],
    [24, false, 5683],
  ] as const) {
    const part = body.subarray(number * 1024, number * 1024 + length);
    const put = request(CODE.put, "options", [blockOption(OPTION.block1, bert(number, more))], part);
    const effects = bench.receive(put, TOKEN);
    if (more) {
      const answer = only(framesOf(effects));
      assert.deepEqual([answer.code, blockOf(answer, OPTION.block1)], [CODE.continue, bert(number, true)]);
      continue;
    }
    const { exchange, message: served } = only(effectsOf(effects, "serve"));
    assert.equal(gist(served.payload), gist(body));
    const changed = only(framesOf(bench.handle({ type: "respond", exchange, message: message(CODE.changed) })));
    assert.deepEqual([changed.code, blockOf(changed, OPTION.block1)], [CODE.changed, bert(number, false)]);
  }
});

test("a BERT block that is not the last is a multiple of 1024 bytes", () => {
  const bench = new TcpBench().open();
  for (const length of [0, 1000, 2000]) {
    const put = request(CODE.put, "5/0/0", [blockOption(OPTION.block1, bert(0, true))], bodyOf(length));
    assert.equal(only(framesOf(bench.receive(put, TOKEN))).code, CODE.badRequest);
  }
});

test("who asks for blocks of a size gets them, though the whole would fit", () => {
  const bench = new TcpBench().open();
  const block = { number: 0, more: false, szx: 2 };
  const { exchange } = only(
    effectsOf(bench.receive(request(CODE.get, "25", [blockOption(OPTION.block2, block)]), TOKEN), "serve"),
  );
  const answer = only(framesOf(bench.handle({ type: "respond", exchange, message: content(bodyOf(100)) })));
  assert.deepEqual([answer.payload.length, blockOf(answer, OPTION.block2)], [64, { number: 0, more: true, szx: 2 }]);
});

test("an answer that a peer without blocks cannot take is a 5.00 that says so", () => {
  const bench = new TcpBench().open({ maxMessageSize: 1152, blockWise: false });
  const { exchange } = only(effectsOf(bench.receive(request(CODE.get, "25"), TOKEN), "serve"));
  const answer = only(framesOf(bench.handle({ type: "respond", exchange, message: content(bodyOf(2000)) })));
  assert.equal(answer.code, CODE.internalServerError);
  assert.match(Buffer.from(answer.payload).toString(), /^the answer is longer than the \d+ bytes that fit$/);
});

test("a large notification goes whole to who takes it, else its first block, and the rest is asked for", () => {
  for (const [capabilities, length] of [
    [LARGE, 5000],
    [{ maxMessageSize: 3000, blockWise: true }, 2048],
    [{ maxMessageSize: 1152, blockWise: true }, 1024],
    [{ maxMessageSize: 200, blockWise: true }, 128],
  ] as const) {
    const bench = new TcpBench().open(capabilities);
    const observe = uintOption(OPTION.observe, 0);
    const { exchange } = only(effectsOf(bench.receive(request(CODE.get, "3", [observe]), TOKEN), "serve"));
    bench.handle({ type: "respond", exchange, message: content("", [observe]) });
    const large = content(bodyOf(5000));
    const sent = framesOf(
      bench.handle({ type: "notify", exchange, notification: 1, message: large, confirmable: false }),
    );
    assert.equal(only(sent).payload.length, length);
  }
});

/** Two endpoints whose messages arrive at once; a request of the one, answered by the other with what it was sent. */
function echoed(body: Uint8Array, ours: Partial<TcpEndpointOptions>, theirs: Partial<TcpEndpointOptions>) {
  const ends = [ours, theirs].map((options, i) => new TcpEndpoint({ random: fakeRandom(i + 1), ...options }));
  const outcomes: CoapEffect[] = [];
  const run = (at: number, effects: readonly CoapEffect[]): void => {
    for (const effect of effects) {
      if (effect.type === "send") {
        const { bytes } = effect;
        run(at, ends[at]?.handle({ type: "written", bytes: bytes.length }, 0) ?? []);
        run(1 - at, ends[1 - at]?.handle({ type: "datagram", bytes }, 0) ?? []);
      } else if (effect.type === "serve") {
        const answer = content(effect.message.payload);
        run(at, ends[at]?.handle({ type: "respond", exchange: effect.exchange, message: answer }, 0) ?? []);
      } else outcomes.push(effect);
    }
  };
  const connected = ends.map((end) => end.handle({ type: "connected" }, 0));
  for (const [at, effects] of connected.entries()) run(at, effects);
  const asked = request(CODE.fetch, "echo", [], body);
  run(0, ends[0]?.handle({ type: "request", exchange: exchangeId(1), message: asked, confirmable: true }, 0) ?? []);
  return only(effectsOf(outcomes, "response")).message;
}

test("bodies come back as they went, whatever the two take", () => {
  const maxMessageSize = fc.constantFrom(64, 200, 1152, 1153, 2100, 5000, 70_000);
  fc.assert(
    fc.property(maxMessageSize, maxMessageSize, fc.nat(12_000), (ours, theirs, length) => {
      const body = bodyOf(length);
      const answer = echoed(body, { maxMessageSize: ours }, { maxMessageSize: theirs });
      assert.equal(answer.code, CODE.content);
      assert.equal(gist(answer.payload), gist(body));
    }),
    { numRuns: 60 },
  );
});

test("a streamed PUT with BERT blocks: each message is a part, and the stream ends with its connection", () => {
  const bench = new TcpBench({ streams: () => true, maxBody: 20_000 }).open();
  const body = bodyOf(8192 + 16_384 + 5683);
  const parts: Uint8Array[] = [];
  const put = (number: number, length: number, more: boolean) => {
    const bytes = body.subarray(number * 1024, number * 1024 + length);
    const effects = bench.receive(
      request(CODE.put, "5/0/0", [blockOption(OPTION.block1, bert(number, more))], bytes),
      TOKEN,
    );
    const { exchange, message: served, part } = only(effectsOf(effects, "serve"));
    assert.deepEqual([part?.offset, part?.last], [number * 1024, !more]);
    parts.push(served.payload);
    const code = more ? CODE.continue : CODE.changed;
    const answer = only(framesOf(bench.handle({ type: "respond", exchange, message: message(code) })));
    assert.deepEqual([answer.code, blockOf(answer, OPTION.block1)], [code, bert(number, more)]);
  };
  put(0, 8192, true);
  put(8, 16_384, true);
  put(24, 5683, false);
  assert.equal(gist(Buffer.concat(parts)), gist(body));
  put(0, 8192, true);
  assert.equal(effectsOf(bench.handle({ type: "disconnected", reason: "reset" }), "broken").length, 1);
});

for (const [peer, capabilities, expected] of [
  ["has BERT", LARGE, { number: 3, more: false, szx: BERT_SZX }],
  ["takes short messages alone", { maxMessageSize: 1152, blockWise: true }, { number: 3, more: false, szx: 6 }],
  ["takes no blocks", { maxMessageSize: 70_000, blockWise: false }, undefined],
] as const) {
  test(`a single block is asked for as the peer has it, who ${peer}; and handed on as it comes`, () => {
    const bench = new TcpBench().open(capabilities);
    const asked = request(CODE.get, "image", [blockOption(OPTION.block2, bert(3, false))]);
    const event = {
      type: "request",
      exchange: exchangeId(1),
      message: asked,
      confirmable: true,
      single: true,
    } as const;
    const sent = only(framesOf(bench.handle(event)));
    assert.deepEqual(blockOf(sent, OPTION.block2), expected);
    const answer = content(bodyOf(2048), [blockOption(OPTION.block2, bert(3, true)), uintOption(OPTION.size2, 99_999)]);
    assert.deepEqual(only(effectsOf(bench.receive(answer, sent.token), "response")).message, answer);
  });
}
