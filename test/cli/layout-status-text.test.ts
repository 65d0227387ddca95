import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutLines } from "../../src/cli/layout-status-text.ts";
import type { ClientStatus } from "../../src/servers/server-status.ts";

const client = (device: string, state: ClientStatus["state"], reason: string): ClientStatus => ({
  ...{ device, prefix: device, state, reason },
});

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

test("of layout clients it is told how many are registered, and of the others the first, with the reason", () => {
  const registered = [client("a", "registered", "Register: 2.01"), client("b", "updating", "")];
  assert.deepEqual(layoutLines({ clients: registered }), ["    layout clients: 2 of 2 devices registered"]);
  const others = Array.from({ length: 7 }, (_, i) => client(`room-${i}`, "retrying", "Register: timeout"));
  const lines = layoutLines({ clients: [...registered, client("c", "unheard", "never heard"), ...others] });
  assert.deepEqual(lines.slice(0, 2), [
    "    layout clients: 2 of 10 devices registered",
    "        c unheard: never heard",
  ]);
  assert.deepEqual(lines.slice(-2), ["        room-3 retrying: Register: timeout", "        3 more"]);
});
