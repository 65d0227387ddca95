import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import type { PointSource } from "../../src/mapping/plan-types.ts";
import { modbus, planOf, pointOf } from "../mapping/mapping-text.ts";
import { aDevice } from "../support/a-device.ts";
import { point } from "../support/device-plan.ts";

const ENERGY = "3305/0/5805";
const SERIAL = "3/0/2";

/** The source of a mapping, polled every second; the raw value is two bytes. */
function sourceOf(keys: string): PointSource {
  return {
    ...pointOf(planOf(modbus(`  3305: { 5805: { input: 0, ${keys}, poll: 1s } }`)), ENERGY),
    poll: { every: SECOND },
  };
}

function aCounter(keys = "monotonic: true") {
  const reboot = { kind: "execute", steps: () => [{}] } as const;
  const world = aDevice({ [ENERGY]: sourceOf(keys), [SERIAL]: point({ poll: { every: SECOND } }), "3/0/4": reboot });
  const raw = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255);
  const reads = async (value: number): Promise<void> => {
    world.fake.set(ENERGY, raw(value));
    await world.clock.advance(SECOND);
  };
  const start = async (value: number): Promise<void> => {
    world.fake.set(ENERGY, raw(value)).set(SERIAL, "A");
    world.device.start();
    await world.clock.advance(3 * SECOND);
  };
  const shown = () => world.device.status().values.find(({ path }) => path === `/meter-1/${ENERGY}`);
  return { ...world, reads, start, shown };
}

test("a value that is not believed leaves the last good one, with its time, and answers 5.00 with the reason", async () => {
  const { start, reads, shown, tree, path, read, batches } = aCounter("max_step: 10");
  await start(100);
  const before = shown();
  await reads(900);
  assert.deepEqual([shown()?.value, shown()?.time], [100, before?.time]);
  assert.match(shown()?.bad ?? "", /900.* is more than max_step \(10/);
  await assert.rejects(tree.read(path(3305, 0, 5805)), /could not be read: 900/);
  assert.deepEqual(await read(path(3305, 0, 5805)).catch(() => "refused"), "refused");
  assert.ok(!batches.flat().some(({ value }) => value === 900), "and nobody is told of it");
  await reads(101);
  assert.deepEqual([shown()?.value, shown()?.bad], [101, undefined]);
});

test("a counter that begins anew and counts on is marked with what it was", async () => {
  const { start, reads, shown, lines } = aCounter();
  await start(1000);
  await reads(0);
  assert.match(shown()?.bad ?? "", /a counter does not fall/);
  await reads(0);
  await reads(2);
  assert.deepEqual([shown()?.value, shown()?.bad], [2, undefined]);
  assert.deepEqual([shown()?.reset?.from, shown()?.reset?.to], [1000, 2]);
  assert.equal(lines.filter(({ message }) => message === "a counter began anew").length, 1);
});

test("after a Reboot that a server executed a counter may begin anew at once", async () => {
  const { start, reads, shown, tree, path } = aCounter();
  await start(1000);
  await tree.execute(path(3, 0, 4), "");
  await reads(3);
  assert.deepEqual([shown()?.value, shown()?.bad], [3, undefined]);
  await reads(1);
  assert.match(shown()?.bad ?? "", /does not fall/, "but only once");
});

test("another serial number, or a replacement that somebody told, is another device", async () => {
  const swapped = aCounter();
  await swapped.start(1000);
  swapped.fake.set(SERIAL, "B");
  await swapped.reads(5);
  await swapped.reads(5);
  assert.deepEqual([swapped.shown()?.value, swapped.shown()?.bad], [5, undefined]);

  const told = aCounter();
  await told.start(1000);
  told.device.replaced();
  await told.reads(5);
  assert.deepEqual([told.shown()?.value, told.shown()?.bad], [5, undefined]);
});

test("what is doubted must be borne out by the very next reading", async () => {
  const { start, reads, shown } = aCounter("max_step: 10, invalid: [65535]");
  await start(100);
  await reads(500);
  await reads(65_535);
  await reads(501);
  assert.match(shown()?.bad ?? "", /501/);
  await reads(502);
  assert.deepEqual([shown()?.value, shown()?.bad], [502, undefined]);
});

test("with max_age each reading is handed on, so that its age can be judged", async () => {
  const { start, clock, batches, path } = aCounter("max_age: 1h, deadband: 5");
  await start(100);
  await clock.advance(5 * SECOND);
  const told = batches.flat().filter((sample) => sample.path === path(3305, 0, 5805));
  assert.ok(told.length >= 5);
  assert.deepEqual(told.at(-1)?.reporting, { deadband: 5, maxAge: 3_600_000 });
});
