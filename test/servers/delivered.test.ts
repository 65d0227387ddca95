import assert from "node:assert/strict";
import test from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { Delivered } from "../../src/servers/delivered.ts";

test("what arrived in the last minute is counted to two seconds, and in all without end", () => {
  const delivered = new Delivered();
  assert.deepEqual([delivered.total, delivered.lately(0)], [0, 0]);
  delivered.add(100, 0);
  assert.deepEqual([delivered.total, delivered.lately(SECOND)], [100, 100]);
  assert.equal(delivered.lately(MINUTE), 0);
  for (let second = 600; second <= 720; second++) delivered.add(2, second * SECOND);
  assert.equal(delivered.total, 100 + 121 * 2);
  const lately = delivered.lately(720 * SECOND);
  assert.ok(lately >= 116 && lately <= 120, `${lately}`);
  assert.equal(delivered.lately(800 * SECOND), 0);
});
