/** Which version a start runs, whatever the one on trial does, and wherever the power goes. */
import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { MINUTE } from "../../../src/clock.ts";
import { chooseVersion } from "../../../src/firmware/self/choose.ts";
import { ArtefactError } from "../../../src/firmware/self/manifest.ts";
import { OwnVersions } from "../../../src/firmware/self/own-versions.ts";
import { PACKAGED, parseRecord } from "../../../src/firmware/self/record.ts";
import { Versions } from "../../../src/firmware/self/versions.ts";
import { anArtefact, aVendor, KNOWN_STATE } from "../../support/artefact.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const vendor = aVendor();
const INSTALLED = "0.1.0 of 1";

test("a version is started on trial, and stays once it has registered; what ran before is kept, and nothing else", async (t) => {
  const world = aWorld(t);
  const first = await world.install("1.0.0");
  assert.equal(world.start().version, first);
  assert.equal(world.running(first).registered(), true);
  assert.equal(world.running(first).registered(), false);
  assert.deepEqual(world.start(), { version: first });

  const second = await world.install("2.0.0", first);
  assert.equal(world.start().version, second);
  world.running(second).registered();
  assert.deepEqual(world.start(), { version: second });
  const third = await world.install("3.0.0", second);
  world.start();
  world.running(third).registered();
  assert.deepEqual(world.start(), { version: third });
  assert.deepEqual(world.versions.list(), [second, third]);
  assert.deepEqual(world.running(third).status(), { runs: third, previous: second });
});

test("three starts that end by themselves, or too long a time, and the one before is back", async (t) => {
  const world = aWorld(t);
  const version = await world.install("1.0.0");
  for (const starts of [1, 2, 3]) assert.equal(world.start().trial?.starts, starts);
  assert.deepEqual(world.start(), { version: PACKAGED });
  assert.deepEqual(world.versions.list(), []);
  const news = world.running(PACKAGED).news();
  assert.deepEqual([news?.version, news?.reason], [version, "it ended by itself 3 times before it registered"]);
  assert.equal(world.running(PACKAGED).news(), undefined);

  const slow = await world.install("1.1.0");
  world.start();
  const record = world.versions.record();
  assert.ok(record?.trial !== undefined);
  world.versions.keep({ ...record, trial: { ...record.trial, spent: record.trial.limit } });
  assert.deepEqual(world.start(), { version: PACKAGED });
  assert.deepEqual(world.running(PACKAGED).status().back, {
    version: slow,
    reason: "it did not register within 10 min",
  });
});

test("a version that is not as it was signed does not run", async (t) => {
  for (const harm of [
    (folder: string) => appendFileSync(join(folder, "dist/src/main.js"), "\n"),
    (folder: string) => writeFileSync(join(folder, "dist/src/more.js"), "// what nobody signed"),
    (folder: string) => symlinkSync("/bin/sh", join(folder, "sh")),
    (folder: string) => writeFileSync(join(folder, ".artefact"), "LGWSELF1"),
  ]) {
    const world = aWorld(t);
    const version = await world.install("1.0.0");
    harm(world.versions.folder(version));
    assert.deepEqual(world.start(), { version: PACKAGED });
    assert.equal(world.running(PACKAGED).news()?.version, version);
  }
});

test("one that was believed and is damaged gives way to the one before", async (t) => {
  const world = aWorld(t);
  const first = await world.install("1.0.0");
  world.start();
  world.running(first).registered();
  world.start();
  const second = await world.install("2.0.0", first);
  world.start();
  world.running(second).registered();
  world.start();
  appendFileSync(join(world.versions.folder(second), "package.json"), " ");
  assert.deepEqual(world.start(), { version: first });
  assert.equal(world.running(first).news()?.reason, "package.json was altered");
});

test("with another key in the configuration no version of the old one runs", async (t) => {
  const world = aWorld(t);
  const version = await world.install("1.0.0");
  world.start();
  world.running(version).registered();
  const others = new Versions(world.versions.directory, [aVendor().publicKey]);
  assert.deepEqual(chooseVersion(others, INSTALLED), { version: PACKAGED });
});

test("what was installed since counts for more than what a server has sent", async (t) => {
  const world = aWorld(t);
  const version = await world.install("1.0.0");
  world.start();
  world.running(version).registered();
  assert.deepEqual(chooseVersion(world.versions, "0.2.0 of 2"), { version: PACKAGED });
  assert.deepEqual(chooseVersion(world.versions, "0.2.0 of 2"), { version: PACKAGED });
  assert.equal(world.running(PACKAGED).news()?.reason, "the program was installed anew");
});

test("databases that a version changes are copied before, and put back with those that it wrote set aside", async (t) => {
  const world = aWorld(t);
  world.database("gateway.db", "before");
  world.database("gateway.db-wal", "before, too");
  world.database("history.db", "measured");
  const version = await world.install("1.0.0", PACKAGED, {
    gateway: KNOWN_STATE.gateway + 1,
    history: KNOWN_STATE.history,
  });
  world.start();
  world.database("gateway.db", "migrated");
  world.database("history.db", "measured and more");
  world.database("history.db-wal", "of later");
  for (let starts = 0; starts < 2; starts++) world.start();
  assert.deepEqual(world.start(), { version: PACKAGED });
  assert.deepEqual(world.databases(), {
    "gateway.db": "before",
    "gateway.db-wal": "before, too",
    "history.db": "measured",
  });
  const news = world.running(PACKAGED).news();
  assert.equal(news?.version, version);
  assert.equal(readFileSync(join(news?.aside ?? "", "history.db"), "utf8"), "measured and more");
  assert.ok(!existsSync(world.versions.copies));
});

test("what is installed while a version is on trial: its databases are set aside, and those of before put back", async (t) => {
  const world = aWorld(t);
  world.database("gateway.db", "before");
  await world.install("1.0.0", PACKAGED, { ...KNOWN_STATE, gateway: KNOWN_STATE.gateway + 1 });
  world.start();
  world.database("gateway.db", "migrated");
  for (let starts = 0; starts < 2; starts++) {
    assert.deepEqual(chooseVersion(world.versions, "0.2.0 of 2"), { version: PACKAGED });
    assert.deepEqual(world.databases(), { "gateway.db": "before" });
    assert.deepEqual(readdirSync(world.versions.directory).sort(), ["aside", "record.json"]);
  }
  assert.equal(world.running(PACKAGED).news()?.reason, "the program was installed anew");
});

test("databases on another file system than the versions are put back all the same", async (t) => {
  const elsewhere = mkdtempSync("/dev/shm/databases-");
  t.after(() => rmSync(elsewhere, { recursive: true }));
  const world = aWorld(t, elsewhere);
  if (statSync(elsewhere).dev === statSync(world.state).dev) return t.skip("/dev/shm is no other file system");
  writeFileSync(join(elsewhere, "gateway.db"), "before");
  await world.install("1.0.0", PACKAGED, { ...KNOWN_STATE, gateway: KNOWN_STATE.gateway + 1 });
  world.start();
  writeFileSync(join(elsewhere, "gateway.db"), "migrated");
  for (let starts = 0; starts < 3; starts++) world.start();
  assert.equal(readFileSync(join(elsewhere, "gateway.db"), "utf8"), "before");
  assert.equal(readFileSync(join(world.versions.aside, "gateway.db"), "utf8"), "migrated");
  assert.deepEqual(readdirSync(elsewhere), ["gateway.db"]);
});

test("databases that a version leaves as they are stay, whatever becomes of it", async (t) => {
  const world = aWorld(t);
  world.database("gateway.db", "before");
  await world.install("1.0.0");
  world.start();
  world.database("gateway.db", "and later");
  for (let starts = 0; starts < 3; starts++) world.start();
  assert.deepEqual(world.databases(), { "gateway.db": "and later" });
  assert.equal(world.running(PACKAGED).news()?.aside, undefined);
});

test("an installed program that cannot read the state is not gone back to by hand", async (t) => {
  const world = aWorld(t);
  const newer = { gateway: KNOWN_STATE.gateway + 1, history: KNOWN_STATE.history };
  const version = await world.install("1.0.0", PACKAGED, newer);
  world.start();
  world.running(version).registered();
  world.start();
  const own = world.running(version, newer);
  assert.throws(() => own.use(PACKAGED, KNOWN_STATE), ArtefactError);
  own.use(PACKAGED, newer);
  assert.deepEqual(world.start(), { version: PACKAGED });
  own.use(version, newer);
  assert.equal(world.start().version, version);
});

test("a record that is no record is none", () => {
  for (const text of ["", "{", "[]", "{}", '{"packaged":1}', '{"packaged":"a","trial":{}}', "null", '"x"']) {
    assert.equal(parseRecord(text), undefined, text);
  }
  const trial = { version: "../../x-000000000000", before: "", begun: 1, limit: 1, spent: 1, starts: 1 };
  assert.equal(parseRecord(JSON.stringify({ packaged: "a", trial })), undefined);
});

test("wherever the power goes while a version is taken back, the state is that of before", async (t) => {
  for (const stage of ["aside", "restore"] as const) {
    const world = aWorld(t);
    world.database("gateway.db", "before");
    world.database("history.db", "measured");
    await world.install("1.0.0", PACKAGED, { gateway: KNOWN_STATE.gateway + 1, history: KNOWN_STATE.history });
    world.start();
    world.database("gateway.db", "migrated");
    const record = world.versions.record();
    assert.ok(record?.trial !== undefined);
    world.versions.keep({ ...record, trial: { ...record.trial, back: { reason: "a test", stage } } });
    if (stage === "restore") {
      // All were set aside, and the first of the copies is half there.
      mkdirSync(world.versions.aside);
      writeFileSync(join(world.state, "gateway.db"), "bef");
    }
    assert.deepEqual(world.start(), { version: PACKAGED });
    assert.deepEqual(world.databases(), { "gateway.db": "before", "history.db": "measured" });
  }
});

test("an unpacking that broke off leaves nothing that runs, and is swept away", async (t) => {
  const world = aWorld(t);
  mkdirSync(join(world.versions.directory, "arriving-1.0.0-000000000000/dist"), { recursive: true });
  assert.deepEqual(world.start(), { version: PACKAGED });
  const version = await world.install("1.0.0");
  world.start();
  world.running(version).registered();
  world.start();
  assert.deepEqual(
    readdirSync(world.versions.directory).filter((name) => name.startsWith("arriving")),
    [],
  );
});

test("the power goes between the record and the link: the next start completes it", async (t) => {
  const world = aWorld(t);
  const version = await world.install("1.0.0");
  world.versions.point(PACKAGED);
  assert.equal(world.start().version, version);
  assert.equal(world.versions.current(), version);
});

/** `databases`: where they are, if not beside the versions. */
function aWorld(t: TestContext, databases?: string) {
  const folder = temporaryDirectory(t);
  const state = join(folder, "state");
  mkdirSync(state);
  const versions = new Versions(join(state, "versions"), [vendor.publicKey]);
  const clock = new FakeClock();
  const running = (version: string, known = KNOWN_STATE): OwnVersions =>
    new OwnVersions({
      ...{ versions, clock, keys: [vendor.publicKey], arch: process.arch, state: known, running: version },
      ...{ packaged: INSTALLED, databases: databases ?? state, trial: 10 * MINUTE },
    });
  return {
    state,
    versions,
    running,
    start: () => chooseVersion(versions, INSTALLED),
    install: async (version: string, before = PACKAGED, known = KNOWN_STATE) =>
      running(before).install(await anArtefact({ folder, vendor, version, state: known, files: { a: version } })),
    database: (name: string, text: string) => writeFileSync(join(state, name), text),
    databases: () =>
      Object.fromEntries(
        readdirSync(state)
          .filter((name) => /\.db/.test(name))
          .map((name) => [name, readFileSync(join(state, name), "utf8")]),
      ),
  };
}
