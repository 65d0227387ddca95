/** `setup` as a person uses it, at a terminal, with a real Modbus device and a real LwM2M Server. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, type TestContext } from "node:test";
import { aConfig, aFolder, aServer, PROGRAM, startCommand } from "../../support/command.ts";
import { aPtySession, CTRL_C, type PtySession } from "../../support/pty-session.ts";
import { temporaryDirectory } from "../../support/temp.ts";

const meters = startCommand({ after }, "sim", "eastron-sdm630", "--unit", "1,3", "--port", "0");

async function aMeter(): Promise<string> {
  const [, port = ""] = await meters.printed(/on 127\.0\.0\.1:(\d+)$/m);
  return `127.0.0.1:${port}`;
}

/** Nobody is there. */
const SERVER = ["--server", "coap://127.0.0.1:1", "--endpoint", "gw", "--layout", "auto"];

function setup(t: TestContext, folder: string, ...args: readonly string[]): PtySession | undefined {
  return aPtySession(t, [process.execPath, PROGRAM, "setup", ...args], folder);
}

test("eleven answers lead from nothing to a device whose values were seen", { timeout: 120_000 }, async (t) => {
  const [meter, folder] = [await aMeter(), temporaryDirectory(t)];
  const { server } = await aServer(t);
  const person = setup(t, folder);
  if (person === undefined) return;
  await person.answers(
    [/LwM2M Server: /, `coap://127.0.0.1:${server.port}`],
    [/port \d+ answers a CoAP ping.*endpoint\) \[[^\]]+\]: /s, "gw-at-the-desk"],
    [/1 {2}auto: .*4 {2}gateway: .*see the devices.* \[auto\]: /s, "4"],
    [/1 {2}Modbus TCP.*\(a number\): /s, "1"],
    [/Where to: /, meter],
    [/Look who is there.* \[1-16\]: /s, "1-3"],
    [/1 {2}unit 1 Eastron, SDM630-Modbus.*2 {2}unit 3 .*Which of them.* \[1\]: /s, "2"],
    [/Its mapping.* \[eastron-sdm630\]: /s, ""],
    [/ct_ratio=1 {2}Ratio.*Parameters.*: /s, "ct_ratio=40"],
    [/Name of the device \[eastron-sdm630-3\]: /, "meter-3"],
    [/Enter when you have seen enough.*\/meter-3\/10242\/0\/34 +3-Phase Active Power +[\d.]+ kW/s, ""],
    [/Does it look right.* \[y\]: /s, ""],
    [/- \{ id: meter-3, mapping: eastron-sdm630, link: bus, unit_id: 3, ct_ratio: 40 \}.*Write this.* \[y\]: /s, ""],
  );
  await person.sees(/next: lwm2m-gateway run/);
  assert.equal(await person.ended, 0);
  assert.deepEqual(readdirSync(folder), ["config.yaml"]);
  assert.equal(statSync(join(folder, "config.yaml")).mode & 0o777, 0o640);
  assert.match(readFileSync(join(folder, "config.yaml"), "utf8"), /endpoint: gw-at-the-desk\n.* layout: gateway #/s);
});

test("a question explains itself, refuses what makes no sense, and goes back to the one before", {
  timeout: 120_000,
}, async (t) => {
  const folder = temporaryDirectory(t);
  const person = setup(t, folder);
  if (person === undefined) return;
  await person.answers(
    [/LwM2M Server: /, "?"],
    [/Where the LwM2M Server listens.*On the command line: --server URI.*LwM2M Server: /s, "http://x"],
    [/http:\/\/ is not supported.*LwM2M Server: /s, ""],
    [/a server must be named.*LwM2M Server: /s, "coap://127.0.0.1:1"],
    [/nobody listens at 127\.0\.0\.1 port 1 now.*endpoint\) \[[^\]]+\]: /s, "<"],
    [/LwM2M Server: /, "coap://127.0.0.1:1"],
    [/endpoint\).*: /s, "two words"],
    [/without spaces.*: /s, "gw"],
    [/see the devices.*: /s, "5"],
    [/expected a number from 1 to 4, or gateway, .*: /s, "instances"],
    [/\(a number\): /, "99"],
    [/expected a number from 1 to 7.*: /s, "6"],
    [/Its mapping.*: /s, "eastron-sdm630"],
    [/eastron-sdm630 is of protocol modbus, and not of simulated.*: /s, "q"],
  );
  await person.sees(/ended: nothing is written/);
  assert.equal(await person.ended, 1);
  assert.deepEqual(readdirSync(folder), []);
});

test("Ctrl-C at any question leaves no file", { timeout: 120_000 }, async (t) => {
  const turns: readonly (readonly [RegExp, string])[] = [
    [/LwM2M Server: /, "coaps://127.0.0.1:1"],
    [/endpoint\).*?: /s, ""],
    [/Pre-shared key.*?: /s, "given"],
    [/\(identity\).*?: /s, ""],
    [/The key, in hex: /, "00".repeat(16)],
    [/see the devices.*?: /s, ""],
    [/\(a number\): /, "6"],
    [/Its mapping.*?: /s, ""],
    [/Parameters.*?: /s, "mean=25"],
    [/Name of the device.*?: /s, "room"],
    [/Enter when you have seen enough.*Sensor Value +2\d\.\d+ Cel/s, ""],
    [/Does it look right.*?: /s, ""],
    [/Write this.*?: /s, ""],
  ];
  const runs = [...turns.keys()].map(async (end) => {
    const folder = temporaryDirectory(t);
    const person = setup(t, folder);
    if (person === undefined) return;
    const [last] = turns[end] ?? assert.fail();
    await person.answers(...turns.slice(0, end));
    await person.sees(last);
    person.presses(CTRL_C);
    assert.equal(await person.ended, 1, person.shown);
    assert.deepEqual(readdirSync(folder), [], person.shown);
    assert.ok(!person.shown.includes("0000000000"), "a key is not shown");
  });
  await Promise.all(runs);
});

test("Ctrl-C ends a scan, and what was found is there to choose from", { timeout: 120_000 }, async (t) => {
  const [meter, folder] = [await aMeter(), temporaryDirectory(t)];
  const person = setup(t, folder, ...SERVER, "--modbus-tcp", meter);
  if (person === undefined) return;
  await person.answers([/Look who is there.*: /s, "1-100"]);
  await person.sees(/unit 1: Eastron/);
  person.presses(CTRL_C);
  await person.answers([/1 {2}unit 1 Eastron.*Which of them.*: /s, "q"]);
  assert.equal(await person.ended, 1);
  assert.ok(!existsSync(join(folder, "config.yaml")));
});

test("where nobody can be asked it says why, and asks for the place again", { timeout: 120_000 }, async (t) => {
  const [meter, folder] = [await aMeter(), temporaryDirectory(t)];
  const person = setup(t, folder, ...SERVER);
  if (person === undefined) return;
  await person.answers(
    [/\(a number\): /, "modbus-tcp"],
    [/Where to: /, "127.0.0.1:1"],
    [/Look who is there.*: /s, "1"],
    [/ECONNREFUSED.*Look who is there.*: /s, "<"],
    [/Where to: /, meter],
    [/Look who is there.*: /s, "1"],
    [/Which of them.*: /s, "q"],
  );
  assert.equal(await person.ended, 1);
});

test("a configuration that is there keeps its comments, and gets the device on the link that it has", {
  timeout: 120_000,
}, async (t) => {
  const [meter, folder] = [await aMeter(), aFolder(t, {})];
  const before = aConfig({
    links: [`wire: { type: modbus-tcp, host: 127.0.0.1, port: ${meter.split(":")[1]} } # mine`],
  }).replace(
    "devices:\n  []\n",
    "devices:   # those of the cabinet\n  - { id: old, mapping: simulated-climate, link: trial }  # the first\n# the end\n",
  );
  writeFileSync(join(folder, "config.yaml"), before);
  const person = setup(t, folder, "--mapping", "eastron-sdm630");
  if (person === undefined) return;
  await person.answers(
    [/link trial, which is there \(simulated\).*link wire.*\(a number\): /s, "3"],
    [/Modbus address of the device \[1\]: /, "3"],
    [/Parameters.*: /s, ""],
    [/Name of the device \[eastron-sdm630-3\]: /, "old"],
    [/there is a device "old" already.*: /s, "meter"],
    [/seen enough.*Tension R +2/s, ""],
    [/Does it look right.*: /s, "y"],
    [/\+ {3}- \{ id: meter, mapping: eastron-sdm630, link: wire, unit_id: 3 \}.*Write this.*: /s, "y"],
  );
  assert.equal(await person.ended, 0);
  const text = readFileSync(join(folder, "config.yaml"), "utf8");
  assert.equal(text.replace("  - { id: meter, mapping: eastron-sdm630, link: wire, unit_id: 3 }\n", ""), before);
});
