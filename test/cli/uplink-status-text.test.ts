import assert from "node:assert/strict";
import test from "node:test";
import { uplinkLines } from "../../src/cli/uplink-status-text.ts";

const span = (time: number): string => `${time} ms`;
const KB = 1024;

test("by which interface, since when and why; what went by each; the budget, and what it holds", () => {
  const lines = uplinkLines(
    {
      uplink: {
        via: ["eth0", "wwan0"],
        current: { name: "wwan0", address: "198.51.100.20", family: 4 },
        for: 500,
        reason: "eth0 is down",
      },
      traffic: [
        { name: "wwan0", month: { sent: 30 * KB, received: 10 * KB }, sinceStart: { sent: 1, received: 1 } },
        { name: "eth0", month: { sent: 2048 * KB, received: 500 }, sinceStart: { sent: 1, received: 1 } },
      ],
      budget: {
        month: 50 * KB,
        used: 40 * KB,
        projected: 120 * KB,
        via: ["wwan0"],
        until: 5000,
        holding: ["from 70% on each value at most every 5m"],
      },
    },
    1000,
    span,
  );
  assert.deepEqual(lines, [
    "    by wwan0 (198.51.100.20) for 500 ms: eth0 is down",
    "    this month: wwan0 30 KB out, 10 KB in; eth0 2 MB out, 500 B in",
    "    budget of wwan0: 40 KB of 50 KB spent (80 %), 120 KB by the end of the month as it goes; anew in 4000 ms",
    "    budget holds: from 70% on each value at most every 5m",
  ]);
});

test("without via and budget there is one line, of the bytes", () => {
  const traffic = [{ name: "", month: { sent: 5, received: 6 }, sinceStart: { sent: 5, received: 6 } }];
  assert.deepEqual(uplinkLines({ traffic }, 0, span), ["    this month: 5 B out, 6 B in"]);
  assert.deepEqual(uplinkLines({}, 0, span), []);
});

test("where none is up, which are waited for", () => {
  const uplink = { via: ["eth0", "wwan0"], for: 3, reason: "eth0 is down" };
  assert.deepEqual(uplinkLines({ uplink }, 0, span), ["    no interface of eth0, wwan0 is up for 3 ms: eth0 is down"]);
});
