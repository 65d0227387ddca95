import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { FirmwareJob } from "../../src/firmware/firmware-job.ts";
import type { JobEffect, JobEvent, JobOptions, JobProgress } from "../../src/firmware/job-events.ts";
import type { Look } from "../../src/firmware/version-verdict.ts";
import { TIMEOUT, type Timeout } from "../../src/machine.ts";

const SIZE = 1000;
const FRESH: JobProgress = { phase: "waiting", offset: 0, attempts: 0, executed: true };
const OLD: Look = { answered: true, version: "1.0" };
const NEW: Look = { answered: true, version: "2.0", healthy: true };
const SILENT: Look = { answered: false, reason: "no answer" };
const lost = (message = "lost"): JobEvent => ({ type: "failed", failure: { kind: "unreachable", message } });
const says = (condition: "crc" | "busy" | "flash-full" | "bad-image" | "failed"): JobEvent => ({
  type: "failed",
  failure: { kind: "rejected", condition, message: condition },
});

function options(change: Partial<JobOptions["plan"]> = {}): JobOptions {
  const plan: JobOptions["plan"] = {
    expect: "image",
    version: { kind: "point", point: "3/0/3" },
    enter: [],
    confirm: [{ type: "transfer", word: "confirm" }],
    verify: { within: 3 * MINUTE, poll: 5 * SECOND, settle: 10 * SECOND },
    retries: 3,
    lock: "device",
    results: new Map(),
    ...change,
  };
  return { plan, size: SIZE, wanted: "2.0" };
}

/** A machine and its clock; what it wants done is a word each. */
class Player {
  readonly job: FirmwareJob;
  now = 0;

  constructor(progress: JobProgress = FRESH, plan: Partial<JobOptions["plan"]> = {}) {
    this.job = new FirmwareJob(options(plan), progress);
  }

  feed(...events: (JobEvent | Timeout)[]): string[] {
    return events.flatMap((event) => this.job.handle(event, this.now)).map(wordOf);
  }

  /** Time goes to its deadline. */
  wait(): string[] {
    const { deadline } = this.job;
    assert.ok(deadline !== undefined, "nothing is waited for");
    this.now = Math.max(this.now, deadline);
    return this.feed(TIMEOUT);
  }

  /** To where it sends. */
  begin(): this {
    this.feed({ type: "presence", online: true }, { type: "start" }, { type: "granted" });
    this.feed({ type: "looked", look: OLD });
    return this;
  }

  verify(): this {
    this.begin().feed({ type: "done" }, { type: "done" });
    assert.equal(this.job.progress.phase, "verify");
    return this;
  }

  /** Time passes while it looks at a device that shows this; until it wants something else. */
  looks(look: Look, end = 10 * MINUTE): string[] {
    for (;;) {
      const words = this.wait();
      if (words[0] !== "look health") return words;
      const more = this.feed({ type: "looked", look });
      if (more.length > 0 || this.now > end) return more;
    }
  }
}

function wordOf(effect: JobEffect): string {
  switch (effect.type) {
    case "keep":
      return `keep ${effect.progress.phase}${toldOf(effect.tell)}`;
    case "end":
      return `end ${effect.end.result}${toldOf(effect.tell)}`;
    case "hold":
      return `hold ${effect.whom}`;
    case "look":
      return effect.health ? "look health" : "look";
    case "run":
      return effect.steps;
    case "send":
      return `send ${effect.offset}`;
    case "note":
      return `note ${effect.offset}`;
    case "warn":
      return effect.code;
    case "claim":
    case "release":
    case "abort":
    case "close":
      return effect.type;
  }
}

function toldOf(
  event: { readonly type: string; readonly result?: number; readonly kept?: boolean } | undefined,
): string {
  if (event === undefined) return "";
  const { type, result, kept } = event;
  return ` > ${type}${result === undefined ? "" : ` ${result}`}${kept === true ? " kept" : ""}`;
}

test("on-update: leg B, activation, read-back, confirmation, each on the disk before it is done", () => {
  const player = new Player();
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
  const player = new Player({ ...FRESH, executed: false });
  player.feed({ type: "presence", online: true }, { type: "start" });
  assert.deepEqual(player.feed({ type: "granted" }), ["keep enter", "hold device", "look"]);
  player.feed({ type: "looked", look: OLD });
  assert.deepEqual(player.feed({ type: "done" }), ["close", "hold nobody", "release", "keep staged > downloaded"]);
  assert.deepEqual(player.feed({ type: "presence", online: true }), []);
  assert.deepEqual(player.feed({ type: "execute" }), ["claim"]);
  assert.deepEqual(player.feed({ type: "granted" }), ["keep activate > updating", "hold device", "activate"]);
});

for (const [what, event, words] of [
  ["has no space", says("flash-full"), ["LG577", "close", "end 2 > updateFailed 2", "abort"]],
  ["says that it is no image for it", says("bad-image"), ["LG577", "close", "end 6 > updateFailed 6", "abort"]],
  ["is busy", says("busy"), ["LG579", "close", "hold nobody", "release", "keep waiting", "keep waiting > deferred"]],
  ["does not answer", lost(), ["close", "hold device", "LG576"]],
] as const) {
  test(`a device that ${what} in the transfer`, () => {
    assert.deepEqual(new Player().begin().feed(event), words);
  });
}

test("results of the mapping take the place of the usual ones", () => {
  const player = new Player(FRESH, { results: new Map([["bad-image", 8]]) });
  assert.deepEqual(player.begin().feed(says("bad-image"))[2], "end 8 > updateFailed 8");
});

test("a damaged image is sent once more from its beginning, then it is result 5", () => {
  const player = new Player().begin();
  player.feed({ type: "acknowledged", offset: 900 });
  assert.deepEqual(player.feed(says("crc")), ["close", "hold device", "LG576"]);
  assert.deepEqual(player.wait(), ["keep transfer", "hold device", "look"]);
  assert.deepEqual(player.feed({ type: "looked", look: { ...OLD, probe: { offset: 900 } } }), ["send 0"]);
  assert.deepEqual(player.feed(says("crc")).slice(0, 3), ["LG577", "close", "end 5 > updateFailed 5"]);
});

test("retries go on from the acknowledged offset, with growing pauses; what gets further counts anew", () => {
  const player = new Player().begin();
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
    const player = new Player({ ...FRESH, executed }).begin();
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
  const player = new Player().begin();
  const words: string[] = [];
  while (player.job.deadline !== undefined && player.now < 24 * HOUR) {
    words.push(...player.wait());
    if (words.at(-1) === "look") words.push(...player.feed({ type: "looked", look: OLD }));
  }
  assert.equal(words.filter((word) => word === "LG576").length, 3);
  assert.ok(words.includes("end 8 > updateFailed 8 kept"));
  assert.ok(player.now < HOUR);
});

test("an offline device begins when it is heard, and is deferred until then", () => {
  const player = new Player();
  assert.deepEqual(player.feed({ type: "presence", online: false }, { type: "start" }), ["keep waiting > deferred"]);
  assert.match(player.job.waits ?? "", /not heard/);
  assert.deepEqual(player.feed({ type: "presence", online: true }), ["claim"]);
  assert.deepEqual(player.feed({ type: "granted" })[0], "keep enter > updating");
});

test("outside the window it is deferred; one that has begun goes on when the window closes", () => {
  const player = new Player();
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
  const player = new Player();
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
    const player = new Player({ phase, offset: 40, attempts: 1, executed: true, before: "1.0" });
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

test("after a restart in verify the deadline is the one of before", () => {
  const player = new Player({
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
  const player = new Player({ phase: "confirm", offset: SIZE, attempts: 1, executed: true, before: "1.0" });
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
    const player = new Player().verify();
    assert.deepEqual(player.looks(looks[0]).slice(0, 3), ["LG577", "close", end]);
    assert.equal(player.now, 3 * MINUTE);
  });
}

test("a device that was away and came back with its old version failed as soon as it stays so", () => {
  const player = new Player().verify();
  player.wait();
  player.feed({ type: "looked", look: SILENT });
  assert.deepEqual(player.looks(OLD).slice(0, 3), ["LG577", "close", "end 8 > updateFailed 8"]);
  assert.ok(player.now <= MINUTE);
});

test("a device that does not answer its activation may have done it: its version tells", () => {
  const player = new Player().begin();
  player.feed({ type: "done" });
  assert.deepEqual(player.feed(lost()), ["close", "hold device", "LG576"]);
  assert.deepEqual(player.wait(), ["hold device", "look"]);
  assert.deepEqual(player.feed({ type: "looked", look: NEW })[0], "keep verify");
});

test("with expect: changed, any other version is the new one", () => {
  const player = new Player(FRESH, { expect: "changed", confirm: [] }).verify();
  const words = player.looks({ answered: true, version: "1.9-rc" });
  assert.equal(words[1], "end 1 > updated");
});

test("Cancel before the activation has the device forget it; afterwards there is none", () => {
  const player = new Player().begin();
  assert.ok(player.job.canBeCancelled);
  assert.deepEqual(player.feed({ type: "cancel", told: true }), ["close", "end 10", "abort"]);
  assert.deepEqual(player.feed({ type: "done" }), ["close", "hold nobody", "release"]);
  const late = new Player().verify();
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
      const player = new Player({ ...FRESH, executed });
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
