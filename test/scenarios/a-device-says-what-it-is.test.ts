import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";

const MAPPING = `
mapping: versions
protocol: modbus
params: { unit_id: { type: int, default: 1 } }
modbus: { unit_id: $unit_id }
every: { normal: 10s }
objects:
  3: { firmware_version: { holding: 9, as: u16, poll: 1m } }
  3303: { sensor_value: [ { when: firmware_version >= 3, input: 4, as: f32 }, { input: 0, as: f32 } ] }
  3304: { when: firmware_version >= 3, sensor_value: { input: 2, as: f32 } }
`;

const VERSION = "3/0/3";
const TEMPERATURE = "/meter-1/3303/0/5700";
const HUMIDITY = "/meter-1/3304/0/5700";

function setup(version: number): Setup {
  return {
    mapping: "versions",
    mappings: { versions: MAPPING },
    prepare: ({ meter }) => meter.set(VERSION, version).set("3303/0/5700", 21).set("3304/0/5700", 40),
  };
}

const objects = ({ server }: AGateway) =>
  server.registrations.heard.map(({ type, objects: list }) => `${type} ${list}`);
const codeOf = async ({ server }: AGateway, path: string) => (await server.read(path)).code;

test("a device has what its mapping has for its firmware, once it has said which that is", async (t) => {
  const world = await aGateway(t, setup(3));
  const { server, clock } = world;
  assert.equal((await server.read(TEMPERATURE)).code, "2.05");
  assert.equal(await codeOf(world, HUMIDITY), "2.05");
  assert.deepEqual(server.received("/25/0/3"), []);
  await server.observe("/25/0/3");
  await server.observe(HUMIDITY);
  const before = objects(world).length;
  world.meter.set(VERSION, 2);
  await clock.advance(2 * MINUTE);
  assert.equal(await codeOf(world, HUMIDITY), "4.04", "older firmware was put on it");
  assert.deepEqual(server.received("/25/0/3"), ["</3>;ver=1.0,</3/0>,</3303/0>"]);
  assert.equal(objects(world).length, before + 1, "one Update");
  assert.ok(world.log("meter-1").some((line) => line.includes("what the device says of itself changes what it has")));
});

test("what it said is known after a restart, before it says it again", async (t) => {
  const world = await aGateway(t, setup(3));
  await world.clock.advance(MINUTE);
  await world.stop();
  world.meter.silent = true;
  await world.start();
  await world.clock.advance(5 * SECOND);
  assert.equal(await codeOf(world, HUMIDITY), "5.00", "it is there, and its device is away");
  world.meter.silent = false;
  await world.clock.advance(MINUTE);
  assert.equal(await codeOf(world, HUMIDITY), "2.05");
  assert.equal(world.log("meter-1").filter((line) => line.includes("changes what it has")).length, 1, "nothing flaps");
});

test("before it has said anything it has what depends on nothing", async (t) => {
  const world = await aGateway(t, {
    ...setup(3),
    prepare: ({ meter }) => {
      meter.silent = true;
    },
  });
  assert.equal(await codeOf(world, TEMPERATURE), "4.04");
  assert.equal(await codeOf(world, "/meter-1/3/0/3"), "5.00");
});
