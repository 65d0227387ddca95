import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { aRegistration, Bench, LOCATION, types } from "./registration-bench.ts";

test("an initial delay is waited for before the first Register", () => {
  const bench = new Bench();
  assert.deepEqual(bench.feed({ type: "start", after: 30 * SECOND }), []);
  assert.equal(bench.state, "waiting");
  assert.deepEqual(bench.until(30 * SECOND - 1), []);
  assert.deepEqual(types(bench.until(30 * SECOND).map(([, effect]) => effect)), ["register"]);
});

test("who waits for its turn sends nothing, whatever happens around it, and can be stopped", () => {
  const bench = new Bench();
  bench.feed({ type: "hold", reason: "server 1 has its turn first" });
  assert.deepEqual([bench.state, bench.reasons.at(-1)], ["waiting", "server 1 has its turn first"]);
  for (const type of ["networkChanged", "objectsChanged", "suspect", "awake", "updateTriggered"] as const) {
    assert.deepEqual(bench.feed({ type }), [], type);
  }
  assert.deepEqual(bench.feed({ type: "disable", for: MINUTE }), []);
  assert.deepEqual(bench.feed({ type: "connectionLost", reason: "gone", wait: 0 }), []);
  assert.deepEqual(bench.feed({ type: "interrupted", reason: "gone" }), []);
  assert.equal(bench.state, "waiting");
  assert.deepEqual(bench.until(60 * MINUTE), []);
  assert.deepEqual(types(bench.feed({ type: "start" })), ["register"]);
  const other = new Bench();
  other.feed({ type: "hold", reason: "not yet" });
  assert.deepEqual(other.feed({ type: "stop" }), []);
  assert.equal(other.state, "deregistered");
});

test("a turn that comes too late changes nothing", () => {
  const bench = aRegistration();
  assert.deepEqual(bench.feed({ type: "hold", reason: "too late" }), []);
  assert.deepEqual(bench.feed({ type: "start", after: MINUTE }), []);
  assert.equal(bench.state, "registered");
});

test("one failed attempt is told where the server has set no retries of its own", () => {
  const bench = new Bench();
  bench.feed({ type: "start" });
  assert.equal(bench.failures, 0);
  bench.noAnswer();
  assert.equal(bench.failures, 1);
  bench.until(bench.machine.deadline ?? 0);
  bench.answer(CODE.created, LOCATION);
  assert.equal(bench.failures, 1);
});

test("where the server has set retries, a failure is told when they are used up", () => {
  const bench = new Bench({ serverRetry: () => ({ count: 2, timer: 10, sequenceDelay: 60, sequenceCount: 2 }) });
  bench.feed({ type: "start" });
  const told: number[] = [];
  for (let attempt = 1; attempt <= 4; attempt++) {
    bench.noAnswer();
    told.push(bench.failures);
    bench.until(bench.machine.deadline ?? 0);
  }
  assert.deepEqual(told, [0, 0, 0, 1]);
});

test("a server that is disabled before it is registered has failed", () => {
  const bench = new Bench();
  bench.feed({ type: "start" });
  bench.feed({ type: "disable", for: MINUTE });
  assert.equal(bench.failures, 1);
});
