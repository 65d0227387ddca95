import assert from "node:assert/strict";
import { test } from "node:test";
import { ExchangeRecord } from "../../../../adapters/ble/central/exchange-record.ts";
import { DeviceError } from "../../../../src/adapter.ts";

const NO_ANSWER = new DeviceError("unreachable", "no answer");

test("before the first exchange there is no quality, and no turnaround", () => {
  const record = new ExchangeRecord();
  assert.equal(record.quality, undefined);
  assert.deepEqual(record.report("a4"), { unit: "a4", requests: 0, timeouts: 0, exceptions: 0, malformed: 0 });
});

test("quality is the share of the newest fifty exchanges that came", () => {
  const record = new ExchangeRecord();
  record.answered(20);
  record.failed(NO_ANSWER);
  record.answered(20);
  assert.equal(record.quality, 67);
  for (let i = 0; i < 48; i++) record.answered(20);
  assert.equal(record.quality, 98, "the one that did not come is among the newest fifty");
  record.answered(20);
  assert.equal(record.quality, 100);
  for (let i = 0; i < 1000; i++) record.failed(NO_ANSWER);
  assert.equal(record.quality, 0);
});

test("a refusal, or an answer that is wrong, is an answer; each kind of failure is counted", () => {
  const record = new ExchangeRecord();
  record.answered(20);
  record.answered(40);
  record.failed(new DeviceError("rejected", "not permitted"));
  record.failed(new DeviceError("malformed", "too short"));
  assert.equal(record.quality, 100);
  record.failed(NO_ANSWER);
  assert.deepEqual(record.report("a4"), {
    ...{ unit: "a4", requests: 5, timeouts: 1, exceptions: 1, malformed: 1 },
    turnaround: { median: 20, p95: 40 },
  });
});
