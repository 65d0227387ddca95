import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, MINUTE, type Millis, SECOND } from "../../src/clock.ts";
import { PollWishes } from "../../src/devices/poll-wishes.ts";
import type { AvailabilityRule, Poll } from "../../src/mapping/plan-types.ts";
import { onDevice } from "../support/a-device.ts";
import { at } from "../support/fake-backing.ts";

const RULE: AvailabilityRule = {
  failures: 3,
  retry: { first: 5 * SECOND, longest: 10 * MINUTE },
  whenOffline: "error",
};
const POLLED: Poll = { every: 10 * SECOND };

interface Wished {
  readonly poll?: Poll;
  readonly fastest?: Millis;
  readonly rule?: AvailabilityRule;
}

/** Two points of one instance; the second is steered, the first is polled so often that nobody misses the device. */
function twoPoints({ poll = POLLED, fastest, rule = RULE }: Wished = {}) {
  const point = (resource: number, source: { readonly poll: Poll; readonly fastest?: Millis }) => ({
    point: `3303/0/${resource}`,
    path: onDevice({ object: 3303, instance: 0, resource }),
    source,
  });
  const steered = point(5700, { poll, ...(fastest === undefined ? {} : { fastest }) });
  return new PollWishes([point(5701, { poll: { every: SECOND } }), steered], rule);
}

const POINT = "3303/0/5700";
const PATH = at("/meter-1/3303/0/5700");
const wish = (epmin: number, epmax = Infinity) => ({ epmin: epmin * SECOND, epmax: epmax * SECOND });

/** The period in seconds that these wishes make of one of 10 s. */
function period(wishes: readonly ReturnType<typeof wish>[], wished: Wished = {}): number | undefined {
  const polls = twoPoints(wished);
  polls.set(PATH, wishes);
  const found = polls.periodOf(POINT);
  return found === undefined ? undefined : found / SECOND;
}

test("epmax makes a point faster down to the mapping's limit, and one that is fast enough no slower", () => {
  assert.equal(period([wish(0, 4)], { fastest: SECOND }), 4);
  assert.equal(period([wish(0, 4)], { fastest: 5 * SECOND }), 5);
  assert.equal(period([wish(0, 4)]), undefined, "without a limit its own period is the limit");
  assert.equal(period([wish(0, 60)], { fastest: SECOND }), undefined);
  assert.equal(period([wish(5, 7)], { fastest: SECOND }), 7);
});

test("epmin makes a point slower, unless somebody else wants it as it is", () => {
  assert.equal(period([wish(60)]), 60);
  assert.equal(period([wish(60, 120)]), 60);
  assert.equal(period([wish(60), wish(0)]), undefined);
  assert.equal(period([wish(60), wish(30), wish(90)]), 30);
  assert.equal(period([wish(60), wish(0, 20)]), undefined, "epmax of 20 s is content with 10 s");
  assert.equal(period([wish(60), wish(0, 5)], { fastest: SECOND }), 5);
});

test("points that nothing polls are polled as often as epmax wants, and not because of epmin alone", () => {
  for (const poll of ["connect", "never"] as const) {
    assert.equal(period([wish(0, 30)], { poll, fastest: 10 * SECOND }), 30);
    assert.equal(period([wish(0, 3)], { poll, fastest: 10 * SECOND }), 10);
    assert.equal(period([wish(60)], { poll, fastest: 10 * SECOND }), undefined);
    assert.equal(period([wish(0)], { poll, fastest: 10 * SECOND }), undefined);
    assert.equal(period([wish(0, 3)], { poll }), undefined, "the mapping gives no limit");
  }
});

test("wishes of all levels count, and each ends by itself", () => {
  const polls = twoPoints({ fastest: SECOND });
  assert.deepEqual([...polls.set(at("/meter-1/3303"), [wish(0, 8)])], [[POINT, 8000]]);
  assert.deepEqual([...polls.set(at("/meter-1/3303/0"), [wish(0, 4)])], [[POINT, 4000]]);
  assert.deepEqual([...polls.set(PATH, [wish(0, 6)])], []);
  assert.deepEqual([...polls.set(at("/meter-1/3303/0"), [])], [[POINT, 6000]]);
  assert.deepEqual([...polls.set(PATH, [])], [[POINT, 8000]]);
  assert.deepEqual([...polls.set(at("/meter-1/3303"), [])], [[POINT, undefined]]);
  assert.deepEqual([...polls.set(at("/meter-1/3303/1"), [wish(0, 1)])], [], "of another instance");
});

test("one point is asked often enough to see that the device is gone, however long the epmin", () => {
  const slowest = (rule: AvailabilityRule, every: Millis) => {
    const path = onDevice({ object: 3303, instance: 0, resource: 5700 });
    const polls = new PollWishes([{ point: POINT, path, source: { poll: { every } } }], rule);
    polls.set(PATH, [wish((24 * HOUR) / SECOND)]);
    return polls.periodOf(POINT);
  };
  assert.equal(slowest(RULE, SECOND), 10 * MINUTE, "the longest pause of availability.retry");
  assert.equal(slowest({ ...RULE, silence: 15 * MINUTE }, SECOND), 5 * MINUTE, "a third of the silence");
  assert.equal(slowest(RULE, HOUR), undefined, "never more often than the mapping polls");
  assert.equal(period([wish(86_400)]), 86_400, "the other points are free");
});
