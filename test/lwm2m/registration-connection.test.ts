/** Over TCP: what a lost connection means to a registration. Transport 1.2 §6.4.3. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { aRegistration, Bench, types } from "./registration-bench.ts";

const lost = (wait = 0) => ({ type: "connectionLost", reason: "the server closed the connection", wait }) as const;

const registered = () => aRegistration({ binding: "T" });

test("a connection that stood for 10 s is followed by a Register at once, and never by an Update", () => {
  const bench = registered();
  bench.now = 10 * SECOND;
  assert.deepEqual(types(bench.feed(lost())), ["register"]);
  assert.equal(bench.state, "registering");
});

test("one that stood for less takes the pause of a failed Register", () => {
  const bench = registered();
  bench.now = 9 * SECOND;
  assert.deepEqual(types(bench.feed(lost())), []);
  assert.equal(bench.state, "retrying");
  const [[time, effect] = []] = bench.until(60 * SECOND);
  assert.equal(effect?.type, "register");
  assert.ok(time !== undefined && time >= 16.5 * SECOND && time <= 19 * SECOND);
});

test("a server that asks not to be called again for a while is not called", () => {
  const bench = registered();
  bench.now = 100 * SECOND;
  assert.deepEqual(types(bench.feed(lost(120 * SECOND))), []);
  const [[time] = []] = bench.until(300 * SECOND);
  assert.equal(time, 220 * SECOND);
});

test("an Update that is under way is void with the connection", () => {
  const bench = registered();
  bench.now = 20 * SECOND;
  assert.deepEqual(types(bench.feed({ type: "updateTriggered" })), ["update"]);
  const update = bench.last?.request ?? 0;
  assert.deepEqual(types(bench.feed(lost())), ["register"]);
  assert.deepEqual(types(bench.feed({ type: "answer", request: update, code: CODE.changed })), []);
  assert.equal(bench.state, "registering");
});

test("a Register that is under way has failed for this reason; the failure of its request is no second one", () => {
  const bench = new Bench({ binding: "T" });
  bench.feed({ type: "start" });
  bench.feed(lost());
  assert.equal(bench.state, "retrying");
  assert.equal(bench.reasons.at(-1), "Register: the server closed the connection");
  bench.noAnswer();
  assert.equal(bench.reasons.at(-1), "Register: the server closed the connection");
});

test("a De-register is over with the connection, and where nothing is registered nobody minds", () => {
  const bench = registered();
  bench.feed({ type: "stop" });
  bench.feed(lost());
  assert.equal(bench.state, "deregistered");
  assert.deepEqual(types(bench.feed(lost())), []);
  const disabled = registered();
  disabled.feed({ type: "disable", for: 60 * SECOND });
  disabled.answer(CODE.deleted);
  assert.deepEqual(types(disabled.feed(lost())), []);
  assert.equal(disabled.state, "disabled");
});
