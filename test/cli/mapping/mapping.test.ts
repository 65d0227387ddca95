import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { locateData } from "../../../src/locate.ts";
import { aConfig, aFolder, command, startCommand } from "../../support/command.ts";
import type { Outcome } from "../../support/process.ts";

const mapping = (t: TestContext, ...args: readonly string[]): Promise<Outcome> => command(t, "mapping", ...args);

/** A folder with a configuration that uses one packaged mapping, and the option that names it. */
function aSite(t: TestContext, device = "{ id: climate, mapping: simulated-climate, link: trial }") {
  const folder = aFolder(t, { "config.yaml": aConfig({ devices: [device] }) });
  mkdirSync(join(folder, "mappings"));
  return { folder, config: ["-c", join(folder, "config.yaml")] };
}

test("list finds by vendor, model, words and objects, and says how far each can be trusted", async (t) => {
  const [all, found, none] = await Promise.all([
    mapping(t, "list", "--json"),
    mapping(t, "list", "--protocol", "modbus", "--search", "eastron three-phase"),
    mapping(t, "list", "--search", "no such thing"),
  ]);
  const rows: readonly { name: string; errors: readonly string[]; own: boolean }[] = JSON.parse(all.stdout);
  assert.ok(rows.length > 80);
  assert.deepEqual(
    rows.filter(({ errors, own }) => errors.length > 0 || own),
    [],
  );
  assert.match(
    found.stdout,
    /^NAME +PROTOCOL +VENDOR +MODEL +OBJECTS +SOURCE\neastron-sdm630 +modbus +Eastron +SDM630-Modbus +10242 +from-manual\n/,
  );
  assert.match(found.stdout, /\d mappings\n$/);
  assert.match(none.stdout, /^no mapping fits; --drafts looks at the drafts, too/);
});

test("list knows one's own mappings, wrong ones with what is wrong, and drafts where they are asked for", async (t) => {
  const { folder, config } = aSite(t);
  writeFileSync(
    join(folder, "mappings", "broken.yaml"),
    "mapping: broken\nprotocol: modbus\nobjects: { 3303: { sensor_valu: { input: 1 } } }\n",
  );
  const [own, drafts, wrong] = await Promise.all([
    mapping(t, "list", ...config, "--search", "broken", "--json"),
    mapping(t, "list", ...config, "--drafts", "--search", "pac3200"),
    mapping(t, "list", ...config, "--protocol", "modbsu"),
  ]);
  const [row] = JSON.parse(own.stdout);
  assert.deepEqual([row.name, row.own], ["broken", true]);
  assert.match(row.errors[0], /did you mean "sensor_value"/);
  assert.match(drafts.stdout, /siemens-pac3200 .* draft/);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /did you mean "modbus"\?/);
});

test("show tells parameters and resources with sources, units and pace, and the line for config.yaml", async (t) => {
  const [text, json, ble, missing] = await Promise.all([
    mapping(t, "show", "eastron-sdm630"),
    mapping(t, "show", "valve-actuator", "--json"),
    mapping(t, "show", "ruuvitag"),
    mapping(t, "show", "eastron-sdm631"),
  ]);
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, /^ct_ratio +number +0\.001\.\.100000 +1 +Ratio of external/m);
  assert.match(text.stdout, /^\/10242\/0\/34 +3-Phase Active Power +float +kW +R +2s +input 0x34$/m);
  assert.match(text.stdout, /- \{ id: eastron-sdm630-1, mapping: eastron-sdm630, link: LINK \}\n$/);
  const { resources, vectors } = JSON.parse(json.stdout);
  assert.equal(vectors, 3);
  assert.deepEqual(
    resources
      .filter(({ operations }: { operations: string }) => operations !== "R")
      .map(({ path }: { path: string }) => path),
    ["/3306/0/5850", "/3306/0/5851", "/3306/0/5853", "/3/0/4"],
  );
  assert.match(ble.stdout, /link: LINK, address: … \}/);
  assert.deepEqual([missing.code, missing.stdout], [2, ""]);
  assert.match(missing.stderr, /there is no mapping "eastron-sdm631" .*did you mean "eastron-sdm630"/);
});

test("show --resolved prints one YAML of what is laid over and what is below, which is a mapping again", async (t) => {
  const { folder, config } = aSite(t);
  writeFileSync(
    join(folder, "mappings", "my-meter.yaml"),
    "mapping: my-meter\nextends: eastron-sdm630\nprotocol: modbus\nobjects: { 10242: { frequency: { input: 0x48 } } }\n",
  );
  const { code, stdout, stderr } = await mapping(t, "show", "my-meter", "--resolved", ...config);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /frequency: \{ input: 0x48, unit: Hz \}/);
  assert.match(stdout, /tension_r: \{ input: 0x00, /);
  mkdirSync(join(folder, "again"));
  writeFileSync(join(folder, "again", "my-meter.yaml"), stdout.replace(/^extends:.*\n/m, ""));
  const again = await mapping(t, "test", join(folder, "again", "my-meter.yaml"), ...config);
  assert.equal(again.code, 0, again.stdout + again.stderr);
});

test("test runs the vectors of what is named, or of what the configuration uses; a failure has its place and both values", async (t) => {
  const { folder, config } = aSite(t);
  const file = join(folder, "mappings", "eastron-sdm630.yaml");
  copyFileSync(locateData("mappings/eastron-sdm630.yaml"), file);
  writeFileSync(file, readFileSync(file, "utf8").replace("10242/0/49: 50,", "10242/0/49: 60,"));
  const [inUse, named, json, wrong, none] = await Promise.all([
    mapping(t, "test", ...config),
    mapping(t, "test", file, "valve-actuator", ...config),
    mapping(t, "test", "eastron-sdm630", "--json", ...config),
    mapping(t, "test", "no-such.yaml"),
    mapping(t, "test", "-c", join(folder, "nothing.yaml")),
  ]);
  assert.deepEqual(
    [inUse.code, inUse.stdout],
    [0, "ok      simulated-climate: 3 test vectors\n3 test vectors of 1 mapping: all as expected\n"],
  );
  assert.equal(named.code, 2);
  assert.match(
    named.stdout,
    /eastron-sdm630\.yaml:\d+:\d+: error: test: \/10242\/0\/49 Frequency: expected "60", found 50 \[LG321\]\nfailed {2}eastron-sdm630\nok {6}valve-actuator/,
  );
  const report = JSON.parse(json.stdout);
  assert.deepEqual([json.code, report.ok, report.mappings[0].problems[0].place.file], [2, false, file]);
  assert.deepEqual([wrong.code, none.code], [2, 2]);
  assert.match(wrong.stderr, /no-such\.yaml: there is no such file/);
});

test("test fails where a device is off, its mapping being wrong", async (t) => {
  const { folder, config } = aSite(t, "{ id: climate, mapping: mine, link: trial }");
  writeFileSync(
    join(folder, "mappings", "mine.yaml"),
    "mapping: mine\nprotocol: simulated\nobjects: { 3303: { sensor_value: { constnt: 1 } } }\n",
  );
  const { code, stdout } = await mapping(t, "test", ...config);
  assert.equal(code, 2);
  assert.match(stdout, /mine\.yaml:3:\d+: error: .*constant/);
});

test("new writes a mapping that passes its own test, beside config.yaml, once", async (t) => {
  const { folder, config } = aSite(t);
  const words = ["new", "my-meter", "--protocol", "modbus", "--object", "3303", "--object", "voltage", ...config];
  const made = await mapping(t, ...words);
  const file = join(folder, "mappings", "my-meter.yaml");
  assert.equal(made.code, 0, made.stderr);
  assert.match(
    made.stdout,
    /my-meter\.yaml is there: fill in the \d lines that are marked "FILL IN", then: lwm2m-gateway mapping test /,
  );
  const text = readFileSync(file, "utf8");
  assert.match(text, /^ {4}sensor_value: \{ input: 0x00, as: f32 \} {3}# FILL IN$/m);
  assert.match(text, /^test:$/m);
  const [tested, again, printed] = await Promise.all([
    mapping(t, "test", "my-meter", ...config),
    mapping(t, ...words),
    mapping(t, ...words, "--print"),
  ]);
  assert.deepEqual([tested.code, again.code, printed.stdout], [0, 1, text]);
  assert.match(again.stderr, /my-meter\.yaml is there already, and is not replaced/);
});

test("new --like copies with its comments, new --extends has what differs alone, and both pass", async (t) => {
  const { folder, config } = aSite(t);
  const [like, extended] = await Promise.all([
    mapping(t, "new", "twin", "--like", "eastron-sdm630", ...config),
    mapping(t, "new", "variant", "--extends", "eastron-sdm630", ...config),
  ]);
  assert.deepEqual([like.code, extended.code], [0, 0], like.stderr + extended.stderr);
  const [twin, variant] = ["twin", "variant"].map((name) =>
    readFileSync(join(folder, "mappings", `${name}.yaml`), "utf8"),
  );
  assert.match(twin ?? "", /^# Begun as a copy of eastron-sdm630\./);
  assert.match(twin ?? "", /^mapping: twin$/m);
  assert.match(twin ?? "", /# not a number: the meter has no value/);
  assert.match(variant ?? "", /^extends: eastron-sdm630$/m);
  assert.match(variant ?? "", /^# {4,}tension_r: \{ input: 0x00/m);
  const tested = await mapping(t, "test", "twin", "variant", ...config);
  assert.equal(tested.code, 0, tested.stdout);
});

test("new asks a device who it is", async (t) => {
  const meter = startCommand(t, "sim", "eastron-sdm630", "--unit", "3", "--port", "0");
  const [, port = ""] = await meter.printed(/on 127\.0\.0\.1:(\d+)$/m);
  const { folder } = aSite(t);
  const out = join(folder, "mine.yaml");
  const wire = ["--host", "127.0.0.1", "--port", port];
  const words = ["new", "mine", "--protocol", "modbus", "--object", "10242", ...wire];
  const [made, nobody] = await Promise.all([
    mapping(t, ...words, "--unit", "3", "--out", out),
    mapping(t, ...words, "--unit", "4", "--out", join(folder, "other", "mine.yaml")),
  ]);
  assert.equal(made.code, 0, made.stderr);
  assert.match(readFileSync(out, "utf8"), /^identity: \{ manufacturer: Eastron, model: SDM630-Modbus \}$/m);
  assert.equal(nobody.code, 2);
  assert.match(nobody.stderr, /no device answers as unit 4/);
  assert.ok(!existsSync(join(folder, "other")));
});

test("what new cannot begin with is refused with what was expected", async (t) => {
  const { config } = aSite(t);
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /takes one NAME/],
    [["a/b", "--protocol", "modbus"], /"a\/b" can be no mapping/],
    [["x"], /what does it speak\? --protocol/],
    [["x", "--protocol", "modbos"], /did you mean "modbus"\?/],
    [["x", "--protocol", "modbus"], /what is it for servers\? --object 3303/],
    [["x", "--protocol", "modbus", "--object", "voltag"], /there is no such object .*did you mean "voltage"\?/],
    [["x", "--protocol", "ble", "--object", "21"], /it has nothing that a device of protocol ble could say/],
    [["x", "--like", "eastron-sdm630", "--extends", "eastron-sdm630"], /one of both/],
    [["x", "--like", "eastron-sdm360"], /did you mean "eastron-sdm630"\?/],
    [["x", "--like", "eastron-sdm630", "--protocol", "ble"], /is of protocol modbus/],
    [["x", "--protocol", "modbus", "--object", "3303", "--out", "y.yaml"], /is called as the mapping: x\.yaml/],
    [["x", "--protocol", "ble", "--object", "3303", "--host", "h"], /are not asked who they are/],
  ];
  for (const [words, expected] of cases) {
    const { code, stderr } = await mapping(t, "new", ...words, ...config);
    assert.equal(code, 2, `${words.join(" ")}: ${stderr}`);
    assert.match(stderr, expected);
  }
});
