import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { believedTime, measuredTime } from "../../../adapters/mqtt/measured-time.ts";

const NOON = Date.UTC(2026, 5, 1, 12, 0, 0);

test("times are ISO 8601 with a zone, or seconds or milliseconds of Unix", () => {
  const spelled: readonly unknown[] = [
    "2026-06-01T12:00:00Z",
    "2026-06-01T12:00:00.000Z",
    "2026-06-01T14:00:00+02:00",
    "2026-06-01T14:00:00+0200",
    "2026-06-01T14:00:00+02",
    "2026-06-01 12:00:00Z",
    "2026-06-01T12:00Z",
    "2026-06-01T12:00:00.000000Z",
    NOON,
    NOON / 1000,
    String(NOON),
    String(NOON / 1000),
    `${NOON / 1000}.0`,
  ];
  for (const one of spelled) assert.equal(measuredTime(one), NOON, String(one));
  assert.equal(measuredTime(NOON / 1000 + 0.25), NOON + 250);
});

test("a time without its zone, and what is none, is not believed", () => {
  const wrong: readonly unknown[] = [
    "2026-06-01T12:00:00",
    "01.06.2026 12:00",
    "now",
    "",
    null,
    undefined,
    {},
    true,
    0,
    -5,
    42,
    "2026-13-41T12:00:00Z",
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e20,
  ];
  for (const one of wrong) assert.equal(measuredTime(one), undefined, String(one));
});

test("nothing is measured in the future, unless the gateway does not know the time itself", () => {
  assert.equal(believedTime(NOON - 5, NOON), NOON - 5);
  assert.equal(believedTime(NOON + 60_000, NOON), NOON);
  assert.equal(believedTime(NOON, 40_000), NOON);
});

test("whatever is said, a time is a whole number or none", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.anything(), fc.double(), fc.string({ unit: fc.constantFrom(..."0123456789-:TZ+. ") })),
      (given) => {
        const time = measuredTime(given);
        assert.ok(time === undefined || Number.isSafeInteger(time));
      },
    ),
  );
});
