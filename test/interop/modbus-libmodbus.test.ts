import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { modbus } from "../../adapters/modbus/index.ts";
import { tcpOptionsSchema } from "../../adapters/modbus/options.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { aContext, bytes, pointsOf } from "../support/modbus-device.ts";
import { debianVersion, everyTestIsAgainst } from "../support/peer.ts";
import { run, start } from "../support/process.ts";
import { temporaryDirectory } from "../support/temp.ts";

everyTestIsAgainst("libmodbus", debianVersion("libmodbus-dev"));

const SOURCE = fileURLToPath(new URL("libmodbus-slave.c", import.meta.url));
const INSTALL = "apt-get install -y gcc pkg-config libmodbus-dev";

/** Our adapter at a slave of libmodbus; undefined where that is not installed. */
async function aDevice(t: TestContext, keys: Readonly<Record<string, object>>) {
  if (!hasTool(t, "cc", INSTALL) || !hasTool(t, "pkg-config", INSTALL)) return undefined;
  const port = await aSlave(t);
  const link = await modbus.open(tcpOptionsSchema.parse({ host: "127.0.0.1", port }), aContext());
  t.after(() => link.close());
  const section = modbus.device.parse({ unit_id: 1 });
  return link.attach(section, pointsOf(keys, section), { onReadings() {}, onReachable() {} });
}

async function aSlave(t: TestContext): Promise<number> {
  const flags = await run(t, "pkg-config", ["--cflags", "--libs", "libmodbus"]);
  assert.equal(flags.code, 0, `libmodbus is not installed: ${INSTALL}`);
  const program = join(temporaryDirectory(t), "slave");
  const compiled = await run(t, "cc", ["-o", program, SOURCE, ...flags.stdout.trim().split(/\s+/)]);
  assert.equal(compiled.code, 0, compiled.stderr);
  const [, port] = await start(t, program, []).printed(/port (\d+)/);
  return Number(port);
}

test("libmodbus answers reads of all four tables, up to the largest, and refuses what it does not have", async (t) => {
  const keys = {
    voltage: { input: 100, length: 4 },
    number: { input: 3 },
    many: { input: 75, length: 250 },
    coil: { coil: 3 },
    otherCoil: { coil: 4 },
    contact: { discrete: 104 },
    otherContact: { discrete: 105 },
    holding: { holding: 199 },
    missing: { holding: 201 },
  };
  const device = await aDevice(t, keys);
  if (device === undefined) return;
  const { readings, refused } = await device.read(Object.keys(keys));
  const values = new Map(readings.map(({ point, value }) => [point, value]));
  assert.deepEqual(values.get("voltage"), bytes("43 66 80 00"));
  assert.deepEqual(values.get("number"), bytes("03 03"));
  assert.equal((values.get("many") as Uint8Array).length, 250);
  assert.deepEqual([values.get("coil"), values.get("otherCoil")], [true, false]);
  assert.deepEqual([values.get("contact"), values.get("otherContact")], [true, false]);
  assert.deepEqual(values.get("holding"), bytes("00 00"));
  assert.deepEqual(
    refused.map(({ point }) => point),
    ["missing"],
  );
  assert.match(refused[0]?.reason ?? "", /exception 2 \(illegal data address\)/);
});

test("libmodbus takes every kind of write, and has what was written", async (t) => {
  const device = await aDevice(t, {
    coil: { coil: 1, write: { verify: "1s" } },
    coils: { coil: 2, write: { fc: 15, verify: "1s" } },
    one: { holding: 10, write: { verify: "1s" } },
    several: { holding: 11, write: { fc: 16, verify: "1s" } },
    two: { holding: 12, length: 4, write: { verify: "1s" } },
    masked: { holding: 14, write: { mask: "fc22", verify: "1s" } },
    changed: { holding: 14, write: { mask: "rmw", verify: "1s" } },
    missing: { holding: 300, write: true },
  });
  if (device === undefined) return;
  await device.write("coil", true);
  await device.write("coils", true);
  await device.write("one", bytes("12 34"));
  await device.write("several", bytes("56 78"));
  await device.write("two", bytes("01 02 03 04"));
  await device.write("masked", bytes("00 50"), bytes("00 f0"));
  await device.write("changed", bytes("07 00"), bytes("0f 00"));
  await assert.rejects(device.write("missing", bytes("00 01")), { kind: "rejected", message: /exception 2/ });
  const { readings } = await device.read(["one", "several", "two", "masked"]);
  const values = readings.map(({ value }) => value);
  assert.deepEqual(values, [bytes("12 34"), bytes("56 78"), bytes("01 02 03 04"), bytes("07 50")]);
});
