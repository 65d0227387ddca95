/** When an Update or a new Register is sent, and with what: Core 1.2 §6.2.2, Transport 1.2 §6.4.1 to §6.4.3. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import type { RegistrationEffect } from "../../src/lwm2m/registration.ts";
import { aRegistration, Bench, LOCATION, types } from "./registration-bench.ts";

function told(effect: RegistrationEffect | undefined): readonly [query: readonly string[], withObjects: boolean] {
  assert.ok(effect?.type === "update", effect?.type);
  return [effect.query, effect.withObjects];
}

test("trigger, lifetime: an Update with lt alone", () => {
  assert.deepEqual(told(aRegistration().feed({ type: "lifetimeChanged", lifetime: 60 })[0]), [["lt=60"], false]);
});

test("trigger, binding: an Update with b alone, in the form of the version; told once", () => {
  const old = aRegistration({ versions: ["1.0"] });
  assert.deepEqual(told(old.feed({ type: "queueModeChanged", queueMode: true })[0]), [["b=UQ"], false]);
  assert.deepEqual(old.answer(CODE.changed), []);
  assert.deepEqual(old.feed({ type: "queueModeChanged", queueMode: true }), []);
  assert.deepEqual(told(old.feed({ type: "queueModeChanged", queueMode: false })[0]), [["b=U"], false]);
  const newer = aRegistration({ versions: ["1.1"] });
  assert.deepEqual(told(newer.feed({ type: "queueModeChanged", queueMode: true })[0]), [["b=U", "Q"], false]);
  newer.answer(CODE.notFound);
  assert.ok(newer.last?.type === "register" && newer.last.query.includes("Q"));
});

test("trigger, objects or their versions: an Update with the whole list alone", () => {
  assert.deepEqual(told(aRegistration().feed({ type: "objectsChanged" })[0]), [[], true]);
});

test("trigger, /1/x/8 executed: an Update without anything, or with what has changed meanwhile", () => {
  assert.deepEqual(told(aRegistration().feed({ type: "updateTriggered" })[0]), [[], false]);
  const bench = aRegistration();
  bench.feed({ type: "updateTriggered" });
  bench.feed({ type: "lifetimeChanged", lifetime: 60 });
  bench.feed({ type: "updateTriggered" });
  assert.deepEqual(told(bench.answer(CODE.changed)[0]), [["lt=60"], false]);
  assert.deepEqual(bench.answer(CODE.changed), []);
});

test("trigger, another address without security: a Register, not an Update", () => {
  assert.deepEqual(types(aRegistration().feed({ type: "networkChanged" })), ["register"]);
});

test("trigger, awake again: an Update without anything, where none is under way", () => {
  const bench = aRegistration();
  assert.deepEqual(told(bench.feed({ type: "awake" })[0]), [[], false]);
  assert.deepEqual(bench.feed({ type: "awake" }), []);
  assert.deepEqual(bench.answer(CODE.changed), []);
});

test("a refused Update leaves what it said for the Register, which says everything", () => {
  const bench = aRegistration();
  bench.feed({ type: "lifetimeChanged", lifetime: 60 });
  const [register] = bench.answer(CODE.notFound);
  assert.ok(register?.type === "register" && register.query.includes("lt=60") && register.withObjects);
});

test("an Update that nobody has answered when the lifetime ends is followed by a Register; its answer is too late", () => {
  const bench = aRegistration({ lifetime: 60 });
  const caused = bench.until(60 * SECOND);
  assert.deepEqual(
    caused.map(([time, { type }]) => [time, type]),
    [
      [30 * SECOND, "update"],
      [60 * SECOND, "register"],
    ],
  );
  assert.equal(bench.reasons.at(-1), "the lifetime has ended");
  assert.deepEqual(bench.feed({ type: "answer", request: 2, code: CODE.changed }), []);
  assert.equal(bench.state, "registering");
  assert.deepEqual(types(bench.answer(CODE.created, LOCATION)), ["accepted"]);
});

test("the lifetime counts from the last Update that was taken, with the lifetime that it told", () => {
  const bench = aRegistration({ lifetime: 300 });
  bench.now = 100 * SECOND;
  bench.feed({ type: "lifetimeChanged", lifetime: 60 });
  bench.answer(CODE.changed);
  bench.until(130 * SECOND);
  assert.equal(bench.state, "updating");
  assert.deepEqual(
    bench.until(160 * SECOND).map(([time, { type }]) => [time, type]),
    [[160 * SECOND, "register"]],
  );
});

test("a gateway that slept over the end of its lifetime registers, since an Update would be refused", () => {
  const bench = aRegistration({ lifetime: 300 });
  bench.now = 400 * SECOND;
  assert.deepEqual(types(bench.until(400 * SECOND).map(([, effect]) => effect)), ["register"]);
});

test("a lifetime of 0 has no end at which a registration would be gone", () => {
  const bench = aRegistration({ lifetime: 0 });
  bench.feed({ type: "suspect" });
  bench.until(246 * SECOND);
  assert.equal(bench.state, "updating");
});

test("what the server says by /1/x/25 is tried first, then what is left", () => {
  let supported: readonly string[] = ["1.0", "1.1.1"];
  const bench = new Bench({ versions: ["1.2", "1.1", "1.0"], supportedVersions: () => supported });
  const [first] = bench.feed({ type: "start" });
  assert.ok(first?.type === "register" && first.version === "1.1");
  for (const version of ["1.0", "1.2"]) {
    const [next] = bench.answer(CODE.preconditionFailed);
    assert.ok(next?.type === "register" && next.version === version);
  }
  bench.answer(CODE.created, LOCATION);
  supported = [];
  const [kept] = bench.feed({ type: "networkChanged" });
  assert.ok(kept?.type === "register" && kept.version === "1.2", "what was taken is kept");
  bench.answer(CODE.created, LOCATION);
  supported = ["1.1"];
  const [update] = bench.feed({ type: "suspect" });
  assert.ok(update?.type === "update" && update.version === "1.2", "the registration is what it is");
  const [changed] = bench.answer(CODE.notFound);
  assert.ok(changed?.type === "register" && changed.version === "1.1", "unless the server says otherwise");
});

test("a version that is configured is spoken, whatever /1/x/25 says", () => {
  const bench = new Bench({ versions: ["1.1"], supportedVersions: () => ["1.0", "nonsense"] });
  const [register] = bench.feed({ type: "start" });
  assert.ok(register?.type === "register" && register.version === "1.1");
});

test("where a server looks only then, other objects are told by a Register, and everything else by an Update", () => {
  const bench = aRegistration({ reregisterOnChange: true });
  const [register] = bench.feed({ type: "objectsChanged" });
  assert.ok(register?.type === "register" && register.withObjects);
  assert.deepEqual(bench.feed({ type: "objectsChanged" }), [], "one after the other");
  assert.deepEqual(types(bench.answer(CODE.created, ["rd", "2"])), ["accepted", "register"]);
  assert.deepEqual(types(bench.answer(CODE.created, ["rd", "3"])), ["accepted"]);
  assert.deepEqual(types(bench.feed({ type: "lifetimeChanged", lifetime: 60 })), ["update"]);
  bench.answer(CODE.changed);
  assert.deepEqual(types(bench.feed({ type: "updateTriggered" })), ["update"]);
  assert.deepEqual(bench.feed({ type: "objectsChanged" }), [], "after the answer");
  assert.deepEqual(types(bench.answer(CODE.changed)), ["register"]);
});

test("so are those that have changed while the process was away", () => {
  const agreement = { location: LOCATION, version: "1.1", lifetime: 300, queueMode: false } as const;
  for (const objectsChanged of [true, false]) {
    const bench = new Bench({ reregisterOnChange: true });
    const sent = types(bench.feed({ type: "resume", agreement, age: SECOND, objectsChanged }));
    assert.deepEqual(sent, [objectsChanged ? "register" : "update"]);
  }
});
