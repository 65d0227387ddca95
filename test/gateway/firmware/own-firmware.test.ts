/** Object 5 at the root: what a server reads while a version of the gateway comes, is started, stays or is taken back. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { MINUTE } from "../../../src/clock.ts";
import { ImageFiles } from "../../../src/firmware/image-files.ts";
import { FRESH } from "../../../src/firmware/kept-firmware.ts";
import { chooseVersion } from "../../../src/firmware/self/choose.ts";
import { OwnVersions } from "../../../src/firmware/self/own-versions.ts";
import { PACKAGED } from "../../../src/firmware/self/record.ts";
import { SelfJobs } from "../../../src/firmware/self/self-jobs.ts";
import { Versions } from "../../../src/firmware/self/versions.ts";
import { DeviceFirmware, type KeptRow } from "../../../src/gateway/firmware/device-firmware.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import { parsePath } from "../../../src/lwm2m/path.ts";
import { anArtefact, aVendor, KNOWN_STATE } from "../../support/artefact.ts";
import { FakeClock, settleUntil } from "../../support/fake-clock.ts";
import { type LogLine, recordingLogger } from "../../support/recording-logger.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const vendor = aVendor();
const INSTALLED = "0.1.0 of 1";

test("a version is Downloaded once all of it is checked, updates by a restart, and is a success once it has registered", async (t) => {
  const world = aWorld(t);
  const first = await world.process(PACKAGED);
  await first.push(await world.artefact({ version: "9.1.0" }));
  await first.reads("2/0");
  assert.deepEqual([first.object.record.name, first.object.record.version], ["lwm2m-gateway", "9.1.0"]);
  assert.equal(world.start(), PACKAGED);

  await first.execute(2);
  await settleUntil("it ends", () => first.restarts() === 1);
  await first.reads("3/0");
  const version = world.start();
  assert.match(version, /^9\.1\.0-/);

  const second = await world.process(version);
  await second.reads("3/0");
  second.registers();
  await second.reads("0/1");
  assert.equal(world.start(), version);
});

test("a version that is taken back leaves 8", async (t) => {
  const world = aWorld(t);
  const first = await world.process(PACKAGED);
  await first.push(await world.artefact({ version: "9.1.0" }));
  await first.reads("2/0");
  await first.execute(2);
  await settleUntil("it ends", () => first.restarts() === 1);
  for (let starts = 0; starts < 3; starts++) assert.notEqual(world.start(), PACKAGED);
  assert.equal(world.start(), PACKAGED);
  const back = await world.process(PACKAGED);
  await back.reads("0/8");
  back.registers();
  await back.reads("0/8");
});

test("the power goes between the order and the restart: it is done then", async (t) => {
  const world = aWorld(t);
  const first = await world.process(PACKAGED);
  await first.push(await world.artefact({ version: "9.1.0" }));
  await first.reads("2/0");
  await world.kept.change({ update: { ...world.kept.value.update, state: 3 } });
  const again = await world.process(PACKAGED);
  await settleUntil("it ends", () => again.restarts() === 1);
  assert.match(world.start(), /^9\.1\.0-/);
});

test("it registers, and the power goes before that is kept: the next start says so", async (t) => {
  const world = aWorld(t);
  const first = await world.process(PACKAGED);
  await first.push(await world.artefact({ version: "9.1.0" }));
  await first.reads("2/0");
  await first.execute(2);
  await settleUntil("it ends", () => first.restarts() === 1);
  const version = world.start();
  world.own(version).registered();
  assert.equal(world.start(), version);
  await (await world.process(version)).reads("0/1");
});

test("what is nothing for this gateway leaves the result that says why, and nothing else", async (t) => {
  const world = aWorld(t);
  const gateway = await world.process(PACKAGED);
  const leaves = async (bytes: Uint8Array, told: string): Promise<void> => {
    await gateway.push(bytes);
    await gateway.reads(told);
  };
  await leaves(await world.artefact({ version: "1", vendor: aVendor() }), "0/5");
  await leaves(await world.artefact({ version: "2", arch: "riscv64" }), "0/6");
  await leaves(await world.artefact({ version: "3", state: { gateway: 1, history: 1 } }), "0/6");
  await leaves(Buffer.from("firmware of a lamp, perhaps"), "0/6");
  const whole = await world.artefact({ version: "4", files: { a: "body ".repeat(1000) } });
  await leaves(whole.subarray(0, whole.length - 5), "0/5");
  assert.deepEqual(world.versions.list(), []);
  await leaves(whole, "2/0");
  assert.deepEqual(
    new Set(world.log.map(({ message }) => message)),
    new Set(["a version of the gateway is not taken"]),
  );
});

test("while a version is on trial, no other is started", async (t) => {
  const world = aWorld(t);
  await world.own(PACKAGED).install(await anArtefact({ folder: world.folder, vendor, version: "9.1.0" }));
  const onTrial = await world.process(world.start());
  await onTrial.push(await world.artefact({ version: "9.2.0" }));
  await onTrial.reads("2/0");
  await onTrial.execute(2);
  await onTrial.reads("2/11");
  assert.equal(onTrial.restarts(), 0);
  onTrial.registers();
  world.start();
  await onTrial.execute(2);
  await settleUntil("it ends", () => onTrial.restarts() === 1);
});

test("the version that runs already is a success at once", async (t) => {
  const world = aWorld(t);
  const file = await anArtefact({ folder: world.folder, vendor, version: "9.1.0" });
  await world.own(PACKAGED).install(file);
  const version = world.start();
  world.own(version).registered();
  world.start();
  const gateway = await world.process(version);
  await gateway.push(readFileSync(file));
  await gateway.reads("2/0");
  await gateway.execute(2);
  await gateway.reads("0/1");
  assert.equal(gateway.restarts(), 0);
});

function aWorld(t: TestContext) {
  const folder = temporaryDirectory(t);
  const state = join(folder, "state");
  mkdirSync(state);
  writeFileSync(join(state, "gateway.db"), "a database");
  const clock = new FakeClock();
  const lines: LogLine[] = [];
  const log = recordingLogger(lines);
  const versions = new Versions(join(state, "versions"), [vendor.publicKey]);
  const images = new ImageFiles({ directory: join(state, "firmware"), log });
  const kept = aRow();
  const own = (running: string): OwnVersions =>
    new OwnVersions({
      ...{ versions, clock, keys: [vendor.publicKey], arch: process.arch, state: KNOWN_STATE, running },
      ...{ packaged: INSTALLED, databases: state, trial: 10 * MINUTE },
    });
  const definition = catalogue.find(5) ?? assert.fail("there is no object 5");
  return {
    ...{ folder, versions, kept, own, log: lines },
    start: (): string => chooseVersion(versions, INSTALLED).version,
    artefact: async (parts: Partial<Parameters<typeof anArtefact>[0]>): Promise<Buffer> =>
      readFileSync(await anArtefact({ folder, vendor, ...parts })),
    /** What a start makes of what is kept. */
    process: async (running: string) => {
      let restarts = 0;
      let jobs: SelfJobs | undefined;
      const versionsOfIt = own(running);
      const firmware = new DeviceFirmware({
        context: { definition, images, downloaders: [], clock, log, onChange: () => {}, onProgress: () => {} },
        ...{ owner: "", prefix: "", via: "self", maxSize: 2 ** 20, kept },
      });
      t.after(() => firmware.close());
      await firmware.begin((of) => {
        jobs = new SelfJobs({ ...of, own: versionsOfIt, log, restart: () => restarts++ });
        return jobs;
      });
      const { object } = firmware;
      return {
        object,
        restarts: () => restarts,
        push: (bytes: Uint8Array) => object.prepareWrite([{ path: parsePath("/5/0/0"), value: bytes }])(),
        execute: (resource: number) => object.execute(parsePath(`/5/0/${resource}`)),
        registers: () => {
          versionsOfIt.registered();
          jobs?.registered();
        },
        reads: (told: string) => settleUntil(told, () => `${object.record.state}/${object.record.result}` === told),
      };
    },
  };
}

function aRow(): KeptRow {
  let value = FRESH;
  return {
    get value() {
      return value;
    },
    hurry() {},
    change: async ({ update = value.update }) => {
      value = { ...value, update };
    },
  };
}
