/** Over a real socket, with the helper as a process of its own; what it would run as root is only written down. */
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { askHelper, helperIsThere } from "../../../src/service/helper/ask.ts";
import type { HelperRequest } from "../../../src/service/helper/requests.ts";
import { aHelper } from "../../support/a-helper.ts";
import { settleUntil } from "../../support/fake-clock.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const TIME = Date.UTC(2026, 10, 23, 12);

test("each verb runs its commands, is answered, and is in the log", async (t) => {
  const helper = await aHelper(t);
  if (helper === undefined) return;
  assert.ok(helperIsThere(helper.socket));
  const requests: readonly HelperRequest[] = [
    { verb: "set-clock", time: TIME },
    { verb: "reboot" },
    { verb: "factory-reset" },
  ];
  for (const request of requests) assert.deepEqual(await askHelper(helper.socket, request), { ok: true });
  await settleUntil("the last command", () => helper.commands.length === 5);
  assert.deepEqual(helper.commands, [
    "timedatectl set-time @1795435200.000",
    "systemctl --no-block reboot",
    "systemctl stop lwm2m-gateway.service",
    "systemctl clean --what=state lwm2m-gateway.service",
    "systemctl --no-block start lwm2m-gateway.service",
  ]);
  await helper.process.printed(/lwm2m-gateway-helper: asked for set-clock 2026-11-23T12:00:00.000Z\n.*set-clock done/);
});

test("what is none of them runs nothing", async (t) => {
  const helper = await aHelper(t);
  if (helper === undefined) return;
  const strange: HelperRequest[] = JSON.parse('[{ "verb": "halt" }, { "verb": "reboot", "when": "now" }]');
  for (const request of strange) assert.equal((await askHelper(helper.socket, request)).ok, false);
  assert.deepEqual(helper.commands, []);
});

test("a command that fails ends it, and its words are the reason", async (t) => {
  const helper = await aHelper(t, "timedatectl");
  if (helper === undefined) return;
  const reply = await askHelper(helper.socket, { verb: "set-clock", time: TIME });
  const reason = "timedatectl set-time @1795435200.000: it is not to be had";
  assert.deepEqual(reply, { ok: false, reason });
});

test("a factory reset that cannot stop the gateway removes nothing", async (t) => {
  const helper = await aHelper(t, "systemctl");
  if (helper === undefined) return;
  await askHelper(helper.socket, { verb: "factory-reset" });
  await helper.process.printed(/factory-reset failed: systemctl stop lwm2m-gateway.service: it is not to be had/);
  assert.deepEqual(helper.commands, ["systemctl stop lwm2m-gateway.service"]);
});

test("a helper that is not there is a reason, and no error", async (t) => {
  const socket = join(temporaryDirectory(t), "none");
  const reply = await askHelper(socket, { verb: "reboot" });
  assert.match(reply.ok ? "" : reply.reason, /^the helper cannot be asked at .*none: .*ENOENT/);
});
