import assert from "node:assert/strict";
import { test } from "node:test";
import { formatCheck } from "../../src/config/check.ts";
import { BASE, loadFolder } from "./config-folder.ts";

const MAPPING = `mapping: pump
protocol: modbus
modbus: { unit_id: 1 }
identity: { firmware_version: { holding: 1, as: string, length: 8, poll: connect } }
firmware: { via: exec, transfer: { command: [/usr/local/bin/flash, 7] }, accept: { max_size: 480KB } }
objects: { 3303: { sensor_value: { input: 0 } } }
`;
const DEVICES = "devices: [ { id: pump-1, mapping: pump, link: bus }, { id: pump-2, mapping: pump, link: bus } ]\n";

const withFirmware = (keys: string): string => BASE.replace("endpoint: gw", `endpoint: gw, firmware: { ${keys} }`);

test("check says how images get to the devices of a mapping", async (t) => {
  const files = {
    "config.yaml": `${withFirmware("exec: [/usr/local/bin/flash]")}${DEVICES}`,
    "mappings/pump.yaml": MAPPING,
  };
  const { config, problems } = await loadFolder(t, files);
  assert.deepEqual(problems, []);
  const text = formatCheck(config ?? assert.fail());
  assert.match(text, /\n {3}firmware by exec, on-update, version from \/3\/0\/3, up to 480 KB\n?/);
});

test("what would keep images from devices is a warning, once for all of them", async (t) => {
  const files = { "config.yaml": `${withFirmware("max_size: 256KB")}${DEVICES}`, "mappings/pump.yaml": MAPPING };
  const { problems } = await loadFolder(t, files);
  assert.deepEqual(problems, [
    "config.yaml:1:36: warning: firmware: pump-1, pump-2: /usr/local/bin/flash is not run unless gateway.firmware.exec lists it",
    "config.yaml:1:36: warning: firmware: pump-1, pump-2: the mapping takes images of 480 KB, but gateway.firmware.max_size is 256 KB",
  ]);
});

test("devices that fetch their images need an address of the gateway", async (t) => {
  const mapping = `mapping: plug
protocol: mqtt
params: { topic: { type: topic } }
mqtt: { state: $topic }
firmware: { via: url, version: none, transfer: { announce: { topic: "cmnd/$topic/OtaUrl", send: "{url}" } } }
objects: { 3303: { sensor_value: { path: t } } }
`;
  const config = `${BASE.replace("trial:", "broker: { type: mqtt, url: mqtt://127.0.0.1 }, trial:")}devices: [ { id: plug-1, mapping: plug, link: broker, topic: tele/plug } ]\n`;
  const { problems } = await loadFolder(t, { "config.yaml": config, "mappings/plug.yaml": mapping });
  assert.deepEqual(problems, [
    "config.yaml:1:10: warning: firmware: plug-1: with via: url images are fetched from the gateway: say where, gateway.firmware.http: { address: … }",
  ]);
});
