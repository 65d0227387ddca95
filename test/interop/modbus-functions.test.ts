/** Functions that few devices have, against others' implementations: a slave of pymodbus, a master of modbus-serial. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import modbusSerial from "modbus-serial";
import { modbus } from "../../adapters/modbus/index.ts";
import { tcpOptionsSchema } from "../../adapters/modbus/options.ts";
import packageFile from "../../package.json" with { type: "json" };
import type { DeviceLink } from "../../src/adapter.ts";
import { aContext, aDeviceOf, aSimulation, bytes, pointsOf, portOf } from "../support/modbus-device.ts";
import { readAll } from "../support/modbus-reader.ts";
import { tellPeer } from "../support/peer.ts";
import { aPymodbusSlave } from "./modbus/pymodbus.ts";

const KEYS = {
  exchanged: { holding: 20, length: 4, write: { fc: 23, verify: "1s" } },
  masked: { holding: 14, write: { mask: "fc22", verify: "1s" } },
  coil: { coil: 5, write: { fc: 15, verify: "1s" } },
  vendor: { ident: "vendor" },
  revision: { ident: "revision" },
  name: { ident: "product_name" },
  model: { ident: "model" },
};

async function aPymodbusDevice(t: TestContext): Promise<DeviceLink | undefined> {
  const port = await aPymodbusSlave(t, "tcp");
  if (port === undefined) return undefined;
  const link = await modbus.open(tcpOptionsSchema.parse({ host: "127.0.0.1", port: Number(port) }), aContext());
  t.after(() => link.close());
  const section = modbus.device.parse({ unit_id: 1 });
  return link.attach(section, pointsOf(KEYS, section), { onReadings() {}, onReachable() {} });
}

test("a slave of pymodbus: read/write in one, a masked write, and several coils", async (t) => {
  const device = await aPymodbusDevice(t);
  if (device === undefined) return;
  await device.write("exchanged", bytes("4366 8000"));
  await device.write("masked", bytes("0050"), bytes("00f0"));
  await device.write("coil", true);
  assert.deepEqual(await readAll(device, "exchanged", "masked", "coil"), {
    exchanged: "43668000",
    masked: "0050",
    coil: true,
  });
});

test("a slave of pymodbus says who it is, one object alone and several in as many answers as they need", async (t) => {
  const device = await aPymodbusDevice(t);
  if (device === undefined) return;
  const expected = { vendor: "Vendor of pymodbus", revision: "3.8", name: "A slave", model: "N".repeat(200) };
  assert.deepEqual(await readAll(device, "vendor", "revision", "name", "model"), expected);
  assert.deepEqual(await readAll(device, "revision"), { revision: "3.8" });
});

test("a master of modbus-serial reads who a simulated device is, masks, and writes and reads in one", async (t) => {
  tellPeer(t, "modbus-serial", packageFile.devDependencies["modbus-serial"]);
  const device = aDeviceOf({
    level: { holding: 4, write: true },
    other: { holding: 5, length: 4, write: true },
    model: { ident: "model" },
  });
  device.values.set("level", bytes("0012")).set("other", bytes("0001 0002")).set("model", "M1");
  const identity = { manufacturer: "Maker", model: "P1", version: "2.1" };
  const simulation = await aSimulation([{ ...device, identity }]);
  t.after(() => simulation.close());
  const client = new modbusSerial.default();
  await client.connectTCP("127.0.0.1", { port: portOf(simulation) });
  t.after(() => new Promise<void>((resolve) => client.close(() => resolve())));
  client.setID(1);
  const { data } = await client.readDeviceIdentification(2, 0);
  assert.deepEqual({ ...data }, { 0: "Maker", 1: "P1", 2: "2.1", 5: "M1" });
  const call = <T>(ask: (done: (error: Error | null, answer: T) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => ask((error, answer) => (error === null ? resolve(answer) : reject(error))));
  await call((done) => client.writeFC22(1, 4, 0xf2, 0x25, done));
  assert.deepEqual(device.values.get("level"), bytes("0017"));
  const both = await call<{ readonly data: readonly number[] }>((done) =>
    client.writeFC23(1, 4, 3, 5, 2, [0x0a, 0x0b], done),
  );
  assert.deepEqual(both.data, [0x17, 0x0a, 0x0b]);
});
