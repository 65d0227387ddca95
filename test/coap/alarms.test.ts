import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Alarm, Alarms } from "../../src/coap/alarms.ts";
import { Fifo } from "../../src/coap/fifo.ts";

test("alarms ring in the order of their times, also when moved and called off", () => {
  const step = fc.record({
    alarm: fc.nat(9),
    time: fc.nat(50),
    action: fc.constantFrom("set", "set", "set", "clear", "ring"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const alarms = new Alarms();
      const expected = new Map<number, number>();
      const rung: number[] = [];
      const all = Array.from({ length: 10 }, (_, i) => new Alarm(() => rung.push(i)));
      const ring = (now: number): void => {
        rung.length = 0;
        alarms.ring(now);
        const due = [...expected].filter(([, time]) => time <= now);
        assert.deepEqual(new Set(rung), new Set(due.map(([i]) => i)));
        const times = rung.map((i) => expected.get(i) ?? -1);
        assert.deepEqual(
          times,
          times.toSorted((a, b) => a - b),
        );
        for (const [i] of due) expected.delete(i);
      };
      for (const { alarm: i, time, action } of steps) {
        const alarm = all[i];
        assert.ok(alarm !== undefined);
        if (action === "ring") ring(time);
        else if (action === "clear") {
          alarms.clear(alarm);
          expected.delete(i);
        } else {
          alarms.set(alarm, time);
          expected.set(i, time);
        }
        assert.equal(alarms.next, expected.size === 0 ? undefined : Math.min(...expected.values()));
      }
      ring(50);
      assert.equal(alarms.next, undefined);
    }),
  );
});

test("an alarm may be set again while it rings", () => {
  const alarms = new Alarms();
  const rung: number[] = [];
  const alarm = new Alarm((now) => {
    rung.push(now);
    if (rung.length < 3) alarms.set(alarm, now + 10);
  });
  alarms.set(alarm, 10);
  for (const now of [5, 10, 15, 20, 30, 100]) alarms.ring(now);
  assert.deepEqual(rung, [10, 20, 30]);
});

test("a Fifo gives back what it was given, in order", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (pushes) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      pushes.forEach((push, i) => {
        if (push || i % 3 === 0) {
          fifo.push(i);
          model.push(i);
        } else assert.equal(fifo.shift(), model.shift());
        assert.equal(fifo.length, model.length);
        assert.equal(fifo.peek(), model[0]);
      });
    }),
  );
});

test("a Fifo that is always half full does not grow", () => {
  const fifo = new Fifo<number>();
  for (let i = 0; i < 100; i++) fifo.push(i);
  for (let i = 100; i < 100_000; i++) {
    fifo.push(i);
    assert.equal(fifo.shift(), i - 100);
  }
  assert.equal(fifo.length, 100);
});
