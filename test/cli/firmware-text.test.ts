import assert from "node:assert/strict";
import { test } from "node:test";
import { firmwareTable, historyLines, progressText, wholeFirmware } from "../../src/cli/firmware/text.ts";
import type { FirmwareStatus } from "../../src/firmware/job.ts";
import { initialUpdate } from "../../src/lwm2m/firmware/update-machine.ts";

const NOW = 1_790_000_000_000;
const IDLE: FirmwareStatus = {
  ...{ device: "meter-2", prefix: "m2", via: "ymodem", state: 0, result: 1 },
  update: initialUpdate(NOW),
  history: [
    {
      begun: NOW - 500_000,
      ended: NOW - 400_000,
      version: "1.9",
      size: 10,
      before: "1.8",
      result: 8,
      reason: "it came back with 1.8",
    },
    {
      begun: NOW - 190_000,
      ended: NOW - 100_000,
      name: "meter",
      version: "2.0",
      size: 10,
      before: "1.8",
      after: "2.0",
      result: 1,
    },
  ],
};
const UPDATING: FirmwareStatus = {
  ...{ device: "meter-1", prefix: "m1", via: "smp", state: 3, result: 0, update: initialUpdate(NOW), history: [] },
  image: { size: 491_520, sha256: "ab".repeat(32), name: "meter", version: "2.1.7" },
  progress: { phase: "transfer", bytes: 98_304, total: 491_520, speed: 3481.6, remaining: 113_000 },
};

test("a row each, and below it what is under way", () => {
  assert.deepEqual(firmwareTable([UPDATING, IDLE]), [
    "DEVICE   VIA     STATE     IMAGE                  LAST RESULT",
    "meter-1  smp     updating  meter 2.1.7 480.0 KiB  0, none yet",
    "    transfer: 96.0 KiB of 480.0 KiB (20 %), 3.4 KiB/s, 1:53 left",
    "meter-2  ymodem  idle      -                      1, updated",
  ]);
  assert.deepEqual(firmwareTable([]), ["nothing here takes firmware: no mapping has a firmware: section"]);
});

test("one whole: its image, its result, and what was before, the newest first", () => {
  assert.deepEqual(wholeFirmware(UPDATING, NOW), [
    "meter-1: updating, by smp",
    "    transfer: 96.0 KiB of 480.0 KiB (20 %), 3.4 KiB/s, 1:53 left",
    "    result: 0, none yet",
    `    image: meter 2.1.7 480.0 KiB, SHA-256 ${"ab".repeat(32)}`,
  ]);
  assert.deepEqual(historyLines(IDLE.history, NOW), [
    "ENDED      IMAGE      RAN         TOOK   RESULT            REASON",
    "100 s ago  meter 2.0  1.8 -> 2.0  90 s   1, updated",
    "7 min ago  1.9        1.8 -> ?    100 s  8, update failed  it came back with 1.8",
  ]);
});

test("a line for whoever waits, with why it does not go on", () => {
  const { device: _, ...own } = IDLE;
  assert.equal(
    progressText({ ...own, state: 2, waits: "outside the window until 22:00" }),
    "gateway: downloaded: outside the window until 22:00",
  );
  assert.equal(progressText(IDLE), "meter-2: updated");
});
