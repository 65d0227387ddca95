import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HOUR, MINUTE, type Millis, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import {
  ALL_VERSIONS,
  Registration,
  type RegistrationEffect,
  type RegistrationEvent,
  type RegistrationOptions,
  type RegistrationState,
} from "../../src/lwm2m/registration.ts";
import { TIMEOUT } from "../../src/machine.ts";
import { fakeRandom } from "../support/fake-clock.ts";

const LOCATION = ["rd", "5a3f"];

type Of<Type extends RegistrationEffect["type"]> = RegistrationEffect & { readonly type: Type };

/** One registration machine, and what a server makes of it. */
class Bench {
  readonly machine: Registration;
  now: Millis = 0;
  state: RegistrationState = "deregistered";
  readonly reasons: string[] = [];
  /** The newest request. */
  last: Of<"register"> | Of<"update"> | Of<"deregister"> | undefined;

  constructor(options: Partial<RegistrationOptions> = {}) {
    this.machine = new Registration({
      endpoint: "gw-1",
      lifetime: 300,
      binding: "U",
      queueMode: false,
      versions: ["1.1"],
      random: fakeRandom(),
      ...options,
    });
  }

  /** Feeds an event; returns the effects that are no `state`. */
  feed(event: RegistrationEvent): RegistrationEffect[] {
    return this.note(this.machine.handle(event, this.now));
  }

  answer(code: number, location?: readonly string[]): RegistrationEffect[] {
    const request = this.last?.request ?? 0;
    return this.feed({ type: "answer", request, code, ...(location === undefined ? {} : { location }) });
  }

  noAnswer(): RegistrationEffect[] {
    return this.feed({ type: "noAnswer", request: this.last?.request ?? 0, reason: "timeout" });
  }

  /** Runs deadlines up to this time; what they caused, with their times. */
  until(time: Millis): (readonly [Millis, RegistrationEffect])[] {
    const caused: (readonly [Millis, RegistrationEffect])[] = [];
    for (let next = this.machine.deadline; next !== undefined && next <= time; next = this.machine.deadline) {
      this.now = Math.max(this.now, next);
      for (const effect of this.note(this.machine.handle(TIMEOUT, this.now))) caused.push([this.now, effect]);
    }
    this.now = time;
    return caused;
  }

  private note(effects: readonly RegistrationEffect[]): RegistrationEffect[] {
    for (const effect of effects) {
      if (effect.type === "state") {
        this.state = effect.state;
        this.reasons.push(effect.reason);
      } else if (effect.type !== "accepted") {
        this.last = effect;
      }
    }
    const state = effects.findLast((effect) => effect.type === "state");
    if (state !== undefined) assert.equal(state.until, this.machine.deadline);
    return effects.filter(({ type }) => type !== "state");
  }
}

function aRegistration(options: Partial<RegistrationOptions> = {}): Bench {
  const bench = new Bench(options);
  bench.feed({ type: "start" });
  bench.answer(CODE.created, LOCATION);
  assert.equal(bench.state, "registered");
  return bench;
}

function types(effects: readonly RegistrationEffect[]): string[] {
  return effects.map(({ type }) => type);
}

test("start registers with the parameters of the version, and the answer's location is kept", () => {
  const bench = new Bench();
  assert.deepEqual(bench.feed({ type: "start" }), [
    { type: "register", request: 1, version: "1.1", query: ["ep=gw-1", "lt=300", "lwm2m=1.1", "b=U"] },
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

test("the server is never told the same twice, and never forgotten, whatever happens", () => {
  const event: fc.Arbitrary<RegistrationEvent | "answer" | "created" | "noAnswer" | "4.12" | "4.04"> = fc.oneof(
    fc.constantFrom("answer", "created", "noAnswer", "4.12", "4.04"),
    fc.constantFrom<RegistrationEvent>(
      { type: "start" },
      { type: "stop" },
      { type: "objectsChanged" },
      { type: "updateTriggered" },
      { type: "suspect" },
      { type: "disable", for: MINUTE },
      { type: "networkChanged" },
      { type: "lifetimeChanged", lifetime: 60 },
      { type: "lifetimeChanged", lifetime: 600 },
    ),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.nat(100_000)), { maxLength: 60 }), (events) => {
      const bench = new Bench({ versions: ALL_VERSIONS });
      bench.feed({ type: "start" });
      for (const [next, wait] of events) {
        if (next === "answer") bench.answer(CODE.changed);
        else if (next === "created") bench.answer(CODE.created, LOCATION);
        else if (next === "noAnswer") bench.noAnswer();
        else if (next === "4.12") bench.answer(CODE.preconditionFailed);
        else if (next === "4.04") bench.answer(CODE.notFound);
        else bench.feed(next);
        bench.until(bench.now + wait);
        assert.ok(bench.state === "deregistered" || bench.machine.deadline !== undefined, bench.state);
      }
      // Whatever was before: a start and a server that answers end in a registration.
      bench.feed({ type: "start" });
      for (let turn = 0; turn < 20 && bench.state !== "registered"; turn++) {
        if (bench.last?.type === "register" || bench.last?.type === "deregister") bench.answer(CODE.created, LOCATION);
        else bench.answer(CODE.changed);
        if (bench.state === "deregistered") bench.feed({ type: "start" });
        else if (bench.state !== "registered") bench.until(bench.machine.deadline ?? bench.now);
      }
      assert.equal(bench.state, "registered");
    }),
  );
});
