import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { HOUR, SECOND } from "../../../src/clock.ts";
import { endOfMonth, projected, Traffic } from "../../../src/servers/uplink/traffic.ts";

const NOON = new Date(2026, 10, 16, 12).getTime();
const bytes = (sent: number, received: number) => ({ sent, received });

test("bytes are counted by interface, this month and since the start; a new month begins with none", () => {
  const traffic = new Traffic();
  traffic.add("eth0", bytes(10, 1), NOON);
  traffic.add("wwan0", bytes(5, 2), NOON + SECOND);
  assert.deepEqual([traffic.used(), traffic.used(["wwan0"])], [18, 7]);
  assert.equal(traffic.add("wwan0", bytes(1, 1), endOfMonth(NOON)), true);
  assert.deepEqual([traffic.used(), traffic.used(["wwan0"])], [2, 2]);
  assert.deepEqual(
    traffic.links().find(({ name }) => name === "wwan0"),
    { name: "wwan0", month: bytes(1, 1), sinceStart: bytes(6, 3) },
  );
  assert.equal(traffic.since, endOfMonth(NOON));
});

test("what was counted goes on in another process, in the same month alone", () => {
  const before = new Traffic();
  before.add("", bytes(10, 20), NOON);
  const same = new Traffic(before.serialize());
  same.add("", bytes(1, 1), NOON + HOUR);
  assert.deepEqual([same.used(), same.since], [32, NOON]);
  const later = new Traffic(before.serialize());
  later.add("", bytes(1, 1), endOfMonth(NOON) + HOUR);
  assert.deepEqual([later.used(), later.since], [2, endOfMonth(NOON) + HOUR]);
});

test("while nobody knows what month it is, bytes are those of the month that turns out", () => {
  const before = new Traffic();
  before.add("", bytes(100, 0), NOON);
  for (const [time, used] of [
    [NOON + HOUR, 107],
    [endOfMonth(NOON), 7],
  ] as const) {
    const traffic = new Traffic(before.serialize());
    traffic.add("", bytes(3, 0), 5 * SECOND);
    assert.equal(traffic.used(), 103);
    const again = new Traffic(traffic.serialize());
    again.add("", bytes(2, 0), 6 * SECOND);
    again.add("", bytes(2, 0), time);
    assert.equal(again.used(), used);
  }
});

test("the month to come out is told after an hour, in proportion", () => {
  assert.equal(projected(10, undefined, NOON), undefined);
  assert.equal(projected(10, NOON, NOON + 59 * 60 * SECOND), undefined);
  const left = (endOfMonth(NOON) - NOON) / HOUR;
  assert.equal(Math.round(projected(10, NOON - HOUR, NOON) ?? 0), Math.round(10 + 10 * left));
});

test("what was kept and is damaged is refused with a reason, whatever it is", () => {
  for (const text of ["", "{}", "[]", '{"links":[["a",1]],"undated":[]}', '{"month":7,"links":[],"undated":[]}'])
    assert.throws(() => new Traffic(text), /^(?:SyntaxError|RangeError)/);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      try {
        new Traffic(text);
      } catch (error) {
        assert.ok(error instanceof SyntaxError || error instanceof RangeError, String(error));
      }
    }),
  );
});
