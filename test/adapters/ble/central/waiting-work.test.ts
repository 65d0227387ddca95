import assert from "node:assert/strict";
import { test } from "node:test";
import type { Urgency } from "../../../../adapters/ble/central/session-types.ts";
import { WaitingWork } from "../../../../adapters/ble/central/waiting-work.ts";
import { DeviceError, SECOND } from "../../../../src/adapter.ts";
import { aLivePeripheral } from "../../../support/a-live-peripheral.ts";
import { settle } from "../../../support/fake-clock.ts";

function someWork(): {
  readonly world: ReturnType<typeof aLivePeripheral>;
  readonly work: WaitingWork;
  /** What came of what waits, in order: "a", "b: why not". */
  readonly came: string[];
  add(name: string, urgency: Urgency, run?: () => Promise<unknown>): void;
} {
  const world = aLivePeripheral({});
  const work = new WaitingWork(world.clock);
  const came: string[] = [];
  const add = (name: string, urgency: Urgency, run = async (): Promise<unknown> => undefined): void => {
    const late = (): DeviceError => new DeviceError("unreachable", "too late");
    const onGone = (): void => void came.push(`${name} is gone`);
    work.add(run, { urgency, span: 5 * SECOND, late, onGone }).then(
      () => came.push(name),
      (error: Error) => came.push(`${name}: ${error.message}`),
    );
  };
  return { world, work, came, add };
}

test("writes go first, in the order in which they came; then reads", async () => {
  const { world, work, came, add } = someWork();
  add("r1", "read");
  add("w1", "write");
  add("r2", "read");
  add("w2", "write");
  assert.deepEqual([work.length, work.urgency], [4, "write"]);
  const urgencies: (Urgency | undefined)[] = [];
  for (let next = work.next; next !== undefined; next = work.next) {
    await next.start(world.live);
    urgencies.push(work.urgency);
  }
  await settle();
  assert.deepEqual(came, ["w1", "w2", "r1", "r2"]);
  assert.deepEqual(urgencies, ["write", "read", "read", undefined]);
});

test("what did not begin in time fails with the reason, and waits no more", async () => {
  const { world, work, came, add } = someWork();
  add("a", "read");
  await world.clock.advance(4 * SECOND);
  add("b", "read");
  await world.clock.advance(SECOND);
  assert.deepEqual(came, ["a is gone", "a: too late"]);
  assert.equal(work.length, 1);
  await world.clock.advance(4 * SECOND);
  assert.equal(work.length, 0);
});

test("what has begun may take longer than it may wait", async () => {
  const { world, work, came, add } = someWork();
  add("a", "read", () => new Promise((resolve) => world.clock.at(20 * SECOND, () => resolve(undefined))));
  void work.next?.start(world.live);
  assert.equal(work.length, 0, "what has begun does not wait");
  await world.clock.advance(19 * SECOND);
  assert.deepEqual(came, []);
  await world.clock.advance(SECOND);
  assert.deepEqual(came, ["a"]);
  assert.equal(world.clock.next, undefined, "no alarm is left");
});

test("work that fails is the affair of whom it belongs to", async () => {
  const { world, work, came, add } = someWork();
  add("a", "read", () => Promise.reject(new DeviceError("malformed", "too short")));
  add("b", "read");
  await work.next?.start(world.live);
  await work.next?.start(world.live);
  await settle();
  assert.deepEqual(came, ["a: too short", "b"]);
});

test("all that waits can be failed, and leaves no alarm", async () => {
  const { world, work, came, add } = someWork();
  for (const name of ["a", "b", "c"]) add(name, "read");
  work.fail(new DeviceError("unreachable", "the adapter is gone"));
  await settle();
  assert.deepEqual(
    came,
    ["a", "b", "c"].map((name) => `${name}: the adapter is gone`),
  );
  assert.deepEqual([work.length, world.clock.next], [0, undefined]);
});
