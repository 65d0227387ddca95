/**
 * Wherever a process is killed that takes a version of the gateway in, starts it, keeps it or takes it back: at each change of the
 * disk, once for each and once after the other. Nothing half is believed, and the next start is that of a machine that never lost
 * its power.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { chooseVersion } from "../../src/firmware/self/choose.ts";
import { PACKAGED } from "../../src/firmware/self/record.ts";
import { locateData } from "../../src/locate.ts";
import { anArtefact, aVendor, KNOWN_STATE } from "../support/artefact.ts";
import { run } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { aMachine } from "./versions-machine.ts";

const vendor = aVendor();
/** Of before; the new version has another schema. */
const DATABASES = { "gateway.db": "before", "gateway.db-wal": "before, too", "history.db": "measured" };
const NEWER = { gateway: KNOWN_STATE.gateway + 1, history: KNOWN_STATE.history };
/** More than any step has. */
const MOST_POINTS = 60;

for (const [what, begin, isWhole] of [
  ["unpacked", async () => {}, assertUnpacked],
  ["started for the first time", installed, assertStarted],
  ["taken back", migrated, assertTakenBack],
  ["believed", registered, assertBelieved],
] as const) {
  const step = what === "unpacked" ? "install" : "start";

  test(`killed at each point while a version is ${what}`, { timeout: 240_000 }, async (t) => {
    let at = 1;
    for (; at < MOST_POINTS; at++) {
      const world = await aWorld(t);
      await begin(world);
      if (!(await world.killedAt(step, at))) break;
      await isWhole(world);
    }
    assert.ok(at > 3 && at < MOST_POINTS, `${at} points`);
  });

  test(`killed again and again while a version is ${what}`, { timeout: 240_000 }, async (t) => {
    const world = await aWorld(t);
    await begin(world);
    for (const at of [2, 4, 3, 7, 5, 9]) await world.killedAt(step, at);
    if (what === "started for the first time") return assertTakenBack(world);
    await isWhole(world);
  });
}

interface World {
  readonly state: string;
  readonly file: string;
  readonly versions: ReturnType<typeof aMachine>["versions"];
  readonly running: ReturnType<typeof aMachine>["running"];
  start(): string;
  /** Whether it came so far. */
  killedAt(step: "install" | "start", at: number): Promise<boolean>;
  databases(): Readonly<Record<string, string>>;
}

async function aWorld(t: TestContext): Promise<World> {
  const folder = temporaryDirectory(t);
  const [state, key] = [join(folder, "state"), join(folder, "vendor.pub")];
  mkdirSync(state);
  writeFileSync(key, vendor.publicPem);
  for (const [name, text] of Object.entries(DATABASES)) writeFileSync(join(state, name), text);
  const file = await anArtefact({ folder, vendor, version: "9.1.0", state: NEWER, files: { "a/b": "b", "c/d": "d" } });
  const { versions, running, installed } = aMachine(state, vendor.publicPem);
  return {
    ...{ state, file, versions, running },
    start: () => chooseVersion(versions, installed).version,
    killedAt: async (step, at) => {
      const env = { ...process.env, KILL_AT: String(at), KILL_BELOW: state };
      const args = ["--import", locateData("test/support/kill-at.mjs"), locateData("test/killed/version-step.ts")];
      const { code, signal, stderr } = await run(t, process.execPath, [...args, step, state, key, file], { env });
      assert.ok(signal === "SIGKILL" || code === 0, stderr);
      return signal === "SIGKILL";
    },
    databases: () =>
      Object.fromEntries(
        readdirSync(state)
          .filter((name) => /\.db/.test(name))
          .map((name) => [name, readFileSync(join(state, name), "utf8")]),
      ),
  };
}

async function installed({ running, file }: World): Promise<void> {
  await running(PACKAGED).install(file);
}

/** It has run, and ended three times. */
async function migrated(world: World): Promise<void> {
  await installed(world);
  for (let starts = 0; starts < 3; starts++) world.start();
  migrate(world);
}

function migrate({ state }: World): void {
  writeFileSync(join(state, "gateway.db"), "migrated");
  writeFileSync(join(state, "history.db-wal"), "of later");
}

async function registered(world: World): Promise<void> {
  await installed(world);
  const version = world.start();
  migrate(world);
  assert.ok(world.running(version).registered());
}

/** What is listed is whole; what the start runs, too; once done again nothing else is left. */
async function assertUnpacked(world: World): Promise<void> {
  const { versions, running, file } = world;
  for (const version of versions.list()) assert.equal(versions.fault(version), undefined);
  if (versions.current() !== PACKAGED) assert.deepEqual([versions.current()], versions.list());
  assert.deepEqual(world.databases(), DATABASES);
  running(PACKAGED).sweep();
  assert.deepEqual(leftovers(world), []);
  const version = await running(PACKAGED).install(file);
  assert.deepEqual(versions.list(), [version]);
  assert.equal(world.start(), version);
}

async function assertStarted(world: World): Promise<void> {
  const [version = ""] = world.versions.list();
  assert.deepEqual(world.databases(), DATABASES);
  assert.equal(world.start(), version);
  assert.equal(world.versions.record()?.trial?.state?.copied, true);
  assert.deepEqual(copiesOf(world), DATABASES);
  migrate(world);
  while (world.start() !== PACKAGED);
  await assertTakenBack(world);
}

async function assertTakenBack(world: World): Promise<void> {
  const wasMigrated = Object.values(world.databases()).includes("migrated") || existsSync(world.versions.aside);
  assert.equal(world.start(), PACKAGED);
  assert.equal(world.start(), PACKAGED);
  assert.deepEqual(world.databases(), DATABASES);
  assert.deepEqual([world.versions.list(), world.versions.current(), leftovers(world)], [[], PACKAGED, []]);
  assert.ok(!existsSync(world.versions.copies));
  assert.equal(world.versions.record()?.outcome?.reason, "it ended by itself 3 times before it registered");
  if (wasMigrated) assert.equal(readFileSync(join(world.versions.aside, "gateway.db"), "utf8"), "migrated");
}

async function assertBelieved(world: World): Promise<void> {
  const [version = ""] = world.versions.list();
  assert.equal(world.start(), version);
  assert.deepEqual(world.versions.record()?.trial, undefined);
  assert.equal(world.databases()["gateway.db"], "migrated");
  world.running(version).sweep();
  assert.deepEqual([leftovers(world), existsSync(world.versions.copies)], [[], false]);
}

function leftovers({ versions }: World): readonly string[] {
  const names = existsSync(versions.directory) ? readdirSync(versions.directory) : [];
  return names.filter((name) => name.startsWith("arriving"));
}

function copiesOf({ versions }: World): Readonly<Record<string, string>> {
  const { copies } = versions;
  return Object.fromEntries(readdirSync(copies).map((name) => [name, readFileSync(join(copies, name), "utf8")]));
}
