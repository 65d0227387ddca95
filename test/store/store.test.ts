import assert from "node:assert/strict";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import Sqlite from "better-sqlite3";
import { systemClock } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";
import { type History, openStore, type Store, StoreError } from "../../src/store/store.ts";
import { observed, reportAt, sample, times } from "../support/history.ts";
import { run, start } from "../support/process.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";
import { temporaryDirectory } from "../support/temp.ts";

const ID = observed("/meter-1/3303/0/5700");
const PAGE = 4096;
const WRITER = fileURLToPath(new URL("./store-writer.ts", import.meta.url));

test("places survive closing and opening", async (t) => {
  const directory = join(temporaryDirectory(t), "state", "deep");
  await using(directory, async (store) => {
    const { assigned } = await store.assignDevices([{ id: "meter-1" }, { id: "1" }]);
    assert.deepEqual(assigned.get("1"), { prefix: "dev1", instance: 1 });
  });
  await using(directory, async (store) => {
    const { assigned } = await store.assignDevices([{ id: "2" }, { id: "1" }, { id: "new", was: "meter-1" }]);
    assert.deepEqual(assigned.get("1"), { prefix: "dev1", instance: 1 });
    assert.deepEqual(assigned.get("2"), { prefix: "dev2", instance: 2 });
    assert.deepEqual(assigned.get("new"), { prefix: "meter-1", instance: 0 });
  });
  assert.equal(statSync(directory).mode & 0o077, 0, "nobody else's business");
});

test("a forgotten device frees its prefixes and its instance", async (t) => {
  await using(temporaryDirectory(t), async (store) => {
    await store.assignDevices([{ id: "a" }, { id: "b" }]);
    await store.assignDevices([{ id: "a", prefix: "p" }]);
    assert.equal(await store.forgetDevice("a"), true);
    assert.equal(await store.forgetDevice("a"), false);
    const { assigned } = await store.assignDevices([
      { id: "c", prefix: "a" },
      { id: "d", prefix: "p" },
    ]);
    assert.deepEqual(assigned.get("c"), { prefix: "a", instance: 0 });
    assert.deepEqual(assigned.get("d"), { prefix: "p", instance: 2 });
  });
});

test("stored instances survive closing and opening; of a list of changes all are done or none", async (t) => {
  const directory = temporaryDirectory(t);
  const kept = { object: 16, instance: 0, values: [{ resource: 5, value: Uint8Array.of(1), time: 9 }] };
  const own = { object: 16, instance: 0, values: [{ resource: 0, resourceInstance: 2, value: 2n ** 63n, time: 7 }] };
  await using(directory, async (store) => {
    await store.assignDevices([{ id: "a" }]);
    await store.saveInstances([own, { ...kept, device: "a" }, { ...kept, instance: 4 }]);
    await store.saveInstances([{ object: 16, instance: 4 }]);
    const strange = [
      { object: 16, instance: 0 },
      { ...kept, device: "nobody" },
    ];
    await assert.rejects(store.saveInstances(strange), StoreError);
  });
  await using(directory, async (store) => {
    const { instances, damaged } = await store.loadInstances();
    assert.deepEqual(instances, [own, { ...kept, device: "a" }]);
    assert.deepEqual(damaged, []);
    await store.forgetDevice("a");
    assert.deepEqual((await store.loadInstances()).instances, [own]);
  });
});

test("a thousand devices are placed in one transaction, and found again", async (t) => {
  const devices = Array.from({ length: 1000 }, (_, i) => ({ id: i % 2 === 0 ? `meter-${i}` : `${i}` }));
  const directory = temporaryDirectory(t);
  const first = await using(directory, (store) => store.assignDevices(devices));
  assert.equal(first.assigned.size, 1000);
  assert.deepEqual(await using(directory, (store) => store.assignDevices(devices)), first);
});

test("what is asked together is answered in order, and close waits for it", async (t) => {
  const store = await openStore({ directory: temporaryDirectory(t), log: silentLogger });
  const asked = ["1", "2", "3"].map((id) => store.assignDevices([{ id }]));
  await Promise.all([store.close(), store.close()]);
  const answers = await Promise.all(asked);
  assert.deepEqual(
    answers.flatMap(({ assigned }) => [...assigned.values()].map(({ prefix }) => prefix)),
    ["dev1", "dev2", "dev3"],
  );
  await assert.rejects(store.forgetDevice("1"), storeError("closed", /the store is closed/));
});

test("a second process gets a sentence, and the first goes on", async (t) => {
  const directory = temporaryDirectory(t);
  const writer = start(t, process.execPath, [WRITER, directory]);
  await writer.printed(/^5$/m);
  await assert.rejects(openIn(directory), storeError("locked", /gateway\.db is in use by another process/));
  await writer.printed(/^50$/m);
});

test("a process killed in the middle of writing loses nothing that was confirmed", async (t) => {
  const directory = temporaryDirectory(t);
  for (const least of [20, 40, 60]) {
    const writer = start(t, process.execPath, [WRITER, directory]);
    await writer.printed(new RegExp(`^${least}$`, "m"));
    writer.child.kill("SIGKILL");
    const confirmed = Number((await writer.outcome).stdout.trim().split("\n").at(-1));
    assert.ok(confirmed >= least);
    const log: LogLine[] = [];
    const places = await using(
      directory,
      (store) => store.assignDevices(Array.from({ length: confirmed }, (_, i) => ({ id: `${i + 1}` }))),
      log,
    );
    for (let i = 1; i <= confirmed; i++) {
      assert.deepEqual(places.assigned.get(`${i}`), { prefix: `dev${i}`, instance: i - 1 });
    }
    assert.deepEqual(log, []);
  }
});

for (const [what, saved, damage] of [
  ["no database at all", 0, (file: string) => writeFileSync(file, "servers: []\n".repeat(1000))],
  ["a database cut in half", 0, (file: string) => truncateSync(file, statSync(file).size / 2)],
  ["tables that are not ours", 200, (file: string) => execute(file, "DROP TABLE prefixes; CREATE TABLE prefixes (x)")],
  ["a prefix without its device", 401, (file: string) => execute(file, "INSERT INTO prefixes VALUES ('p', 'nobody')")],
  ["a version that never was", 400, (file: string) => execute(file, "PRAGMA user_version = -1")],
] as const) {
  test(`a damaged file is set aside with a loud error and a new one begun with what can be read: ${what}`, async (t) => {
    const directory = temporaryDirectory(t);
    const file = join(directory, "gateway.db");
    await using(directory, (store) => store.assignDevices(Array.from({ length: 200 }, (_, i) => ({ id: `${i}` }))));
    damage(file);
    const damaged = readFileSync(file);
    const log: LogLine[] = [];
    await using(
      directory,
      async (store) => {
        const { assigned } = await store.assignDevices([{ id: "fresh" }, { id: "7" }]);
        const kept = { fresh: { prefix: "fresh", instance: 200 }, 7: { prefix: "dev8", instance: 7 } };
        const anew = { fresh: { prefix: "fresh", instance: 0 }, 7: { prefix: "dev1", instance: 1 } };
        assert.deepEqual(Object.fromEntries(assigned), saved > 0 ? kept : anew);
      },
      log,
    );
    const aside = readdirSync(directory).find((name) => name.startsWith("gateway.db.damaged-20"));
    assert.ok(aside !== undefined);
    assert.equal(readFileSync(join(directory, aside)).length, damaged.length);
    assert.deepEqual(
      log.map(({ level, fields: { file, saved } }) => [level, file, saved]),
      [["error", join(directory, aside), saved]],
    );
    assert.match(log[0]?.message ?? "", /set aside, and a new one begun/);
  });
}

test("a file of a later version is refused and left alone", async (t) => {
  const directory = temporaryDirectory(t);
  await using(directory, (store) => store.assignDevices([{ id: "a" }]));
  execute(join(directory, "gateway.db"), "PRAGMA user_version = 99");
  await assert.rejects(openIn(directory), storeError("newer", /later version \(schema version 99; this program knows/));
  assert.deepEqual(readdirSync(directory), ["gateway.db"]);
});

test("a directory that cannot be made, is a file, or may not be written is named", async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, "file"), "");
  mkdirSync(join(directory, "taken", "gateway.db"), { recursive: true });
  mkdirSync(join(directory, "read-only"), { mode: 0o500 });
  const refusing = ["file", "file/x", "taken"].map((name) => join(directory, name));
  refusing.push("/proc/no/such");
  // Root may write into a directory of any mode, but not there.
  refusing.push(process.getuid?.() === 0 ? "/proc/self" : join(directory, "read-only"));
  for (const bad of refusing) {
    await assert.rejects(openIn(bad), (error) => {
      assert.ok(error instanceof StoreError && error.kind === "unwritable", String(error));
      assert.ok(error.message.includes(bad), error.message);
      return true;
    });
  }
});

test("a disk that fills up gives an error that says where, and keeps what was there", async (t) => {
  const directory = temporaryDirectory(t);
  // A limit on the size of a file (in KiB) is as good as a full disk, and needs no rights.
  const limited = `ulimit -f 200; exec "$0" "$1" "$2"`;
  const { stdout, stderr } = await run(t, "bash", ["-c", limited, process.execPath, WRITER, directory]);
  assert.match(stderr, /^unwritable: .*gateway\.db/m);
  const confirmed = Number(stdout.trim().split("\n").at(-1));
  assert.ok(confirmed > 0);
  const { assigned } = await using(directory, (store) => store.assignDevices([{ id: `${confirmed}` }]));
  assert.deepEqual(assigned.get(`${confirmed}`), { prefix: `dev${confirmed}`, instance: confirmed - 1 });
});

test("a directory that is not found out is no failure of the thread, and nothing stays open", async () => {
  const log: LogLine[] = [];
  const reason = new Error("config.yaml is wrong");
  const onFailure = () => assert.fail("told as a failure");
  await assert.rejects(
    openStore({ directory: Promise.reject(reason), log: recordingLogger(log), onFailure }),
    (error) => error === reason,
  );
  assert.deepEqual(log, []);
});

test("the check of sound files says so, and of a history that is not open nothing", async (t) => {
  const directory = temporaryDirectory(t);
  const store = await openIn(directory);
  assert.deepEqual(await store.checkIntegrity(), { gateway: { type: "sound" } });
  const history = await store.openHistory({ clock: systemClock });
  const both = { gateway: { type: "sound" }, history: { type: "sound" } };
  assert.deepEqual(await store.checkIntegrity(), both);
  history.append(ID, reportAt("/meter-1/3303/0/5700", 1), 10);
  const [outcome] = await Promise.all([store.checkIntegrity(), history.flush()]);
  assert.deepEqual(outcome, both);
  await store.close();
  assert.deepEqual(readdirSync(directory), ["gateway.db", "history.db"]);
});

test("a check that is cut off by the end, at whatever moment, takes nothing with it", async (t) => {
  const directory = temporaryDirectory(t);
  await usingHistory(directory, (history) => writeSegments(history, 40, "x".repeat(10_000)));
  const log: LogLine[] = [];
  for (let turns = 0; turns < 12; turns++) {
    const store = await openStore({ directory, log: recordingLogger(log) });
    await store.openHistory({ clock: systemClock });
    const cutOff = assert.rejects(
      store.checkIntegrity(),
      (error) => error instanceof StoreError && error.kind === "closed",
    );
    // The process has been started, or loads, or reads.
    for (let turn = 0; turn < turns * 2; turn++) await store.loadPlaces();
    await store.close();
    await cutOff;
  }
  assert.deepEqual(
    log.filter(({ level }) => level !== "debug"),
    [],
  );
});

test("a segment that the disk has changed is found by the check, dropped, counted and told; the rest goes on", async (t) => {
  const directory = temporaryDirectory(t);
  await usingHistory(directory, (history) => writeSegments(history, 9));
  execute(join(directory, "history.db"), "UPDATE segments SET body = randomblob(length(body)) WHERE id IN (2, 5)");
  const log: LogLine[] = [];
  await usingHistory(
    directory,
    async (history, store) => {
      const { history: outcome } = await store.checkIntegrity();
      assert.deepEqual(outcome, { type: "damaged", reason: "2 segments are not what was written" });
      assert.equal(history.waiting(ID), 7);
      assert.deepEqual(times(await history.peek(ID, 99)), [1, 3, 4, 6, 7, 8, 9]);
      assert.deepEqual((await store.checkIntegrity()).history, { type: "sound" });
    },
    log,
  );
  assert.deepEqual(log.filter(({ level }) => level === "error").length, 1);
});

test("a history that the disk has broken is found by the check and set aside; what can be read of it goes into the new one", async (t) => {
  const directory = temporaryDirectory(t);
  await usingHistory(directory, (history) => writeSegments(history, 40, "x".repeat(10_000)));
  const log: LogLine[] = [];
  await usingHistory(
    directory,
    async (history, store) => {
      const file = join(directory, "history.db");
      overwritePage(file, Math.floor(statSync(file).size / PAGE / 2));
      const { history: outcome } = await store.checkIntegrity();
      assert.equal(outcome?.type, "damaged");
      const left = times(await history.peek(ID, 99));
      assert.ok(left.length >= 38 && left.length < 40, `${left.length}`);
      await writeSegments(history, 1);
    },
    log,
  );
  assert.ok(readdirSync(directory).some((name) => name.startsWith("history.db.damaged-20")));
  assert.deepEqual(
    log.map(({ level }) => level),
    ["debug", "error", "warn"],
  );
  await usingHistory(directory, async (history) => {
    assert.ok(history.waiting(ID) >= 39);
  });
});

async function usingHistory<T>(
  directory: string,
  work: (history: History, store: Store) => Promise<T>,
  log: LogLine[] = [],
): Promise<T> {
  return using(
    directory,
    async (store) => {
      const history = await store.openHistory({ clock: systemClock });
      const result = await work(history, store);
      await history.flush();
      return result;
    },
    log,
  );
}

async function writeSegments(history: History, count: number, value?: string): Promise<void> {
  for (let time = 1; time <= count; time++) {
    history.append(ID, { samples: [sample("/meter-1/3303/0/5700", time, value)], confirmable: true }, 1000);
    await history.flush();
  }
}

/** In place, as a disk does it. */
function overwritePage(file: string, page: number): void {
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.alloc(PAGE, 0x5a), 0, undefined, page * PAGE);
  closeSync(handle);
}

function openIn(directory: string): Promise<Store> {
  return openStore({ directory, log: silentLogger });
}

async function using<T>(directory: string, work: (store: Store) => Promise<T>, log: LogLine[] = []): Promise<T> {
  const store = await openStore({ directory, log: recordingLogger(log) });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function execute(file: string, sql: string): void {
  const db = new Sqlite(file);
  db.pragma("foreign_keys = OFF");
  db.exec(sql);
  db.close();
}

function storeError(kind: StoreError["kind"], message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.equal(error.kind, kind);
    assert.match(error.message, message);
    return true;
  };
}
