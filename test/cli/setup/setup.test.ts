/** `setup` as a script uses it: every answer an option. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, type TestContext } from "node:test";
import { aConfig, aFolder, aServer, command, startCommand } from "../../support/command.ts";
import { hasTool } from "../../support/foreign-tool.ts";
import type { Outcome } from "../../support/process.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const meters = startCommand({ after }, "sim", "eastron-sdm630", "--unit", "1,3", "--port", "0");

async function aMeter(): Promise<string> {
  const [, port = ""] = await meters.printed(/on 127\.0\.0\.1:(\d+)$/m);
  return `127.0.0.1:${port}`;
}

/** The file that it writes, and the run of it. */
function setup(t: TestContext, folder: string, ...args: readonly string[]): Promise<Outcome> {
  return command(t, "setup", "-c", join(folder, "config.yaml"), ...args);
}

const SERVER = ["--server", "coap://127.0.0.1:1", "--endpoint", "gw"];
const modeOf = (file: string): number => statSync(file).mode & 0o777;

test("options answer everything: from nothing to a value at the server in one command", {
  timeout: 180_000,
}, async (t) => {
  const [meter, folder] = [await aMeter(), temporaryDirectory(t)];
  let tell = (): void => {};
  const arrived = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const { server } = await aServer(t, (_, values) => {
    if (values.some(({ path }) => path === "/meter-1/10242/0/34")) tell();
  });
  const uri = `coap://127.0.0.1:${server.port}`;
  const device = ["--modbus-tcp", meter, "--unit", "1", "--mapping", "eastron-sdm630", "--id", "meter-1"];
  const words = ["--server", uri, "--endpoint", "gw-script", ...device, "--yes", "--run"];
  const program = startCommand(t, "setup", "-c", join(folder, "config.yaml"), ...words);
  await program.printed(/port \d+ answers a CoAP ping/);
  await program.printed(/\/meter-1\/10242\/0\/34 +3-Phase Active Power +[\d.]+ kW/);
  await program.printed(/"msg":"registered"/);
  await arrived;
  program.child.kill("SIGTERM");
  assert.equal((await program.outcome).code, 0);
});

test("--json prints what it came to, and nothing else on standard output", { timeout: 180_000 }, async (t) => {
  const [meter, folder] = [await aMeter(), temporaryDirectory(t)];
  const { code, stdout, stderr } = await setup(
    t,
    folder,
    ...SERVER,
    "--modbus-tcp",
    meter,
    "--scan",
    "1-3",
    "--yes",
    "--json",
  );
  assert.equal(code, 0, stderr);
  const { config, device, link, values, next, reachable, ...others } = JSON.parse(stdout);
  const file = join(folder, "config.yaml");
  assert.deepEqual([config, device, link, reachable], [file, "eastron-sdm630-1", "bus", false]);
  assert.equal(others.new, true);
  const power = values.find(({ path }: { path: string }) => path.endsWith("/10242/0/34"));
  assert.deepEqual([power.unit, typeof power.value], ["kW", "number"]);
  assert.equal(next, `lwm2m-gateway run --config ${file}`);
  assert.match(stderr, /unit 1: Eastron[^\n]*\nunit 3: Eastron/);
});

test("a device on a serial port is found, read and written as a line of its own", { timeout: 180_000 }, async (t) => {
  if (!hasTool(t, "socat", "apt-get install -y socat")) return;
  const folder = temporaryDirectory(t);
  const port = join(folder, "port");
  const played = startCommand(t, "sim", "eastron-sdm630", "--unit", "2", "--pty", port);
  await played.printed(/^playing /m);
  const words = ["--modbus-rtu", port, "--line", "9600-8n1", "--scan", "1-2", "--yes"];
  const { code, stderr } = await setup(t, folder, ...SERVER, ...words);
  assert.equal(code, 0, stderr);
  const text = readFileSync(join(folder, "config.yaml"), "utf8");
  assert.ok(text.includes(`bus: { type: modbus-rtu, port: ${port}, line: 9600-8N1 }`), text);
  assert.match(text, /mapping: eastron-sdm630, link: bus, unit_id: 2 \}/);
});

test("a new key goes to secrets.yaml alone, and what the server must be told is printed", {
  timeout: 180_000,
}, async (t) => {
  const folder = temporaryDirectory(t);
  const words = ["--server", "coaps://127.0.0.1:1", "--endpoint", "gw", "--psk", "new", "--simulated", "--yes"];
  const { code, stdout, stderr } = await setup(t, folder, ...words);
  assert.equal(code, 0, stderr);
  const secrets = readFileSync(join(folder, "secrets.yaml"), "utf8");
  const [, key = ""] = /^psk: "([0-9a-f]{32})"\n$/.exec(secrets) ?? assert.fail(secrets);
  assert.ok(stdout.includes(`at the server: identity gw, and this key, in hex: ${key}\n`), stdout);
  const config = readFileSync(join(folder, "config.yaml"), "utf8");
  assert.match(config, /psk: \{ identity: "gw", key: !secret psk \}/);
  assert.ok(!config.includes(key));
  assert.deepEqual([modeOf(join(folder, "secrets.yaml")), modeOf(join(folder, "config.yaml"))], [0o600, 0o640]);
  const shown = await command(t, "keys", "show", "-c", join(folder, "config.yaml"));
  assert.match(shown.stdout, /identity gw, a key of 16 bytes/);
});

test("a key of the server's comes from a file, and is not printed", { timeout: 180_000 }, async (t) => {
  const folder = aFolder(t, { key: "0123456789ABCDEF 0123456789abcdef\n" });
  const words = ["--server", "coaps://127.0.0.1:1", "--endpoint", "gw", "--identity", "me", "--no-device", "--yes"];
  const { code, stdout, stderr } = await setup(t, folder, ...words, "--psk", `@${join(folder, "key")}`);
  assert.equal(code, 0, stderr);
  assert.equal(readFileSync(join(folder, "secrets.yaml"), "utf8"), 'psk: "0123456789abcdef0123456789abcdef"\n');
  assert.ok(!`${stdout}${stderr}`.includes("0123456789abcdef"));
});

test("a configuration that is there keeps every letter, and gets a device each time", {
  timeout: 180_000,
}, async (t) => {
  const meter = await aMeter();
  const before =
    "# cabinet 7\ngateway: { endpoint: gw }\nservers:\n  - { id: 101, uri: coap://127.0.0.1:1 }   # ours\n";
  const folder = aFolder(t, { "config.yaml": before });
  const file = join(folder, "config.yaml");
  const device = ["--modbus-tcp", meter, "--mapping", "eastron-sdm630", "--yes"];
  const first = await setup(t, folder, ...device, "--unit", "1");
  assert.equal(first.code, 0, first.stderr);
  const second = await setup(t, folder, ...device, "--unit", "3", "--param", "ct_ratio=40");
  assert.equal(second.code, 0, second.stderr);
  assert.match(second.stdout, /link bus leads there already, so the device stands behind that/);
  const text = readFileSync(file, "utf8");
  assert.ok(text.startsWith(before));
  assert.match(
    text.slice(before.length),
    /^\nlinks:\n {2}bus: \{ type: modbus-tcp, host: "127\.0\.0\.1", port: \d+ \}\n\ndevices:\n {2}- \{ id: eastron-sdm630-1, .* \}\n {2}- \{ id: eastron-sdm630-3, mapping: eastron-sdm630, link: bus, unit_id: 3, ct_ratio: 40 \}\n$/,
  );
  assert.deepEqual(readdirSync(folder), ["config.yaml"]);
});

test("a gateway that runs takes the new device, and it is waited for", { timeout: 180_000 }, async (t) => {
  const meter = await aMeter();
  const { server } = await aServer(t);
  const folder = aFolder(t, {
    "config.yaml": aConfig({ server: server.port, devices: ["{ id: room, mapping: simulated-climate, link: trial }"] }),
  });
  const gateway = startCommand(t, "run", "-c", join(folder, "config.yaml"));
  await gateway.printed(/"msg":"started"/);
  const { code, stdout, stderr } = await setup(
    t,
    folder,
    "--modbus-tcp",
    meter,
    "--unit",
    "1",
    "--mapping",
    "eastron-sdm630",
    "--yes",
  );
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /the running gateway has taken it\nregistered at coap:\/\/127\.0\.0\.1:\d+: \d+ values at \/eastron-sdm630-1\n/,
  );
  const shared = await setup(t, folder, "--link", "trial", "--mapping", "simulated-climate", "--id", "attic", "--yes");
  assert.equal(shared.code, 0, shared.stderr);
  assert.match(shared.stdout, /the running gateway has link trial: values are there once it has taken the new device/);
  gateway.child.kill("SIGTERM");
  await gateway.outcome;
});

test("where no value comes nothing is written, unless nobody wants to look", { timeout: 180_000 }, async (t) => {
  const folder = temporaryDirectory(t);
  const device = ["--modbus-tcp", "127.0.0.1:1", "--unit", "1", "--mapping", "eastron-sdm630", "--yes"];
  const refused = await setup(t, folder, ...SERVER, ...device, "--watch", "1s");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /no value came from the device, so nothing is written: .*ECONNREFUSED/);
  assert.deepEqual(readdirSync(folder), []);
  const written = await setup(t, folder, ...SERVER, ...device, "--no-watch");
  assert.equal(written.code, 0, written.stderr);
  assert.ok(existsSync(join(folder, "config.yaml")));
});

test("what is missing without a terminal, or makes no sense, is exit code 2 with the option, and no file", {
  timeout: 180_000,
}, async (t) => {
  const folder = temporaryDirectory(t);
  const modbus = ["--modbus-tcp", "127.0.0.1:1"];
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /this is none: LwM2M Server\? --server URI; --yes takes what is proposed/],
    [["--yes"], /LwM2M Server\? --server URI/],
    [["--server", "coap://127.0.0.1:1"], /--endpoint NAME/],
    [[...SERVER, "--yes"], /--modbus-tcp, --modbus-rtu, --mqtt, --ble, --serial, --simulated, --link or --no-device/],
    [["--server", "coap://127.0.0.1:70000", "--yes"], /--server URI: port 70000 is outside/],
    [["--server", "coaps://127.0.0.1:1", "--psk", "@nowhere"], /--psk @nowhere: .*no such file/],
    [[...SERVER, ...modbus, "--simulated"], /--modbus-tcp and --simulated do not go together/],
    [[...SERVER, "--mqtt", "mqtt://h", "--user", "u", "--password", "p"], /--password takes @FILE/],
    [[...SERVER, "--simulated", "--mapping", "eastron-sdm630", "--yes"], /is of protocol modbus, and not of simulated/],
    [[...SERVER, "--simulated", "--watch", "soon", "--yes"], /--watch: "soon" is no duration/],
    [["word"], /setup takes no argument/],
  ];
  for (const [words, expected] of cases) {
    const { code, stderr } = await setup(t, folder, ...words);
    assert.equal(code, 2, `${words.join(" ")}: ${stderr}`);
    assert.match(stderr, expected);
    assert.deepEqual(readdirSync(folder), []);
  }
});

test("what a configuration has, or has no place for, is left as it is", { timeout: 180_000 }, async (t) => {
  const folder = aFolder(t, { "config.yaml": aConfig({}) });
  const file = join(folder, "config.yaml");
  const before = readFileSync(file, "utf8");
  const device = ["--simulated", "--yes", "--no-watch"];
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [
      ["--server", "coap://h", ...device],
      2,
      /--server: .*config\.yaml has its servers already, and setup adds a device/,
    ],
    [device, 1, /has no place for a device: "devices" is no list with an item a line/],
    [["--link", "nowhere", "--yes"], 2, /there is no link "nowhere"/],
  ];
  for (const [words, expected, sentence] of cases) {
    const { code, stderr } = await setup(t, folder, ...words);
    assert.equal(code, expected, stderr);
    assert.match(stderr, sentence);
    assert.equal(readFileSync(file, "utf8"), before);
  }
  writeFileSync(file, "gateway: { endpoint: gw }\nservers: 7\n");
  const broken = await setup(t, folder, ...device);
  assert.equal(broken.code, 2);
  assert.match(broken.stderr, /config\.yaml:2:\d+: error: servers/);
});
