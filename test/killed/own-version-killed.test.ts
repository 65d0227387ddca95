/** A whole gateway that a server updates, killed on the way: the next start is whole, and the update comes to its end. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import Database from "better-sqlite3";
import { OWN_SCHEMAS } from "../../src/gateway/firmware/own-versions.ts";
import { locateData } from "../../src/locate.ts";
import { GatewayWorld } from "../interop/gateway-world.ts";
import { anArtefact, aVendor } from "../support/artefact.ts";
import { PROGRAM } from "../support/command.ts";
import type { Outcome } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";

/** "Start me again", as src/cli/command.ts has it. */
const AGAIN = 75;
const NEWER = OWN_SCHEMAS.gateway + 1;
const MIGRATIONS = pathToFileURL(locateData("src/store/migrations.ts")).href;
/** The program of the checkout, which in the new version knows one schema more. */
const KNOWS_MORE = `
if (process.env.LWM2M_GATEWAY_VERSION !== undefined) {
  const { MIGRATIONS } = await import(${JSON.stringify(MIGRATIONS)});
  MIGRATIONS.push("CREATE TABLE more (a INTEGER) STRICT");
}
`;

for (const at of [3, 40, 90]) {
  test(`killed while it unpacks, at point ${at}: the next process does it, and the new version registers`, {
    timeout: 180_000,
  }, async (t) => {
    const { world, ...own } = await aWorld(t);
    await own.killsItself("arriving-", at, () => world.execute("/5/0/2"));
    assert.equal(own.names().filter((name) => name.startsWith("arriving-")).length, 1);
    assert.ok(!own.names().includes("current"));
    own.assertDatabases(OWN_SCHEMAS.gateway);
    await world.startAgain();
    assert.equal((await world.ended()).code, AGAIN);
    await own.endsWell();
  });
}

for (const [what, place, at] of [
  ["between the switch and the first start", ".record.json.new", 1],
  ["while the databases are copied", "before", 3],
] as const) {
  test(`killed ${what}: the next start is the first one`, { timeout: 180_000 }, async (t) => {
    const { world, ...own } = await aWorld(t);
    await own.updates();
    await own.killsItself(place, at);
    own.assertDatabases(OWN_SCHEMAS.gateway);
    await own.endsWell();
  });
}

test("killed on trial, the databases being those of the new version: the next start goes on with it", {
  timeout: 180_000,
}, async (t) => {
  const { world, ...own } = await aWorld(t);
  await own.updates();
  await own.killsItself(".registered", 1);
  own.assertDatabases(NEWER);
  await own.endsWell();
});

test("killed on trial three times: what ran before is back, with its databases", { timeout: 180_000 }, async (t) => {
  const { world, ...own } = await aWorld(t);
  await own.updates();
  for (let starts = 0; starts < 3; starts++) await own.killsItself(".registered", 1);
  await world.startAgain();
  await world.printed(/"code":"LG561".*"reason":"it ended by itself 3 times before it registered"/);
  await world.reads("/5/0/5", 8);
  assert.equal(await world.read("/5/0/3"), 0);
  assert.deepEqual(own.names(), ["aside", "record.json"]);
  await world.stop();
  own.assertDatabases(OWN_SCHEMAS.gateway);
});

/** A gateway in whose `/5/0` a version lies that knows another schema: Downloaded. */
async function aWorld(t: TestContext) {
  const folder = temporaryDirectory(t);
  const [state, newer] = [join(folder, "state"), join(folder, "newer.mjs")];
  mkdirSync(state);
  writeFileSync(newer, KNOWS_MORE);
  const preloads = [locateData("test/support/kill-at.mjs"), newer];
  const options = preloads.map((file) => `--import ${pathToFileURL(file).href}`).join(" ");
  const environment: NodeJS.ProcessEnv = { STATE_DIRECTORY: state, NODE_OPTIONS: options };
  const vendor = aVendor();
  const world = await GatewayWorld.open(t, {
    ...{ protocol: "simulated", environment, mappings: {} },
    ...{ links: ["trial: { type: simulated }"], devices: ["id: room, mapping: simulated-climate, link: trial"] },
    gateway: "firmware: { self: { keys: [ vendor.pub ] } }",
    files: { "vendor.pub": vendor.publicPem },
  });
  await world.write("/5/0/0", readFileSync(await aVersion(folder, vendor)));
  await world.reads("/5/0/3", 2);
  const versions = join(state, "versions");
  // But for the draft of a few bytes, which the next one of its name replaces.
  const names = (): readonly string[] =>
    readdirSync(versions)
      .filter((name) => !name.endsWith(".new"))
      .sort();
  /** In the middle of the n-th change below `place`; if on trial, whoever watches it goes with it. */
  const killsItself = async (place: string, at: number, order?: () => Promise<void>): Promise<void> => {
    if (order !== undefined) await world.kill();
    const onTrial = place === ".registered" ? { KILL_BOTH: "1" } : {};
    Object.assign(environment, { KILL_AT: String(at), KILL_BELOW: join(versions, place), ...onTrial });
    if (order === undefined) world.start();
    else await world.startAgain();
    for (const key of ["KILL_AT", "KILL_BELOW", "KILL_BOTH"]) delete environment[key];
    // Whether it still comes to an answer is of no interest here.
    await order?.().catch(() => {});
    assert.equal((await world.ended()).signal, "SIGKILL");
  };
  return {
    ...{ world, names, killsItself },
    /** Up to the restart. */
    updates: async (): Promise<void> => {
      await world.execute("/5/0/2");
      assert.equal((await world.ended()).code, AGAIN);
      assert.ok(names().includes("current"));
    },
    endsWell: () => endsWell(world, { names, state }),
    assertDatabases: (schema: number): void => assertDatabases(state, schema),
  };
}

async function endsWell(
  world: GatewayWorld,
  { names, state }: { names: () => readonly string[]; state: string },
): Promise<Outcome> {
  await world.startAgain();
  await world.reads("/5/0/5", 1);
  assert.equal(await world.read("/5/0/3"), 0);
  while (existsSync(join(state, "versions/before"))) await world.pause();
  const outcome = await world.stop();
  const [version, ...others] = names();
  assert.match(version ?? "", /^9\.2\.0-[0-9a-f]{12}$/);
  assert.deepEqual(others, ["current", "record.json"]);
  assertDatabases(state, NEWER);
  return outcome;
}

/** Nobody has them open. */
function assertDatabases(state: string, schema: number): void {
  for (const [name, version] of [
    ["gateway.db", schema],
    ["history.db", OWN_SCHEMAS.history],
  ] as const) {
    const database = new Database(join(state, name));
    const found = ["integrity_check", "user_version"].map((pragma) => database.pragma(pragma, { simple: true }));
    database.close();
    assert.deepEqual(found, ["ok", version], name);
  }
}

function aVersion(folder: string, vendor: ReturnType<typeof aVendor>): Promise<string> {
  const more = Array.from({ length: 80 }, (_, i) => [`more/${i}`, "what else there is; ".repeat(100)]);
  const files = {
    "package.json": JSON.stringify({ version: "9.2.0", type: "module" }),
    "dist/src/main.js": `await import(${JSON.stringify(pathToFileURL(PROGRAM).href)});`,
    ...Object.fromEntries(more),
  };
  return anArtefact({ folder, vendor, version: "9.2.0", files, state: { ...OWN_SCHEMAS, gateway: NEWER } });
}
