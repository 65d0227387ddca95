/** What a gateway must do beyond a client (LwM2M Gateway TS 1.1), for which OMA has no test cases: reports of what devices have. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import type { AGateway } from "../support/a-gateway.ts";
import { toldOf, valuesInTime } from "../support/ledger.ts";
import { DEV_0, LAMP, pair, TEMPERATURE, twoRooms, VALUE } from "../support/two-rooms.ts";

const DIMMER = "3311/0/5851";

test("gateway-10: an observation ends by Cancel, by Reset, with its instance and with its device", async (t) => {
  const world = await twoRooms(t);
  const { bus, clock, gateway, server } = world;
  const [cancelled, reset, instance, device] = [VALUE, LAMP, "/dev-0/3303/1/5700", `/dev-1/${TEMPERATURE}`] as const;
  for (const path of [cancelled, reset, instance, device]) await server.observe(path);
  assert.equal((await server.cancel(cancelled))?.code, "2.05");
  await server.cancel(reset, "forget");
  bus.unit(1).set(TEMPERATURE, 25).set("3311/0/5850", true);
  await clock.advance(5 * SECOND);
  assert.deepEqual(server.notifications, []);
  assert.deepEqual(gateway.status().servers[0]?.observations, [instance, device]);
  world.editMapping("room", (text) => text.replace(/ {4}1: \{ sensor_value.*\n/, ""));
  await world.reload();
  const ends = (path: string) => server.notified(path).map(({ code, type, format }) => [code, type, format]);
  assert.deepEqual(ends(instance), [["4.04", "con", undefined]]);
  assert.deepEqual(ends(device), [], "its own instance 1 only");
  world.configure([DEV_0]);
  await world.reload();
  assert.deepEqual(ends(device), [["4.04", "con", undefined]]);
  assert.deepEqual(gateway.status().servers[0]?.observations, []);
});

test("gateway-12: pmax below pmin, or 0, is no period; the defaults of the server count for devices, and change", async (t) => {
  const { clock, server } = await twoRooms(t);
  assert.equal((await server.writeAttributes(VALUE, "pmin=20", "pmax=10")).code, "2.04");
  await server.observe(VALUE);
  await server.observe(`/dev-1/${TEMPERATURE}`, { pmax: 0 });
  await clock.advance(2 * MINUTE);
  assert.deepEqual(server.notifications, []);
  await server.observe("/dev-0/3303/1/5700");
  const heard = async () => {
    server.notifications.length = 0;
    await clock.advance(MINUTE);
    return server.notified("/dev-0/3303/1/5700").length;
  };
  assert.equal((await server.write("/1/0/3", 10)).code, "2.04");
  assert.equal(await heard(), 6);
  assert.equal((await server.write("/1/0/3", 30)).code, "2.04");
  assert.equal(await heard(), 2);
  assert.equal((await server.write("/1/0/3", 0)).code, "2.04");
  assert.equal(await heard(), 0, "0 is none");
});

/** Each poll finds another temperature: 40, 41, … */
async function measure({ bus, clock }: AGateway, polls: number): Promise<number[]> {
  const values = Array.from({ length: polls }, (_, i) => 40 + i);
  for (const value of values) {
    bus.unit(1).set(TEMPERATURE, value);
    await clock.advance(SECOND);
  }
  return values;
}

/** What each server hears of the temperature after an outage of so many polls. */
async function afterAnOutage(world: AGateway, polls: number) {
  for (const { wire } of world.servers) wire.cut = true;
  const values = await measure(world, polls);
  for (const { wire } of world.servers) wire.cut = false;
  await world.clock.advance(MINUTE);
  return { values, heard: world.servers.map((server) => valuesInTime(toldOf(server, VALUE))) };
}

test("gateway-13: an outage is stored as each server wishes: hqmax of some, of none, or nothing at all", async (t) => {
  const world = await twoRooms(t, ["", "", "", ""]);
  const [three, none, nothing, all] = world.servers;
  await three?.observe(VALUE, { hqmax: 3 });
  await none?.observe(VALUE, { hqmax: 0 });
  assert.equal((await nothing?.write("/1/2/6", false))?.code, "2.04");
  await nothing?.observe(VALUE);
  await all?.observe(VALUE, { hqmax: 5000 });
  const { values, heard } = await afterAnOutage(world, 60);
  assert.deepEqual(heard[0]?.slice(-3), values.slice(-3));
  assert.ok((heard[0]?.length ?? 0) <= 4, "and perhaps the one that was on its way");
  assert.ok((heard[1]?.length ?? 0) <= 1);
  assert.ok((heard[2]?.length ?? 0) <= 1);
  assert.deepEqual(heard[3], values);
});

test("gateway-13: what is kept without hqmax has a limit of its own, at which the oldest goes", async (t) => {
  const world = await twoRooms(t, ["lifetime: 1d"], { gateway: "store: { hqmax: 300 }" });
  await world.server.observe(VALUE);
  const { values } = await afterAnOutage(world, 400);
  await world.clock.advance(6 * MINUTE);
  assert.deepEqual(valuesInTime(toldOf(world.server, VALUE)), values.slice(-300));
});

test("gateway-14: edge 1 tells only what rises, edge 0 only what falls", async (t) => {
  const world = await twoRooms(t, ["", ""]);
  const [rising, falling] = pair(world);
  assert.equal((await rising.writeAttributes(LAMP, "edge=1")).code, "2.04");
  assert.equal((await falling.writeAttributes(LAMP, "edge=0")).code, "2.04");
  for (const server of [rising, falling]) await server.observe(LAMP);
  for (const on of [true, false, true, false, false, true]) {
    world.bus.unit(1).set("3311/0/5850", on);
    await world.clock.advance(2 * SECOND);
  }
  assert.deepEqual(
    [rising.received(LAMP), falling.received(LAMP)],
    [
      [true, true, true],
      [false, false],
    ],
  );
});

test("gateway check: a device that is away answers 5.00 and why; it keeps its place, its observations and its attributes", async (t) => {
  const { bus, clock, server, gateway } = await twoRooms(t);
  await server.writeAttributes(VALUE, "gt=0");
  await server.observe(VALUE);
  bus.unit(1).silent = true;
  await clock.advance(MINUTE);
  for (const answer of [
    await server.read(VALUE),
    await server.observe("/dev-0/3303/1/5700"),
    await server.write(`/dev-0/${DIMMER}`, 50),
  ]) {
    assert.equal(answer.code, "5.00");
    assert.match(answer.text, /dev-0.*(offline|no answer)|no answer/);
    assert.equal(answer.format, undefined, "a diagnostic payload is text");
  }
  const object = await server.read("/dev-0/3303");
  assert.deepEqual(Object.keys(object.values), ["/dev-0/3303/0/5701", "/dev-0/3303/1/5701"], "what needs no device");
  assert.equal((await server.read(`/dev-1/${TEMPERATURE}`)).text, "31", "its neighbour answers");
  assert.equal((await server.discover("/25", "depth=1")).text, "</25>;ver=2.0,</25/0>,</25/1>");
  assert.equal((await server.discover(VALUE)).text, "</3303/0/5700>;gt=0");
  assert.deepEqual(gateway.status().servers[0]?.observations, [VALUE]);
  bus.unit(1).silent = false;
  bus.unit(1).set(TEMPERATURE, -3);
  await clock.advance(MINUTE);
  assert.deepEqual(server.received(VALUE), [-3]);
});
