/** SunSpec models over real sockets: what `sim` serves, and slaves whose chain is elsewhere, cut, or moves. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { modbus } from "../../../../adapters/modbus/index.ts";
import { tcpOptionsSchema } from "../../../../adapters/modbus/options.ts";
import type { DeviceLink } from "../../../../src/adapter.ts";
import { aContext, aDeviceOf, aSimulation, pointsOf } from "../../../support/modbus-device.ts";
import { chainOf, common, foreign, inverter } from "../../../support/sunspec-device.ts";
import { type Answer, aToolSlave, holdingFrom } from "../../../support/tool-slave.ts";

const INVERTER = [101, 102, 103, 111, 112, 113];
const KEYS = {
  maker: { sunspec: { model: 1, point: "Mn" } },
  serial: { sunspec: { model: 1, point: "SN" } },
  power: { sunspec: { model: INVERTER, point: "W" } },
  voltage: { sunspec: { model: INVERTER, point: "PhVphA" } },
  energy: { sunspec: { model: INVERTER, point: "WH" } },
};

async function attached(
  t: TestContext,
  address: object,
  keys: Readonly<Record<string, object>>,
  more = {},
): Promise<DeviceLink> {
  const link = await modbus.open(tcpOptionsSchema.parse({ ...address, timeout: "2s" }), aContext());
  t.after(() => link.close());
  const section = modbus.device.parse({ unit_id: 1, ...more });
  return link.attach(section, pointsOf(keys, section), { onReadings() {}, onReachable() {} });
}

async function everything(device: DeviceLink, keys: object): Promise<Record<string, unknown>> {
  const { readings, refused } = await device.read(Object.keys(keys));
  return Object.fromEntries([
    ...readings.map(({ point, value }) => [point, value] as const),
    ...refused.map(({ point, reason }) => [point, { reason }] as const),
  ]);
}

function registers(base: number, words: readonly number[]): Answer {
  const bytes = Buffer.alloc(2 * words.length);
  for (const [i, word] of words.entries()) bytes.writeUInt16BE(word, 2 * i);
  return holdingFrom(base, bytes);
}

test("a simulated device serves the models of its mapping, and what is read is what it holds", async (t) => {
  const keys = {
    ...KEYS,
    string: { sunspec: { model: 160, point: "DCW", block: 12 } },
    battery: { sunspec: { model: 802, point: "SoC" } },
    own: { sunspec: { model: 64_110, offset: 3, type: "int16", scale: 4 } },
    plain: { holding: 5 },
    missing: { sunspec: { model: INVERTER, point: "Hz" } },
  };
  const device = aDeviceOf(keys);
  const held = {
    maker: "Acme",
    power: -1234.5,
    voltage: 230.1,
    energy: 98_765_432,
    string: 4321,
    battery: 55.25,
    own: -0.5,
  };
  for (const [id, value] of Object.entries(held)) device.values.set(id, value);
  device.values.set("plain", Uint8Array.of(0, 7));
  const simulation = await aSimulation([device]);
  t.after(() => simulation.close());
  const link = await attached(t, simulation.address, keys);
  assert.deepEqual(await everything(link, keys), {
    ...held,
    serial: "1",
    plain: Uint8Array.of(0, 7),
    missing: { reason: "the device says that it has no value (0xffff)" },
  });
});

test("a simulated device has its chain where the mapping says", async (t) => {
  const device = aDeviceOf(KEYS, { section: { sunspec_base: 1000 } });
  device.values.set("power", 5);
  const simulation = await aSimulation([device]);
  t.after(() => simulation.close());
  const read = await attached(t, simulation.address, { power: KEYS.power }, { sunspec_base: 1000 });
  assert.deepEqual(await everything(read, { power: 0 }), { power: 5 });
  const lost = await attached(t, simulation.address, { power: KEYS.power });
  assert.match(JSON.stringify(await everything(lost, { power: 0 })), /says \\"SunS\\"/);
});

test("slaves with their chain at 40000, 0 and 50000 and foreign models in it are read alike", async (t) => {
  const words = chainOf([
    common("Acme"),
    foreign(120, 26),
    inverter(102, { 14: 1234, 15: 0xffff }),
    foreign(64_001, 90),
  ]);
  for (const base of [40_000, 0, 50_000]) {
    const slave = await aToolSlave(t, { 1: registers(base, words) });
    const link = await attached(t, { host: "127.0.0.1", port: slave.port }, KEYS);
    const { maker, power } = await everything(link, { maker: 0, power: 0 });
    assert.deepEqual([maker, power], ["Acme", 123.4], String(base));
  }
});

test("a chain that is cut, one that never ends and none at all leave the rest of the device alone", async (t) => {
  const whole = chainOf([common("Acme"), inverter(103, { 14: 1, 15: 0 })]);
  const broken = [
    whole.slice(0, 71),
    [0x5375, 0x6e53, ...Array.from({ length: 3000 }, (_, i) => 9 * ((i + 1) % 2))],
    [0, 0],
  ];
  for (const words of broken) {
    const slave = await aToolSlave(t, { 1: registers(0, words) });
    const link = await attached(t, { host: "127.0.0.1", port: slave.port }, { ...KEYS, plain: { holding: 0 } });
    const { plain, power } = await everything(link, { power: 0, plain: 0 });
    assert.ok(plain instanceof Uint8Array);
    assert.match(JSON.stringify(power), /"reason":"the device has none of the SunSpec models 101/);
  }
});

test("a chain that begins elsewhere after an update of the firmware is found in the next read", async (t) => {
  let words = registers(40_000, chainOf([common("Acme"), inverter(103, { 14: 1, 15: 0 })]));
  const slave = await aToolSlave(t, { 1: (pdu) => words(pdu) });
  const link = await attached(t, { host: "127.0.0.1", port: slave.port }, KEYS);
  assert.deepEqual(await everything(link, { power: 0 }), { power: 1 });
  words = registers(50_000, chainOf([common("Acme"), foreign(120, 26), inverter(103, { 14: 2, 15: 1 })]));
  assert.deepEqual(await everything(link, { power: 0 }), { power: 20 });
});

test("check counts the reads of a poll as if the first models followed each other", () => {
  const section = modbus.device.parse({ unit_id: 1 });
  const planned = modbus.plan?.(section, pointsOf(KEYS, section));
  assert.deepEqual(
    planned?.map(({ text }) => text),
    ["holding[0x9C42..0x9C53]", "holding[0x9C74..0x9CA0]"],
  );
});
