import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Bus, type Urgency } from "../../../adapters/wires/bus.ts";
import { LineQueue } from "../../../adapters/wires/line-queue.ts";
import { DeviceError } from "../../../src/errors.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

const aQueue = (limit: number): LineQueue => new LineQueue(new Bus(new FakeClock()), limit);

/** Tasks that note when they start, and end when told. */
function tasks(queue: LineQueue) {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const add = (urgency: Urgency, name: string, unit = 1): Promise<void> =>
    queue.run({ urgency, unit }, () => {
      started.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await settle();
  };
  return { started, add, end };
}

test("one task runs at a time; a write overtakes the reads that wait, never the one that runs", async () => {
  const { started, add, end } = tasks(aQueue(10));
  void add("read", "r1");
  void add("read", "r2");
  void add("write", "w1");
  void add("write", "w2");
  assert.deepEqual(started, ["r1"]);
  await end("r1");
  assert.deepEqual(started, ["r1", "w1"]);
  await end("w1");
  await end("w2");
  assert.deepEqual(started, ["r1", "w1", "w2", "r2"]);
});

test("a failed task does not stop the line", async () => {
  const queue = aQueue(10);
  await assert.rejects(
    queue.run({ urgency: "read", unit: 1 }, () => Promise.reject(new DeviceError("unreachable", "no answer"))),
    /no answer/,
  );
  assert.equal(await queue.run({ urgency: "read", unit: 1 }, async () => 7), 7);
});

test("a held line starts nothing, and goes on where it stopped", async () => {
  const queue = aQueue(10);
  queue.hold();
  const { started, add } = tasks(queue);
  void add("read", "r1");
  await settle();
  assert.deepEqual(started, []);
  queue.release();
  assert.deepEqual(started, ["r1"]);
});

test("a line hopelessly behind refuses more", async () => {
  const queue = aQueue(2);
  const { add } = tasks(queue);
  void add("read", "runs");
  void add("read", "waits");
  void add("write", "waits too");
  await assert.rejects(add("read", "too much"), { name: "DeviceError", kind: "rejected", message: /2 requests wait/ });
});

test("what waits can be failed at once; what runs goes on", async () => {
  const queue = aQueue(10);
  const { add, end } = tasks(queue);
  const runs = add("read", "runs");
  const waits = [add("read", "waits"), add("write", "waits too")];
  queue.fail(new DeviceError("unreachable", "closed"));
  for (const waiting of waits) await assert.rejects(waiting, { kind: "unreachable", message: "closed" });
  await end("runs");
  await runs;
});

test("tasks of one urgency keep their order, and each runs once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom<Urgency>("read", "write"), { maxLength: 20 }), async (urgencies) => {
      const queue = aQueue(100);
      const order: number[] = [];
      await Promise.all(urgencies.map((urgency, i) => queue.run({ urgency, unit: 1 }, async () => order.push(i))));
      for (const urgency of ["read", "write"]) {
        const own = order.filter((i) => urgencies[i] === urgency);
        assert.deepEqual(
          own,
          [...own].sort((a, b) => a - b),
        );
      }
      assert.equal(order.length, urgencies.length);
    }),
  );
});
