import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import test from "node:test";
import { parseArguments, UsageError } from "../../src/cli/command.ts";
import { sim } from "../../src/cli/sim.ts";
import { ConfigError } from "../../src/errors.ts";
import { locateData } from "../../src/locate.ts";
import { aConfig, aFolder, command, startCommand } from "../support/command.ts";
import { aReader, readAll } from "../support/modbus-reader.ts";

const EXAMPLE = locateData("config.example.yaml");
const SERIAL = {
  serial: { holding: 0xfc00, length: 4 },
  volts: { input: 0, length: 4 },
  hole: { holding: 0, length: 2 },
};

test("a mapping is played as real slaves, one for each address, until SIGTERM", async (t) => {
  const slave = startCommand(t, "sim", "eastron-sdm630", "--unit", "3,4", "--param", "ct_ratio=40", "--port", "0");
  const [, port] = await slave.printed(
    /^playing sim-3 \(eastron-sdm630\), sim-4 \(eastron-sdm630\) on 127\.0\.0\.1:(\d+)$/m,
  );
  const [three, four] = await Promise.all([3, 4].map((unit) => aReader(t, Number(port), SERIAL, unit)));
  assert.ok(three !== undefined && four !== undefined);
  const { serial, volts, hole } = await readAll(three, "serial", "volts", "hole");
  const tension = Buffer.from(String(volts), "hex").readFloatBE();
  assert.ok(tension > 200 && tension < 260, `${tension} V`);
  assert.match(String(hole), /exception 2/);
  assert.notEqual((await readAll(four, "serial")).serial, serial);
  await Promise.all([three.close(), four.close()]);
  slave.child.kill("SIGTERM");
  const { code, stderr } = await slave.outcome;
  assert.deepEqual([code, stderr], [0, ""]);
});

test("the devices of a link are played, those that are wrong are named", async (t) => {
  const devices = [
    "{ id: m, mapping: eastron-sdm630, link: bus, unit_id: 9 }",
    "{ id: n, mapping: eastron-sdm630, link: bus, unit_id: 900 }",
  ];
  const folder = aFolder(t, { "config.yaml": aConfig({ devices }) });
  const slave = startCommand(t, "sim", "--link", "bus", "-c", join(folder, "config.yaml"), "--port", "0", "--json");
  const [line] = await slave.printed(/^\{.*\}$/m);
  const { host, port } = JSON.parse(line);
  assert.equal(host, "127.0.0.1");
  const device = await aReader(t, port, SERIAL, 9);
  assert.equal(typeof (await readAll(device, "serial")).serial, "string");
  slave.child.kill("SIGINT");
  const { code, stderr } = await slave.outcome;
  assert.equal(code, 0);
  assert.match(
    stderr,
    /^.*config\.yaml:\d+:\d+: error: unit_id: expected a whole number from 1 to 247, found "900" \[LG319\]\n$/,
  );
});

test("wrong words are explained before anything listens", async () => {
  const cases: readonly (readonly [RegExp, ...string[]])[] = [
    [/^sim takes a MAPPING or --link ID$/],
    [/^sim takes a MAPPING or --link ID$/, "valve-actuator", "--link", "bus"],
    [/^sim takes one mapping, not "x" as well$/, "valve-actuator", "x"],
    [/^error: there is no mapping "valve-actuatr" in .*; did you mean "valve-actuator"\? \[LG207\]$/, "valve-actuatr"],
    [/^error: unit_id: expected a whole number from 1 to 247, found "0" \[LG319\]$/, "valve-actuator", "--unit", "0"],
    [/^unit_id: "3" stands there twice$/, "valve-actuator", "--unit", "1-4,3"],
    [/^--unit 4-1: "4-1" ends before it begins$/, "valve-actuator", "--unit", "4-1"],
    [
      /^error: unit_id: expected a whole number from 1 to 247, found "248" \[LG319\]$/,
      "valve-actuator",
      "--unit",
      "247..248",
    ],
    [/^error: unknown key "colour" \(have: unit_id\) \[LG201\]$/, "valve-actuator", "--param", "colour=red"],
    [/^--param red: expected NAME=VALUE$/, "valve-actuator", "--param", "red"],
    [/^--port 70000: expected a number from 0 to 65535, or the path/, "valve-actuator", "--port", "70000"],
    [/^fault "crk": expected e\.g\. crc:1%/, "valve-actuator", "--faults", "crk"],
    [/^--type: expected one of modbus-tcp, modbus-udp/, "valve-actuator", "--type", "modbus"],
    [/^--link: unknown link "metres"; did you mean "meters"\?$/, "--link", "metres", "-c", EXAMPLE],
    [/^devices of protocol simulated cannot be played$/, "--link", "trial", "-c", EXAMPLE],
  ];
  for (const [message, ...args] of cases) {
    const error = await sim.run(parseArguments(sim, args)).then(String, (reason: unknown) => reason);
    assert.ok(error instanceof UsageError || error instanceof ConfigError, `${args.join(" ")}: ${String(error)}`);
    assert.match(error.message, message);
  }
});

test("what is wrong on the command line is exit code 2", async (t) => {
  const { code, stdout, stderr } = await command(t, "sim", "valve-actuator", "--unit", "0");
  assert.deepEqual(
    [code, stdout, stderr],
    [
      2,
      "",
      'error: unit_id: expected a whole number from 1 to 247, found "0" [LG319]\nTry: lwm2m-gateway explain LG319\n',
    ],
  );
});

test("a port that is taken is a sentence and exit code 1", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? String(address?.port) : "";
  const { code, stdout, stderr } = await command(t, "sim", "valve-actuator", "--port", port);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(
    stderr,
    new RegExp(`^lwm2m-gateway: cannot play on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE.*\\nTry: .*\\n$`),
  );
});
