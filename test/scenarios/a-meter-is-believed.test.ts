import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";

const METER = `
mapping: cellar-meter
protocol: modbus
params: { unit_id: { type: int, range: [1, 247], default: 1 } }
modbus: { unit_id: $unit_id }
every: { normal: 10s }
availability: { offline_after: 2 failures, retry: 5s..20s, when_offline: bad-quality, probe: cumulative_active_power }
connectivity: { rssi: { input: 20 }, link_quality: auto }
identity: { manufacturer: Acme, model: M-1, serial_number: { input: 30, as: u16 } }
objects:
  3305:
    instantaneous_active_power: { input: 0, as: f32, unit: W, valid: [0, 30000], max_step: 5000, deadband: 5 }
    cumulative_active_power: { input: 2, as: f32, unit: Wh, monotonic: true }
  3303:
    version: "1.1"
    sensor_value: { input: 4, as: f32, unit: Cel, invalid: nan, valid: [-40, 85] }
  3:
    reboot: { do: [ { holding: 9, as: u16, value: 1 } ] }
`;

const POWER = "/meter-1/3305/0/5800";
const ENERGY = "/meter-1/3305/0/5805";
const TEMPERATURE = "/meter-1/3303/0/5700";
const POINT = { power: "3305/0/5800", energy: "3305/0/5805", temperature: "3303/0/5700" } as const;

const SETUP: Setup = {
  mapping: "cellar-meter",
  mappings: { "cellar-meter": METER },
  prepare: ({ meter }) => {
    meter.set(POINT.power, 1000).set(POINT.energy, 5000).set(POINT.temperature, 21).set("3/0/2", 77);
    meter.commands.add(9);
  },
};

async function shows(world: AGateway, values: Readonly<Record<string, number>>): Promise<void> {
  for (const [point, value] of Object.entries(values)) world.meter.set(point, value);
  await world.clock.advance(10 * SECOND);
}

test("a jump is held back, said to be one where it is read alone, left out of the instance, and believed when it stays", async (t) => {
  const world = await aGateway(t, SETUP);
  const { server } = world;
  await server.observe(POWER);
  await shows(world, { [POINT.power]: 25_000 });
  const alone = await server.read(POWER);
  assert.equal(alone.code, "5.00");
  assert.match(alone.text, /25000 W is more than max_step \(5000 W\) from 1000 before/);
  const { values } = await server.read("/meter-1/3305/0");
  assert.deepEqual([values[POWER], values[ENERGY]], [undefined, 5000], "its neighbour is not spoilt");
  assert.deepEqual(server.received(POWER), []);
  await shows(world, { [POINT.power]: 1003 });
  assert.equal((await server.read(POWER)).text, "1003");
  assert.deepEqual(server.received(POWER), [], "and 3 W are within the deadband");
  await shows(world, { [POINT.power]: 25_000 });
  await shows(world, { [POINT.power]: 25_010 });
  assert.deepEqual(server.received(POWER), [25_010]);
});

test("a step of a server stands above the deadband of the mapping", async (t) => {
  const world = await aGateway(t, SETUP);
  await world.server.observe(POWER, { st: 2 });
  await shows(world, { [POINT.power]: 1001 });
  await shows(world, { [POINT.power]: 1003 });
  assert.deepEqual(world.server.received(POWER), [1003]);
});

test("a meter that was rebooted by a server counts from zero at once; one that shows zeros while it starts is not believed", async (t) => {
  const world = await aGateway(t, SETUP);
  const { server, gateway } = world;
  await server.observe(ENERGY);
  await shows(world, { [POINT.energy]: 0 });
  assert.match((await server.read(ENERGY)).text, /: 0 is less than 5000 before, and a counter does not fall/);
  await shows(world, { [POINT.energy]: 5001 });
  assert.deepEqual(server.received(ENERGY), [5001]);
  assert.equal((await server.execute("/meter-1/3/0/4")).code, "2.04");
  await shows(world, { [POINT.energy]: 2 });
  assert.deepEqual(server.received(ENERGY), [5001, 2]);
  const shown = gateway.status().devices[0]?.values.find(({ path }) => path === ENERGY);
  assert.equal(shown?.reset?.from, 5001);
});

test("a meter that goes away keeps its last values, marked as such, and is found again by its probe", async (t) => {
  const world = await aGateway(t, SETUP);
  const { server, meter, clock, bus, gateway } = world;
  const quality = async () => {
    const { values } = await server.read("/meter-1/3303/0");
    return [values["/meter-1/3303/0/6042"], values["/meter-1/3303/0/6049"], values[TEMPERATURE]];
  };
  await server.observe("/meter-1/3303/0/6049");
  assert.deepEqual(await quality(), [4, 100, 21]);
  meter.silent = true;
  await clock.advance(MINUTE);
  assert.deepEqual(await quality(), [1, 0, 21]);
  assert.deepEqual(server.received("/meter-1/3303/0/6049"), [0]);
  assert.equal((await server.read("/meter-1/3/0/11/0")).text, "8");
  assert.equal((await server.read(ENERGY)).text, "5000");
  const { reason, nextTry, tries } = gateway.status().devices[0] ?? {};
  assert.ok(reason !== undefined && nextTry !== undefined && (tries ?? 0) > 2);
  bus.requests.length = 0;
  await clock.advance(MINUTE);
  assert.ok(bus.requests.length > 0 && bus.requests.every((request) => request.includes("input[0x2..0x3]")));
  meter.silent = false;
  await shows(world, {});
  await shows(world, {});
  await shows(world, {});
  assert.deepEqual(await quality(), [4, 100, 21]);
  assert.deepEqual(server.received("/meter-1/3303/0/6049"), [0, 100]);
});

test("what is no value at all marks its instance and no other", async (t) => {
  const world = await aGateway(t, SETUP);
  const { server } = world;
  await shows(world, { [POINT.temperature]: Number.NaN });
  assert.equal((await server.read(TEMPERATURE)).code, "5.00");
  const { values } = await server.read("/meter-1/3303/0");
  assert.deepEqual([values["/meter-1/3303/0/6042"], values["/meter-1/3303/0/6049"]], [1, 0]);
  assert.equal((await server.read(POWER)).text, "1000");
});

test("object 4 tells how the meter is connected, by what the link and the meter know", async (t) => {
  const world = await aGateway(t, SETUP);
  world.meter.set("4/0/2", 7);
  await world.clock.advance(10 * SECOND);
  const { values } = await world.server.read("/meter-1/4/0");
  assert.deepEqual(values, {
    "/meter-1/4/0/0": 41,
    "/meter-1/4/0/1/0": 41,
    "/meter-1/4/0/2": 7,
    "/meter-1/4/0/4/0": "192.0.2.10",
  });
});
