import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { parseReloadRequest } from "../../src/cli/routes/configurations.ts";
import { aConfig, aFolder, aServer, command, startCommand } from "../support/command.ts";

const ROOM = `
mapping: room
protocol: simulated

objects:
  3303: { sensor_value: { constant: 21.5 } }
`;
const ATTIC = "{ id: attic, mapping: room, link: trial }";
const CELLAR = "{ id: cellar, mapping: room, link: trial }";

async function aGateway(t: TestContext, devices: readonly string[]) {
  const { server } = await aServer(t);
  const folder = aFolder(t, { "config.yaml": aConfig({ server: server.port, devices }), "mappings/room.yaml": ROOM });
  const config = join(folder, "config.yaml");
  const gateway = startCommand(t, "run", "--config", config);
  await gateway.printed(/"msg":"started"/);
  const configure = (...entries: readonly string[]) =>
    writeFileSync(config, aConfig({ server: server.port, devices: entries }));
  return { gateway, config, configure };
}

test("reload says what came, went and stayed; a dry run says the same and does nothing", async (t) => {
  const { config, configure } = await aGateway(t, [ATTIC, "{ id: hall, mapping: room, link: trial }"]);
  configure(ATTIC, CELLAR, "{ id: bad, mapping: rooom, link: trial }");
  const dry = await command(t, "reload", "--dry-run", "--config", config);
  assert.equal(dry.code, 0, dry.stderr);
  const [problem = "", ...lines] = dry.stdout.trimEnd().split("\n");
  assert.match(problem, /config\.yaml:\d+:\d+: error: there is no mapping "rooom".*did you mean "room"\?/);
  const changes = ["+ device cellar", "- device hall", "! device off: bad"];
  const counts = "devices: 1 added, 1 removed, 0 changed, 1 untouched, 1 off";
  assert.deepEqual(lines, [...changes, `${counts}; nothing was done: it was a dry run`]);
  const done = await command(t, "reload", "--config", config);
  assert.equal(done.code, 0, done.stderr);
  const told = done.stdout.trimEnd().split("\n").slice(1);
  assert.deepEqual(told.slice(0, -1), changes);
  assert.match(told.at(-1) ?? "", /^devices: 1 added, .* 1 off; reloaded in \d+ ms$/);
  const again = await command(t, "reload", "--json", "--config", config);
  const { taken, devices } = JSON.parse(again.stdout);
  assert.deepEqual([taken, devices.untouched, devices.disabled], [true, 2, ["bad"]]);
});

test("a configuration that is not taken is exit code 2, also where it can be read no more", async (t) => {
  const { config, configure } = await aGateway(t, [ATTIC]);
  writeFileSync(config, "servers: [ nobody\n");
  const refused = await command(t, "reload", "--config", config);
  assert.equal(refused.code, 2, refused.stderr);
  assert.match(refused.stdout, /config\.yaml:\d+:\d+: error: /);
  assert.match(
    refused.stdout,
    /not reloaded, everything runs on as before: \d+ errors?; mend that, then: lwm2m-gateway reload\n$/,
  );
  const dry = await command(t, "reload", "--dry-run", "--json", "--config", config);
  assert.deepEqual([dry.code, JSON.parse(dry.stdout).taken], [2, false]);
  configure(ATTIC, CELLAR);
  assert.equal((await command(t, "reload", "--config", config)).code, 0);
});

test("where no gateway runs there is nothing to reload: exit code 1", async (t) => {
  const folder = aFolder(t, { "config.yaml": aConfig({}) });
  const { code, stderr } = await command(t, "reload", "--config", join(folder, "config.yaml"));
  assert.equal(code, 1);
  assert.match(stderr, /^lwm2m-gateway: (LG701: )?the gateway is not running/);
});

test("what asks for a reload in other words is told what was expected", () => {
  assert.deepEqual(parseReloadRequest(undefined), { dryRun: false, by: "reload" });
  assert.deepEqual(parseReloadRequest({ dry_run: true }), { dryRun: true, by: "reload" });
  assert.deepEqual(parseReloadRequest({ by: "rollback to 3" }), { dryRun: false, by: "rollback to 3" });
  for (const body of [3, [], "now", { dry: true }, { dry_run: 1 }, { by: "" }, { by: "a\nb" }, { by: "x".repeat(65) }])
    assert.throws(() => parseReloadRequest(body), /expected/, JSON.stringify(body));
});

test("with auto_reload a change is taken by itself, and a broken file is told once", async (t) => {
  const { gateway, config, configure } = await aGateway(t, [ATTIC]);
  const watching = (...devices: readonly string[]) => {
    configure(...devices);
    const text = readFileSync(config, "utf8");
    writeFileSync(config, text.replace("gateway: {", "gateway: { auto_reload: true,"));
  };
  watching(ATTIC);
  gateway.child.kill("SIGHUP");
  await gateway.printed(/the files of the configuration are watched/);
  watching(ATTIC, CELLAR);
  await gateway.printed(/"devices":2.*"added":1.*configuration reloaded/);
  writeFileSync(config, "servers: [");
  await gateway.printed(/configuration not reloaded/);
  watching(ATTIC, CELLAR, "{ id: hall, mapping: room, link: trial }");
  await gateway.printed(/"devices":3.*configuration reloaded/);
  configure(ATTIC);
  await gateway.printed(/"devices":1.*configuration reloaded/);
  gateway.child.kill("SIGTERM");
  const { code, stdout } = await gateway.outcome;
  assert.equal(code, 0);
  assert.equal(stdout.match(/configuration not reloaded/g)?.length, 1);
});
