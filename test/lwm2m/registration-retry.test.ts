import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, type Millis, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { ALL_VERSIONS } from "../../src/lwm2m/registration.ts";
import { Bench, LOCATION, types } from "./registration-bench.ts";

test("a request that nobody answers or fails is given up when nothing of it can come any more", () => {
  const bench = new Bench();
  bench.feed({ type: "start" });
  bench.until(247 * SECOND - 1);
  assert.equal(bench.state, "registering");
  bench.until(247 * SECOND);
  assert.equal(bench.state, "retrying");
});

test("retries wait 10 s, doubling to 5 min, each up to a quarter shorter", () => {
  const bench = new Bench();
  bench.feed({ type: "start" });
  const waits: Millis[] = [];
  for (let i = 0; i < 10; i++) {
    const failed = bench.now;
    bench.noAnswer();
    const next = bench.machine.deadline ?? 0;
    waits.push(next - failed);
    bench.until(next);
  }
  const longest = [10, 20, 40, 80, 160, 300, 300, 300, 300, 300];
  for (const [i, wait] of waits.entries()) {
    const limit = (longest[i] ?? 0) * SECOND;
    assert.ok(wait <= limit && wait >= 0.75 * limit, `${wait} for ${limit}`);
  }
  assert.ok(new Set(waits.slice(5)).size > 1, "jitter");
  bench.answer(CODE.created, LOCATION);
  bench.feed({ type: "suspect" });
  bench.noAnswer();
  bench.noAnswer();
  assert.ok((bench.machine.deadline ?? 0) - bench.now <= 10 * SECOND, "a success begins anew");
});

test("three days without a server are about a thousand retries, and then it registers", () => {
  const bench = new Bench();
  bench.feed({ type: "start" });
  let tries = 0;
  while (bench.now < 72 * HOUR) {
    tries++;
    bench.now += 93 * SECOND;
    bench.noAnswer();
    assert.equal(bench.state, "retrying");
    bench.until(bench.machine.deadline ?? 0);
  }
  assert.ok(tries > 600 && tries < 900, `${tries}`);
  assert.deepEqual(types(bench.answer(CODE.created, LOCATION)), ["accepted"]);
});

test("version auto goes down on 4.12 and keeps what the server takes", () => {
  const bench = new Bench({ versions: ALL_VERSIONS, queueMode: true });
  const [first] = bench.feed({ type: "start" });
  assert.ok(first?.type === "register" && first.version === "1.2");
  const [second] = bench.answer(CODE.preconditionFailed);
  assert.ok(second?.type === "register" && second.version === "1.1");
  const [third] = bench.answer(CODE.preconditionFailed);
  assert.ok(third?.type === "register");
  assert.deepEqual(third.query, ["ep=gw-1", "lt=300", "lwm2m=1.0", "b=UQ"]);
  assert.deepEqual(bench.answer(CODE.created, LOCATION), [{ type: "accepted", location: LOCATION, version: "1.0" }]);
  bench.feed({ type: "suspect" });
  assert.ok(bench.last?.type === "update" && bench.last.version === "1.0");
  const [again] = bench.answer(CODE.notFound);
  assert.ok(again?.type === "register" && again.version === "1.0");
});

test("a server that refuses every version is asked later, from the top", () => {
  const bench = new Bench({ versions: ALL_VERSIONS });
  bench.feed({ type: "start" });
  for (let round = 0; round < 3; round++) {
    for (const version of ALL_VERSIONS) {
      assert.ok(bench.last?.type === "register" && bench.last.version === version);
      bench.answer(CODE.preconditionFailed);
    }
    assert.equal(bench.state, "retrying");
    bench.until(bench.machine.deadline ?? 0);
  }
});

test("other errors do not change the version", () => {
  const bench = new Bench({ versions: ALL_VERSIONS });
  bench.feed({ type: "start" });
  bench.answer(CODE.preconditionFailed);
  bench.answer(CODE.forbidden);
  bench.until(bench.machine.deadline ?? 0);
  assert.ok(bench.last?.type === "register" && bench.last.version === "1.1");
});

test("the retry resources of the server are obeyed once written", () => {
  // Attempts after 60, 120, 240 s, a sequence after an hour, twice (Core 1.2 §6.2.1.2).
  const written = { count: 4, timer: 60, sequenceDelay: 3600, sequenceCount: 2 };
  const bench = new Bench({ serverRetry: () => written });
  bench.feed({ type: "start" });
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    const failed = bench.now;
    bench.noAnswer();
    waits.push(((bench.machine.deadline ?? 0) - failed) / SECOND);
    bench.until(bench.machine.deadline ?? 0);
  }
  assert.deepEqual(waits, [60, 120, 240, 3600, 60, 120, 240, 3600, 60]);
  assert.equal(bench.reasons.filter((reason) => reason.includes("used up")).length, 1);
});

test("of the retry resources one is enough, nonsense is bounded, and no gateway is silent for more than a day", () => {
  const waits = (written: object, failures: number): number[] => {
    const bench = new Bench({ serverRetry: () => written });
    bench.feed({ type: "start" });
    return Array.from({ length: failures }, () => {
      const failed = bench.now;
      bench.noAnswer();
      const next = bench.machine.deadline ?? Number.NaN;
      bench.until(next);
      return (next - failed) / SECOND;
    });
  };
  assert.deepEqual(waits({ timer: 30 }, 6), [30, 60, 120, 240, 86400, 30]);
  assert.deepEqual(waits({ count: 0, timer: 0, sequenceDelay: 0 }, 2), [1, 1]);
  assert.deepEqual(waits({ count: 1, sequenceDelay: 0xffff_ffff, sequenceCount: 9 }, 2), [86400, 86400]);
  assert.ok(Math.max(...waits({ count: 0xffff_ffff, timer: 0xffff_ffff }, 50)) <= 86400);
  assert.ok((waits({ count: undefined }, 1)[0] ?? 0) <= 10);
});
