/** From nothing to a value at a Leshan server, as a new user comes there: `setup`, then `run`. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { command, startCommand } from "../support/command.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { findLeshan } from "./leshan/installation.ts";
import { LeshanServer } from "./leshan/leshan-server.ts";

const ENDPOINT = "urn:dev:ops:32473-setup";

test("two commands lead from nothing to a meter's values at Leshan", async (t) => {
  const java = await findLeshan(t);
  if (java === undefined) return;
  const leshan = await LeshanServer.start(t, java, ENDPOINT);
  const meter = startCommand(t, "sim", "eastron-sdm630", "--unit", "1", "--port", "0");
  const [, port = ""] = await meter.printed(/on 127\.0\.0\.1:(\d+)$/m);
  const folder = temporaryDirectory(t);
  const config = ["--config", join(folder, "config.yaml")];
  const server = ["--server", `coap://127.0.0.1:${leshan.coapPort}`, "--endpoint", ENDPOINT];
  const device = ["--modbus-tcp", `127.0.0.1:${port}`, "--scan", "1", "--id", "meter-1"];

  const setup = await command(t, "setup", ...config, ...server, ...device, "--yes", "--json");
  assert.equal(setup.code, 0, setup.stderr);
  const { reachable, values, next } = JSON.parse(setup.stdout);
  assert.equal(reachable, true, "Leshan answers a CoAP ping");
  assert.equal(next, `lwm2m-gateway run ${config.join(" ")}`);
  assert.deepEqual(readdirSync(folder), ["config.yaml"]);

  const gateway = startCommand(t, "run", ...config);
  await leshan.events.next(0, "REGISTRATION", (one) => one.endpoint === ENDPOINT);
  await Promise.all([gateway.printed(/"msg":"registered"/), gateway.printed(/the device is online/)]);
  assert.deepEqual(await leshan.values("/25/0/1", "SENML_JSON"), { "/25/0/1": "meter-1" });
  // Leshan opens no prefix: layout auto, which setup proposes, shows it the meter's objects as the gateway's own.
  const path = "/10242/0/4";
  const seen = values.find((value: { path: string }) => value.path === `/meter-1${path}`).value;
  const { [path]: volts } = await leshan.values(path, "SENML_JSON");
  assert.ok(Math.abs(Number(volts) - seen) < 20, `${String(volts)} V at Leshan, ${seen} V in the setup`);
  gateway.child.kill("SIGTERM");
  assert.equal((await gateway.outcome).code, 0);
});
