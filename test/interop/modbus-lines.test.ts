import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { modbus } from "../../adapters/modbus/index.ts";
import {
  asciiOptionsSchema,
  type ModbusOptions,
  rtuOptionsSchema,
  rtuOverTcpOptionsSchema,
  udpOptionsSchema,
} from "../../adapters/modbus/options.ts";
import type { DeviceLink } from "../../src/adapter.ts";
import { hasTool } from "../support/foreign-tool.ts";
import { aContext, bytes, pointsOf } from "../support/modbus-device.ts";
import { debianVersion, tellPeer } from "../support/peer.ts";
import { run, start } from "../support/process.ts";
import { aPtyPair } from "../support/pty-pair.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { aPymodbusSlave, type PymodbusKind } from "./modbus/pymodbus.ts";

/** Real time: a busy machine may take longer than a device. */
const PATIENT = { timeout: "10s" };

const KEYS = {
  voltage: { input: 100, length: 4 },
  many: { input: 0, length: 200 },
  more: { input: 110, length: 180 },
  coil: { coil: 3 },
  otherCoil: { coil: 4 },
  one: { holding: 10, write: { verify: "1s" } },
  two: { holding: 12, length: 4, write: { verify: "1s" } },
  pump: { coil: 7, write: { verify: "1s" } },
  masked: { holding: 14, write: { mask: "fc22", verify: "1s" } },
  missing: { holding: 201 },
};

test("a slave of libmodbus on a serial line: a large device is read and written", async (t) => {
  const slave = await aLibmodbusSlave(t);
  if (slave === undefined) return;
  await readsAndWrites(await aDevice(t, rtuOptionsSchema.parse({ port: slave, line: "9600-8N1", ...PATIENT })));
});

const KINDS: readonly (readonly [PymodbusKind, (port: string) => ModbusOptions])[] = [
  ["rtu", (port) => rtuOptionsSchema.parse({ port, line: "9600-8N1", ...PATIENT })],
  ["ascii", (port) => asciiOptionsSchema.parse({ port, line: "9600-7E1", ...PATIENT })],
  ["rtu-over-tcp", (port) => rtuOverTcpOptionsSchema.parse({ host: "127.0.0.1", port: Number(port), ...PATIENT })],
  ["udp", (port) => udpOptionsSchema.parse({ host: "127.0.0.1", port: Number(port), ...PATIENT })],
];

for (const [kind, optionsAt] of KINDS) {
  test(`a slave of pymodbus, ${kind}: a large device is read and written`, async (t) => {
    const port = await aPymodbusSlave(t, kind);
    if (port === undefined) return;
    await readsAndWrites(await aDevice(t, optionsAt(port)));
  });
}

async function aDevice(t: TestContext, options: ModbusOptions): Promise<DeviceLink> {
  const link = await modbus.open(options, aContext());
  t.after(() => link.close());
  const section = modbus.device.parse({ unit_id: 1 });
  return link.attach(section, pointsOf(KEYS, section), { onReadings() {}, onReachable() {} });
}

async function readsAndWrites(device: DeviceLink): Promise<void> {
  const { readings, refused } = await device.read(Object.keys(KEYS));
  const values = new Map(readings.map(({ point, value }) => [point, value]));
  assert.deepEqual(values.get("voltage"), bytes("43 66 80 00"));
  const many = values.get("many");
  assert.ok(many instanceof Uint8Array);
  assert.deepEqual(
    [...many],
    Array.from({ length: 200 }, (_, i) => i >> 1),
  );
  assert.equal((values.get("more") as Uint8Array).length, 180);
  assert.deepEqual([values.get("coil"), values.get("otherCoil")], [true, false]);
  assert.deepEqual(
    refused.map(({ point }) => point),
    ["missing"],
  );
  assert.match(refused[0]?.reason ?? "", /exception 2 \(illegal data address\)/);
  await device.write("one", bytes("12 34"));
  await device.write("two", bytes("01 02 03 04"));
  await device.write("pump", true);
  await device.write("masked", bytes("00 50"), bytes("00 f0"));
}

/** The path of our end of its line. */
async function aLibmodbusSlave(t: TestContext): Promise<string | undefined> {
  const install = "apt-get install -y gcc pkg-config libmodbus-dev";
  if (!hasTool(t, "cc", install) || !hasTool(t, "pkg-config", install)) return undefined;
  tellPeer(t, "libmodbus", debianVersion("libmodbus-dev"));
  const pty = await aPtyPair(t);
  if (pty === undefined) return undefined;
  const flags = await run(t, "pkg-config", ["--cflags", "--libs", "libmodbus"]);
  assert.equal(flags.code, 0, `libmodbus is not installed: ${install}`);
  const program = join(temporaryDirectory(t), "slave");
  const source = fileURLToPath(new URL("libmodbus-rtu-slave.c", import.meta.url));
  const compiled = await run(t, "cc", ["-o", program, source, ...flags.stdout.trim().split(/\s+/)]);
  assert.equal(compiled.code, 0, compiled.stderr);
  await start(t, program, [pty.theirs]).printed(/ready/);
  return pty.ours;
}
