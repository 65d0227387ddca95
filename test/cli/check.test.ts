import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { locateData } from "../../src/locate.ts";
import { aConfig, aFolder, command } from "../support/command.ts";

const MAPPING = `
mapping: room
protocol: simulated
objects:
  3303: { sensor_valeu: { constant: 21.5 } }
`;

test("the example is without fault, and its plan of reads is shown", async (t) => {
  const { code, stdout, stderr } = await command(t, "check", "--strict", "-c", locateData("config.example.yaml"));
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /config\.example\.yaml: 1 server, 3 links, 4 devices\n/);
  assert.match(stdout, / 2 devices: meter-1, meter-2\n/);
  assert.match(stdout, / poll every 2s: 10 values in 2 reads: input\[0x0\.\.0x11\], input\[0x34\.\.0x35\]\n/);
  assert.match(stdout, / execute: \/3\/0\/4 Reboot\n/);
  assert.match(stdout, /\nserver 101 \(coap:\/\/127\.0\.0\.1:5683\): 43 values\n {3}TOLD BY +MESSAGES\/S /);
  assert.match(stdout, /\nno problems\n$/);
});

test("what servers fill, how far a mapping can be trusted, and how fast servers may have a value read, is shown", async (t) => {
  const mapping = `${MAPPING.replace("valeu", "value").replace("constant: 21.5 }", "ramp: { from: 0, to: 30, period: 5m }, poll: fast }")}`;
  const limited = mapping.replace("objects:", "source: field-verified\nevery: { fast: 2s, limit: 500ms }\nobjects:");
  const devices = [1, 2].map((n) => `{ id: room-${n}, mapping: room, link: trial, stored_objects: [16] }`);
  const config = aConfig({ devices }).replace("-test }", "-test, stored_objects: [16, 3442] }");
  const folder = aFolder(t, { "config.yaml": config, "mappings/room.yaml": limited });
  const [text, json] = await Promise.all([
    command(t, "check", "-c", join(folder, "config.yaml")),
    command(t, "check", "--json", "-c", join(folder, "config.yaml")),
  ]);
  assert.match(text.stdout, /^ {3}stored objects \/16 Portfolio [\d.]+, \/3442 .* [\d.]+: the gateway$/m);
  assert.match(text.stdout, /^ {3}stored objects \/16 Portfolio [\d.]+: room-1, room-2$/m);
  assert.match(text.stdout, /^ {3}poll every 2s, or 500ms for a server: 1 value$/m);
  assert.match(text.stdout, /^ {3}source: field-verified$/m);
  const [{ server, values, ways }] = JSON.parse(json.stdout).traffic;
  assert.deepEqual([server, values, ways.length], [101, 2, 4]);
});

test("as JSON there is the plan: what is converted, read, written and executed, and how long it takes on the wire", async (t) => {
  const links = ["line: { type: modbus-rtu, port: /dev/ttyS7, line: 9600-8N1 }"];
  const devices = [
    "{ id: m, mapping: eastron-sdm630, link: line }",
    "{ id: v, mapping: valve-actuator, link: bus, unit_id: 1 }",
  ];
  const folder = aFolder(t, { "config.yaml": aConfig({ links, devices }) });
  const { stdout } = await command(t, "check", "--json", "-c", join(folder, "config.yaml"));
  const { mappings, wires } = JSON.parse(stdout);
  const [meter, valve] = mappings;
  assert.deepEqual([meter.mapping, meter.source, meter.devices], ["eastron-sdm630", "from-manual", ["m"]]);
  assert.ok(meter.plan.notes.some(({ note }: { readonly note: string }) => note === "W -> kW (x0.001)"));
  const [fast] = meter.plan.polls;
  assert.deepEqual([fast.every, fast.values], [2000, 10]);
  assert.deepEqual(
    fast.requests.map(({ text }: { readonly text: string }) => text),
    ["input[0x0..0x11]", "input[0x34..0x35]"],
  );
  assert.ok(fast.requests.every(({ time }: { readonly time: number }) => time > 10));
  assert.deepEqual(valve.plan.execute, ["/3/0/4 Reboot"]);
  assert.equal(valve.plan.write.length, 3);
  assert.ok(wires[0].load > 0 && wires[0].load < 1);
});

test("a wrong mapping is told first and counted last; it is a failure only where that is asked for", async (t) => {
  const devices = ["{ id: a, mapping: room, link: trial }", "{ id: b, mapping: simulated-climate, link: trial }"];
  const folder = aFolder(t, { "config.yaml": aConfig({ devices }), "mappings/room.yaml": MAPPING });
  const config = join(folder, "config.yaml");
  const [loose, strict, json] = await Promise.all([
    command(t, "check", "--config", config),
    command(t, "check", "--config", config, "--strict"),
    command(t, "check", "--config", config, "--strict", "--json"),
  ]);
  assert.deepEqual([loose.code, strict.code, json.code], [0, 2, 2]);
  const lines = loose.stdout.trimEnd().split("\n");
  assert.match(lines[0] ?? "", /room\.yaml:5:11: error: .*did you mean "sensor_value"/);
  assert.equal(lines.at(-2), "1 error, 0 warnings; the gateway would run without 1 device");
  assert.match(lines.at(-1) ?? "", /^Try: lwm2m-gateway explain LG\d{3}$/);
  assert.equal(strict.stdout, loose.stdout);
  const report = JSON.parse(json.stdout);
  const { starts, errors, warnings, devices: running, off, problems } = report;
  assert.deepEqual([starts, errors, warnings, running, off], [true, 1, 0, ["b"], ["a"]]);
  assert.deepEqual(problems[0].place, { file: join(folder, "mappings/room.yaml"), line: 5, column: 11 });
  assert.ok(!existsSync(join(folder, "state")));
});

test("a configuration with which nothing would start is exit code 2, with every problem", async (t) => {
  const folder = aFolder(t, { "config.yaml": "gateway: {}\nservers: []\nlnks: {}\n" });
  const config = join(folder, "config.yaml");
  const [text, json] = await Promise.all([
    command(t, "check", "--config", config),
    command(t, "check", "--config", config, "--json"),
  ]);
  assert.deepEqual([text.code, json.code, text.stderr], [2, 2, ""]);
  assert.match(text.stdout, /:1:10: error: "endpoint" is missing \[LG204\]\n/);
  assert.match(text.stdout, /:3:1: error: unknown key "lnks"; did you mean "links"\? \[LG201\]\n/);
  assert.match(text.stdout, /\n3 errors, 0 warnings; the gateway would not start\nTry: lwm2m-gateway explain LG204\n$/);
  assert.deepEqual([JSON.parse(json.stdout).starts, JSON.parse(json.stdout).errors], [false, 3]);
});

test("a test vector that does not come out is an error of its mapping", async (t) => {
  const mapping = `${MAPPING.replace("valeu", "value")}test: [ { raw: { 3303/0/5700: 3 }, expect: { 3303/0/5700: 4 } } ]\n`;
  const devices = ["{ id: a, mapping: room, link: trial }"];
  const folder = aFolder(t, { "config.yaml": aConfig({ devices }), "mappings/room.yaml": mapping });
  const { code, stdout } = await command(t, "check", "--strict", "--config", join(folder, "config.yaml"));
  assert.equal(code, 2);
  assert.match(stdout, /room\.yaml:6:\d+: error: /);
  assert.match(stdout, /\n1 error, 0 warnings\nTry: lwm2m-gateway explain LG321\n$/);
});
