import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, MINUTE, type Millis, SECOND } from "../../src/clock.ts";
import { Availability, type AvailabilityEffect, type AvailabilityEvent } from "../../src/devices/availability.ts";
import { TIMEOUT } from "../../src/machine.ts";
import type { AvailabilityRule } from "../../src/mapping/plan-types.ts";

const RULE: AvailabilityRule = {
  failures: 3,
  retry: { first: 5 * SECOND, longest: 10 * MINUTE },
  whenOffline: "error",
};

/** Runs the machine by its deadlines; `answer` says what a probe at that time hears. */
function player(rule: AvailabilityRule, answer: (now: Millis) => boolean, fraction = 0) {
  const machine = new Availability(rule, () => fraction);
  const log: { at: Millis; effect: AvailabilityEffect }[] = [];
  let now = 0;
  const feed = (event: AvailabilityEvent | typeof TIMEOUT): void => {
    for (const effect of machine.handle(event, now)) {
      log.push({ at: now, effect });
      if (effect.type !== "probe") continue;
      if (answer(now)) feed({ type: "heard" });
      else feed({ type: "failed", reason: "no answer" });
      feed({ type: "probed" });
    }
  };
  const runTo = (end: Millis): void => {
    for (let next = machine.deadline; next !== undefined && next <= end; next = machine.deadline) {
      now = Math.max(now, next);
      feed(TIMEOUT);
    }
    now = end;
  };
  const times = (type: AvailabilityEffect["type"]) => log.filter(({ effect }) => effect.type === type).map((e) => e.at);
  return { machine, feed, runTo, times, log };
}

test("a device that answers the first probe is online", () => {
  const { machine, feed, times } = player(RULE, () => true);
  assert.equal(machine.state, "connecting");
  feed({ type: "start" });
  assert.equal(machine.state, "online");
  assert.deepEqual(times("online"), [0]);
  assert.equal(machine.deadline, undefined);
});

test("a dead unit is offline after three failures, and probed at pauses that double up to the longest", () => {
  const { machine, feed, runTo, times } = player(RULE, () => false);
  feed({ type: "start" });
  runTo(HOUR);
  assert.equal(machine.state, "offline");
  assert.equal(machine.reason, "no answer");
  assert.deepEqual(times("offline"), [10_000]);
  const pauses = times("probe").map((at, i, all) => at - (all[i - 1] ?? at));
  assert.deepEqual(
    pauses.slice(1, 11).map((pause) => pause / SECOND),
    [5, 5, 5, 10, 20, 40, 80, 160, 320, 600],
  );
  assert.ok(pauses.slice(11).every((pause) => pause === 10 * MINUTE));
});

test("failures of an online device are looked into soon, not at its next poll", () => {
  const { machine, feed, runTo, times } = player(RULE, () => false);
  feed({ type: "heard" });
  feed({ type: "failed", reason: "timeout" });
  runTo(MINUTE);
  assert.deepEqual(times("probe").slice(0, 2), [5000, 10_000]);
  assert.deepEqual(times("offline"), [10_000]);
  assert.equal(machine.state, "offline");
});

test("anything heard counts: two failures, an answer, two failures are no outage", () => {
  const { machine, feed, times } = player(RULE, () => true);
  feed({ type: "heard" });
  for (let round = 0; round < 5; round++) {
    feed({ type: "failed", reason: "timeout" });
    feed({ type: "failed", reason: "timeout" });
    feed({ type: "heard" });
  }
  assert.equal(machine.state, "online");
  assert.deepEqual(times("offline"), []);
  assert.equal(machine.reason, undefined);
});

test("a device that is heard while offline is online at once, and its next outage begins with short pauses", () => {
  let alive = false;
  const { machine, feed, runTo, times } = player(RULE, () => alive);
  feed({ type: "start" });
  runTo(HOUR);
  feed({ type: "heard" });
  assert.deepEqual(times("online"), [HOUR]);
  assert.equal(machine.nextTry, undefined);
  alive = false;
  feed({ type: "failed", reason: "timeout" });
  assert.equal(machine.nextTry, HOUR + 5 * SECOND);
  alive = true;
  runTo(HOUR + MINUTE);
  assert.equal(machine.state, "online");
});

test("one probe at a time: nothing is asked again while a probe runs", () => {
  const machine = new Availability(RULE, () => 0);
  assert.deepEqual(machine.handle({ type: "start" }, 0), [{ type: "probe" }]);
  machine.handle({ type: "failed", reason: "another request" }, 1);
  assert.equal(machine.nextTry, 1 + 5 * SECOND);
  assert.deepEqual(machine.handle({ type: "found" }, 2), []);
  machine.handle({ type: "failed", reason: "another request" }, 3);
  assert.deepEqual(machine.handle(TIMEOUT, 3 + 5 * SECOND), []);
  machine.handle({ type: "probed" }, 7 * SECOND);
  assert.equal(machine.nextTry, 12 * SECOND);
});

test("a lost link is an outage at once; a found one is probed at once, and proves nothing by itself", () => {
  let alive = true;
  const { machine, feed, times, log } = player(RULE, () => alive);
  feed({ type: "start" });
  feed({ type: "lost", reason: "the link is down" });
  assert.deepEqual(log.at(-1)?.effect, { type: "offline", reason: "the link is down" });
  feed({ type: "lost", reason: "the link is down" });
  assert.equal(times("offline").length, 1);
  alive = false;
  feed({ type: "found" });
  assert.equal(machine.state, "offline");
  assert.equal(times("probe").length, 2);
  alive = true;
  feed({ type: "found" });
  assert.equal(machine.state, "online");
});

test("jitter only shortens a pause, by a fifth at most", () => {
  const { machine, feed } = player(RULE, () => false, 0.999_999);
  feed({ type: "start" });
  const pause = machine.nextTry ?? 0;
  assert.ok(pause >= 4 * SECOND && pause < 5 * SECOND, String(pause));
});

test("a device that speaks by itself goes offline by silence, is never asked, and comes back by its voice", () => {
  const rule = { ...RULE, silence: 15 * MINUTE };
  const machine = new Availability(rule, () => 0, false);
  assert.deepEqual(machine.handle({ type: "start" }, 0), [{ type: "probe" }], "which attaches it");
  machine.handle({ type: "attached" }, 100);
  machine.handle({ type: "probed" }, 100);
  assert.equal(machine.deadline, 100 + 15 * MINUTE);
  assert.deepEqual(machine.handle({ type: "heard" }, 10 * MINUTE), [{ type: "online" }]);
  assert.equal(machine.deadline, 25 * MINUTE);
  const effects = machine.handle(TIMEOUT, 25 * MINUTE);
  assert.deepEqual(effects, [{ type: "offline", reason: "nothing heard for 15m" }]);
  assert.equal(machine.deadline, undefined);
  assert.deepEqual(machine.handle({ type: "heard" }, HOUR), [{ type: "online" }]);
});

test("a device that speaks by itself and cannot be attached is tried again", () => {
  const machine = new Availability({ ...RULE, silence: HOUR }, () => 0, false);
  machine.handle({ type: "start" }, 0);
  machine.handle({ type: "failed", reason: "no broker" }, 10);
  machine.handle({ type: "probed" }, 10);
  assert.equal(machine.nextTry, 10 + 5 * SECOND);
  assert.deepEqual(machine.handle(TIMEOUT, 10 + 5 * SECOND), [{ type: "probe" }]);
});

test("a device that is asked and may be silent for some time is asked ever more rarely, offline by silence, and found again", () => {
  let there = false;
  const rule: AvailabilityRule = { silence: 15 * MINUTE, retry: RULE.retry, whenOffline: "error" };
  const { machine, feed, runTo, times } = player(rule, () => there);
  feed({ type: "heard" });
  feed({ type: "failed", reason: "timeout" });
  runTo(14 * MINUTE);
  assert.equal(machine.state, "online", "failures alone say nothing here");
  assert.equal(machine.offlineAt, 15 * MINUTE);
  assert.ok(times("probe").length < 12, "though it is not there, the line is for the others");
  runTo(20 * MINUTE);
  assert.deepEqual(times("offline"), [15 * MINUTE]);
  assert.match(machine.reason ?? "", /no answer$/);
  there = true;
  runTo(HOUR);
  assert.equal(machine.state, "online");
  assert.equal(machine.tries, 0);
});

test("of failures and silence the first that comes makes a device offline", () => {
  const rule: AvailabilityRule = { ...RULE, silence: MINUTE };
  const failing = player(rule, () => false);
  failing.feed({ type: "heard" });
  failing.feed({ type: "failed", reason: "timeout" });
  failing.runTo(MINUTE);
  assert.deepEqual(failing.times("offline"), [10_000]);
  const silent = player(rule, () => false);
  silent.feed({ type: "heard" });
  silent.runTo(2 * MINUTE);
  assert.deepEqual(silent.times("offline"), [MINUTE]);
  assert.ok((silent.times("probe")[0] ?? 0) <= 65_000, "it is looked for at once");
});

test("it tells how often it was looked for since it was heard", () => {
  const { machine, feed, runTo } = player(RULE, () => false);
  feed({ type: "heard" });
  feed({ type: "failed", reason: "timeout" });
  assert.deepEqual([machine.failed, machine.tries], [1, 0]);
  runTo(12 * SECOND);
  assert.deepEqual([machine.failed, machine.tries], [3, 2]);
});
