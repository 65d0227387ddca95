import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import type { Agreement, RegistrationEvent } from "../../src/lwm2m/registration.ts";
import { aRegistration, Bench, LOCATION, types } from "./registration-bench.ts";

const AGREED: Agreement = { location: LOCATION, version: "1.1", lifetime: 300, queueMode: false };

function resume(change: Partial<Extract<RegistrationEvent, { type: "resume" }>> = {}): RegistrationEvent {
  return { type: "resume", agreement: AGREED, age: 100 * SECOND, objectsChanged: false, ...change };
}

test("a registration of before is confirmed by an Update with nothing in it, and then goes on as it was", () => {
  const bench = new Bench();
  assert.deepEqual(bench.feed(resume()), [
    { type: "update", request: 1, location: LOCATION, version: "1.1", query: [], withObjects: false },
  ]);
  assert.equal(bench.state, "updating");
  assert.deepEqual(bench.answer(CODE.changed), [{ type: "resumed", location: LOCATION, version: "1.1" }]);
  assert.equal(bench.state, "registered");
  assert.equal(bench.machine.deadline, 207 * SECOND, "counted from the Update");
  assert.deepEqual(types(bench.until(207 * SECOND).map(([, effect]) => effect)), ["update"]);
  assert.deepEqual(bench.answer(CODE.changed), [], "said once");
});

test("the Update says what is another now: objects, lifetime, queue mode", () => {
  const bench = new Bench({ lifetime: 600, queueMode: true });
  const [update] = bench.feed(resume({ objectsChanged: true }));
  assert.ok(update?.type === "update");
  assert.deepEqual([update.query, update.withObjects], [["lt=600", "b=U", "Q"], true]);
  bench.answer(CODE.changed);
  assert.equal(bench.machine.deadline, 507 * SECOND);
});

test("a lifetime that has ended, or a version that is not to be spoken any more: Register", () => {
  assert.deepEqual(types(new Bench().feed(resume({ age: 300 * SECOND }))), ["register"]);
  assert.deepEqual(types(new Bench({ versions: ["1.2"] }).feed(resume())), ["register"]);
  const forever = new Bench({ lifetime: 0 });
  const agreement = { ...AGREED, lifetime: 0 };
  assert.deepEqual(types(forever.feed(resume({ agreement, age: 1e12 }))), ["update"]);
  assert.deepEqual(types(forever.answer(CODE.changed)), ["resumed"]);
  assert.equal(forever.machine.deadline, undefined);
});

test("a server that knows us no more, refuses, or does not answer gets a Register, whose acceptance voids what was", () => {
  for (const code of [CODE.notFound, CODE.badRequest, CODE.internalServerError, undefined]) {
    const bench = new Bench();
    bench.feed(resume());
    const effects = code === undefined ? bench.noAnswer() : bench.answer(code);
    assert.deepEqual(types(effects), ["register"]);
    assert.equal(bench.machine.agreement, undefined);
    assert.deepEqual(types(bench.answer(CODE.created, ["rd", "new"])), ["accepted"]);
  }
});

test("as long as there is no way to the server the Update is tried again, up to the end of the lifetime", () => {
  const bench = new Bench();
  bench.feed(resume());
  for (let tries = 0; tries < 3; tries++) {
    assert.deepEqual(bench.unsent(), []);
    assert.equal(bench.state, "retrying");
    assert.deepEqual(types(bench.until(bench.machine.deadline ?? 0).map(([, effect]) => effect)), ["update"]);
  }
  assert.deepEqual(types(bench.answer(CODE.changed)), ["resumed"]);

  const late = new Bench();
  late.feed(resume({ age: 295 * SECOND }));
  late.unsent();
  assert.deepEqual(types(late.until(late.machine.deadline ?? 0).map(([, effect]) => effect)), ["register"]);
});

test("the server takes the Update for a Register: its observations are gone", () => {
  const bench = new Bench();
  bench.feed(resume());
  assert.deepEqual(types(bench.answer(CODE.changed, ["rd", "other"])), ["accepted"]);
});

test("another address is another Register; a stop takes its leave of the registration of before", () => {
  const moved = new Bench();
  moved.feed(resume());
  assert.deepEqual(types(moved.feed({ type: "networkChanged" })), ["register"]);
  const stopped = new Bench();
  stopped.feed(resume());
  assert.deepEqual(stopped.feed({ type: "stop" }), [{ type: "deregister", request: 2, location: LOCATION }]);
});

test("what is agreed is what the server has taken, at the time of that request", () => {
  const bench = aRegistration();
  assert.deepEqual(bench.machine.agreement, { ...AGREED, sentAt: 0 });
  bench.now = MINUTE;
  bench.feed({ type: "lifetimeChanged", lifetime: 600 });
  assert.deepEqual(bench.machine.agreement, { ...AGREED, sentAt: 0 }, "not before it is answered");
  bench.now = MINUTE + SECOND;
  bench.answer(CODE.changed);
  assert.deepEqual(bench.machine.agreement, { ...AGREED, lifetime: 600, sentAt: MINUTE });
  bench.feed({ type: "stop" });
  assert.equal(bench.machine.agreement, undefined);
});

test("two processes after each other agree with their server: what one leaves the next resumes, whatever is answered", () => {
  const answers = fc.array(fc.constantFrom("changed", "gone", "silence", "unsent"), { maxLength: 6 });
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(1000), answers, (lifetime, away, said) => {
      const before = aRegistration({ lifetime });
      const { agreement } = before.machine;
      assert.ok(agreement !== undefined);
      const { sentAt, ...agreed } = agreement;
      const bench = new Bench({ lifetime });
      const alive = lifetime === 0 || away < lifetime;
      const age = away * SECOND - sentAt;
      const first = types(bench.feed(resume({ agreement: agreed, age })));
      assert.deepEqual(first, [alive ? "update" : "register"]);
      let resumed = 0;
      for (const what of said) {
        const effects = what === "changed" ? bench.answer(CODE.changed) : answered(bench, what);
        resumed += types(effects).filter((type) => type === "resumed").length;
        for (const [at, effect] of bench.until(bench.now + MINUTE)) {
          const end = (lifetime - away) * SECOND;
          if (effect.type === "update" && resumed === 0) assert.ok(lifetime === 0 || at < end, "not after the end");
        }
      }
      assert.ok(resumed <= 1 && (alive || resumed === 0));
    }),
  );
});

function answered(bench: Bench, what: "gone" | "silence" | "unsent"): ReturnType<Bench["feed"]> {
  if (what === "unsent") return bench.unsent();
  return what === "gone" ? bench.answer(CODE.notFound) : bench.noAnswer();
}
