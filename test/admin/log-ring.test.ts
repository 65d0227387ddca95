import assert from "node:assert/strict";
import test from "node:test";
import { LogRing } from "../../src/admin/log-ring.ts";

const line = (level: string, n: number): string =>
  JSON.stringify({ level, time: "2026-01-01T00:00:00.000Z", msg: `line ${n}` });

test("the last lines are kept, a thousand of them, the oldest first", () => {
  const ring = new LogRing();
  for (let n = 0; n < 1500; n++) ring.push(line(n % 10 === 0 ? "warn" : "info", n));
  assert.equal(ring.last().length, 1000);
  assert.equal(ring.last()[0], line("warn", 500));
  assert.deepEqual(ring.last(2), [line("info", 1498), line("info", 1499)]);
  assert.equal(ring.last(1000, "warn").length, 100);
  assert.deepEqual(ring.last(1, "warn"), [line("warn", 1490)]);
  assert.deepEqual(ring.last(0), []);
});

test("long lines take the place of many short ones", () => {
  const ring = new LogRing();
  for (let n = 0; n < 10; n++) ring.push(JSON.stringify({ level: "error", err: { stack: "x".repeat(300_000) }, n }));
  assert.equal(ring.last().length, 3);
  const huge = JSON.stringify({ level: "error", err: { stack: "x".repeat(3_000_000) } });
  ring.push(huge);
  assert.deepEqual(ring.last(), [huge], "one is kept in any case");
});

test("who listens hears each line of its level and of what is worse, until it has enough", () => {
  const ring = new LogRing();
  const heard: string[] = [];
  const stop = ring.listen("warn", (text) => heard.push(text));
  for (const level of ["error", "warn", "info", "debug"]) ring.push(line(level, 1));
  stop();
  ring.push(line("error", 2));
  assert.deepEqual(heard, [line("error", 1), line("warn", 1)]);
});
