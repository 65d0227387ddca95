import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { durationSchema, formatDuration, parseDuration, pausesSchema } from "../src/duration.ts";

test("a duration is a number and a unit", () => {
  const cases = {
    "500ms": 500,
    "5s": 5000,
    "1.5s": 1500,
    "15m": 900_000,
    "2h": 7_200_000,
    "30d": 2_592_000_000,
    "0": 0,
    "0s": 0,
  };
  for (const [text, millis] of Object.entries(cases)) assert.equal(parseDuration(text), millis, text);
});

test("what is no duration is refused with a sentence that shows how it is written", () => {
  for (const text of ["", "5", "s", "5 s", "-1s", "1e3s", "5min", "1h30m", ".5s", "0x5s", "Infinitys"]) {
    assert.throws(() => parseDuration(text), { name: "RangeError", message: /e\.g\. 500ms or 5s/ }, text);
  }
});

test("a duration that no calendar holds is refused", () => {
  assert.equal(parseDuration("36500d"), 3_153_600_000_000);
  for (const text of ["36501d", "99999999999999999d", "9007199254740993h"]) {
    assert.throws(() => parseDuration(text), { name: "RangeError", message: /is longer than 36500d/ }, text);
  }
});

test("a duration is printed in the largest unit that holds it whole", () => {
  const cases = { "0s": 0, "500ms": 500, "90s": 90_000, "15m": 900_000, "1h": 3_600_000, "1d": 86_400_000 };
  for (const [text, millis] of Object.entries(cases)) assert.equal(formatDuration(millis), text);
});

test("what is printed is read back as the same duration", () => {
  fc.assert(fc.property(fc.nat(), (millis) => parseDuration(formatDuration(millis)) === millis));
});

test("a schema takes durations as text, and a bare 0", () => {
  assert.equal(durationSchema.parse("5s"), 5000);
  assert.equal(durationSchema.parse(0), 0);
  assert.match(durationSchema.safeParse("5 sec").error?.issues[0]?.message ?? "", /"5 sec" is no duration/);
  assert.equal(durationSchema.safeParse(5).success, false);
});

test("pauses are the first and the longest, or one duration for both", () => {
  assert.deepEqual(pausesSchema.parse("5s..10m"), { first: 5000, longest: 600_000 });
  assert.deepEqual(pausesSchema.parse("2s"), { first: 2000, longest: 2000 });
  for (const wrong of ["30s..1s", "0..1s", "1s..2s..3s", "1s..", ""]) {
    assert.match(pausesSchema.safeParse(wrong).error?.issues[0]?.message ?? "", /e\.g\./, wrong);
  }
});
