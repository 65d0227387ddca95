import assert from "node:assert/strict";
import { test } from "node:test";
import { restraintAfter, UNRESTRAINED } from "../../src/lwm2m/budget.ts";

test("each rule holds beside those before it", () => {
  const degrade = [
    { at: 0.5, pmin: 300_000 },
    { at: 0.9, pmin: 60_000, history: "hold" },
    { at: 1, reports: "hold" },
  ] as const;
  const after = (used: number) => restraintAfter({ month: 1000, degrade }, used);
  assert.deepEqual(after(499), UNRESTRAINED);
  assert.deepEqual(after(500), { pmin: 300_000, holdsHistory: false, holdsReports: false });
  assert.deepEqual(after(900), { pmin: 300_000, holdsHistory: true, holdsReports: false });
  assert.deepEqual(after(5000), { pmin: 300_000, holdsHistory: true, holdsReports: true });
});
