import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { busOf } from "../../../adapters/modbus/link-wire.ts";
import { Bus } from "../../../adapters/wires/bus.ts";
import { LineQueue } from "../../../adapters/wires/line-queue.ts";
import { parseSerialSettings } from "../../../adapters/wires/serial-settings.ts";
import { silentLogger } from "../../../src/log.ts";
import { FakeClock, fakeRandom, settle } from "../../support/fake-clock.ts";

/** Two lines on one wire, whose tasks end when told. */
function twoLines() {
  const clock = new FakeClock();
  const bus = new Bus(clock);
  const lines = [new LineQueue(bus, 100), new LineQueue(bus, 100)] as const;
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const add = (line: 0 | 1, urgency: "read" | "write", unit: number): void => {
    const task = (): Promise<void> => {
      started.push(`${line} ${urgency} ${unit}`);
      return new Promise<void>((resolve) => ends.push(resolve));
    };
    lines[line].run({ urgency, unit }, task).catch(() => {});
  };
  const end = async (): Promise<void> => {
    ends.shift()?.();
    await settle();
  };
  return { clock, bus, lines, started, add, end };
}

test("lines to one wire take turns: one request at a time, a write of either before the reads of both", async () => {
  const { started, add, end } = twoLines();
  add(0, "read", 1);
  add(0, "read", 2);
  add(1, "read", 3);
  add(1, "write", 4);
  for (let i = 0; i < 3; i++) await end();
  assert.deepEqual(started, ["0 read 1", "1 write 4", "0 read 2", "1 read 3"]);
});

test("a unit that wants much does not crowd out the others", async () => {
  const { started, add, end } = twoLines();
  for (let i = 0; i < 4; i++) add(0, "read", 1);
  add(0, "read", 2);
  add(1, "read", 1);
  for (let i = 0; i < 5; i++) await end();
  assert.deepEqual(started, ["0 read 1", "0 read 2", "1 read 1", "0 read 1", "0 read 1", "0 read 1"]);
});

test("a line that is away holds up nobody, and what waits of it can be failed alone", async () => {
  const { lines, started, add, end } = twoLines();
  lines[0].hold();
  add(0, "write", 1);
  add(1, "read", 2);
  await end();
  lines[0].release();
  assert.deepEqual(started, ["1 read 2", "0 write 1"]);
  add(0, "read", 1);
  add(1, "read", 2);
  assert.deepEqual([lines[0].waiting, lines[1].waiting], [1, 1]);
});

test("a silence after one line's request is kept by the other", async () => {
  const { clock, bus, started, add } = twoLines();
  bus.used(0, 50);
  add(1, "read", 1);
  await clock.advance(49);
  assert.deepEqual(started, []);
  await clock.advance(1);
  assert.deepEqual(started, ["1 read 1"]);
});

test("links behind one converter share a wire, those of other names do not, and connections of a network have one each", () => {
  const clock = new FakeClock();
  const common = new Map<string, unknown>();
  const context = (linkId: string) => ({ clock, log: silentLogger, random: fakeRandom(), linkId, common });
  const line = parseSerialSettings("9600-8N1");
  const main = busOf({ line, gap: 0 }, context("main"));
  assert.ok(main instanceof Bus);
  assert.equal(busOf({ behind: "main", gap: 0 }, context("second")), main);
  assert.notEqual(busOf({ behind: "other", gap: 0 }, context("third")), main);
  assert.notEqual(busOf({ line, gap: 0 }, context("fourth")), main);
  assert.equal(busOf({ gap: 0 }, context("fifth")), undefined);
});

test("among units that always want something none is served twice before all were served once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 40 }), async (units) => {
      const { started, add, end } = twoLines();
      add(1, "read", 0);
      for (const unit of units) add(0, "read", unit);
      for (let i = 0; i <= units.length; i++) await end();
      const counts = new Map<string, number>();
      const left = new Map<string, number>();
      for (const unit of units) left.set(`0 read ${unit}`, (left.get(`0 read ${unit}`) ?? 0) + 1);
      for (const task of started.slice(1)) {
        const served = counts.get(task) ?? 0;
        for (const [other, waiting] of left)
          if (waiting > 0) assert.ok((counts.get(other) ?? 0) >= served, `${started}`);
        counts.set(task, served + 1);
        left.set(task, (left.get(task) ?? 0) - 1);
      }
      assert.equal(started.length, units.length + 1);
    }),
  );
});
