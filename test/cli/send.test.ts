import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { openAdminSocket } from "../../src/admin/socket.ts";
import { parseArguments, UsageError } from "../../src/cli/command.ts";
import { send } from "../../src/cli/send.ts";
import { silentLogger } from "../../src/log.ts";
import { aConfig, aFolder, aServer, command, startCommand } from "../support/command.ts";
import { temporaryDirectory } from "../support/temp.ts";

test("a running gateway sends what stands at the paths, and the outcome at each server is told", async (t) => {
  const { server, told } = await aServer(t);
  const devices = ["{ id: room-1, mapping: simulated-climate, link: trial }"];
  const folder = aFolder(t, { "config.yaml": aConfig({ server: server.port, devices }) });
  const config = join(folder, "config.yaml");
  const gateway = startCommand(t, "run", "--config", config);
  await Promise.all([gateway.printed(/"msg":"registered"/), gateway.printed(/"msg":"started"/)]);
  await gateway.printed(/"device":"room-1".*online/);

  const [sent, named, missing, unknown] = await Promise.all([
    command(t, "send", "-c", config, "/3/0/0", "/room-1/3303/0"),
    command(t, "send", "-c", config, "--server", "101", "--format", "senml-json", "--json", "/room-1/3303/0/5700"),
    command(t, "send", "-c", config, "/nobody/3303"),
    command(t, "send", "-c", config, "--server", "7", "/3/0/0"),
  ]);
  assert.deepEqual([sent.code, sent.stdout, sent.stderr], [0, "101: delivered\n", ""]);
  assert.deepEqual([named.code, JSON.parse(named.stdout)], [0, [{ server: 101, type: "delivered" }]]);
  const reason = "not sent: no device is shown under the prefix nobody";
  assert.deepEqual([missing.code, missing.stdout], [1, `101: ${reason}\n`]);
  assert.deepEqual([unknown.code, unknown.stdout], [2, ""]);
  assert.match(unknown.stderr, /^lwm2m-gateway: there is no server 7; expected 101 \[LG745\]\n/);
  const status = await command(t, "status", "-c", config);
  assert.match(status.stdout, /^ {4}Send: 2 delivered, 0 refused, 0 not answered$/m);
  assert.ok(told.length > 0);
});

test("what was typed wrong is told before anybody is asked", async () => {
  for (const [argv, message] of [
    [[], /expected at least one PATH/],
    [["/meter-1"], /path "\/meter-1" names no object/],
    [["3/0/0"], /path "3\/0\/0"/],
    [["--format", "tlv", "/3"], /--format tlv: expected one of senml-cbor, senml-json, lwm2m-cbor/],
    [["--server", "x", "/3"], /--server x: expected a Short Server ID/],
  ] as const) {
    const run = send.run(parseArguments(send, argv));
    await assert.rejects(run, (error) => error instanceof UsageError && message.test(error.message));
  }
});

test("what a server said of its refusal is told, and is a failure; so is a gateway that does not run", async (t) => {
  const path = join(temporaryDirectory(t), "admin.sock");
  const outcomes = [
    { server: 101, type: "refused", code: "4.00", reason: "" },
    { server: 102, type: "refused", code: "4.04", reason: "who is /3?" },
    { server: 103, type: "unanswered", reason: "no answer" },
    { server: 104, type: "delivered" },
  ];
  const route = { method: "POST", path: "/v1/send", answer: async () => outcomes } as const;
  const socket = await openAdminSocket(path, [route], silentLogger);
  t.after(() => socket.close());
  const { code, stdout } = await command(t, "send", "--socket", path, "/3");
  assert.equal(code, 1);
  assert.equal(stdout, "101: refused, 4.00\n102: refused, 4.04 who is /3?\n103: no answer\n104: delivered\n");
  const nobody = await command(t, "send", "--socket", `${path}.none`, "/3");
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /^lwm2m-gateway: the gateway is not running /);
});
