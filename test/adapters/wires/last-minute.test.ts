import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LastMinute } from "../../../adapters/wires/last-minute.ts";
import { MINUTE, SECOND } from "../../../src/clock.ts";

test("what happened in the last sixty seconds counts, to the second, and what is older does not", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(90 * SECOND), { maxLength: 100 }), (pauses) => {
      let now = 0;
      const minute = new LastMinute(() => now);
      const times: number[] = [];
      for (const pause of pauses) {
        now += pause;
        minute.count();
        times.push(now);
        const first = Math.floor(now / SECOND) - MINUTE / SECOND + 1;
        assert.equal(minute.sum, times.filter((time) => Math.floor(time / SECOND) >= first).length);
      }
      now += 2 * MINUTE;
      assert.equal(minute.sum, 0);
    }),
  );
});
