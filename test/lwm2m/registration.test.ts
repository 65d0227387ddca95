import assert from "node:assert/strict";
import { test } from "node:test";
import { type Millis, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { aRegistration, Bench, LOCATION, types } from "./registration-bench.ts";

test("start registers with the parameters of the version, and the answer's location is kept", () => {
  const bench = new Bench();
  assert.deepEqual(bench.feed({ type: "start" }), [
    {
      type: "register",
      request: 1,
      version: "1.1",
      query: ["ep=gw-1", "lt=300", "lwm2m=1.1", "b=U"],
      withObjects: true,
    },
  ]);
  assert.equal(bench.state, "registering");
  assert.deepEqual(bench.feed({ type: "start" }), []);
  assert.deepEqual(bench.answer(CODE.created, LOCATION), [{ type: "accepted", location: LOCATION, version: "1.1" }]);
  assert.equal(bench.state, "registered");
});

test("an Update goes out in time, with nothing in it, and again after each", () => {
  // Below twice 93 s: half the lifetime; above: 93 s before its end (RFC 7252, MAX_TRANSMIT_WAIT).
  const expected: [number, Millis][] = [
    [60, 30 * SECOND],
    [185, 92.5 * SECOND],
    [300, 207 * SECOND],
    [86400, (86400 - 93) * SECOND],
  ];
  for (const [lifetime, wait] of expected) {
    const bench = aRegistration({ lifetime });
    for (let round = 1; round <= 3; round++) {
      assert.deepEqual(bench.until(round * wait), [
        [
          round * wait,
          {
            type: "update",
            request: round + 1,
            location: LOCATION,
            version: "1.1",
            query: [],
            withObjects: false,
          },
        ],
      ]);
      assert.equal(bench.state, "updating");
      assert.deepEqual(bench.answer(CODE.changed), []);
    }
  }
});

test("the time of the next Update counts from when the request was sent", () => {
  const bench = new Bench();
  bench.feed({ type: "start" });
  bench.now = 40 * SECOND;
  bench.answer(CODE.created, LOCATION);
  assert.equal(bench.machine.deadline, 207 * SECOND);
});

test("a lifetime of 0 never ends, so nothing is updated", () => {
  const bench = aRegistration({ lifetime: 0 });
  assert.equal(bench.machine.deadline, undefined);
  bench.feed({ type: "lifetimeChanged", lifetime: 60 });
  bench.answer(CODE.changed);
  assert.equal(bench.machine.deadline, 30 * SECOND);
});

test("a changed lifetime is told at once, and once", () => {
  const bench = aRegistration();
  assert.deepEqual(bench.feed({ type: "lifetimeChanged", lifetime: 300 }), []);
  const [update] = bench.feed({ type: "lifetimeChanged", lifetime: 60 });
  assert.ok(update?.type === "update");
  assert.deepEqual([update.query, update.withObjects], [["lt=60"], false]);
  assert.deepEqual(bench.answer(CODE.changed), []);
  assert.equal(bench.machine.deadline, 30 * SECOND);
  const [, next] = bench.until(30 * SECOND)[0] ?? [];
  assert.ok(next?.type === "update");
  assert.deepEqual(next.query, []);
});

test("changed objects are told at once; what changes during the Update goes in one after it", () => {
  const bench = aRegistration();
  const [first] = bench.feed({ type: "objectsChanged" });
  assert.ok(first?.type === "update" && first.withObjects);
  for (let i = 0; i < 5; i++) assert.deepEqual(bench.feed({ type: "objectsChanged" }), []);
  bench.feed({ type: "lifetimeChanged", lifetime: 600 });
  const [second, ...more] = bench.answer(CODE.changed);
  assert.ok(second?.type === "update" && second.withObjects);
  assert.deepEqual(second.query, ["lt=600"]);
  assert.deepEqual(more, []);
  assert.deepEqual(bench.answer(CODE.changed), []);
  assert.equal(bench.state, "registered");
});

test("objects that change while registering are told afterwards", () => {
  const bench = new Bench();
  bench.feed({ type: "objectsChanged" });
  assert.deepEqual(types(bench.feed({ type: "start" })), ["register"]);
  bench.feed({ type: "objectsChanged" });
  const effects = bench.answer(CODE.created, LOCATION);
  assert.deepEqual(types(effects), ["accepted", "update"]);
  assert.ok(effects[1]?.type === "update" && effects[1].withObjects);
});

test("what changes while waiting for a retry goes with the Register", () => {
  const bench = new Bench();
  bench.feed({ type: "start" });
  bench.noAnswer();
  bench.feed({ type: "objectsChanged" });
  bench.feed({ type: "lifetimeChanged", lifetime: 600 });
  bench.until(10 * SECOND);
  assert.ok(bench.last?.type === "register");
  assert.ok(bench.last.query.includes("lt=600"));
  assert.deepEqual(types(bench.answer(CODE.created, LOCATION)), ["accepted"]);
});

test("the server's trigger sends an Update, also when one is under way", () => {
  const bench = aRegistration();
  assert.deepEqual(types(bench.feed({ type: "updateTriggered" })), ["update"]);
  assert.deepEqual(bench.feed({ type: "updateTriggered" }), []);
  assert.deepEqual(types(bench.answer(CODE.changed)), ["update"]);
  assert.deepEqual(bench.answer(CODE.changed), []);
});

test("a suspect server is asked by an Update at once, and one question is enough", () => {
  const bench = aRegistration();
  assert.deepEqual(types(bench.feed({ type: "suspect" })), ["update"]);
  assert.deepEqual(bench.feed({ type: "suspect" }), []);
  assert.deepEqual(bench.answer(CODE.changed), []);
});

for (const [name, code] of [
  ["4.00", CODE.badRequest],
  ["4.03", CODE.forbidden],
  ["4.04", CODE.notFound],
  ["5.00", CODE.internalServerError],
] as const) {
  test(`an Update that is answered ${name} leads to a Register at once`, () => {
    const bench = aRegistration();
    bench.until(207 * SECOND);
    assert.deepEqual(types(bench.answer(code)), ["register"]);
    assert.equal(bench.state, "registering");
    assert.deepEqual(types(bench.answer(CODE.created, ["rd", "new"])), ["accepted"]);
    bench.feed({ type: "suspect" });
    assert.ok(bench.last?.type === "update");
    assert.deepEqual(bench.last.location, ["rd", "new"]);
  });

  test(`a Register that is answered ${name} is tried again without end`, () => {
    const bench = new Bench();
    bench.feed({ type: "start" });
    for (let i = 0; i < 100; i++) {
      assert.deepEqual(bench.answer(code), []);
      assert.equal(bench.state, "retrying");
      assert.deepEqual(types(bench.until(bench.machine.deadline ?? 0).map(([, effect]) => effect)), ["register"]);
    }
    assert.match(bench.reasons.join("\n"), new RegExp(name.replace(".", "\\.")));
  });
}

test("an Update without answer leads to a Register at once, that without answer to retries", () => {
  const bench = aRegistration();
  bench.until(207 * SECOND);
  assert.deepEqual(types(bench.noAnswer()), ["register"]);
  assert.deepEqual(bench.noAnswer(), []);
  assert.equal(bench.state, "retrying");
});

test("a success without a location is no registration", () => {
  const bench = new Bench();
  bench.feed({ type: "start" });
  assert.deepEqual(bench.answer(CODE.created), []);
  assert.equal(bench.state, "retrying");
  assert.match(bench.reasons.at(-1) ?? "", /without Location-Path/);
});

test("an Update with a new location is a new registration", () => {
  const bench = aRegistration();
  bench.feed({ type: "suspect" });
  assert.deepEqual(bench.answer(CODE.changed, LOCATION), []);
  bench.feed({ type: "suspect" });
  assert.deepEqual(bench.answer(CODE.created, ["rd", "other"]), [
    { type: "accepted", location: ["rd", "other"], version: "1.1" },
  ]);
});
