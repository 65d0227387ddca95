/** `version list`, `use` and `drop`: what they print, what they refuse, and what a start makes of it. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { MINUTE, systemClock } from "../../src/clock.ts";
import { type Choice, chooseVersion } from "../../src/firmware/self/choose.ts";
import { OwnVersions } from "../../src/firmware/self/own-versions.ts";
import { PACKAGED } from "../../src/firmware/self/record.ts";
import { Versions } from "../../src/firmware/self/versions.ts";
import { OWN_SCHEMAS } from "../../src/gateway/firmware/own-versions.ts";
import { anArtefact, aVendor } from "../support/artefact.ts";
import { aConfig, aFolder, PROGRAM } from "../support/command.ts";
import { type Outcome, run, start } from "../support/process.ts";

const vendor = aVendor();
const NEWER = { ...OWN_SCHEMAS, gateway: OWN_SCHEMAS.gateway + 1 };

test("list, in words and as JSON: what runs, what is on trial and what comes back, what does not run", async (t) => {
  const world = aWorld(t);
  assert.deepEqual(await world.told("list"), "   VERSION\n*  packaged  the installed program\n");
  const first = await world.use("1.0.0");
  assert.deepEqual(await world.listed(), [
    { version: "packaged", current: false, note: "the installed program" },
    { version: first, current: true, note: "on trial; else packaged comes back" },
  ]);
  world.believe(first);
  const second = await world.use("2.0.0");
  world.believe(second);
  writeFileSync(join(world.state, "versions", first, "package.json"), "");
  assert.deepEqual(
    (await world.listed()).map(({ note }) => note),
    ["the installed program", "does not run: package.json was altered", ""],
  );
});

test("use, once more before the restart: it is on trial all the same, and what comes back is what runs", async (t) => {
  const world = aWorld(t);
  const file = await world.file("1.0.0", NEWER);
  const other = await world.file("2.0.0", NEWER);
  for (const each of [file, file, other])
    assert.match(await world.told("use", each), /, on trial until it registers: /);
  const { trial } = world.versions.record() ?? {};
  assert.deepEqual([trial?.before, trial?.state?.copied], [PACKAGED, false]);
  const [first = "", second] = world.versions.list();
  assert.equal(world.start(), second);
  const told = await world.told("use", second ?? "", "--json");
  assert.deepEqual(JSON.parse(told), { version: second, trial: true });
  assert.equal(world.versions.record()?.trial?.starts, 1);

  // Of two that nobody has seen register none is what comes back; what was copied is of before the first.
  assert.match(await world.told("use", first), /on trial/);
  const next = world.versions.record()?.trial;
  assert.deepEqual([next?.version, next?.before, next?.state?.copied], [first, PACKAGED, true]);
});

test("use of what ran before, while the new one is on trial: it comes back, with the databases as they were", async (t) => {
  const world = aWorld(t);
  writeFileSync(join(world.state, "gateway.db"), "before");
  await world.told("use", await world.file("1.0.0", NEWER));
  const version = world.start();
  writeFileSync(join(world.state, "gateway.db"), "migrated");
  assert.match(await world.told("use", "packaged"), /^the next start runs packaged: systemctl/);
  assert.deepEqual((await world.listed()).at(1), {
    version,
    current: false,
    note: "is taken back by the next start: somebody at the machine wished so",
  });
  assert.match((await world.refused("use", version)).stderr, /is taken back by the next start: restart the gateway/);
  assert.equal(world.start(), PACKAGED);
  assert.equal(readFileSync(join(world.state, "gateway.db"), "utf8"), "before");
  assert.equal((await world.listed()).at(-1)?.note, "was taken back: somebody at the machine wished so");
});

test("use refuses what is no version, what cannot read the state, and another processor's; nothing has changed then", async (t) => {
  const world = aWorld(t);
  const unknown = await world.refused("use", "3.0.0-000000000000");
  assert.deepEqual([unknown.code, /\[LG560\]/.test(unknown.stderr)], [2, true]);
  for (const args of [["use"], ["use", "a", "b"], ["drop"], ["drop", "a", "b"]]) {
    assert.equal((await world.refused(...args)).code, 2);
  }
  const old = await world.refused("use", await world.file("0.9.0", { gateway: 1, history: 1 }));
  assert.deepEqual([old.code, old.stdout], [1, ""]);
  assert.match(old.stderr, /cannot read the state of this gateway: .* \[LG560\]/);
  const [ours, other] = process.arch === "x64" ? ["x64", "arm64"] : [process.arch, "x64"];
  const foreign = await world.refused("use", await world.file("1.0.0", OWN_SCHEMAS, other));
  assert.equal(foreign.code, 1);
  assert.ok(foreign.stderr.includes(`version 1.0.0 is for ${other}; this machine is ${ours} [LG560]`), foreign.stderr);
  assert.deepEqual(readdirSync(world.state), []);
});

test("drop removes what nobody needs, and refuses what runs, is on trial or comes back", async (t) => {
  const world = aWorld(t);
  const [first, second] = [await world.use("1.0.0"), await world.use("2.0.0")];
  assert.match(
    (await world.refused("drop", second)).stderr,
    /is on trial|is what a start runs: use another one before/,
  );
  assert.equal(await world.told("drop", first), `${first} is removed\n`);
  world.believe(second);

  const third = await world.use("3.0.0");
  for (const [version, why] of [
    [second, /is what comes back unless the one on trial registers \[LG560\]/],
    [third, /is what a start runs: use another one before \[LG560\]/],
  ] as const) {
    const { code, stderr } = await world.refused("drop", version);
    assert.equal(code, 1);
    assert.match(stderr, why);
  }
  world.believe(third);
  assert.equal(world.versions.record()?.previous, second);
  assert.deepEqual(JSON.parse(await world.told("drop", second, "--json")), { version: second });
  assert.deepEqual([world.versions.list(), world.versions.record()?.previous], [[third], undefined]);
  for (const version of [second, "packaged", "../state"]) assert.equal((await world.refused("drop", version)).code, 2);
});

test("drop refuses what still runs, whatever the next start runs", { timeout: 120_000 }, async (t) => {
  const world = aWorld(t);
  const version = await world.use("1.0.0");
  world.believe(version);
  const gateway = start(t, process.execPath, [PROGRAM, "run", "--config", world.config], {
    env: { ...world.env, LWM2M_GATEWAY_VERSION: version },
  });
  await gateway.printed(/"msg":"started"/);
  await world.told("use", "packaged");
  const { code, stderr } = await world.refused("drop", version);
  assert.equal(code, 1);
  assert.match(stderr, /still runs: restart the gateway before \[LG560\]/);
  gateway.child.kill("SIGTERM");
  await gateway.outcome;
  await world.told("drop", version);
  assert.ok(!existsSync(join(world.state, "versions", version)));
});

test("without a pinned key there are no versions", async (t) => {
  const folder = aFolder(t, { "config.yaml": aConfig({}) });
  for (const word of ["list", "use x.lgw", "drop 1.0.0"]) {
    const args = ["version", ...word.split(" "), "--config", join(folder, "config.yaml")];
    const { code, stderr } = await run(t, process.execPath, [PROGRAM, ...args]);
    assert.equal(code, 2);
    assert.match(stderr, /the configuration has no gateway\.firmware\.self: .* \[LG560\]/);
  }
});

function aWorld(t: TestContext) {
  const self = "state: state, firmware: { self: { keys: [ vendor.pub ] } }";
  const text = aConfig({}).replace("32473-test", `32473-test, ${self}`);
  const folder = aFolder(t, { "config.yaml": text, "vendor.pub": vendor.publicPem });
  const [state, config] = [join(folder, "state"), join(folder, "config.yaml")];
  mkdirSync(state);
  const versions = new Versions(join(state, "versions"), [vendor.publicKey]);
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, STATE_DIRECTORY: state };
  const version = (...args: readonly string[]): Promise<Outcome> =>
    run(t, process.execPath, [PROGRAM, "version", ...args, "--config", config], { env });
  const told = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await version(...args);
    assert.deepEqual([code, stderr], [0, ""]);
    return stdout;
  };
  const file = (of: string, known = OWN_SCHEMAS, arch: string = process.arch): Promise<string> =>
    anArtefact({ folder, vendor, version: of, arch, state: known, files: { a: of } });
  const start = (): Choice => chooseVersion(versions, versions.record()?.packaged ?? "");
  return {
    ...{ state, config, env, versions, told, file },
    /** Which version the next start runs. */
    start: (): string => start().version,
    use: async (of: string): Promise<string> => {
      await told("use", await file(of));
      return versions.record()?.trial?.version ?? assert.fail("nothing is on trial");
    },
    /** It is started, and registers. */
    believe: (of: string): void => {
      assert.equal(start().version, of);
      aProcess(versions, of, state).registered();
      assert.equal(start().version, of);
    },
    listed: async (): Promise<readonly { version: string; current: boolean; note: string }[]> =>
      JSON.parse(await told("list", "--json")),
    refused: async (...args: readonly string[]): Promise<Outcome> => {
      const outcome = await version(...args);
      assert.notEqual(outcome.code, 0);
      return outcome;
    },
  };
}

function aProcess(versions: Versions, running: string, databases: string): OwnVersions {
  const packaged = versions.record()?.packaged ?? "";
  return new OwnVersions({
    ...{ versions, running, packaged, databases, keys: [vendor.publicKey], arch: process.arch, state: OWN_SCHEMAS },
    ...{ trial: 10 * MINUTE, clock: systemClock },
  });
}
