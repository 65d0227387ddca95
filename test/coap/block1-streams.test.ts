/** Bodies that are handed over part by part: the server's side of Block1 (RFC 7959 §2.5, §2.9.2) without a body in memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HOUR, MINUTE } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import type { CoapEffect } from "../../src/coap/endpoint.ts";
import { type CoapMessage, findOption, OPTION, uintOption } from "../../src/coap/options.ts";
import {
  Bench,
  BODY,
  block,
  block1,
  bodyOf,
  CHANGED,
  effectsOf,
  gist,
  hex,
  message,
  only,
  part,
  sent,
  tokenOf,
} from "./bench.ts";

const INCOMPLETE = CODE.requestEntityIncomplete;
const CONTINUE: CoapMessage = message(CODE.continue);

function streaming(limits = {}): Bench {
  return new Bench({ maxBody: 2048, streams: () => true, limits });
}

/** The parts that the application was given. */
class Application {
  readonly chunks: Uint8Array[] = [];
  readonly bench: Bench;
  private token = 0;

  constructor(bench: Bench) {
    this.bench = bench;
  }

  /** Sends a block, and answers the part that comes of it. */
  put(n: number, body = BODY, szx = 6) {
    return this.take(this.bench.con(tokenOf(this.token++), part(CODE.put, n, body, szx)));
  }

  take(effects: readonly CoapEffect[], answer?: CoapMessage) {
    const [serve] = effectsOf(effects, "serve");
    if (serve === undefined) return only(sent(effects));
    const { exchange, message: served } = serve;
    assert.ok(serve.part);
    if (serve.part.offset === 0) this.chunks.length = 0;
    assert.equal(serve.part.offset, this.length, "each part once, in order");
    this.chunks.push(served.payload);
    const said = answer ?? (serve.part.last ? CHANGED : CONTINUE);
    return only(sent(this.bench.handle({ type: "respond", exchange, message: said })));
  }

  get length(): number {
    return this.chunks.reduce((sum, { length }) => sum + length, 0);
  }

  get body(): Uint8Array {
    return Buffer.concat(this.chunks);
  }
}

/** RFC 7959 §3.2, figure 7: PUT with 1:0/1/128, 1:1/1/128, 1:2/0/128. */
test("RFC 7959 figure 7: each block is served as it comes, 2.31 and 2.04 are the application's", () => {
  const body = bodyOf(300);
  const application = new Application(streaming());
  const answers = [0, 1, 2].map((n) => application.put(n, body, 3));
  assert.deepEqual(
    answers.map((answer) => [answer.code, hex(findOption(answer, OPTION.block1) ?? new Uint8Array())]),
    [
      [CODE.continue, "0b"],
      [CODE.continue, "1b"],
      [CODE.changed, "23"],
    ],
  );
  assert.equal(gist(application.body), gist(body));
});

test("a body far over the limit is streamed; the parts know what the peer announced", () => {
  const body = bodyOf(100_000);
  const application = new Application(streaming());
  const first = part(CODE.put, 0, body);
  const announced = { ...first, options: [...first.options, uintOption(OPTION.size1, body.length)] };
  const effects = application.bench.con(tokenOf(999), announced);
  assert.deepEqual(only(effectsOf(effects, "serve")).part, {
    ...only(effectsOf(effects, "serve")).part,
    offset: 0,
    last: false,
    size: 100_000,
  });
  application.take(effects);
  for (let n = 1; n < 98; n++) application.put(n, body);
  assert.equal(gist(application.body), gist(body));
  assert.ok(application.bench.endpoint.idle);
});

test("until a part is answered nothing more of its body is taken; other bodies are", () => {
  const bench = streaming();
  const first = bench.con(tokenOf(0), part(CODE.put, 0));
  assert.equal(only(effectsOf(first, "serve")).part?.offset, 0);
  assert.equal(only(sent(bench.con(tokenOf(1), part(CODE.put, 1)))).code, CODE.serviceUnavailable);
  const other = bench.con(tokenOf(2), part(CODE.post, 0));
  assert.notEqual(only(effectsOf(other, "serve")).part?.stream, only(effectsOf(first, "serve")).part?.stream);
  const { exchange } = only(effectsOf(first, "serve"));
  assert.equal(only(sent(bench.handle({ type: "respond", exchange, message: CONTINUE }))).code, CODE.continue);
  assert.equal(effectsOf(bench.con(tokenOf(3), part(CODE.put, 1)), "serve").length, 1);
});

test("a slow disk: the empty ACK goes ahead, 2.31 follows by itself, and the silence counts from there", () => {
  const bench = streaming();
  const { exchange } = only(effectsOf(bench.con(tokenOf(0), part(CODE.put, 0)), "serve"));
  assert.deepEqual(
    sent(bench.wait(HOUR)).map(({ code }) => code),
    [CODE.empty],
  );
  const answer = only(sent(bench.handle({ type: "respond", exchange, message: CONTINUE })));
  assert.deepEqual([answer.code, block1(answer)], [CODE.continue, block(0, true)]);
  assert.equal(effectsOf(bench.wait(4 * MINUTE), "broken").length, 0);
  assert.equal(effectsOf(bench.wait(MINUTE), "broken").length, 1);
});

test("a stream is broken by silence, by block 0, and for want of a place; not by its own end", () => {
  const bench = streaming({ bodies: 1 });
  const application = new Application(bench);
  application.put(0);
  assert.equal(effectsOf(bench.wait(HOUR), "broken").length, 1);
  assert.equal(application.put(1).code, CODE.requestEntityIncomplete);
  application.put(0);
  const again = bench.con(tokenOf(100), part(CODE.put, 0));
  assert.deepEqual(
    again.map(({ type }) => type),
    ["broken", "serve"],
  );
  application.take(again);
  const other = bench.con(tokenOf(101), part(CODE.post, 0));
  assert.deepEqual(
    other.map(({ type }) => type),
    ["broken", "serve"],
  );
  application.take(other, message(CODE.methodNotAllowed));
  assert.equal(effectsOf(bench.wait(HOUR), "broken").length, 0);
  assert.ok(bench.endpoint.idle);
});

test("what is refused is over: the next block is answered 4.08", () => {
  const application = new Application(streaming());
  application.put(0);
  const refused = application.take(application.bench.con(tokenOf(50), part(CODE.put, 1)), message(CODE.unauthorized));
  assert.deepEqual([refused.code, block1(refused)], [CODE.unauthorized, block(1, true)]);
  assert.equal(application.put(2).code, CODE.requestEntityIncomplete);
});

test("a part that is ignored is as good as not arrived: its repetition is served", () => {
  const bench = streaming();
  const application = new Application(bench);
  application.put(0);
  const { exchange } = only(effectsOf(bench.con(tokenOf(7), part(CODE.put, 1), 7000), "serve"));
  assert.deepEqual(bench.handle({ type: "ignore", exchange }), []);
  assert.equal(application.take(bench.con(tokenOf(7), part(CODE.put, 1), 7000)).code, CODE.continue);
  assert.equal(application.length, 2048);
});

test("whatever is lost, repeated or overtaken on the way, the application has each byte once and in order", () => {
  const step = fc.record({
    what: fc.constantFrom("next" as const, "again" as const, "skip" as const),
    slow: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 0, max: 6 }),
      fc.array(step),
      (size, szx, steps) => {
        const body = bodyOf(size);
        const blocks = Math.ceil(size / (16 << szx));
        const bench = streaming();
        const application = new Application(bench);
        let [next, token] = [0, 0];
        const asked = (n: number) => bench.con(tokenOf(token++), part(CODE.put, n, body, szx));
        /** The datagram comes twice. */
        const send = (): void => {
          const id = 5000 + next;
          const effects = bench.con(tokenOf(token), part(CODE.put, next, body, szx), id);
          assert.deepEqual(bench.con(tokenOf(token), part(CODE.put, next, body, szx), id), []);
          token++;
          next++;
          application.take(effects);
        };
        for (const { what, slow } of steps) {
          if (slow) bench.wait(1000);
          if (next >= blocks) break;
          if (what === "next") send();
          // The same block under another ID, as a proxy sends it that had no answer.
          else if (what === "again" && next > 1) assert.equal(only(sent(asked(next - 1))).code, CODE.continue);
          else if (what === "skip" && next > 0) assert.equal(only(sent(asked(next + 1))).code, INCOMPLETE);
        }
        while (next < blocks) send();
        assert.equal(gist(application.body), gist(body));
      },
    ),
    { numRuns: 60 },
  );
});
