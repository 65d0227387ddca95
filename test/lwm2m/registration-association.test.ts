/** Over DTLS: what an association that ends, and another session, mean to a registration. RFC 7252 §9.1.1. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { aRegistration, Bench, types } from "./registration-bench.ts";

const interrupted = { type: "interrupted", reason: "the server ended the DTLS association" } as const;
const renewed = { type: "sessionRenewed", reason: "the server began a new DTLS session" } as const;

const registered = () => aRegistration({ outlivesConnection: true, lifetime: 3600 });

test("an association that ends is followed by an Update at once, which the next one carries", () => {
  const bench = registered();
  bench.now = 10 * SECOND;
  assert.deepEqual(types(bench.feed(interrupted)), ["update"]);
  assert.deepEqual(bench.answer(CODE.changed), []);
  assert.equal(bench.state, "registered");
});

test("at a server that ends each association the Update takes the pause of a failed Register", () => {
  const bench = registered();
  bench.now = 9 * SECOND;
  assert.deepEqual(types(bench.feed(interrupted)), []);
  assert.equal(bench.state, "retrying");
  const [[time, effect] = []] = bench.until(MINUTE);
  assert.equal(effect?.type, "update");
  assert.ok(time !== undefined && time >= 16.5 * SECOND && time <= 19 * SECOND);
  assert.deepEqual(types(bench.answer(CODE.changed)), ["resumed"]);
});

test("a new session means a Register, also in place of the Update that it began for", () => {
  const bench = registered();
  bench.now = 20 * SECOND;
  bench.feed({ type: "suspect" });
  const update = bench.last?.request ?? 0;
  assert.deepEqual(types(bench.feed(renewed)), ["register"]);
  assert.deepEqual(types(bench.feed({ type: "answer", request: update, code: CODE.changed })), []);
  assert.equal(bench.state, "registering");
});

test("a new session that began for a Register is what that one waits for", () => {
  const bench = new Bench({ outlivesConnection: true });
  bench.feed({ type: "start" });
  assert.deepEqual(bench.feed(renewed), []);
  assert.deepEqual(types(bench.answer(CODE.created, ["rd", "1"])), ["accepted"]);
});

test("an Update without an answer is sent twice again, each over another way to the server, before a Register", () => {
  const bench = registered();
  bench.feed({ type: "suspect" });
  assert.deepEqual(types(bench.noAnswer()), ["update"]);
  assert.deepEqual(types(bench.noAnswer()), ["update"]);
  assert.deepEqual(types(bench.noAnswer()), ["register"]);
});

test("what was answered meanwhile begins that count anew; a refusal is no doubt", () => {
  const bench = registered();
  bench.feed({ type: "suspect" });
  bench.noAnswer();
  bench.answer(CODE.changed);
  bench.feed({ type: "suspect" });
  assert.deepEqual(types(bench.noAnswer()), ["update"]);
  assert.deepEqual(types(bench.noAnswer()), ["update"]);
  assert.deepEqual(types(bench.answer(CODE.notFound)), ["register"]);
});

test("while there is no way to the server the Update waits, up to the end of the lifetime; then it is a Register", () => {
  const bench = registered();
  bench.feed({ type: "suspect" });
  assert.deepEqual(types(bench.unsent()), []);
  for (let round = 0; round < 5; round++) {
    const [[, effect] = []] = bench.until(bench.machine.deadline ?? 0);
    assert.equal(effect?.type, "update");
    assert.deepEqual(types(bench.unsent()), []);
  }
  bench.now = 3600 * SECOND;
  const [[, effect] = []] = bench.until(bench.now);
  assert.equal(effect?.type, "register");
});

test("a Register, or a De-register, that is under way is over with the association", () => {
  const bench = new Bench({ outlivesConnection: true });
  bench.feed({ type: "start" });
  bench.feed(interrupted);
  assert.equal(bench.state, "retrying");
  assert.equal(bench.reasons.at(-1), "Register: the server ended the DTLS association");
  const leaving = registered();
  leaving.feed({ type: "stop" });
  leaving.feed(interrupted);
  assert.equal(leaving.state, "deregistered");
  assert.deepEqual(leaving.feed(interrupted), []);
});
