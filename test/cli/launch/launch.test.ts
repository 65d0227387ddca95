/** The built program, started again and again as a service manager does, with versions of itself that are good, bad and worse. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test, { after } from "node:test";
import { OWN_SCHEMAS } from "../../../src/gateway/firmware/own-versions.ts";
import { aVendor } from "../../support/artefact.ts";
import { aDatagramSocket } from "../../support/datagram-socket.ts";
import type { RunningProcess } from "../../support/process.ts";
import { builtProject } from "../../support/stage.ts";
import { aVersionsWorld } from "../../support/versions-world.ts";

/** "Start me again", as src/cli/command.ts has it. */
const AGAIN = 75;

const ends: (() => unknown)[] = [];
after(() => {
  for (const end of ends) end();
});
const stage = await builtProject({ after: (end) => ends.push(end) });

test("a version that registers stays, and takes over the process from its next start on", async (t) => {
  const world = await aVersionsWorld(t, stage);
  const socket = await aDatagramSocket(t);
  const used = await world.command("version", "use", await world.version({ version: "9.1.0" }));
  assert.equal(used.code, 0, used.stderr);
  assert.match(used.stdout, /^the next start runs 9\.1\.0-[0-9a-f]{12}, on trial until it registers: /);

  const onTrial = world.start(socket === undefined ? {} : { NOTIFY_SOCKET: socket.path });
  await onTrial.printed(/"version":"9\.1\.0".*"msg":"started"/);
  await onTrial.printed(/"msg":"the version on trial has registered: it stays"/);
  await socket?.got(/READY=1/);
  assert.match(childOf(onTrial), /versions\/9\.1\.0-/);
  await until(() => world.record()?.trial === undefined);
  assert.equal(await ended(onTrial), 0);

  const believed = world.start();
  await believed.printed(/"version":"9\.1\.0".*"msg":"started"/);
  assert.match(commandOf(believed.child.pid), /versions\/9\.1\.0-[0-9a-f]{12}\/dist\/src\/main\.js/);
  const status = await world.command("status");
  assert.match(status.stdout, /^lwm2m-gateway 9\.1\.0, /);
  assert.equal(await ended(believed), 0);

  const back = await world.command("version", "use", "packaged");
  assert.equal(back.code, 0, back.stderr);
  const installed = world.start();
  await installed.printed(/"msg":"started"/);
  assert.match(commandOf(installed.child.pid), /stage\/dist\/src\/main\.js/);
  assert.equal(await ended(installed), 0);
  const list = JSON.parse((await world.command("version", "list", "--json")).stdout);
  assert.deepEqual(
    list.map(({ version, current }: { version: string; current: boolean }) => [version.split("-")[0], current]),
    [
      ["packaged", true],
      ["9.1.0", false],
    ],
  );
});

for (const [how, files] of [
  ["ends at once, well pleased", { "dist/src/main.js": "process.exit(0)" }],
  ["takes the configuration for wrong", { "dist/src/main.js": "process.exit(2)" }],
  ["crashes after a while", { "dist/src/main.js": "setTimeout(() => { throw new Error('no') }, 500)" }],
  ["throws", { "dist/src/main.js": "throw new Error('no')" }],
  ["is no program", { "bin/node": "this is no program" }],
  ["kills itself", { "dist/src/main.js": "process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000)" }],
] as const) {
  test(`a version that ${how} is started three times, and taken back`, async (t) => {
    const world = await aVersionsWorld(t, stage);
    await world.command("version", "use", await world.version({ version: "9.1.0", files }));
    for (let starts = 0; starts < 3; starts++) assert.equal((await world.start().outcome).code, AGAIN);
    const installed = world.start();
    await installed.printed(/"code":"LG561".*"reason":"it ended by itself 3 times before it registered"/);
    await installed.printed(/"msg":"started"/);
    assert.equal(await ended(installed), 0);
    assert.deepEqual(folders(world.state), []);
  });
}

test("a version that never registers is ended when its time is over, and taken back", async (t) => {
  const world = await aVersionsWorld(t, stage);
  const files = { "dist/src/main.js": "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000)" };
  await world.command("version", "use", await world.version({ version: "9.1.0", files }));
  world.nearlyOver();
  assert.equal((await world.start().outcome).code, AGAIN);
  const installed = world.start();
  await installed.printed(/"code":"LG561".*"reason":"it did not register within 1 min"/);
  assert.equal(await ended(installed), 0);
});

test("an end that was asked for counts as none", async (t) => {
  const world = await aVersionsWorld(t, stage);
  const files = {
    "dist/src/main.js": "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000); console.log('up')",
  };
  await world.command("version", "use", await world.version({ version: "9.1.0", files }));
  for (let starts = 0; starts < 4; starts++) {
    const gateway = world.start();
    await gateway.printed(/up/);
    assert.equal(await ended(gateway), 0);
  }
  assert.equal(world.record()?.trial?.starts, 0);
});

test("what somebody chooses while a version is on trial is what the next start runs", async (t) => {
  const world = await aVersionsWorld(t, stage);
  const stays = "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000); console.log('up')";
  const files = { "dist/src/main.js": stays };
  await world.command("version", "use", await world.version({ version: "9.1.0", files }));
  const gateway = world.start();
  await gateway.printed(/up/);
  await world.command("version", "use", await world.version({ version: "9.2.0", files }));
  assert.equal(await ended(gateway), 0);
  const { trial } = world.record() ?? {};
  assert.deepEqual([trial?.version.split("-")[0], trial?.before, trial?.starts], ["9.2.0", "", 0]);
});

test("a version that has brought the state to its schema is taken back with the state as it was", async (t) => {
  const world = await aVersionsWorld(t, stage);
  const first = world.start();
  await first.printed(/"msg":"started"/);
  assert.equal(await ended(first), 0);
  await world.server.close();

  const parts = readdirSync(join(stage, "dist/parts")).map((name) => `dist/parts/${name}`);
  const [path = "", ...others] = parts.filter((part) =>
    /HISTORY_MIGRATIONS = /.test(readFileSync(join(stage, part), "utf8")),
  );
  assert.deepEqual(others, []);
  const changed = readFileSync(join(stage, path), "utf8").replace(
    /^var HISTORY_MIGRATIONS = /m,
    'MIGRATIONS.push("CREATE TABLE more (a INTEGER) STRICT");\n$&',
  );
  assert.match(changed, /CREATE TABLE more/);
  const state = { ...OWN_SCHEMAS, gateway: OWN_SCHEMAS.gateway + 1 };
  const file = await world.version({ version: "9.1.0", state, files: { [path]: changed } });
  assert.equal((await world.command("version", "use", file)).code, 0);
  world.nearlyOver();
  const onTrial = world.start();
  await onTrial.printed(/"msg":"started"/);
  assert.ok(existsSync(join(world.state, "versions/before/gateway.db")));
  assert.equal((await onTrial.outcome).code, AGAIN);

  const installed = world.start();
  await installed.printed(/"code":"LG561".*"reason":"it did not register within 1 min"/);
  await installed.printed(/"code":"LG561","databases":".*versions\/aside/);
  await installed.printed(/"msg":"started"/);
  assert.ok(existsSync(join(world.state, "versions/aside/gateway.db")));
  await ended(installed);
});

test("what is signed by another, or is not whole, is refused, and nothing has changed", async (t) => {
  const world = await aVersionsWorld(t, stage);
  const file = await world.version({ version: "9.1.0", privatePem: aVendor().privatePem });
  const refused = await world.command("version", "use", file);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /is not signed by the key of gateway\.firmware\.self\.keys, or was altered \[LG560\]/);
  assert.deepEqual(folders(world.state), []);
});

test("whoever kills it while it is on trial: the time that it ran counts, and so does the start", async (t) => {
  const world = await aVersionsWorld(t, stage);
  await world.server.close();
  await world.command("version", "use", await world.version({ version: "9.1.0" }));
  for (let starts = 1; starts <= 2; starts++) {
    const gateway = world.start();
    await gateway.printed(/"msg":"started"/);
    const child = childPid(gateway);
    // Both at once, as a power cut.
    gateway.child.kill("SIGKILL");
    process.kill(child, "SIGKILL");
    await gateway.outcome;
    assert.equal(world.record()?.trial?.starts, starts);
  }
});

async function ended(gateway: RunningProcess): Promise<number | undefined> {
  gateway.child.kill("SIGTERM");
  return (await gateway.outcome).code;
}

/** Of a version on trial there are two processes: who watches it, and itself. */
function childPid(gateway: RunningProcess): number {
  const { pid = 0 } = gateway.child;
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
}

function childOf(gateway: RunningProcess): string {
  return commandOf(childPid(gateway));
}

function commandOf(pid = 0): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
}

function folders(state: string): readonly string[] {
  const directory = join(state, "versions");
  return existsSync(directory) ? readdirSync(directory).filter((name) => /^\d/.test(name)) : [];
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 50));
}
