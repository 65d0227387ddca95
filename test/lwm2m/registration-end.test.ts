import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { ALL_VERSIONS, type RegistrationEvent } from "../../src/lwm2m/registration.ts";
import { aRegistration, Bench, LOCATION, types } from "./registration-bench.ts";

test("a start that overtakes a stop keeps the registration that is just being made", () => {
  const bench = new Bench();
  bench.feed({ type: "start" });
  bench.feed({ type: "stop" });
  bench.feed({ type: "start" });
  assert.deepEqual(types(bench.answer(CODE.created, LOCATION)), ["accepted"]);
  assert.equal(bench.state, "registered");
});

test("a changed network registers anew at once, from every state that wants to be registered", () => {
  const registered = aRegistration();
  assert.deepEqual(types(registered.feed({ type: "networkChanged" })), ["register"]);
  const old = registered.last?.request ?? 0;
  assert.deepEqual(types(registered.feed({ type: "networkChanged" })), ["register"]);
  const late: RegistrationEvent = { type: "answer", request: old, code: CODE.created, location: ["rd", "old"] };
  assert.deepEqual(registered.feed(late), [], "the answer to the request before is not wanted");
  assert.deepEqual(types(registered.answer(CODE.created, LOCATION)), ["accepted"]);

  const retrying = new Bench();
  retrying.feed({ type: "start" });
  for (let i = 0; i < 8; i++) {
    retrying.noAnswer();
    retrying.until(retrying.machine.deadline ?? 0);
  }
  retrying.noAnswer();
  assert.deepEqual(types(retrying.feed({ type: "networkChanged" })), ["register"]);
  retrying.noAnswer();
  assert.ok((retrying.machine.deadline ?? 0) - retrying.now <= 10 * SECOND);

  assert.deepEqual(new Bench().feed({ type: "networkChanged" }), []);
});

test("stop de-registers, and does not wait longer than five seconds", () => {
  const bench = aRegistration();
  const [effect] = bench.feed({ type: "stop" });
  assert.deepEqual(effect, { type: "deregister", request: 2, location: LOCATION });
  assert.equal(bench.state, "deregistering");
  assert.deepEqual(bench.answer(CODE.deleted), []);
  assert.deepEqual([bench.state, bench.machine.deadline], ["deregistered", undefined]);

  const silent = aRegistration();
  silent.feed({ type: "objectsChanged" });
  assert.deepEqual(types(silent.feed({ type: "stop" })), ["deregister"]);
  assert.deepEqual(silent.until(5 * SECOND), []);
  assert.deepEqual([silent.state, silent.machine.deadline], ["deregistered", undefined]);
  assert.deepEqual(silent.answer(CODE.deleted), []);
  assert.equal(silent.state, "deregistered");
});

test("stop while registering waits for the answer, to de-register what it says", () => {
  const bench = new Bench();
  bench.feed({ type: "start" });
  assert.deepEqual(bench.feed({ type: "stop" }), []);
  bench.now = 3 * SECOND;
  assert.deepEqual(types(bench.answer(CODE.created, LOCATION)), ["deregister"]);
  bench.until(5 * SECOND);
  assert.equal(bench.state, "deregistered");

  const refused = new Bench();
  refused.feed({ type: "start" });
  refused.feed({ type: "stop" });
  assert.deepEqual(refused.answer(CODE.forbidden), []);
  assert.equal(refused.state, "deregistered");

  const silent = new Bench();
  silent.feed({ type: "start" });
  silent.feed({ type: "stop" });
  silent.until(5 * SECOND);
  assert.equal(silent.state, "deregistered");
});

test("stop while waiting is over at once, and a later start begins anew", () => {
  const bench = new Bench();
  bench.feed({ type: "start" });
  bench.noAnswer();
  bench.feed({ type: "stop" });
  assert.deepEqual([bench.state, bench.machine.deadline], ["deregistered", undefined]);
  bench.feed({ type: "stop" });
  assert.deepEqual(types(bench.feed({ type: "start" })), ["register"]);
});

test("a start during the De-register follows it", () => {
  const bench = aRegistration();
  bench.feed({ type: "stop" });
  assert.deepEqual(bench.feed({ type: "start" }), []);
  assert.deepEqual(types(bench.answer(CODE.deleted)), ["register"]);
});

test("disable de-registers, stays away for its time, and registers again", () => {
  const bench = aRegistration();
  assert.deepEqual(types(bench.feed({ type: "disable", for: HOUR })), ["deregister"]);
  bench.now = 2 * SECOND;
  assert.deepEqual(bench.answer(CODE.deleted), []);
  assert.equal(bench.state, "disabled");
  for (const type of ["objectsChanged", "suspect", "updateTriggered", "networkChanged"] as const) {
    assert.deepEqual(bench.feed({ type }), []);
  }
  assert.deepEqual(bench.until(HOUR - 1), []);
  assert.deepEqual(types(bench.until(HOUR).map(([, effect]) => effect)), ["register"]);
});

test("a disable whose De-register is not answered ends in time all the same; stop ends it at once", () => {
  const bench = aRegistration();
  bench.feed({ type: "disable", for: MINUTE });
  bench.now = 93 * SECOND;
  bench.noAnswer();
  assert.deepEqual(types(bench.until(93 * SECOND).map(([, effect]) => effect)), ["register"]);

  const stopped = aRegistration();
  stopped.feed({ type: "disable", for: HOUR });
  stopped.feed({ type: "stop" });
  stopped.until(5 * SECOND);
  assert.equal(stopped.state, "deregistered");
});

const START: RegistrationEvent = { type: "start" };
/** A registration that was made before the process began. */
const BEFORE: RegistrationEvent = {
  type: "resume",
  agreement: { location: LOCATION, version: "1.2", lifetime: 300, queueMode: false },
  age: 30 * SECOND,
  objectsChanged: false,
};

test("whatever has happened, a start and a server that answers end in a registration", () => {
  const event: fc.Arbitrary<
    RegistrationEvent | "answer" | "created" | "noAnswer" | "unsent" | "4.12" | "4.04" | "4.00"
  > = fc.oneof(
    fc.constantFrom("answer", "created", "noAnswer", "unsent", "4.12", "4.04", "4.00"),
    fc.constantFrom<RegistrationEvent>(
      { type: "start" },
      BEFORE,
      { type: "stop" },
      { type: "objectsChanged" },
      { type: "updateTriggered" },
      { type: "suspect" },
      { type: "awake" },
      { type: "queueModeChanged", queueMode: true },
      { type: "queueModeChanged", queueMode: false },
      { type: "disable", for: MINUTE },
      { type: "networkChanged" },
      { type: "lifetimeChanged", lifetime: 60 },
      { type: "lifetimeChanged", lifetime: 600 },
    ),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(START, BEFORE),
      fc.array(fc.tuple(event, fc.nat(100_000)), { maxLength: 60 }),
      (begin, events) => {
        const bench = new Bench({ versions: ALL_VERSIONS, profileIds: ["oma:gateway"] });
        bench.feed(begin);
        for (const [next, wait] of events) {
          if (next === "answer") bench.answer(CODE.changed);
          else if (next === "created") bench.answer(CODE.created, LOCATION);
          else if (next === "noAnswer") bench.noAnswer();
          else if (next === "unsent") bench.unsent();
          else if (next === "4.12") bench.answer(CODE.preconditionFailed);
          else if (next === "4.04") bench.answer(CODE.notFound);
          else if (next === "4.00") bench.answer(CODE.badRequest);
          else bench.feed(next);
          bench.until(bench.now + wait);
          assert.ok(bench.state === "deregistered" || bench.machine.deadline !== undefined, bench.state);
        }
        // Whatever was before: a start and a server that answers end in a registration.
        bench.feed({ type: "start" });
        for (let turn = 0; turn < 20 && bench.state !== "registered"; turn++) {
          if (bench.last?.type === "register" || bench.last?.type === "deregister")
            bench.answer(CODE.created, LOCATION);
          else bench.answer(CODE.changed);
          // TypeScript keeps the state of the loop's head in mind; the answer has changed it.
          const state: string = bench.state;
          if (state === "deregistered") bench.feed({ type: "start" });
          else if (state !== "registered") bench.until(bench.machine.deadline ?? bench.now);
        }
        assert.equal(bench.state, "registered");
      },
    ),
  );
});
