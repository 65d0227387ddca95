import assert from "node:assert/strict";
import { test } from "node:test";
import { forgettable } from "../../src/gateway/device-admin.ts";
import { aPlan } from "../support/device-plan.ts";

const PLACES = new Map([
  ["meter-1", { prefix: "meter-1", instance: 0 }],
  ["meter-2", { prefix: "cellar", instance: 1 }],
]);

test("only a device that is configured no more can be forgotten, and one that is off for a mistake is configured", () => {
  const { id, place } = aPlan({}, { id: "meter-1" });
  const configured = { refused: /device "meter-1" is configured: take it out/ };
  const running = forgettable("meter-1", PLACES, { devices: [aPlan({}, { id })], disabled: [] });
  const off = forgettable("meter-1", PLACES, { devices: [], disabled: [{ id, place, problems: [] }] });
  for (const known of [running, off]) assert.match("refused" in known ? known.refused : "", configured.refused);
  assert.deepEqual(forgettable("meter-2", PLACES, { devices: [], disabled: [] }), { prefix: "cellar" });
  const never = forgettable("meter-3", PLACES, { devices: [], disabled: [] });
  assert.match("refused" in never ? never.refused : "", /nothing is kept of a device "meter-3"; did you mean "meter-/);
});
