import assert from "node:assert/strict";
import test from "node:test";
import { MINUTE } from "../../src/clock.ts";
import { FRESH, JobPlayer, NEW, OLD, SILENT, SIZE } from "../support/job-player.ts";

test("after a restart in verify the deadline is the one of before", () => {
  const player = new JobPlayer({
    phase: "verify",
    offset: SIZE,
    attempts: 1,
    executed: true,
    before: "1.0",
    deadline: MINUTE,
  });
  assert.deepEqual(player.feed({ type: "start" }), ["claim"]);
  assert.deepEqual(player.feed({ type: "granted" }), ["hold device"]);
  assert.deepEqual(player.looks(SILENT).slice(0, 3), ["LG577", "close", "end 8 > updateFailed 8"]);
  assert.equal(player.now, MINUTE);
});

test("after a restart in confirm it is confirmed", () => {
  const player = new JobPlayer({ phase: "confirm", offset: SIZE, attempts: 1, executed: true, before: "1.0" });
  player.feed({ type: "start" });
  assert.deepEqual(player.feed({ type: "granted" }), ["hold device", "confirm"]);
  assert.equal(player.feed({ type: "done" })[1], "end 1 > updated");
});

for (const [what, looks, end] of [
  ["not back", [SILENT], "end 8 > updateFailed 8"],
  ["still the old version", [OLD], "end 8 > updateFailed 8"],
  ["another version", [{ answered: true, version: "3.0" }], "end 8 > updateFailed 8"],
  ["new, but not well", [{ ...NEW, healthy: false }], "end 8 > updateFailed 8"],
] as const) {
  test(`a device that is ${what} after verify.within`, () => {
    const player = new JobPlayer().verify();
    assert.deepEqual(player.looks(looks[0]).slice(0, 3), ["LG577", "close", end]);
    assert.equal(player.now, 3 * MINUTE);
  });
}

test("a device that was away and came back with its old version failed as soon as it stays so", () => {
  const player = new JobPlayer().verify();
  player.wait();
  player.feed({ type: "looked", look: SILENT });
  assert.deepEqual(player.looks(OLD).slice(0, 3), ["LG577", "close", "end 8 > updateFailed 8"]);
  assert.ok(player.now <= MINUTE);
});

test("with expect: changed, any other version is the new one", () => {
  const player = new JobPlayer(FRESH, { expect: "changed", confirm: [] }).verify();
  const words = player.looks({ answered: true, version: "1.9-rc" });
  assert.equal(words[1], "end 1 > updated");
});
