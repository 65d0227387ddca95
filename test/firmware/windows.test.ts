import assert from "node:assert/strict";
import test from "node:test";
import { mayBegin } from "../../src/firmware/may-begin.ts";
import { UpdateWindow, type WindowTimes } from "../../src/firmware/windows.ts";
import { FakeClock } from "../support/fake-clock.ts";

const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const at = (from: string, to: string, zone: string, days?: readonly number[]): WindowTimes => ({
  from: minutes(from),
  to: minutes(to),
  zone,
  ...(days === undefined ? {} : { days }),
});

function stateAt(window: WindowTimes, time: string): string {
  const { open, until } = new UpdateWindow(window).at(Date.parse(time));
  return `${open ? "open" : "closed"} until ${until === undefined ? "ever" : new Date(until).toISOString().slice(0, 16)}`;
}

const BERLIN = "Europe/Berlin";
const NEW_YORK = "America/New_York";

// In 2026 the clocks of Berlin change on 29 March (02:00 → 03:00) and 25 October (03:00 → 02:00) at 01:00 UTC; those of New York
// on 8 March (02:00 → 03:00, 07:00 UTC) and 1 November (02:00 → 01:00, 06:00 UTC).
for (const [window, time, expected] of [
  [at("09:00", "17:00", "UTC"), "2026-06-01T08:59:59Z", "closed until 2026-06-01T09:00"],
  [at("09:00", "17:00", "UTC"), "2026-06-01T09:00:00Z", "open until 2026-06-01T17:00"],
  [at("09:00", "17:00", "UTC"), "2026-06-01T17:00:00Z", "closed until 2026-06-02T09:00"],
  [at("22:00", "04:00", "UTC"), "2026-06-01T23:00:00Z", "open until 2026-06-02T04:00"],
  [at("22:00", "04:00", "UTC"), "2026-06-01T03:59:00Z", "open until 2026-06-01T04:00"],
  // Saturday: the night to Sunday belongs to it.
  [at("22:00", "04:00", "UTC", [6]), "2026-06-07T03:00:00Z", "open until 2026-06-07T04:00"],
  [at("22:00", "04:00", "UTC", [6]), "2026-06-06T03:00:00Z", "closed until 2026-06-06T22:00"],
  [at("01:00", "05:00", BERLIN), "2026-03-28T00:30:00Z", "open until 2026-03-28T04:00"],
  // Spring: an hour shorter.
  [at("01:00", "05:00", BERLIN), "2026-03-29T00:30:00Z", "open until 2026-03-29T03:00"],
  // Begins within the hour that is skipped: at its end.
  [at("02:30", "04:00", BERLIN), "2026-03-29T00:00:00Z", "closed until 2026-03-29T01:00"],
  [at("02:30", "04:00", BERLIN), "2026-03-29T01:00:00Z", "open until 2026-03-29T02:00"],
  // All of it is skipped: not on that day.
  [at("02:15", "02:45", BERLIN), "2026-03-28T12:00:00Z", "closed until 2026-03-30T00:15"],
  // Autumn: an hour longer, where the change is within.
  [at("01:00", "05:00", BERLIN), "2026-10-24T23:00:00Z", "open until 2026-10-25T04:00"],
  // What occurs twice is the first.
  [at("02:30", "04:00", BERLIN), "2026-10-25T00:00:00Z", "closed until 2026-10-25T00:30"],
  [at("01:00", "02:30", BERLIN), "2026-10-25T00:29:00Z", "open until 2026-10-25T00:30"],
  [at("01:00", "02:30", BERLIN), "2026-10-25T01:15:00Z", "closed until 2026-10-26T00:00"],
  [at("01:00", "05:00", NEW_YORK), "2026-03-08T06:30:00Z", "open until 2026-03-08T09:00"],
  [at("02:15", "02:45", NEW_YORK), "2026-03-08T06:30:00Z", "closed until 2026-03-09T06:15"],
  [at("01:30", "03:00", NEW_YORK), "2026-11-01T05:00:00Z", "closed until 2026-11-01T05:30"],
  [at("01:30", "03:00", NEW_YORK), "2026-11-01T06:15:00Z", "open until 2026-11-01T08:00"],
  [at("00:00", "06:00", "Asia/Kolkata"), "2026-06-01T18:29:00Z", "closed until 2026-06-01T18:30"],
] as const) {
  test(`${window.from / 60}–${window.to / 60} h in ${window.zone} at ${time}: ${expected}`, () => {
    assert.equal(stateAt(window, time), expected);
  });
}

const NIGHT = new UpdateWindow(at("22:00", "04:00", "UTC"));
const NOON = Date.UTC(2026, 5, 1, 12);
const ORDINARY = { severity: 1 } as const;

for (const [what, update, expected] of [
  ["waits for the window", ORDINARY, "2026-06-01T22:00"],
  ["does not wait where it is critical", { severity: 0 }, "now"],
  ["does not wait where no deferral is allowed", { severity: 1, deferPeriod: 0 }, "now"],
  ["waits no longer than it may be deferred", { severity: 1, deferPeriod: 7200 }, "2026-06-01T13:00"],
  ["begins once it may not be deferred any longer", { severity: 2, deferPeriod: 3600 }, "now"],
] as const) {
  test(`what was executed an hour ago ${what}`, () => {
    const answer = mayBegin({ window: NIGHT, update, since: NOON - 3_600_000 }, new FakeClock(NOON));
    assert.equal(answer.now ? "now" : new Date(answer.again ?? 0).toISOString().slice(0, 16), expected);
  });
}

test("without a date it waits, and says why; without a window it does not", () => {
  const clock = new FakeClock(60_000);
  const answer = mayBegin({ window: NIGHT, update: ORDINARY, since: 0 }, clock);
  assert.ok(!answer.now && answer.again === undefined && /nobody knows what time it is/.test(answer.reason));
  assert.ok(mayBegin({ window: undefined, update: ORDINARY, since: 0 }, clock).now);
  // How long it was deferred can be counted all the same.
  assert.ok(mayBegin({ window: NIGHT, update: { severity: 1, deferPeriod: 30 }, since: 10_000 }, clock).now);
});

test("an operator's word counts without a window, and not longer than the server allows", () => {
  const clock = new FakeClock(NOON);
  const until = NOON + 3_600_000;
  const later = mayBegin({ window: undefined, update: ORDINARY, since: NOON, until }, clock);
  assert.deepEqual(later, { now: false, reason: "deferred until 2026-06-01T13:00:00.000Z", again: until });
  const sooner = mayBegin({ window: undefined, update: { severity: 1, deferPeriod: 60 }, since: NOON, until }, clock);
  assert.ok(!sooner.now && sooner.again === NOON + 60_000);
});
