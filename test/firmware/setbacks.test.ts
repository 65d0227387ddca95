import assert from "node:assert/strict";
import test from "node:test";
import { HOUR, SECOND } from "../../src/clock.ts";
import { FRESH, JobPlayer, lost, NEW, OLD, SILENT, says } from "../support/job-player.ts";

for (const [what, event, words] of [
  ["has no space", says("flash-full"), ["LG577", "close", "end 2 > updateFailed 2", "abort"]],
  ["says that it is no image for it", says("bad-image"), ["LG577", "close", "end 6 > updateFailed 6", "abort"]],
  ["is busy", says("busy"), ["LG579", "close", "hold nobody", "release", "keep waiting", "keep waiting > deferred"]],
  ["does not answer", lost(), ["close", "hold device", "LG576"]],
] as const) {
  test(`a device that ${what} in the transfer`, () => {
    assert.deepEqual(new JobPlayer().begin().feed(event), words);
  });
}

test("results of the mapping take the place of the usual ones", () => {
  const player = new JobPlayer(FRESH, { results: new Map([["bad-image", 8]]) });
  assert.deepEqual(player.begin().feed(says("bad-image"))[2], "end 8 > updateFailed 8");
});

test("a damaged image is sent once more from its beginning, then it is result 5", () => {
  const player = new JobPlayer().begin();
  player.feed({ type: "acknowledged", offset: 900 });
  assert.deepEqual(player.feed(says("crc")), ["close", "hold device", "LG576"]);
  assert.deepEqual(player.wait(), ["keep transfer", "hold device", "look"]);
  assert.deepEqual(player.feed({ type: "looked", look: { ...OLD, probe: { offset: 900 } } }), ["send 0"]);
  assert.deepEqual(player.feed(says("crc")).slice(0, 3), ["LG577", "close", "end 5 > updateFailed 5"]);
});

test("retries go on from the acknowledged offset, with growing pauses; what gets further counts anew", () => {
  const player = new JobPlayer().begin();
  player.feed({ type: "acknowledged", offset: 100 });
  const pauses: number[] = [];
  for (let i = 0; i < 3; i++) {
    player.feed(lost());
    const before = player.now;
    assert.deepEqual(player.wait(), ["keep transfer", "hold device", "look"]);
    pauses.push(player.now - before);
    assert.deepEqual(player.feed({ type: "looked", look: SILENT }), ["send 100"]);
  }
  assert.deepEqual(pauses, [5 * SECOND, 10 * SECOND, 20 * SECOND]);
  player.feed({ type: "acknowledged", offset: 101 });
  assert.deepEqual(player.feed(lost()), ["close", "hold device", "LG576"]);
  assert.equal(player.job.deadline, player.now + 5 * SECOND);
});

for (const [executed, told] of [
  [true, "updateFailed 8 kept"],
  [false, "downloadFailed 4"],
] as const) {
  test(`a link that stays lost ends it: ${told}`, () => {
    const player = new JobPlayer({ ...FRESH, executed }).begin();
    for (let i = 0; i < 3; i++) {
      player.feed(lost());
      player.wait();
      player.feed({ type: "looked", look: SILENT });
    }
    assert.deepEqual(player.feed(lost()), ["LG577", "close", `end ${executed ? 8 : 4} > ${told}`, "abort"]);
    assert.deepEqual(player.feed(lost()), ["close", "hold nobody", "release"]);
  });
}

test("a transfer that is stuck is told, closed, tried again, and fails in the end", () => {
  const player = new JobPlayer().begin();
  const words: string[] = [];
  while (player.job.deadline !== undefined && player.now < 24 * HOUR) {
    words.push(...player.wait());
    if (words.at(-1) === "look") words.push(...player.feed({ type: "looked", look: OLD }));
  }
  assert.equal(words.filter((word) => word === "LG576").length, 3);
  assert.ok(words.includes("end 8 > updateFailed 8 kept"));
  assert.ok(player.now < HOUR);
});

test("a device that does not answer its activation may have done it: its version tells", () => {
  const player = new JobPlayer().begin();
  player.feed({ type: "done" });
  assert.deepEqual(player.feed(lost()), ["close", "hold device", "LG576"]);
  assert.deepEqual(player.wait(), ["hold device", "look"]);
  assert.deepEqual(player.feed({ type: "looked", look: NEW })[0], "keep verify");
});
