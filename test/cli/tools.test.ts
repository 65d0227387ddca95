import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test, { after } from "node:test";
import { parseArguments, UsageError } from "../../src/cli/command.ts";
import { type ToolName, toolGroup } from "../../src/cli/tools.ts";
import { locateData } from "../../src/locate.ts";
import { aConfig, aFolder, aServer, command, startCommand } from "../support/command.ts";

/** The simulated SDM630 at unit 3: one for all tests, none of which changes it. */
const meter = startCommand({ after }, "sim", "eastron-sdm630", "--unit", "3", "--port", "0");

/** Where it listens. */
async function aMeter(): Promise<readonly string[]> {
  const [, port = ""] = await meter.printed(/on 127\.0\.0\.1:(\d+)$/m);
  return ["--host", "127.0.0.1", "--port", port];
}

test("probe shows a value in every way to read it, what went over the wire, and a line for the mapping", async (t) => {
  const wire = await aMeter();
  const [text, json, bits] = await Promise.all([
    command(t, "probe", "modbus", ...wire, "--unit", "3", "input", "0x00", "2", "--emit"),
    command(t, "probe", "modbus", ...wire, "--unit", "3", "input", "0..0x11", "--json"),
    command(t, "probe", "modbus", ...wire, "--unit", "3", "--addressing", "modicon", "holding", "464513", "2"),
  ]);
  assert.deepEqual([text.code, text.stderr], [0, ""]);
  assert.match(
    text.stdout,
    /^unit 3: input\[0x0\.\.0x1\] answered in \d+ ms\n {2}request {3}04 00 00 00 02\n {2}response {2}04 04 43 /,
  );
  assert.match(text.stdout, /^f32 +2[0-9.]+ \*/m);
  assert.match(text.stdout, /^name_1: \{ input: 0x00, as: f32 \}$/m);
  const { data, exchanges } = JSON.parse(json.stdout);
  assert.deepEqual([data.split(" ").length, exchanges.length], [36, 1]);
  assert.match(bits.stdout, /holding\[0xFC00\.\.0xFC01\]/);
});

test("an exception is explained, with commands to try next, and exit code 1", async (t) => {
  const wire = await aMeter();
  const [refused, nobody] = await Promise.all([
    command(t, "probe", "modbus", ...wire, "--unit", "3", "holding", "0x34", "2"),
    command(t, "probe", "modbus", ...wire, "--unit", "9", "input", "0x34", "2"),
  ]);
  assert.equal(refused.code, 1);
  assert.match(refused.stdout, /: exception 2 \(illegal data address\)/);
  assert.ok(
    refused.stdout.includes(`  lwm2m-gateway probe modbus ${wire.join(" ")} --unit 3 input 52 2\n`),
    refused.stdout,
  );
  assert.equal(nobody.code, 1);
  assert.match(nobody.stdout, /what to do: the gateway before the device got no answer/);
});

test("through a gateway that runs, its link carries the request, and a scan needs --yes", async (t) => {
  const [, , , port = ""] = await aMeter();
  const { server } = await aServer(t);
  const folder = aFolder(t, {
    "config.yaml": aConfig({
      server: server.port,
      links: [`wire: { type: modbus-tcp, host: 127.0.0.1, port: ${port} }`],
      devices: ["{ id: meter, mapping: eastron-sdm630, link: wire, unit_id: 3 }"],
    }),
  });
  const config = ["--link", "wire", "-c", join(folder, "config.yaml")];
  const gateway = startCommand(t, "run", "-c", join(folder, "config.yaml"), "--log-level", "debug");
  await gateway.printed(/"msg":"started"/);
  const [probe, capture, refused, scan, wrong] = await Promise.all([
    command(t, "probe", "modbus", ...config, "--unit", "3", "ident"),
    command(t, "capture", "modbus", ...config, "--unit", "3", "--mapping", "eastron-sdm630", "--json"),
    command(t, "scan", "modbus", ...config, "--units", "3-4"),
    command(t, "scan", "modbus", ...config, "--units", "3-4", "--yes", "--json"),
    command(t, "probe", "modbus", ...config, "--host", "x", "input", "0"),
  ]);
  assert.deepEqual(
    [probe.code, probe.stdout],
    [0, "unit 3\n  vendor       Eastron\n  product      SDM630-Modbus\n  revision     1.0\n"],
  );
  assert.equal(JSON.parse(capture.stdout).values.length, 18);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /the running gateway polls 1 devices? on link wire: say --yes/);
  assert.match(refused.stdout, /each of their reads, and each write, waits for up to 1s more/);
  assert.deepEqual(
    JSON.parse(scan.stdout).found.map(({ unit }: { unit: number }) => unit),
    [3],
  );
  assert.match(wrong.stderr, /--link wire names the wire: --host does not go with it/);
  // The gateway's own line carried them.
  await gateway.printed(/"request":"unit 3: raw request \(FC 43\)"|FC 43/);
  gateway.child.kill("SIGTERM");
  await gateway.outcome;
});

test("without a gateway --link is opened from the configuration", async (t) => {
  const [, , , port = ""] = await aMeter();
  const links = [`wire: { type: modbus-tcp, host: 127.0.0.1, port: ${port} }`];
  const folder = aFolder(t, { "config.yaml": aConfig({ links }) });
  const config = ["-c", join(folder, "config.yaml")];
  const [found, unknown, other] = await Promise.all([
    command(t, "probe", "modbus", "--link", "wire", ...config, "--unit", "3", "input", "0"),
    command(t, "probe", "modbus", "--link", "wir", ...config, "input", "0"),
    command(t, "probe", "modbus", "--link", "trial", ...config, "input", "0"),
  ]);
  assert.equal(found.code, 0);
  assert.match(unknown.stderr, /--link: unknown link "wir"; did you mean "wire"\?/);
  assert.match(other.stderr, /--link trial: it is of type simulated, and not of protocol modbus/);
});

test("capture makes vectors that pass, and --write adds them to the file, which stays as it was", async (t) => {
  const wire = await aMeter();
  const folder = aFolder(t, {});
  mkdirSync(join(folder, "mappings"));
  const file = join(folder, "mappings", "eastron-sdm630.yaml");
  copyFileSync(locateData("mappings/eastron-sdm630.yaml"), file);
  const before = readFileSync(file, "utf8");
  const words = ["capture", "modbus", ...wire, "--unit", "3", "--mapping", file];
  const printed = await command(t, ...words, "--param", "ct_ratio=40");
  assert.deepEqual([printed.code, printed.stderr], [0, ""]);
  assert.match(
    printed.stdout,
    /^test:\n {2}- description: "captured \d{4}-\d\d-\d\d: a real device"\n {4}params: \{ ct_ratio: 40 \}\n {4}raw:\n {6}"input:0x00": "43/,
  );
  assert.match(printed.stdout, /^ {6}10242\/0\/4: 2[0-9.]+ {2}# Tension R, V$/m);
  const written = await command(t, ...words, "--write", "--source", "SDM630, bench");
  assert.equal(written.code, 0, written.stderr);
  const after = readFileSync(file, "utf8");
  const at = after.indexOf('  - description: "captured');
  const added = after.slice(at, after.length - (before.length - at));
  assert.equal(after.replace(added, ""), before);
  assert.match(added, /SDM630, bench/);
});

test("capture says what the device does not have, and which mapping is meant", async (t) => {
  const wire = await aMeter();
  const [other, missing, nothing, noFile, noMapping] = await Promise.all([
    command(t, "capture", "modbus", ...wire, "--unit", "3", "--mapping", "valve-actuator"),
    command(t, "capture", "modbus", ...wire, "--unit", "3", "--mapping", "valve-actuatr"),
    command(t, "capture", "modbus", ...wire, "--unit", "3"),
    command(t, "capture", "modbus", ...wire, "--mapping", "mappings/mine.yaml"),
    command(t, "capture", "modbus", ...wire, "--mapping", "/etc/passwd"),
  ]);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /the device refuses all of it: .*exception 2/);
  assert.deepEqual([missing.code, nothing.code], [2, 2]);
  assert.match(missing.stderr, /there is no mapping "valve-actuatr" in .*; did you mean "valve-actuator"\?/);
  assert.deepEqual([noFile.code, noMapping.code], [2, 2]);
  assert.match(noFile.stderr, /--mapping mappings\/mine\.yaml: there is no such file/);
  assert.match(noMapping.stderr, /--mapping \/etc\/passwd: the file of a mapping is NAME\.yaml/);
  assert.match(nothing.stderr, /which mapping\? --mapping NAME/);
});

test("what was typed wrong is told before anything is opened", async () => {
  const host = ["--host", "h"];
  const cases: readonly (readonly [ToolName, RegExp, ...string[]])[] = [
    ["probe", /^where to\? expected --link ID, --host HOST, or --port/, "input", "0"],
    ["probe", /^expected input, holding, .* or ident, found "inputs"$/, ...host, "inputs", "0"],
    ["probe", /^input: at which address\? e\.g\. input 0x34 2$/, ...host, "input"],
    ["probe", /^"x1" is no address; expected e\.g\. 52, 0x34 or 40011$/, ...host, "input", "x1"],
    ["probe", /^expected 1 to 1000 at a time, found 0$/, ...host, "input", "5..4"],
    ["probe", /^address 30001 is outside 40001\.\.49999/, ...host, "--addressing", "modicon", "holding", "30001"],
    ["probe", /^--unit 999: expected a number from 0 to 255$/, ...host, "--unit", "999", "input", "0"],
    ["probe", /^--type modbus-tpc: expected one of modbus-tcp/, ...host, "--type", "modbus-tpc", "input", "0"],
    ["probe", /^--port: expected a number from 1 to 65535$/, ...host, "--port", "70000", "input", "0"],
    ["probe", /^--line: a serial port needs its settings, e\.g\. 9600-8N1$/, "--port", "/dev/x", "input", "0"],
    ["probe", /^--timeout: "5" is no duration/, ...host, "--timeout", "5", "input", "0"],
    ["scan", /^--units: "9-1" is no address or range up to 255/, ...host, "--units", "9-1"],
    ["decode", /^"zz" is not hexadecimal/, "01", "zz"],
  ];
  for (const [name, message, ...words] of cases) {
    const { modbus } = (await toolGroup(name)).commands;
    assert.ok(modbus !== undefined);
    const error = await modbus.run(parseArguments(modbus, words)).then(String, (reason: unknown) => reason);
    assert.ok(error instanceof UsageError, `${words.join(" ")}: ${String(error)}`);
    assert.match(error.message, message);
  }
});

test("a format of Bluetooth may stand in the place of the protocol", async (t) => {
  const [short, long] = await Promise.all([
    command(t, "decode", "bthome", "4002C40903BF13"),
    command(t, "decode", "ble", "bthome", "4002C40903BF13"),
  ]);
  assert.deepEqual([short.code, short.stdout], [0, long.stdout]);
  assert.match(short.stdout, /^BTHome v2\n {2}temperature {2}25 Cel\n/);
});
