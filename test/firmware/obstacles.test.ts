import assert from "node:assert/strict";
import test from "node:test";
import { MINUTE } from "../../src/clock.ts";
import { JobPlayer, OLD, says } from "../support/job-player.ts";

test("an offline device begins when it is heard, and is deferred until then", () => {
  const player = new JobPlayer();
  assert.deepEqual(player.feed({ type: "presence", online: false }, { type: "start" }), ["keep waiting > deferred"]);
  assert.match(player.job.waits ?? "", /not heard/);
  assert.deepEqual(player.feed({ type: "presence", online: true }), ["claim"]);
  assert.deepEqual(player.feed({ type: "granted" })[0], "keep enter > updating");
});

test("outside the window it is deferred; one that has begun goes on when the window closes", () => {
  const player = new JobPlayer();
  const closed = { type: "policy", mayBegin: false, reason: "outside the window" } as const;
  player.feed({ type: "presence", online: true }, closed);
  assert.deepEqual(player.feed({ type: "start" }), ["keep waiting > deferred"]);
  assert.equal(player.job.waits, "outside the window");
  assert.deepEqual(player.feed(closed), []);
  assert.deepEqual(player.feed({ type: "policy", mayBegin: true }), ["claim"]);
  assert.deepEqual(player.feed({ type: "queued", reason: "another job" }), []);
  assert.deepEqual(player.feed(closed), ["release"]);
  player.feed({ type: "policy", mayBegin: true }, { type: "granted" }, { type: "looked", look: OLD });
  assert.deepEqual(player.feed(closed), []);
  assert.equal(player.job.progress.phase, "transfer");
});

test("a device that is busy is asked again, ever more rarely", () => {
  const player = new JobPlayer();
  player.feed({ type: "presence", online: true }, { type: "start" }, { type: "granted" });
  const pauses: number[] = [];
  for (let i = 0; i < 9; i++) {
    player.feed({ type: "looked", look: OLD });
    player.feed(says("busy"));
    const before = player.now;
    assert.deepEqual(player.wait(), ["claim"]);
    pauses.push((player.now - before) / MINUTE);
    assert.deepEqual(player.feed({ type: "granted" })[0], "keep enter > updating");
  }
  assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
});

test("a device that was busy and is away since is waited for, and not by looking at the clock again and again", () => {
  for (const away of [
    { event: { type: "presence", online: false }, reason: /not heard/, back: { type: "presence", online: true } },
    { event: { type: "policy", mayBegin: false }, reason: /deferred/, back: { type: "policy", mayBegin: true } },
  ] as const) {
    const player = new JobPlayer().begin();
    player.feed(says("busy"), away.event);
    assert.match(player.job.waits ?? "", /not now/);
    player.wait();
    assert.match(player.job.waits ?? "", away.reason);
    assert.equal(player.job.deadline, undefined);
    assert.deepEqual(player.feed(away.back), ["claim"]);
  }
});
