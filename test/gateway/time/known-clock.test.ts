import assert from "node:assert/strict";
import test from "node:test";
import { HOUR } from "../../../src/clock.ts";
import { keepTime, knownClock } from "../../../src/gateway/time/known-clock.ts";
import { type KnownTime, StoreError } from "../../../src/store/store.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { type LogLine, recordingLogger } from "../../support/recording-logger.ts";

const clock = new FakeClock();
const edges = { boot: () => ({ id: "boot-2", uptime: 1000 }), clockSign: () => ({ type: "none" }) as const };
const KNOWN: KnownTime = { time: clock.wall() + HOUR, boot: "boot-1", uptime: 5, trusted: true };

async function started(loadTime: () => Promise<KnownTime | undefined>, believed: "auto" | "trusted" = "auto") {
  const lines: LogLine[] = [];
  const parts = { clock, log: recordingLogger(lines), edges };
  return { lines, known: await knownClock(parts, believed, { loadTime }) };
}

test("a clock knows what the run before has left, and what the configuration says", async () => {
  assert.equal((await started(async () => KNOWN)).known.trusted, false, "it was later already");
  assert.equal((await started(async () => KNOWN, "trusted")).known.trusted, true);
  assert.equal((await started(async () => undefined)).known.trusted, true);
});

test("a store that gives nothing is told, and no reason not to start; a bug is one", async () => {
  const { known, lines } = await started(() => Promise.reject(new StoreError("unwritable", "disk gone")));
  assert.equal(known.trusted, true);
  assert.deepEqual(
    lines.map(({ level, fields }) => [level, fields]),
    [["warn", { reason: "disk gone" }]],
  );
  await assert.rejects(
    started(() => Promise.reject(new TypeError("a bug"))),
    TypeError,
  );
});

test("a disk that is full now takes the time later", async () => {
  const lines: LogLine[] = [];
  const refused = { saveTime: () => Promise.reject(new StoreError("unwritable", "no room")) };
  keepTime(refused, KNOWN, recordingLogger(lines));
  await settle();
  assert.deepEqual(
    lines.map(({ level }) => level),
    ["debug"],
  );
});
