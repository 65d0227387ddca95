import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { aConfig, aFolder, aServer, startCommand } from "../support/command.ts";
import { overSocket } from "../support/over-socket.ts";

test("a running gateway tells that it lives, that it is ready, and its numbers", async (t) => {
  const { server } = await aServer(t);
  const devices = [
    "{ id: room-1, mapping: simulated-climate, link: trial }",
    "{ id: bad, mapping: none, link: trial }",
  ];
  const folder = aFolder(t, { "config.yaml": aConfig({ server: server.port, devices }) });
  const gateway = startCommand(t, "run", "--config", join(folder, "config.yaml"));
  await Promise.all([gateway.printed(/"msg":"registered"/), gateway.printed(/"msg":"started"/)]);
  await gateway.printed(/the device is online/);
  const ask = (path: string) => overSocket(join(folder, "state/admin.sock"), path);
  assert.deepEqual(await ask("/healthz"), { status: 200, type: "text/plain; charset=utf-8", body: "ok\n" });
  const ready = await ask("/readyz");
  assert.deepEqual([ready.status, ready.body], [200, "ready\n"]);
  const { body } = await ask("/metrics");
  assert.match(body, /^lwm2m_gateway_device_up\{device="room-1",link="trial"\} 1$/m);
  assert.match(body, /^lwm2m_gateway_upstream_registered\{server="101"\} 1$/m);
  assert.match(body, /^lwm2m_gateway_devices\{state="off"\} 1$/m);
  assert.match(body, /^lwm2m_gateway_config_errors 1$/m);
  assert.doesNotMatch((await ask("/metrics?devices=total")).body, /^lwm2m_gateway_device_up\{/m);
  assert.equal((await ask("/metrics?devices=some")).status, 400);
});

test("a gateway whose server does not answer is ready for now, and says which one is away", async (t) => {
  const folder = aFolder(t, { "config.yaml": aConfig({}) });
  const gateway = startCommand(t, "run", "--config", join(folder, "config.yaml"));
  await gateway.printed(/"msg":"started"/);
  const { status, body } = await overSocket(join(folder, "state/admin.sock"), "/readyz");
  assert.equal(status, 200);
  assert.match(body, /^ready\nserver 101, coap:\/\/127\.0\.0\.1:1: \w+: /);
});
