import assert from "node:assert/strict";
import test from "node:test";
import { MINUTE } from "../../src/clock.ts";
import { FRESH, KeptFirmwares } from "../../src/firmware/kept-firmware.ts";
import { silentLogger } from "../../src/log.ts";
import type { UpdateRecord } from "../../src/lwm2m/firmware/firmware-update.ts";
import type { FirmwareChange } from "../../src/store/store.ts";
import { openStore, StoreError } from "../../src/store/store.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";
import { temporaryDirectory } from "../support/temp.ts";

const JOB = { id: "1f", phase: "transfer", offset: 512, cookie: "c", token: "t", before: "1", attempts: 2 } as const;
const TIMES = { begun: 1, executed: 2, until: 3, deadline: 4 };
const RECORD = {
  begun: 1,
  ended: 2,
  name: "n",
  version: "2",
  size: 3,
  before: "1",
  after: "2",
  result: 8,
  reason: "r",
} as const;
const UPDATE: UpdateRecord = {
  state: 3,
  result: 0,
  uri: "http://x/",
  name: "n",
  version: "2",
  severity: 0,
  automatic: true,
  changed: 5,
  deferPeriod: 60,
};

test("all of a row is found again; what is damaged is told, and is idle", async (t) => {
  const directory = temporaryDirectory(t);
  const clock = new FakeClock();
  const first = await openStore({ directory, log: silentLogger });
  await first.assignDevices([{ id: "a" }, { id: "b" }]);
  const kept = new KeptFirmwares({ store: first, clock, log: silentLogger });
  await kept.load();
  const whole = { update: UPDATE, job: { ...JOB, ...TIMES }, mark: "etag", history: [RECORD] };
  await kept.of("a").change(whole);
  await first.saveFirmware({ owner: "b", content: '{"update":{"state":7}}' });
  await first.saveFirmware({ owner: "", content: "{" });
  await first.close();
  const store = await openStore({ directory, log: silentLogger });
  const lines: LogLine[] = [];
  const again = new KeptFirmwares({ store, clock, log: recordingLogger(lines) });
  await again.load();
  assert.deepEqual(again.of("a").value, whole);
  assert.deepEqual([again.of("b").value, again.of("").value], [FRESH, FRESH]);
  assert.deepEqual(
    lines.map(({ level, fields: { device } }) => [level, device]),
    [
      ["warn", ""],
      ["warn", "b"],
    ],
  );
  await again.of("a").change({ job: undefined, mark: undefined });
  assert.deepEqual(again.of("a").value, { update: UPDATE, history: [RECORD] });
  await again.flush();
  await store.close();
});

test("what is changed in one turn is one write; a disk that refuses is tried again, and what waits for it waits", async () => {
  const clock = new FakeClock();
  const writes: FirmwareChange[] = [];
  let refuses = false;
  const lines: LogLine[] = [];
  const kept = new KeptFirmwares({
    store: {
      loadFirmware: async () => [],
      saveFirmware: async (change) => {
        if (refuses) throw new StoreError("unwritable", "the disk is full");
        writes.push(change);
      },
    },
    clock,
    log: recordingLogger(lines),
  });
  await kept.load();
  const row = kept.of("a");
  await Promise.all([row.change({ mark: "m" }), row.change({ update: UPDATE })]);
  assert.equal(writes.length, 1);
  refuses = true;
  let isKept = false;
  void row.change({ mark: "n" }).then(() => {
    isKept = true;
  });
  await settle();
  assert.deepEqual([isKept, lines.length], [false, 1]);
  refuses = false;
  await clock.advance(MINUTE);
  assert.ok(isKept);
  assert.match(writes.at(-1)?.content ?? "", /"mark":"n"/);
  refuses = true;
  void row.change({ mark: "o" });
  await settle();
  refuses = false;
  await kept.flush();
  assert.match(writes.at(-1)?.content ?? "", /"mark":"o"/);
  assert.equal(clock.next, undefined);
});

test("nobody who goes waits for a disk that refuses: it is tried once for each change, until somebody has the row anew", async () => {
  const clock = new FakeClock();
  let tries = 0;
  let refuses = true;
  const store = {
    loadFirmware: async () => [],
    saveFirmware: async (): Promise<void> => {
      tries++;
      if (refuses) throw new StoreError("unwritable", "the disk is full");
    },
  };
  const kept = new KeptFirmwares({ store, clock, log: silentLogger });
  await kept.load();
  const row = kept.of("a");
  const waits = row.change({ mark: "m" });
  await settle();
  assert.equal(tries, 1);
  row.hurry();
  await waits;
  await row.change({ mark: "n" });
  assert.equal(tries, 3);
  await kept.flush();
  assert.equal(clock.next, undefined);
  refuses = false;
  await kept.of("a").change({ update: UPDATE });
  assert.equal(tries, 4);
  assert.equal(kept.of("a").value.mark, "n");
});

test("a row moves with the id of its device; of one that is forgotten nothing is written any more", async () => {
  const writes: FirmwareChange[] = [];
  const store = {
    loadFirmware: async () => [],
    saveFirmware: async (change: FirmwareChange): Promise<void> => void writes.push(change),
  };
  const kept = new KeptFirmwares({ store, clock: new FakeClock(), log: silentLogger });
  await kept.load();
  const before = kept.of("old");
  await before.change({ update: UPDATE });
  kept.moved("old", "new");
  assert.deepEqual(kept.of("new").value.update, UPDATE);
  await before.change({ mark: "x" });
  assert.deepEqual(kept.of("old").value, FRESH);
  assert.equal(writes.length, 1);
});
