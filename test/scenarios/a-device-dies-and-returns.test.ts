import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { aGateway, type Setup } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, POINT, TEMPERATURE } from "../support/climate-mapping.ts";

const PAIR: Setup = {
  ...CLIMATE_SETUP,
  devices: [
    "{ id: meter-1, mapping: climate, link: bus, unit_id: 1 }",
    "{ id: meter-2, mapping: climate, link: bus, unit_id: 2 }",
  ],
};

test("a dead unit is said once, asked ever more rarely, and its neighbour on the line goes on", async (t) => {
  const world = await aGateway(t, PAIR);
  const { clock, meter, bus, server } = world;
  await server.observe("/meter-2/3303/0/5700");
  meter.silent = true;
  await clock.advance(MINUTE);
  bus.requests.length = 0;
  const neighbour = bus.unit(2);
  for (let i = 0; i < 30; i++) {
    neighbour.set(POINT.temperature, 30 + i);
    await clock.advance(2 * MINUTE);
  }
  assert.equal(server.received("/meter-2/3303/0/5700").length, 30);
  const asked = bus.requests.filter((request) => request.startsWith("1:")).length;
  assert.ok(asked >= 5 && asked <= 20, `${asked} probes in an hour`);
  assert.deepEqual(world.log("meter-1"), ["info the device is online", "warn the device is offline"]);
  meter.silent = false;
  await clock.advance(11 * MINUTE);
  assert.deepEqual(world.log("meter-1").slice(2), ["info the device is online"]);
  assert.equal((await server.read(TEMPERATURE)).text, "21");
  assert.deepEqual(world.log("meter-2"), ["info the device is online"]);
});

test("a line that breaks takes its devices with it, says why, and brings them back", async (t) => {
  const world = await aGateway(t, PAIR);
  const { clock, bus, server, gateway } = world;
  bus.down = true;
  bus.hangUp();
  await clock.advance(HOUR);
  assert.deepEqual(
    gateway.status().devices.map(({ state }) => state),
    ["offline", "offline"],
  );
  const down = await server.read(TEMPERATURE);
  assert.equal(down.code, "5.00");
  assert.match(down.text, /meter-1 is offline \(bus: connection refused\), last heard 2026/);
  bus.down = false;
  await clock.advance(MINUTE);
  assert.equal((await server.read(TEMPERATURE)).text, "21");
  assert.deepEqual(world.log("meter-1"), [
    "info the device is online",
    "warn the device is offline",
    "info the device is online",
  ]);
  const line = world.lines.filter(({ level, message }) => level !== "debug" && message.includes("Modbus line"));
  assert.deepEqual(
    line.map(({ level, fields: { reason } }) => [level, reason]),
    [
      ["info", undefined],
      ["warn", "the device closed the connection"],
      ["warn", "connection refused"],
      ["info", undefined],
    ],
    "another reason is news, another attempt is not",
  );
});

test("an exception is an answer: the device is there, its values are bad, and it is said once", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { clock, meter, server, gateway } = world;
  meter.exception = 4;
  await clock.advance(10 * MINUTE);
  assert.equal(gateway.status().devices[0]?.state, "online");
  assert.match((await server.read(TEMPERATURE)).text, /exception 4 \(server device failure\)/);
  meter.exception = undefined;
  await clock.advance(15 * SECOND);
  assert.equal((await server.read(TEMPERATURE)).text, "21");
  assert.deepEqual(world.log("meter-1"), [
    "info the device is online",
    "warn points gave no good value",
    "info values are good again",
  ]);
});

test("a device that is away at the start is found when it comes, and can be observed meanwhile where it has constants", async (t) => {
  const world = await aGateway(t, {
    ...CLIMATE_SETUP,
    prepare: (all) => {
      CLIMATE_SETUP.prepare(all);
      all.meter.silent = true;
    },
  });
  const { clock, meter, server } = world;
  await clock.advance(MINUTE);
  assert.equal((await server.observe(TEMPERATURE)).code, "5.00", "there is nothing to observe yet");
  assert.equal((await server.observe("/meter-1/3303/0")).values["/meter-1/3303/0/5750"], "Room");
  assert.match((await server.read(TEMPERATURE)).text, /never heard/);
  meter.silent = false;
  await clock.advance(MINUTE);
  assert.deepEqual(server.received(TEMPERATURE), [21], "told by the observation of its instance");
  assert.equal((await server.read(TEMPERATURE)).text, "21");
});

test("a set clock moves the times of samples, and no deadline", async (t) => {
  const { clock, meter, server } = await aGateway(t, CLIMATE_SETUP);
  await server.observe(TEMPERATURE, { pmin: 20 });
  clock.epoch += 24 * HOUR;
  meter.set(POINT.temperature, 25);
  const now = clock.wall();
  await clock.advance(30 * SECOND);
  const [record, ...more] = server.records(TEMPERATURE);
  assert.deepEqual([record?.value, more.length], [25, 0]);
  assert.ok((record?.time ?? 0) > now);
  assert.equal(server.registrations.heard.length, 1, "the registration does not end early");
});
