import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MINUTE, SECOND } from "../../../src/clock.ts";
import { WriteLimits } from "../../../src/servers/access/write-limits.ts";

test("what was not used is saved up, and what was used comes back evenly", () => {
  const limits = new WriteLimits({ writes: 3, per: MINUTE });
  assert.equal(limits.wait("a", 3, 0), 0);
  limits.take("a", 3, 0);
  assert.equal(limits.wait("a", 1, 0), 20 * SECOND);
  assert.equal(limits.wait("a", 1, 15 * SECOND), 5 * SECOND);
  assert.equal(limits.wait("a", 1, 20 * SECOND), 0);
  assert.equal(limits.wait("a", 3, MINUTE), 0);
  assert.equal(limits.wait("a", 3, 100 * MINUTE), 0);
});

test("each thing has a limit of its own", () => {
  const limits = new WriteLimits({ writes: 1, per: SECOND });
  limits.take("a", 1, 0);
  assert.ok(limits.wait("a", 1, 0) > 0);
  assert.equal(limits.wait("b", 1, 0), 0);
});

test("more at once than ever allowed would wait for ever", () => {
  assert.equal(new WriteLimits({ writes: 3, per: SECOND }).wait("a", 4, 0), Number.POSITIVE_INFINITY);
});

test("whoever asks first never changes more than allowed in any time", () => {
  const asked = fc.record({ after: fc.integer({ min: 0, max: 3000 }), changes: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(fc.array(asked, { maxLength: 60 }), (requests) => {
      const limits = new WriteLimits({ writes: 5, per: 10 * SECOND });
      const made: { readonly at: number; readonly changes: number }[] = [];
      let now = 0;
      for (const { after, changes } of requests) {
        now += after;
        if (limits.wait("a", changes, now) > 0) continue;
        limits.take("a", changes, now);
        made.push({ at: now, changes });
        for (const { at: from } of made) {
          const since = made.filter(({ at }) => at >= from).reduce((sum, { changes }) => sum + changes, 0);
          assert.ok(since <= 5 + ((now - from) * 5) / (10 * SECOND) + 1e-6);
        }
      }
    }),
  );
});

test("after the wait that was told the change is allowed", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 30 }), (changes) => {
      const limits = new WriteLimits({ writes: 5, per: 7 * SECOND });
      let now = 0;
      for (const change of changes) {
        now += Math.ceil(limits.wait("a", change, now));
        assert.ok(limits.wait("a", change, now) < 1e-6);
        limits.take("a", change, now);
      }
    }),
  );
});
