import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { openAdminSocket } from "../../src/admin/socket.ts";
import { silentLogger } from "../../src/log.ts";
import { aConfig, aFolder, aServer, command, startCommand } from "../support/command.ts";
import { temporaryDirectory } from "../support/temp.ts";

test("a running gateway tells its servers, its devices and, asked for, their values", async (t) => {
  const { server } = await aServer(t);
  const devices = [
    "{ id: room-1, mapping: simulated-climate, link: trial }",
    "{ id: typo, mapping: nothing, link: trial }",
  ];
  const folder = aFolder(t, { "config.yaml": aConfig({ server: server.port, devices }) });
  const config = join(folder, "config.yaml");
  const gateway = startCommand(t, "run", "--config", config);
  await Promise.all([gateway.printed(/"msg":"registered"/), gateway.printed(/"msg":"started"/)]);

  const [brief, full, json] = await Promise.all([
    command(t, "status", "--config", config),
    command(t, "status", "--values", "--socket", join(folder, "state/admin.sock")),
    command(t, "status", "--json", "--config", config),
  ]);
  assert.deepEqual([brief.code, brief.stderr], [0, ""], brief.stdout);
  assert.match(
    brief.stdout,
    /^lwm2m-gateway \d+\.\d+\.\d+, up \d+ s\nendpoint urn:dev:ops:32473-test, configuration \//,
  );
  assert.match(brief.stdout, /^101 +registered \(1\.2\) +\d+ s +coap:\/\/127\.0\.0\.1:\d+ /m);
  assert.match(brief.stdout, /^room-1 +\/room-1 +online /m);
  assert.match(brief.stdout, /^typo +- +off\n {4}\/.*config\.yaml:9:\d+: error: there is no mapping "nothing"/m);
  assert.doesNotMatch(brief.stdout, /\/3303\//);
  assert.match(full.stdout, /^ {4}\/room-1\/3303\/0\/5700 +Sensor Value +[\d.]+ Cel +\d+ s ago$/m);
  const status = JSON.parse(json.stdout);
  assert.deepEqual(
    [status.servers[0].state, status.devices[0].id, status.disabled[0].id],
    ["registered", "room-1", "typo"],
  );
});

test("a gateway that is not registered is a failure for whoever asks, and told why", async (t) => {
  const folder = aFolder(t, { "config.yaml": aConfig({}) });
  const config = join(folder, "config.yaml");
  const gateway = startCommand(t, "run", "--config", config);
  await gateway.printed(/"msg":"started"/);
  const { code, stdout } = await command(t, "status", "-c", config);
  assert.equal(code, 1);
  assert.match(
    stdout,
    /^101 +(registering|retrying) .*\n {4}.*; (gives up|next try) in \d+ (s|min)\n(?: {4}.*\n){3} {4}this month: .* out, .* in\n\nno devices\n$/m,
  );
});

test("where no gateway runs, that is what is said", async (t) => {
  const folder = aFolder(t, { "config.yaml": aConfig({}), "state/admin.sock": "" });
  const [missing, dead] = await Promise.all([
    command(t, "status", "--socket", join(folder, "nothing.sock")),
    command(t, "status", "--config", join(folder, "config.yaml")),
  ]);
  assert.deepEqual(
    [missing.code, missing.stdout, missing.stderr],
    [
      1,
      "",
      `lwm2m-gateway: the gateway is not running (no answer on ${folder}/nothing.sock: there is no such file) [LG701]\nTry: systemctl status lwm2m-gateway, or lwm2m-gateway run\n`,
    ],
  );
  assert.deepEqual([dead.code, dead.stdout], [1, ""]);
  assert.match(
    dead.stderr,
    /^lwm2m-gateway: the gateway is not running \(no answer on .*: nobody listens\) \[LG701\]\n/,
  );
});

test("an answer that is none is a sentence, not a stack", async (t) => {
  const path = join(temporaryDirectory(t), "admin.sock");
  const socket = await openAdminSocket(path, [], silentLogger);
  t.after(() => socket.close());
  const { code, stderr } = await command(t, "status", "--socket", path);
  assert.equal(code, 1);
  const sentence = "the running gateway is of another version, and knows no /v1/status: restart it";
  assert.equal(stderr, `lwm2m-gateway: ${sentence} [LG746]\nTry: systemctl restart lwm2m-gateway\n`);
});
