/** The adapter as master of its own slaves, over every transport: two ends that share no framing code but checksums. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { modbus } from "../../../../adapters/modbus/index.ts";
import type { DeviceLink } from "../../../../src/adapter.ts";
import { hasTool } from "../../../support/foreign-tool.ts";
import { aContext, aDeviceOf, aSimulation, bytes, hex, pointsOf } from "../../../support/modbus-device.ts";
import { readAll } from "../../../support/modbus-reader.ts";
import { temporaryDirectory } from "../../../support/temp.ts";

const TYPES = ["modbus-tcp", "modbus-udp", "modbus-rtu-over-tcp", "modbus-rtu", "modbus-ascii"] as const;
type Type = (typeof TYPES)[number];
type Keys = Readonly<Record<string, object>>;

/** Serial lines are pseudo-terminals. Undefined, the test being skipped, where there is no socat. */
async function bothEnds(t: TestContext, type: Type, keys: Keys) {
  const isSerial = type === "modbus-rtu" || type === "modbus-ascii";
  if (isSerial && !hasTool(t, "socat", "apt-get install -y socat")) return undefined;
  const device = aDeviceOf(keys, { section: { unit_id: 7 } });
  const where = isSerial ? { pty: join(temporaryDirectory(t), "bus") } : {};
  const simulation = await aSimulation([{ ...device, identity: { manufacturer: "Maker" } }], { type, ...where });
  t.after(() => simulation.close());
  const own = isSerial ? { port: where.pty, line: "115200-8N1" } : simulation.address;
  // Real time: a busy machine may take longer than a device.
  const options = modbus.linkTypes[type]?.parse({ ...own, timeout: "10s" });
  assert.ok(options !== undefined);
  const link = await modbus.open(options, aContext());
  t.after(() => link.close());
  const section = modbus.device.parse({ unit_id: 7 });
  const master: DeviceLink = await link.attach(section, pointsOf(keys, section), { onReadings() {}, onReachable() {} });
  return { device, master };
}

const KEYS = {
  voltage: { input: 0, length: 4 },
  level: { holding: 10, length: 4, write: { verify: "1s" } },
  exchanged: { holding: 20, write: { fc: 23, verify: "1s" } },
  bits: { holding: 30, write: { mask: "fc22" } },
  pump: { coil: 3, write: true },
  several: { coil: 4, write: { fc: 15 } },
  door: { discrete: 9 },
  record: { file: { number: 4, record: 7 }, length: 6, write: { verify: "1s" } },
  maker: { ident: "vendor" },
};

for (const type of TYPES) {
  test(`${type}: every function is asked and answered`, async (t) => {
    const ends = await bothEnds(t, type, KEYS);
    if (ends === undefined) return;
    const { device, master } = ends;
    const values = { voltage: "43668000", level: "00000001", exchanged: "0005", bits: "1234", record: "0102030d0a3a" };
    for (const [id, value] of Object.entries(values)) device.values.set(id, bytes(value));
    device.values.set("pump", false).set("several", false).set("door", true);
    assert.deepEqual(
      await readAll(master, "voltage", "level", "exchanged", "bits", "pump", "door", "record", "maker"),
      {
        ...values,
        pump: false,
        door: true,
        maker: "Maker",
      },
    );
    await master.write("level", bytes("0a0d3a00"));
    await master.write("exchanged", bytes("0006"));
    await master.write("bits", bytes("0050"), bytes("00f0"));
    await master.write("pump", true);
    await master.write("several", true);
    await master.write("record", bytes("ffffff000000"));
    const written = ["level", "exchanged", "bits", "record"].map((id) => hex(device.values.get(id) as Uint8Array));
    assert.deepEqual(written, ["0a 0d 3a 00", "00 06", "12 54", "ff ff ff 00 00 00"]);
    assert.deepEqual([device.values.get("pump"), device.values.get("several")], [true, true]);
  });
}
