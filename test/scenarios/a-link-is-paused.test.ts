import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE, CLIMATE_SETUP, DIMMER, POINT, TEMPERATURE } from "../support/climate-mapping.ts";

const ERROR_CODE = "/meter-1/3/0/11/0";
const REASON = /link bus is paused until 2026-01-01T00:\d\d:\d\dZ/;

const stateOf = ({ gateway }: AGateway): string | undefined => gateway.status().devices[0]?.state;

test("on a paused link nothing goes out, its connection is closed, and servers are not alarmed", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock, bus, gateway } = world;
  await server.observe(TEMPERATURE, {});
  await server.observe("/meter-1/3/0/11", {});
  const paused = await gateway.links.pause("bus", 10 * MINUTE);
  assert.match(paused.paused?.reason ?? "", REASON);
  assert.deepEqual(bus.counts, { opened: 1, closed: 1, connected: 1 });
  bus.requests.length = 0;
  server.notifications.length = 0;
  await clock.advance(10 * MINUTE - SECOND);
  assert.deepEqual(bus.requests, []);
  assert.deepEqual(server.notifications, []);
  const [status] = gateway.status().devices;
  assert.deepEqual([status?.state, status?.counters.outages, status?.nextTry], ["paused", 0, undefined]);
  assert.match(status?.reason ?? "", REASON);
  assert.ok(!world.log("meter-1").some((line) => line.includes("offline")));
});

test("when the time is over, the device is asked again, and what changed meanwhile is told", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock, bus, meter, gateway } = world;
  await server.observe(TEMPERATURE, {});
  await gateway.links.pause("bus", 10 * MINUTE);
  await clock.advance(5 * MINUTE);
  meter.set(POINT.temperature, 25);
  server.notifications.length = 0;
  await clock.advance(5 * MINUTE + 20 * SECOND);
  assert.equal(stateOf(world), "online");
  assert.deepEqual(bus.counts, { opened: 2, closed: 1, connected: 2 });
  assert.deepEqual(server.received(TEMPERATURE), [25]);
  assert.deepEqual(gateway.status().handled, []);
});

test("a server that reads or writes meanwhile gets 5.00 and why", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, gateway, bus } = world;
  await gateway.links.pause("bus", 10 * MINUTE);
  bus.requests.length = 0;
  const read = await server.read(TEMPERATURE);
  assert.equal(read.code, "5.00");
  assert.match(read.text, /^meter-1 is not asked: link bus is paused until .*; last heard 2026-01-01T/);
  assert.deepEqual((await server.read(ERROR_CODE)).values, { [ERROR_CODE]: 0 });
  assert.deepEqual(bus.requests, []);
});

test("with when_offline hold the last values go on being readable", async (t) => {
  const mapping = `${CLIMATE}availability: { when_offline: hold }\n`;
  const world = await aGateway(t, { ...CLIMATE_SETUP, mappings: { climate: mapping } });
  await world.gateway.links.pause("bus", 10 * MINUTE);
  assert.deepEqual((await world.server.read(TEMPERATURE)).values, { [TEMPERATURE]: 21 });
});

test("resumed early it is asked at once; a pause that is not there cannot be ended", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { clock, gateway } = world;
  await gateway.links.pause("bus", 10 * MINUTE);
  await clock.advance(MINUTE);
  await gateway.links.resume("bus");
  await clock.advance(SECOND);
  assert.equal(stateOf(world), "online");
  await clock.advance(20 * MINUTE);
  assert.equal(stateOf(world), "online");
  await assert.rejects(gateway.links.resume("bus"), /link "bus" is not paused/);
});

test("a pause of a paused link counts from the second time on", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { clock, gateway } = world;
  await gateway.links.pause("bus", 10 * MINUTE);
  await clock.advance(9 * MINUTE);
  await gateway.links.pause("bus", 10 * MINUTE);
  await clock.advance(9 * MINUTE);
  assert.equal(stateOf(world), "paused");
  await clock.advance(MINUTE + SECOND);
  assert.equal(stateOf(world), "online");
});

test("a read on its way when the pause comes is no failure of the device", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { clock, gateway, meter, bus } = world;
  const { failures } = gateway.status().devices[0]?.counters ?? {};
  meter.silent = true;
  const asked = bus.requests.length;
  while (bus.requests.length === asked) await clock.advance(100);
  await gateway.links.pause("bus", 10 * MINUTE);
  await clock.advance(MINUTE);
  const [status] = gateway.status().devices;
  assert.deepEqual([status?.state, status?.counters.failures], ["paused", failures]);
});

test("a write on its way is finished before the link closes; one that comes later is refused", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock, gateway, meter, bus } = world;
  meter.set(POINT.dimmer, 0).latency = 300;
  await clock.advance(3 * SECOND);
  const written = server.write(DIMMER, 40);
  await clock.advance(100);
  const pausing = gateway.links.pause("bus", 10 * MINUTE);
  await clock.advance(SECOND);
  assert.equal((await written).code, "2.04");
  await pausing;
  assert.deepEqual(meter.written, [[POINT.dimmer, 40]]);
  assert.equal(bus.counts.closed, 1);
  const late = await server.write(DIMMER, 50);
  assert.equal(late.code, "5.00");
  assert.match(late.text, /^\/meter-1\/3311\/0\/5851 was not written: link bus is paused until /);
  assert.deepEqual(meter.written, [[POINT.dimmer, 40]]);
});

test("what a server polls by itself on the link rests, too, and goes on", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, gateway: "remote_modbus: { links: [bus] }" });
  const { server, clock, gateway, bus } = world;
  bus.unit(5).hold("holding", 100, [1, 2, 3]);
  const cluster = { "0": { object: 10374, instance: 0 }, "1": 3, "2": 5, "3": 100, "4": 3 };
  await server.create("/10375", Object.fromEntries(Object.entries(cluster).map(([id, v]) => [`/10375/0/${id}`, v])));
  assert.equal((await server.observe("/10375/0/5", { pmin: 1, pmax: 10 })).code, "2.05");
  await gateway.links.pause("bus", 10 * MINUTE);
  bus.requests.length = 0;
  await clock.advance(9 * MINUTE);
  assert.equal(bus.requests.length, 0);
  assert.match((await server.read("/10375/0/5")).text, /could not be read: link bus is paused until/);
  assert.deepEqual((await server.read("/10374/0/8")).values, { "/10374/0/8": 2 }, "its state is as it was");
  await clock.advance(2 * MINUTE);
  assert.ok(bus.requests.some((request) => request.startsWith("5: ")));
  assert.equal((await server.read("/10375/0/5")).code, "2.05");
});

test("a device that was away before is away after, until it answers: one alarm, not two", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock, gateway, meter } = world;
  await server.observe("/meter-1/3/0/11", {});
  meter.silent = true;
  await clock.advance(MINUTE);
  assert.deepEqual(server.received(ERROR_CODE), [8]);
  await gateway.links.pause("bus", 10 * MINUTE);
  assert.equal(stateOf(world), "paused");
  await clock.advance(15 * MINUTE);
  assert.equal(stateOf(world), "offline");
  assert.deepEqual(server.received(ERROR_CODE), [8]);
  meter.silent = false;
  await clock.advance(15 * MINUTE);
  assert.deepEqual(server.received(ERROR_CODE), [8, 0]);
});

test("a device that does not come back after the pause goes offline as any other", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock, gateway, meter } = world;
  await server.observe("/meter-1/3/0/11", {});
  await gateway.links.pause("bus", MINUTE);
  meter.silent = true;
  await clock.advance(3 * MINUTE);
  assert.equal(stateOf(world), "offline");
  assert.deepEqual(server.received(ERROR_CODE), [8]);
});

test("a pause outlives a reload, for devices that are new or others, too; it goes with its link", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { gateway, bus, clock } = world;
  await gateway.links.pause("bus", 10 * MINUTE);
  bus.requests.length = 0;
  world.configure([
    "{ id: meter-1, mapping: climate, link: bus, unit_id: 1 }",
    "{ id: meter-2, mapping: climate, link: bus, unit_id: 2 }",
  ]);
  assert.equal(await world.reload(), true);
  world.editMapping("climate", (text) => text.replace("normal: 10s", "normal: 7s"));
  assert.equal(await world.reload(), true);
  assert.deepEqual(
    gateway.status().devices.map(({ id, state }) => `${id} ${state}`),
    ["meter-1 paused", "meter-2 paused"],
  );
  assert.deepEqual(bus.requests, []);
  bus.unit(2).set(POINT.temperature, 30);
  await clock.advance(10 * MINUTE);
  assert.deepEqual(
    gateway.status().devices.map(({ id, state }) => `${id} ${state}`),
    ["meter-1 online", "meter-2 online"],
  );
});

test("a gateway that is stopped while a link is paused leaves no timer behind", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  await world.gateway.links.pause("bus", 10 * MINUTE);
  await world.stop();
  assert.equal(world.clock.next, undefined);
});

test("a pause that makes no sense is refused, and a mistyped link named", async (t) => {
  const { gateway } = await aGateway(t, CLIMATE_SETUP);
  await assert.rejects(gateway.links.pause("buss", MINUTE), /there is no link "buss"; did you mean "bus"\?/);
  await assert.rejects(gateway.links.pause("bus", 0), /longer than 0, and at most 24h/);
});
