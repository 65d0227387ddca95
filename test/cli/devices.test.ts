import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { onTerminal } from "../support/a-terminal.ts";
import { aConfig, aFolder, aServer, command, PROGRAM, startCommand } from "../support/command.ts";
import { aDeviceOf, aSimulation, bytes, portOf } from "../support/modbus-device.ts";

const CLEAR = "\x1b[H\x1b[2J";

const MAPPING = `
format: 1
mapping: odd-meter
protocol: modbus
params: { unit_id: { type: int, range: [1, 247], default: 1 } }
modbus: { unit_id: $unit_id }
every: { normal: 1s }
objects:
  3303: { sensor_value: { input: 0, as: s16, scale: 0.1, unit: Cel, valid: [100, 101] } }
  3304: { sensor_value: { input: 1, as: u16, unit: "%RH" } }
`;

/** One simulated device, one that nobody answers for, one whose mapping is not there; and others. */
async function aCabinet(
  t: TestContext,
  others: { readonly links?: readonly string[]; readonly devices?: readonly string[] } = {},
) {
  const { server } = await aServer(t);
  const devices = [
    "{ id: room-1, mapping: simulated-climate, link: trial }",
    "{ id: meter-1, mapping: eastron-sdm120, link: bus, unit_id: 1 }",
    "{ id: typo, mapping: nothing, link: trial }",
    ...(others.devices ?? []),
  ];
  const folder = aFolder(t, {
    "config.yaml": aConfig({ server: server.port, links: others.links ?? [], devices }),
    "mappings/odd-meter.yaml": MAPPING,
  });
  const gateway = startCommand(t, "run", "-c", join(folder, "config.yaml"));
  await gateway.printed(/"device":"room-1".*"msg":"the device is online"/);
  await gateway.printed(/"msg":"started"/);
  return { gateway, at: ["--config", join(folder, "config.yaml")] };
}

test("devices: a row each, with what will happen next and why; --problems leaves out those that are well", async (t) => {
  const { at, gateway } = await aCabinet(t);
  await gateway.printed(/"device":"meter-1".*"msg":"the device is offline"/);
  const [all, troubled, json] = await Promise.all([
    command(t, "devices", ...at),
    command(t, "devices", "--problems", ...at),
    command(t, "devices", "--json", ...at),
  ]);
  assert.deepEqual([all.code, all.stderr], [0, ""]);
  assert.match(all.stdout, /^DEVICE +PREFIX +MAPPING +LINK +STATE +HEARD +BAD\/VALUES\n/);
  assert.match(all.stdout, /^room-1 +\/room-1 +simulated-climate +trial +online +\d+ s ago +0\/14$/m);
  const offline =
    /^meter-1 +\/meter-1 +eastron-sdm120 +bus +offline(, retry in 0:\d\d, \d+[a-z]+ try)? +never +0\/\d+\n {4}(127\.0\.0\.1:1: )?connect ECONNREFUSED/m;
  assert.match(all.stdout, offline);
  assert.match(all.stdout, /^typo +- +off\n {4}\/.*config\.yaml:10:\d+: error: there is no mapping "nothing"/m);
  assert.doesNotMatch(troubled.stdout, /room-1/);
  assert.match(troubled.stdout, offline);
  const { devices, disabled } = JSON.parse(json.stdout);
  assert.deepEqual(
    devices.map(({ id, state, values }: { id: string; state: string; values: object }) => [id, state, values]),
    [
      ["room-1", "online", { total: 14, bad: 0 }],
      ["meter-1", "offline", { total: devices[1].values.total, bad: 0 }],
    ],
  );
  assert.equal(disabled[0].id, "typo");
});

test("device ID: one device whole; device show is the long form; one that is off says what to mend", async (t) => {
  const { at } = await aCabinet(t);
  const [short, long, off, mistyped, json] = await Promise.all([
    command(t, "device", "room-1", ...at),
    command(t, "device", "show", "room-1", ...at),
    command(t, "device", "typo", ...at),
    command(t, "device", "rom-1", ...at),
    command(t, "device", "room-1", "--json", ...at),
  ]);
  assert.deepEqual([short.code, short.stderr], [0, ""]);
  assert.match(short.stdout, /^room-1: online\n {2}prefix +\/room-1, \/25\/0, urn:dev:ops:32473-test-room-1\n/);
  assert.match(short.stdout, /^ {2}says it is +Manufacturer Simulated, Model Number Climate/m);
  assert.match(short.stdout, /^ {2}\/3303\/0 Temperature\n {4}\/5700 +Sensor Value +[\d.]+ Cel +\d+ s ago$/m);
  assert.equal(long.stdout.split("\n")[0], "room-1: online");
  assert.match(off.stdout, /^typo is off until this is mended:\n {4}\/.*there is no mapping "nothing"/);
  assert.equal(mistyped.code, 2);
  assert.match(
    mistyped.stderr,
    /there is no device "rom-1"; did you mean "room-1"\? \[LG504\]\nTry: lwm2m-gateway devices\n/,
  );
  const { device, identity, objects } = JSON.parse(json.stdout);
  assert.deepEqual([device.state, identity.Manufacturer, objects["3303"]], ["online", "Simulated", "Temperature"]);
});

test("values: where each comes from, how it came about, and why one is bad", async (t) => {
  const slave = aDeviceOf({ temperature: { input: 0, length: 2 }, humidity: { input: 1, length: 2 } });
  slave.values.set("temperature", bytes("00 d7")).set("humidity", bytes("00 28"));
  const simulation = await aSimulation([slave]);
  t.after(() => simulation.close());
  const { at, gateway } = await aCabinet(t, {
    links: [`odd: { type: modbus-tcp, host: 127.0.0.1, port: ${portOf(simulation)} }`],
    devices: ["{ id: odd-1, mapping: odd-meter, link: odd }"],
  });
  await gateway.printed(/"device":"odd-1".*"msg":"points gave no good value"/);
  const [plain, raw, bad, none, off] = await Promise.all([
    command(t, "values", "odd-1", ...at),
    command(t, "values", "odd-1", "--raw", ...at),
    command(t, "values", "odd-1", "--bad", "--json", ...at),
    command(t, "values", "room-1", "--bad", ...at),
    command(t, "values", "typo", ...at),
  ]);
  assert.deepEqual([plain.code, plain.stderr], [0, ""]);
  assert.match(
    plain.stdout,
    /^\/odd-1\/3303\/0\/5700 +Sensor Value +- +\d+ s +bad +(101|-) +.*odd-meter\.yaml:9\n {4}21\.5 is outside valid 100\.\.101$/m,
  );
  assert.match(plain.stdout, /^\/odd-1\/3304\/0\/5700 +Sensor Value +40 %RH +\d+ s +good /m);
  assert.match(raw.stdout, /^\/odd-1\/3303\/0\/5700 +Sensor Value +00 d7 +215 +21\.5 +bad +\d+ s/m);
  assert.match(raw.stdout, /^\/odd-1\/3304\/0\/5700 +Sensor Value +00 28 +40 +40 +40 %RH +\d+ s/m);
  const { values } = JSON.parse(bad.stdout);
  assert.deepEqual(
    values.map(({ path, quality }: { path: string; quality: string }) => [path, quality]),
    [["/odd-1/3303/0/5700", "bad"]],
  );
  assert.equal(none.stdout, "no such values\n");
  assert.equal(off.code, 1);
  assert.match(off.stderr, /device "typo" is off; lwm2m-gateway why typo tells what must be mended \[LG506\]/);
});

test("status --watch draws on a terminal, cut to its size, until Ctrl-C; elsewhere block follows block", async (t) => {
  const { at, gateway } = await aCabinet(t);
  const terminal = onTerminal(t, { columns: 50, rows: 8 }, [process.execPath, PROGRAM, "status", "--watch", ...at]);
  await terminal.printed(/lwm2m-gateway \d[\s\S]*lwm2m-gateway \d/);
  terminal.child.kill("SIGINT");
  const drawn = await terminal.outcome;
  assert.equal(drawn.code, 0);
  const [, first = ""] = drawn.stdout.split(CLEAR);
  const lines = first.trimEnd().split(/\r?\n/);
  assert.ok(lines.length <= 7 && lines.every((line) => line.length <= 50), first);
  assert.match(lines.at(-1) ?? "", /^… \d+ more lines$/);

  const piped = startCommand(t, "values", "room-1", "--watch", "--json", ...at);
  await piped.printed(/^\{.*\}\n\n\{.*\}\n/);
  gateway.child.kill("SIGTERM");
  await piped.printed(/the gateway is not running/);
  piped.child.kill("SIGTERM");
  const { code, stdout } = await piped.outcome;
  assert.equal(code, 0);
  assert.ok(!stdout.includes("\x1b"));
  const [line = ""] = stdout.split("\n");
  assert.equal(JSON.parse(line).id, "room-1");
});
