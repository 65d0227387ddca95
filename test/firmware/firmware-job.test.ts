import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { MINUTE, SECOND } from "../../src/clock.ts";
import type { JobEvent } from "../../src/firmware/job-events.ts";
import { FRESH, JobPlayer, lost, NEW, OLD, SILENT, says } from "../support/job-player.ts";

test("on-update: leg B, activation, read-back, confirmation, each on the disk before it is done", () => {
  const player = new JobPlayer();
  assert.deepEqual(player.feed({ type: "presence", online: true }, { type: "start" }), ["claim"]);
  assert.deepEqual(player.feed({ type: "granted" }), ["keep enter > updating", "hold device", "look"]);
  assert.deepEqual(player.feed({ type: "looked", look: OLD }), ["keep transfer", "send 0"]);
  assert.deepEqual(player.feed({ type: "acknowledged", offset: 500 }), ["note 500"]);
  assert.deepEqual(player.feed({ type: "done" }), ["keep activate", "hold device", "activate"]);
  assert.deepEqual(player.feed({ type: "done" }), ["keep verify", "close", "hold device"]);
  assert.equal(player.job.progress.deadline, 3 * MINUTE);
  assert.deepEqual(player.looks(NEW), ["keep confirm", "confirm"]);
  assert.equal(player.now, 15 * SECOND, "it must have stayed for ten seconds");
  assert.deepEqual(player.feed({ type: "done" }), ["close", "end 1 > updated", "close", "hold nobody", "release"]);
  assert.deepEqual(player.job.progress.before, "1.0");
  assert.deepEqual(player.feed(lost(), { type: "granted" }), []);
});

test("before-update: the device has it before the state is Downloaded; Update only activates", () => {
  const player = new JobPlayer({ ...FRESH, executed: false });
  player.feed({ type: "presence", online: true }, { type: "start" });
  assert.deepEqual(player.feed({ type: "granted" }), ["keep enter", "hold device", "look"]);
  player.feed({ type: "looked", look: OLD });
  assert.deepEqual(player.feed({ type: "done" }), ["close", "hold nobody", "release", "keep staged > downloaded"]);
  assert.deepEqual(player.feed({ type: "presence", online: true }), []);
  assert.deepEqual(player.feed({ type: "execute" }), ["claim"]);
  assert.deepEqual(player.feed({ type: "granted" }), ["keep activate > updating", "hold device", "activate"]);
});

for (const [phase, look, words] of [
  ["enter", OLD, ["send 40"]],
  ["transfer", { ...OLD, probe: { offset: 80 } }, ["send 80"]],
  ["transfer", SILENT, ["send 40"]],
  ["transfer", { ...OLD, probe: { staged: true } }, ["keep activate", "hold device", "activate"]],
  ["transfer", NEW, ["keep verify", "close", "hold device"]],
  ["activate", OLD, ["activate"]],
  ["activate", NEW, ["keep verify", "close", "hold device"]],
] as const) {
  test(`after a restart in ${phase}: the device is looked at first (${JSON.stringify(look)})`, () => {
    const player = new JobPlayer({ phase, offset: 40, attempts: 1, executed: true, before: "1.0" });
    assert.deepEqual(player.feed({ type: "presence", online: false }, { type: "start" }), ["claim"]);
    const begun = player.feed({ type: "granted" });
    assert.deepEqual(begun.slice(-2), ["hold device", "look"]);
    assert.ok(!begun.some((word) => word.includes(">")), "object 5 is not told anew");
    const found = player.feed({ type: "looked", look });
    assert.deepEqual(
      found.filter((word) => word !== "keep transfer"),
      words,
    );
  });
}

test("Cancel before the activation has the device forget it; afterwards there is none", () => {
  const player = new JobPlayer().begin();
  assert.ok(player.job.canBeCancelled);
  assert.deepEqual(player.feed({ type: "cancel", told: true }), ["close", "end 10", "abort"]);
  assert.deepEqual(player.feed({ type: "done" }), ["close", "hold nobody", "release"]);
  const late = new JobPlayer().verify();
  assert.deepEqual(late.feed({ type: "cancel", told: false }), []);
});

test("whatever happens in whatever order, it waits for something or is over, and nothing is told after its end", () => {
  const events: readonly JobEvent[] = [
    { type: "presence", online: true },
    { type: "presence", online: false },
    { type: "policy", mayBegin: false, reason: "closed" },
    { type: "policy", mayBegin: true },
    { type: "granted" },
    { type: "granted" },
    { type: "queued", reason: "another" },
    { type: "looked", look: OLD },
    { type: "looked", look: NEW },
    { type: "looked", look: SILENT },
    { type: "looked", look: { ...OLD, probe: { staged: true } } },
    { type: "done" },
    { type: "done" },
    { type: "acknowledged", offset: 400 },
    lost(),
    says("busy"),
    says("crc"),
    says("bad-image"),
    { type: "cancel", told: true },
  ];
  const anything = fc.array(fc.nat(events.length + 3), { maxLength: 60 });
  fc.assert(
    fc.property(anything, fc.boolean(), (numbers, executed) => {
      const player = new JobPlayer({ ...FRESH, executed });
      const words = player.feed({ type: "start" });
      for (const number of numbers) {
        const event = events[number];
        if (event !== undefined) words.push(...player.feed(event));
        else if (player.job.deadline !== undefined) words.push(...player.wait());
      }
      const ends = words.filter((word) => word.startsWith("end "));
      assert.ok(ends.length <= 1);
      if (player.job.isOver) assert.equal(player.job.deadline, undefined);
      else if (player.job.progress.phase === "verify") assert.ok(player.job.deadline !== undefined || isAsking(words));
      // The wire is given back at the end, and before another claims it.
      const claims = words.filter((word) => word === "claim").length;
      const releases = words.filter((word) => word === "release").length;
      assert.ok(claims - releases <= 1 && (!player.job.isOver || releases >= claims), words.join(", "));
    }),
    { numRuns: 500 },
  );
});

/** It has asked the device for something, and waits for that. */
function isAsking(words: readonly string[]): boolean {
  return words.findLast((word) => !word.startsWith("note")) === "look health";
}
