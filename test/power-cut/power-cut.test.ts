import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import test, { type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { GatewayFile } from "../../src/store/gateway-file.ts";
import { type Chance, chanceOf } from "../support/chance.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { openHistory } from "../support/history.ts";
import { run } from "../support/process.ts";
import { Disk } from "./disk.ts";
import { LEDGER, Ledger, OBSERVATIONS } from "./ledger.ts";
import { type Operation, operationsOf } from "./recording.ts";

/** The nightly run cuts more often. */
const { CI, POWER_CUTS = "250", POWER_CUT_SEED = "1" } = process.env;
const CUTS = Number(POWER_CUTS);
const ROUNDS = CUTS > 1000 ? 3000 : 900;

test(`after a power cut at any of ${CUTS} moments the store opens as it was between two commits, with everything that was on disk`, async (t) => {
  const recording = await record(t);
  if (recording === undefined) return;
  const operations = [...operationsOf(recording)];
  const chance = chanceOf(Number(POWER_CUT_SEED));
  const moments = momentsOf(operations, chance);
  const [disk, ledger] = [new Disk(), new Ledger()];
  const store = temporary(t, "store");
  const names = new Map<number, string>();
  for (const [at, operation] of operations.entries()) {
    if (operation.type === "opened") names.set(operation.file, basename(operation.name));
    if (names.get(operation.file) === LEDGER) {
      if (operation.type === "written") ledger.add(Buffer.from(operation.data).toString().trim());
    } else {
      disk.do(operation);
    }
    for (let again = moments.get(at) ?? 0; again > 0; again--) {
      try {
        await checkCut(store, disk.cut(chance), ledger);
      } catch (error) {
        throw new Error(`cut after operation ${at} of ${operations.length}, seed ${POWER_CUT_SEED}`, { cause: error });
      }
    }
  }
  const syncs = operations.filter(({ type }) => type === "synced").length;
  t.diagnostic(`${CUTS} cuts in ${operations.length} operations, ${syncs} of them syncs`);
});

/** The store is opened by the code that a gateway opens it with. */
async function checkCut(store: string, files: ReadonlyMap<string, Uint8Array>, ledger: Ledger): Promise<void> {
  rmSync(store, { recursive: true });
  mkdirSync(store);
  for (const [name, bytes] of files) writeFileSync(join(store, basename(name)), bytes);
  const file = new GatewayFile(store, ({ reason }) => assert.fail(reason));
  const places = file.use(({ db }) => db.prepare<[], string>("SELECT id FROM devices").pluck().all());
  file.close();
  assert.ok(places.length >= ledger.devices && places.length <= ledger.devices + 1, `${places.length} devices`);
  const { history, lines, kill } = openHistory(store, { clock: new FakeClock() });
  const found = new Set<string>();
  for (const [observation, id] of OBSERVATIONS.entries()) {
    let before = 0;
    for (const { sequence, samples } of await history.peek(id, Number.MAX_SAFE_INTEGER)) {
      assert.ok(sequence > before, "in order");
      before = sequence;
      found.add(`${observation} ${sequence} ${samples[0]?.time}`);
    }
  }
  kill();
  assert.deepEqual(lines, []);
  ledger.check(found);
}

/** Undefined, and the test skipped, where a recorder cannot be built. */
async function record(t: TestContext): Promise<Buffer | undefined> {
  const recorder = build(t);
  if (recorder === undefined) return undefined;
  const folder = temporary(t, "recorded");
  const file = join(temporary(t, "recording"), "recording");
  const env = { ...process.env, LD_PRELOAD: recorder, POWER_CUT_FOLDER: folder, POWER_CUT_RECORDING: file };
  const { code, stderr } = await run(t, process.execPath, [WORKLOAD, folder, String(ROUNDS)], { env });
  assert.equal(stderr, "");
  assert.equal(code, 0);
  return readFileSync(file);
}

function build(t: TestContext): string | undefined {
  const library = join(temporary(t, "recorder"), "recorder.so");
  const flags = ["-O1", "-shared", "-fPIC", "-o", library, RECORDER, "-ldl", "-lpthread"];
  const { status, stderr, error } = spawnSync("cc", flags, { encoding: "utf8" });
  if (status === 0) return library;
  const reason = `the recorder of writes is not built (on Debian: apt install gcc libc6-dev): ${error?.message ?? stderr}`;
  if (CI === undefined) t.skip(reason);
  else assert.fail(reason);
  return undefined;
}

/** Memory is a quick disk, where there is one. */
function temporary(t: TestContext, name: string): string {
  const directory = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), `lwm2m-gateway-${name}-`));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** How often it is cut after which operation: anywhere, since most are writes that are not synced yet. */
function momentsOf(operations: readonly Operation[], chance: Chance): ReadonlyMap<number, number> {
  const moments = new Map<number, number>();
  for (let left = CUTS; left > 0; left--) {
    const at = Math.floor(chance() * operations.length);
    moments.set(at, (moments.get(at) ?? 0) + 1);
  }
  return moments;
}

const WORKLOAD = fileURLToPath(new URL("./workload.ts", import.meta.url));
const RECORDER = fileURLToPath(new URL("./recorder.c", import.meta.url));
