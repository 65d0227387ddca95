import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import type { CoapEffect } from "../../src/coap/events.ts";
import { exchangeId } from "../../src/coap/events.ts";
import { NO_PAYLOAD, OPTION, uintOption } from "../../src/coap/options.ts";
import { csm, SIGNAL } from "../../src/coap/signaling.ts";
import { encodeFrame } from "../../src/coap/tcp-framing.ts";
import { content, effectsOf, hex, message, only, request, TOKEN, utf8 } from "./bench.ts";
import { framesOf, LARGE, TcpBench } from "./tcp-bench.ts";

const CUSTODY = 2;
const EXCHANGE = exchangeId(1);
const codes = (effects: readonly CoapEffect[]): number[] => framesOf(effects).map(({ code }) => code);
const types = (effects: readonly CoapEffect[]): string[] => effects.map(({ type }) => type);

/** An observation that is running; returns how to notify. */
function observed(bench: TcpBench) {
  const { exchange } = only(
    effectsOf(bench.receive(request(CODE.get, "3", [uintOption(OPTION.observe, 0)]), TOKEN), "serve"),
  );
  bench.handle({ type: "respond", exchange, message: content("0", [uintOption(OPTION.observe, 0)]) });
  return (notification: number, confirmable = true, body: string | Uint8Array = "1") =>
    bench.handle({ type: "notify", exchange, notification, message: content(body), confirmable });
}

const ask = (bench: TcpBench, asked = request(CODE.post, "rd")) =>
  bench.handle({ type: "request", exchange: EXCHANGE, message: asked, confirmable: true });

// ── the connection ───────────────────────────────────────────────────────────

test("the CSM is the first thing said, and requests wait for that of the peer", () => {
  const bench = new TcpBench({ maxBody: 128 });
  const [first] = framesOf(bench.handle({ type: "connected" }));
  assert.equal(hex(encodeFrame(NO_PAYLOAD, first ?? message(0))), "40e122048020");
  assert.deepEqual(codes(ask(bench)), []);
  assert.deepEqual(codes(bench.receive(csm(LARGE))), [CODE.post]);
});

test("without a connection a request and a notification come to nothing at once", () => {
  const bench = new TcpBench();
  assert.deepEqual(ask(bench), [{ type: "failed", exchange: EXCHANGE, reason: "timeout" }]);
  const lost = bench.handle({
    type: "notify",
    exchange: EXCHANGE,
    notification: 7,
    message: content(""),
    confirmable: true,
  });
  assert.deepEqual(lost, [{ type: "failed", exchange: EXCHANGE, notification: 7, reason: "timeout" }]);
});

test("a peer that begins with something else, or says nothing for 93 s, is told why the connection ends", () => {
  const other = new TcpBench();
  other.handle({ type: "connected" });
  const effects = other.receive(request(CODE.get, "3"), TOKEN);
  assert.equal(Buffer.from(only(framesOf(effects)).payload).toString(), "the first message is no CSM");
  assert.deepEqual(types(effects), ["send", "disconnect"]);

  const silent = new TcpBench();
  silent.handle({ type: "connected" });
  assert.deepEqual(silent.wait(92 * SECOND), []);
  assert.deepEqual(types(silent.wait(2 * SECOND)), ["send", "disconnect"]);
  const lost = silent.handle({ type: "disconnected", reason: "closed" });
  assert.deepEqual(lost, [{ type: "lost", reason: "connection aborted: no CSM came", wait: 0 }]);
});

test("an option of the CSM that must not be overlooked is named in the Abort (Bad-CSM-Option)", () => {
  const bench = new TcpBench();
  bench.handle({ type: "connected" });
  const { code, options } = only(framesOf(bench.receive(message(SIGNAL.csm, [uintOption(9, 1)]))));
  assert.deepEqual([code, options], [SIGNAL.abort, [uintOption(2, 9)]]);
});

test("an elective option of a CSM is overlooked, and a later CSM adds to the first", () => {
  const bench = new TcpBench();
  bench.handle({ type: "connected" });
  bench.receive(message(SIGNAL.csm, [uintOption(6, 1)]));
  const upload = (number: number) =>
    bench.handle({
      type: "request",
      exchange: exchangeId(number),
      message: { ...request(CODE.post, "dp"), payload: new Uint8Array(3000) },
      confirmable: true,
    });
  assert.deepEqual(upload(1), [{ type: "failed", exchange: EXCHANGE, reason: "reset" }], "neither blocks nor so much");
  bench.receive(message(SIGNAL.csm, [uintOption(2, 9000)]));
  assert.equal(only(framesOf(upload(2))).payload.length, 3000);
});

test("a Ping is answered with its token; with Custody where nothing is being worked on", () => {
  const bench = new TcpBench().open();
  const custody = [uintOption(CUSTODY, 0)];
  const answered = only(framesOf(bench.receive(message(SIGNAL.ping, custody), TOKEN)));
  assert.deepEqual([answered.code, hex(answered.token), answered.options], [SIGNAL.pong, hex(TOKEN), custody]);
  bench.receive(request(CODE.get, "3"), TOKEN);
  assert.deepEqual(only(framesOf(bench.receive(message(SIGNAL.ping, custody)))).options, []);
  assert.deepEqual(only(framesOf(bench.receive(message(SIGNAL.ping)))).options, []);
});

test("after a Release what is under way is finished, then it closes; the Hold-Off is told", () => {
  const bench = new TcpBench().open();
  const { exchange } = only(effectsOf(bench.receive(request(CODE.get, "3"), TOKEN), "serve"));
  assert.deepEqual(bench.receive(message(SIGNAL.release, [uintOption(4, 30)])), []);
  assert.deepEqual(ask(bench), [], "nothing new begins");
  const notify = { type: "notify", exchange, notification: 1, message: content("x"), confirmable: true } as const;
  assert.deepEqual(types(bench.handle(notify)), ["failed"]);
  const effects = bench.handle({ type: "respond", exchange, message: content("x") });
  assert.deepEqual(types(effects), ["send", "disconnect"]);
  const [lost, failed] = bench.handle({ type: "disconnected", reason: "closed" });
  assert.deepEqual(lost, { type: "lost", reason: "the server asked to close the connection", wait: 30 * SECOND });
  assert.deepEqual(failed, { type: "failed", exchange: EXCHANGE, reason: "timeout" });
});

test("an Abort ends it at once, and its text is kept to one line that can be printed", () => {
  const bench = new TcpBench().open();
  assert.deepEqual(types(bench.receive(message(SIGNAL.abort, [], utf8("no\u001b[2J more\n")))), ["disconnect"]);
  assert.deepEqual(bench.receive(request(CODE.get, "3"), TOKEN), [], "nothing more is heard");
  const [lost] = bench.handle({ type: "disconnected", reason: "closed" });
  assert.deepEqual(lost, { type: "lost", reason: "the server aborted the connection: no?[2J more?", wait: 0 });
});

test("empty messages and signals that nobody knows yet are nothing", () => {
  const bench = new TcpBench().open();
  assert.deepEqual(bench.receive(message(0)), []);
  assert.deepEqual(bench.receive(message(0xe6)), []);
  assert.equal(bench.endpoint.counters.stray, 1);
});

// ── requests of the peer ─────────────────────────────────────────────────────

test("a request is answered by its token alone, and one with an option that nobody knows by 4.02", () => {
  const bench = new TcpBench().open();
  const effects = bench.receive(request(CODE.get, "3"), TOKEN);
  assert.deepEqual(types(effects), ["serve"]);
  assert.deepEqual(bench.wait(SECOND), [], "no empty acknowledgement");
  const { exchange } = only(effectsOf(effects, "serve"));
  assert.equal(
    hex(only(framesOf(bench.handle({ type: "respond", exchange, message: content("x") }))).token),
    hex(TOKEN),
  );
  assert.equal(
    only(framesOf(bench.receive(request(CODE.get, "3", [uintOption(2047, 1)]), TOKEN))).code,
    CODE.badOption,
  );
});

test("the same request twice is two requests: no stream repeats itself", () => {
  const bench = new TcpBench().open();
  for (let i = 0; i < 2; i++) assert.deepEqual(types(bench.receive(request(CODE.post, "3/0/4"), TOKEN)), ["serve"]);
});

test("an answer to a request of a connection that is gone answers nothing of the next", () => {
  const bench = new TcpBench().open();
  const { exchange } = only(effectsOf(bench.receive(request(CODE.get, "3"), TOKEN), "serve"));
  bench.handle({ type: "disconnected", reason: "closed" });
  bench.open();
  const again = only(effectsOf(bench.receive(request(CODE.get, "4"), TOKEN), "serve"));
  assert.notEqual(again.exchange, exchange);
  assert.deepEqual(bench.handle({ type: "respond", exchange, message: content("old") }), []);
  assert.equal(
    framesOf(bench.handle({ type: "respond", exchange: again.exchange, message: content("new") })).length,
    1,
  );
});

test("a peer that asks and never reads is sent away in the end", () => {
  const bench = new TcpBench({ limits: { serving: 4 }, inFlight: 100 }).open();
  let ended = false;
  for (let i = 0; i < 50 && !ended; i++) {
    // What is sent is never written: the endpoint is asked itself.
    const bytes = encodeFrame(Uint8Array.of(i), request(CODE.get, "3"));
    const effects = bench.endpoint.handle({ type: "datagram", bytes }, 0);
    for (const { exchange } of effectsOf(effects, "serve"))
      bench.endpoint.handle({ type: "respond", exchange, message: content("x".repeat(50)) }, 0);
    ended = effects.some(({ type }) => type === "disconnect");
  }
  assert.ok(ended);
});

// ── notifications ────────────────────────────────────────────────────────────

test("a confirmable notification is delivered by the Pong to the Ping behind it", () => {
  const bench = new TcpBench().open();
  const notify = observed(bench);
  const effects = notify(1);
  assert.deepEqual(codes(effects), [CODE.content, SIGNAL.ping]);
  assert.deepEqual(effectsOf(effects, "delivered"), []);
  assert.deepEqual(codes(notify(2)), [CODE.content], "one Ping at a time");
  const first = bench.pong();
  assert.deepEqual(
    effectsOf(first, "delivered").map(({ notification }) => notification),
    [1],
  );
  assert.deepEqual(codes(first), [SIGNAL.ping]);
  assert.deepEqual(
    effectsOf(bench.pong(), "delivered").map(({ notification }) => notification),
    [2],
  );
  assert.deepEqual(codes(bench.pong()), [], "a Pong that nobody asked for means nothing");
});

test("a non-confirmable one is delivered when it is written", () => {
  const bench = new TcpBench().open();
  const effects = observed(bench)(1, false);
  assert.deepEqual(codes(effects), [CODE.content]);
  assert.equal(effectsOf(effects, "delivered").length, 1);
});

test("so many bytes may be unconfirmed: the next waits for the Pong", () => {
  const bench = new TcpBench({ inFlight: 1000 }).open();
  const notify = observed(bench);
  const sent = [1, 2, 3, 4].map((notification) => codes(notify(notification, true, "x".repeat(600))).length);
  assert.deepEqual(sent, [2, 1, 0, 0]);
  assert.equal(codes(notify(5, false)).length, 0, "and nothing overtakes");
  assert.deepEqual(codes(bench.pong()).length, 2, "the third, and a Ping");
});

test("so many bytes may be unwritten: what comes after waits", () => {
  const bench = new TcpBench({ inFlight: 1000 }).open();
  const { exchange } = only(
    effectsOf(bench.receive(request(CODE.get, "3", [uintOption(OPTION.observe, 0)]), TOKEN), "serve"),
  );
  const handle = (event: Parameters<TcpBench["handle"]>[0]) => bench.endpoint.handle(event, 0);
  handle({ type: "respond", exchange, message: content("0", [uintOption(OPTION.observe, 0)]) });
  const counts = [1, 2, 3].map((notification) => {
    const big = content("x".repeat(600));
    return codes(handle({ type: "notify", exchange, notification, message: big, confirmable: false })).length;
  });
  assert.deepEqual(counts, [1, 1, 0]);
  assert.equal(codes(handle({ type: "written", bytes: 700 })).length, 1);
});

test("without a Pong for 93 s the connection is given up, and what was not confirmed has failed", () => {
  const bench = new TcpBench().open();
  const notify = observed(bench);
  notify(1);
  notify(2);
  assert.deepEqual(types(bench.wait(93 * SECOND)), ["send", "disconnect"]);
  const effects = bench.handle({ type: "disconnected", reason: "closed" });
  assert.deepEqual(
    effects.map(({ type }) => type),
    ["lost", "failed", "failed"],
  );
  assert.deepEqual(
    effectsOf(effects, "failed").map(({ reason, notification }) => [reason, notification]),
    [
      ["timeout", 1],
      ["timeout", 2],
    ],
  );
});

test("a peer that never answers a Ping loses one connection; then what is written counts", () => {
  const bench = new TcpBench().open();
  observed(bench)(1);
  bench.wait(93 * SECOND);
  bench.handle({ type: "disconnected", reason: "closed" });
  bench.open();
  const notify = observed(bench);
  notify(2);
  const effects = bench.wait(93 * SECOND);
  assert.deepEqual(
    effectsOf(effects, "delivered").map(({ notification }) => notification),
    [2],
  );
  assert.deepEqual(effectsOf(notify(3), "delivered").length, 1);
  bench.pong();
  assert.deepEqual(effectsOf(notify(4), "delivered").length, 0, "should it learn to");
});

test("an observation ends by Observe 1 with its token", () => {
  const bench = new TcpBench().open();
  observed(bench);
  const effects = bench.receive(request(CODE.get, "3", [uintOption(OPTION.observe, 1)]), TOKEN);
  assert.equal(only(effectsOf(effects, "cancelled")).reason, "deregister");
});

// ── requests of ours ─────────────────────────────────────────────────────────

test("a request that is not answered within the exchange lifetime has failed; the peer is asked whether it is there", () => {
  const bench = new TcpBench().open();
  assert.deepEqual(codes(ask(bench)), [CODE.post]);
  assert.deepEqual(codes(bench.wait(46 * SECOND)), [SIGNAL.ping]);
  bench.pong();
  const effects = bench.wait(202 * SECOND);
  assert.deepEqual(effectsOf(effects, "failed"), [{ type: "failed", exchange: EXCHANGE, reason: "timeout" }]);
});

test("a peer that is silent is asked at intervals, where that is wanted", () => {
  const asks = (keepAlive: number | undefined) => {
    const bench = new TcpBench({ keepAlive }).open();
    const first = codes(bench.wait(61 * SECOND));
    bench.pong();
    return [first, codes(bench.wait(61 * SECOND))];
  };
  assert.deepEqual(asks(60 * SECOND), [[SIGNAL.ping], [SIGNAL.ping]]);
  assert.deepEqual(asks(undefined), [[], []]);
});

test("a request that is forgotten before the peer has said what it takes is never sent", () => {
  const bench = new TcpBench();
  bench.handle({ type: "connected" });
  ask(bench);
  bench.handle({ type: "forget", exchange: EXCHANGE });
  assert.deepEqual(codes(bench.receive(csm(LARGE))), []);
});

test("notifications that we observe count in the order of their arrival, whatever their numbers", () => {
  const bench = new TcpBench().open();
  const { token } = only(framesOf(ask(bench, request(CODE.get, "3", [uintOption(OPTION.observe, 0)]))));
  for (const number of [5, 3, 3, 4]) {
    const effects = bench.receive(content(String(number), [uintOption(OPTION.observe, number)]), token);
    assert.equal(effectsOf(effects, "response").length, 1);
  }
});

test("we take our leave by a Release", () => {
  const bench = new TcpBench().open();
  const effects = bench.handle({ type: "leave" });
  assert.deepEqual([codes(effects), types(effects)], [[SIGNAL.release], ["send", "disconnect"]]);
  assert.deepEqual(bench.handle({ type: "leave" }), []);
});

test("any bytes in any pieces end in answers or in an Abort, and never in an exception", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), fc.boolean(), (pieces, opened) => {
      const bench = new TcpBench({ maxBody: 1000 });
      if (opened) bench.open();
      else bench.handle({ type: "connected" });
      for (const bytes of pieces) {
        for (const { exchange } of effectsOf(bench.handle({ type: "datagram", bytes }), "serve")) {
          bench.handle({ type: "respond", exchange, message: content("x") });
        }
      }
      bench.wait(400 * SECOND);
      bench.handle({ type: "disconnected", reason: "closed" });
      assert.equal(bench.endpoint.deadline, undefined);
    }),
    { numRuns: 300 },
  );
});
