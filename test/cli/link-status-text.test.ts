import assert from "node:assert/strict";
import test from "node:test";
import { linkLines } from "../../src/cli/link-status-text.ts";

test("a row for each unit tells what came of its requests and how fast it is, the line's own figures beside the first", () => {
  const counts = { requests: 3412, timeouts: 0, exceptions: 0, malformed: 0 };
  const units = [
    { unit: "1", ...counts, turnaround: { median: 21.4, p95: 30.6 } },
    { unit: "2", ...counts, timeouts: 12, turnaround: { median: 4.26, p95: 9 } },
    { unit: "9", ...counts, requests: 7, timeouts: 7 },
  ];
  const notes = ["the adapter waits up to 16 ms before it tells of an answer"];
  const lines = linkLines([
    { id: "bus1", lines: [{ name: "/dev/ttyS1", open: true, load: 88, waiting: 3, units }], notes },
    { id: "plc", lines: [{ name: "10.0.4.20:502", open: true, load: 0, waiting: 0, units: [] }] },
  ]);
  assert.deepEqual(lines, [
    "LINK  LINE           LOAD  WAITING  UNIT  REQUESTS  TIMEOUTS  EXCEPTIONS  MALFORMED  MEDIAN  P95",
    "bus1  /dev/ttyS1     88 %  3        1     3412      0         0           0          21 ms   31 ms",
    "                                    2     3412      12        0           0          4.3 ms  9 ms",
    "                                    9     7         7         0           0          -       -",
    "plc   10.0.4.20:502  0 %   0",
    "    bus1: the adapter waits up to 16 ms before it tells of an answer",
  ]);
});

test("nothing is said where no link knows how it fares", () => {
  assert.deepEqual(linkLines([]), []);
});
