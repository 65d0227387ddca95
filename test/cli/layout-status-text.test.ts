import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutLines } from "../../src/cli/layout-status-text.ts";

test("a server that sees every device under its prefix has no line of its own", () => {
  assert.deepEqual(layoutLines({}), []);
});

test("of layout instances it is told how much is shown, and what is not and why", () => {
  const hidden = [{ object: 3, name: "Device", reason: "single", devices: ["meter-1", "meter-2"] }] as const;
  assert.deepEqual(layoutLines({ layout: { shown: "instances", devices: 2, instances: 8, hidden } }), [
    "    layout instances: 2 devices as 8 instances",
    "    not shown in this layout: /3 Device: one instance by its definition (2 devices)",
  ]);
});

test("where auto has changed it is told why", () => {
  const lines = layoutLines({
    layout: { shown: "gateway", devices: 1, hidden: [], switched: "it asked for /meter-1" },
  });
  assert.deepEqual(lines, ["    layout gateway: 1 device; auto: it asked for /meter-1"]);
});
