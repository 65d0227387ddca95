import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { type Command, parseArguments, UsageError } from "../../src/cli/command.ts";
import { deviceForget } from "../../src/cli/device-forget.ts";
import { deviceRename } from "../../src/cli/device-rename.ts";
import { deviceReplace } from "../../src/cli/device-replace.ts";
import { systemClock } from "../../src/clock.ts";
import { silentLogger } from "../../src/log.ts";
import { observationId } from "../../src/lwm2m/observation-id.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import { openStore } from "../../src/store/store.ts";
import { aConfig, aFolder, aServer, command, startCommand } from "../support/command.ts";

const DEVICE = "{ id: gone, mapping: simulated-climate, link: trial }";

/** A state in which a device "gone" has its place, and reports that wait; the configuration has the devices given. */
async function aState(
  t: TestContext,
  devices: readonly string[] = [],
): Promise<{ readonly config: string; readonly state: string }> {
  const folder = aFolder(t, { "config.yaml": aConfig({ devices }) });
  const state = join(folder, "state");
  const store = await openStore({ directory: state, log: silentLogger });
  try {
    await store.assignDevices([{ id: "gone" }, { id: "stays" }]);
    const history = await store.openHistory({ clock: systemClock });
    for (const device of ["gone", "stays"]) {
      const path = parsePath(`/${device}/3303/0/5700`);
      history.append(
        observationId(101, [path]),
        { samples: [{ path, time: Date.now(), value: 1 }], confirmable: true },
        10,
      );
    }
    await history.flush();
  } finally {
    await store.close();
  }
  return { config: join(folder, "config.yaml"), state };
}

async function placesIn(state: string): Promise<readonly string[]> {
  const store = await openStore({ directory: state, log: silentLogger });
  try {
    return [...(await store.loadPlaces()).keys()].sort();
  } finally {
    await store.close();
  }
}

/** The sentence by which a command refuses what was asked: in this process, which is cheaper than another. */
async function refusal(command: Command, ...words: readonly string[]): Promise<string> {
  const error = await command.run(parseArguments(command, words)).then(String, (reason: unknown) => reason);
  assert.ok(error instanceof UsageError, String(error));
  return error.message;
}

test("without a gateway a device is forgotten on the disk: its prefix is free, what waits of it is dropped", async (t) => {
  const { config, state } = await aState(t);
  const asked = await command(t, "device", "forget", "gone", "-c", config);
  assert.equal(asked.code, 2);
  assert.match(asked.stderr, /there is no terminal to ask at: needs --yes/);
  const done = await command(t, "device", "forget", "gone", "--yes", "-c", config);
  assert.deepEqual([done.code, done.stdout], [0, "gone is forgotten: /gone is free, 1 report dropped\n"]);
  assert.deepEqual(await placesIn(state), ["stays"]);
  const again = await refusal(deviceForget, "gonr", "--yes", "-c", config);
  assert.equal(again.split("\n")[0], 'nothing is kept of a device "gonr"');
});

test("a device that is configured is not forgotten, for it would have its prefix again at once", async (t) => {
  const { config, state } = await aState(t, [DEVICE]);
  assert.match(
    await refusal(deviceForget, "gone", "--yes", "-c", config),
    /device "gone" is configured: take it out of the configuration, and reload, before it is forgotten/,
  );
  assert.deepEqual(await placesIn(state), ["gone", "stays"]);
});

test("a gateway that runs forgets by itself, and hears that hardware was replaced", async (t) => {
  const { config, state } = await aState(t);
  const { server } = await aServer(t);
  writeFileSync(
    config,
    aConfig({ server: server.port, devices: ["{ id: stays, mapping: simulated-climate, link: trial }"] }),
  );
  const gateway = startCommand(t, "run", "-c", config);
  await gateway.printed(/"msg":"started"/);
  const replaced = await command(t, "device", "replace", "stays", "-c", config);
  assert.match(await refusal(deviceForget, "stays", "--yes", "-c", config), /device "stays" is configured/);
  assert.deepEqual(
    [replaced.code, replaced.stdout],
    [0, "/stays keeps its numbers and history; its counters may begin anew\n"],
  );
  const nobody = await refusal(deviceReplace, "stay", "-c", config);
  assert.equal(nobody.split("\n")[0], 'no device "stay" runs; did you mean "stays"?');
  const { code, stdout } = await command(t, "device", "forget", "gone", "--yes", "--json", "-c", config);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), { device: "gone", prefix: "gone", reports: 1 });
  gateway.child.kill("SIGTERM");
  await gateway.outcome;
  assert.deepEqual(await placesIn(state), ["stays"]);
});

test("without a gateway there is nothing to replace, and that is said", async (t) => {
  const { config } = await aState(t);
  const { code, stdout } = await command(t, "device", "replace", "stays", "-c", config);
  assert.deepEqual(
    [code, stdout],
    [0, "no gateway runs, so nothing was learned of the old hardware: stays keeps its prefix and history\n"],
  );
});

test("rename tells what to write, writes it where that is asked for, and the prefix moves along", async (t) => {
  const { config, state } = await aState(t, [`${DEVICE}   # the old one`]);
  const told = await command(t, "device", "rename", "gone", "hall", "-c", config);
  assert.deepEqual([told.code, told.stdout], [0, `${config}:8:5: write id: hall, was: gone; --write does it\n`]);
  const done = await command(t, "device", "rename", "gone", "hall", "--write", "-c", config);
  assert.equal(done.code, 0);
  assert.match(
    readFileSync(config, "utf8"),
    /^ {2}- \{ id: hall, was: gone, mapping: simulated-climate, link: trial \} {3}# the old one$/m,
  );
  const { server } = await aServer(t);
  writeFileSync(config, readFileSync(config, "utf8").replace('127.0.0.1:1"', `127.0.0.1:${server.port}"`));
  const gateway = startCommand(t, "run", "-c", config);
  await gateway.printed(/"msg":"started"/);
  gateway.child.kill("SIGTERM");
  await gateway.outcome;
  assert.deepEqual(await placesIn(state), ["hall", "stays"]);
});

test("a rename that cannot be is told before anything changes", async (t) => {
  const devices = [DEVICE, "{ id: c-$n, mapping: simulated-climate, link: trial, each: { n: 1..2 } }"];
  const { config } = await aState(t, devices);
  const before = readFileSync(config, "utf8");
  const rename = (...words: readonly string[]) => refusal(deviceRename, ...words, "-c", config);
  assert.match(await rename("gon", "x"), /unknown device "gon"; did you mean "gone"\?/);
  assert.match(await rename("gone", "c-1"), /there is a device "c-1" already/);
  assert.match(await rename("gone", "a b"), /"a b" can be no id here/);
  assert.match(await rename("gone"), /expected the OLD and the NEW id/);
  assert.match(await rename("c-1", "x", "--write"), /does not stand there in so many words: change it by hand/);
  assert.equal(readFileSync(config, "utf8"), before);
});
