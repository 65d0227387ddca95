import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceOf, isReport, observationId, reportId } from "../../src/lwm2m/observation-id.ts";
import { parsePath } from "../../src/lwm2m/path.ts";

test("what a report entry owes is told from what is observed by its id", () => {
  const path = parsePath("/report/3/0/9");
  assert.equal(isReport(reportId(101, "energy", "meter-1")), true);
  assert.equal(isReport(reportId(101, "/*/3303,/3/0/9", "")), true);
  assert.equal(isReport(observationId(101, [path])), false);
  assert.equal(isReport(observationId(101, [path, path], true)), false);
});

test("the id of a report names its server first, and counts as its device's, whatever its entry is called", () => {
  assert.equal(reportId(101, "energy", "meter-1"), "101 report [energy] /meter-1");
  assert.equal(deviceOf(reportId(101, "/*/3303,/meter-2/3/0/9", "meter-1")), "meter-1");
  assert.equal(deviceOf(reportId(101, "/3/0/9", "")), "");
});
