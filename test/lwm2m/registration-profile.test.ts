import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { ALL_VERSIONS, type RegistrationEffect } from "../../src/lwm2m/registration.ts";
import { Bench, LOCATION, types } from "./registration-bench.ts";

const profileIds = ["oma:gateway"];

/** The `pid` of a Register, and whether the list is with it. */
function list(effect: RegistrationEffect | undefined): readonly [pid: string | undefined, withObjects: boolean] {
  assert.ok(effect?.type === "register", effect?.type);
  return [effect.query.find((argument) => argument.startsWith("pid")), effect.withObjects];
}

/** The server has taken the profile with the list. */
function known(): Bench {
  const bench = new Bench({ versions: ["1.2"], profileIds });
  assert.deepEqual(list(bench.feed({ type: "start" })[0]), ["pid=oma:gateway", true]);
  bench.answer(CODE.created, LOCATION);
  return bench;
}

test("a profile goes with the list until the server has taken both, then alone", () => {
  const bench = known();
  for (let round = 0; round < 3; round++) {
    assert.deepEqual(list(bench.feed({ type: "networkChanged" })[0]), ["pid=oma:gateway", false]);
    bench.answer(CODE.created, LOCATION);
  }
});

test("several profiles are one quoted list (Core 1.2, table of Register parameters)", () => {
  const bench = new Bench({ versions: ["1.2"], profileIds: ["oma:gateway", "v:acme-7", "6:27354b9a"] });
  assert.deepEqual(list(bench.feed({ type: "start" })[0]), ['pid="oma:gateway,v:acme-7,6:27354b9a"', true]);
});

test("a profile is of LwM2M 1.2, and no Register of an older version names it", () => {
  const bench = new Bench({ versions: ALL_VERSIONS, profileIds });
  assert.deepEqual(list(bench.feed({ type: "start" })[0]), ["pid=oma:gateway", true]);
  assert.deepEqual(list(bench.answer(CODE.preconditionFailed)[0]), [undefined, true]);
  bench.answer(CODE.created, LOCATION);
  assert.deepEqual(list(bench.feed({ type: "networkChanged" })[0]), [undefined, true]);
});

for (const [name, code] of [
  ["4.00", CODE.badRequest],
  ["4.09", CODE.conflict],
] as const) {
  test(`a profile alone that is answered ${name} is followed at once by the list`, () => {
    const bench = known();
    bench.feed({ type: "networkChanged" });
    assert.deepEqual(list(bench.answer(code)[0]), ["pid=oma:gateway", true]);
    bench.answer(CODE.created, LOCATION);
    assert.deepEqual(list(bench.feed({ type: "networkChanged" })[0]), ["pid=oma:gateway", false]);
  });
}

test("after any other failure the list is with it again, when its time comes", () => {
  for (const fail of [(bench: Bench) => bench.answer(CODE.internalServerError), (bench: Bench) => bench.noAnswer()]) {
    const bench = known();
    bench.feed({ type: "networkChanged" });
    assert.deepEqual(fail(bench), []);
    assert.equal(bench.state, "retrying");
    const [, register] = bench.until(bench.machine.deadline ?? 0)[0] ?? [];
    assert.deepEqual(list(register), ["pid=oma:gateway", true]);
  }
});

test("a server that refuses the profile beside the list gets the list without it, from then on", () => {
  const bench = new Bench({ versions: ["1.2"], profileIds });
  bench.feed({ type: "start" });
  assert.deepEqual(list(bench.answer(CODE.badOption)[0]), [undefined, true]);
  bench.answer(CODE.created, LOCATION);
  assert.deepEqual(list(bench.feed({ type: "networkChanged" })[0]), [undefined, true]);
});

test("a server that refuses us for another reason is no server without profiles", () => {
  const bench = new Bench({ versions: ["1.2"], profileIds });
  bench.feed({ type: "start" });
  assert.deepEqual(types(bench.answer(CODE.badRequest)), ["register"]);
  assert.deepEqual(bench.answer(CODE.badRequest), [], "no third one at once");
  const [, register] = bench.until(bench.machine.deadline ?? 0)[0] ?? [];
  assert.deepEqual(list(register), ["pid=oma:gateway", true]);
});

test("objects that have changed are listed once more: the profile stood for those of before", () => {
  const bench = known();
  const [update] = bench.feed({ type: "objectsChanged" });
  assert.ok(update?.type === "update" && update.withObjects && update.query.length === 0);
  bench.answer(CODE.changed);
  assert.deepEqual(list(bench.feed({ type: "networkChanged" })[0]), ["pid=oma:gateway", true]);
});
