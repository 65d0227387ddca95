import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { GATEWAY, ROOM_1, rooms } from "../support/rooms.ts";
import { audited, DEVICES, DIMMER, HALL, LAMP, OFFICE, started, two } from "../support/several-servers.ts";

test("three servers: one drives, one reads, one sees a part of it and drives a part of that", async (t) => {
  const world = await started(t, [
    "lifetime: 1h",
    "version: '1.1'",
    'access: { devices: ["hall-*"], write: listed, writable: ["/hall-1/3311/*/5851"] }',
  ]);
  const [one, reads, part] = world.servers;
  assert.ok(one !== undefined && reads !== undefined && part !== undefined);
  assert.deepEqual(
    world.servers.map(({ registrations: { heard } }) => heard[0]?.query.slice(1, 3)),
    [
      ["lt=3600", "lwm2m=1.2"],
      ["lt=300", "lwm2m=1.1"],
      ["lt=300", "lwm2m=1.2"],
    ],
  );
  for (const server of [one, reads]) assert.match(server.registrations.heard[0]?.objects ?? "", /<\/25\/2>/);
  assert.doesNotMatch(part.registrations.heard[0]?.objects ?? "", /<\/25\/2>/);

  assert.equal((await one.write(LAMP, true)).code, "2.04");
  const refused = await reads.write(LAMP, false);
  assert.equal(refused.code, "4.01");
  assert.match(refused.text, /server 102 may not write \/hall-1\/3311\/0\/5850: .* access\.write is none/);
  assert.equal((await part.write(DIMMER, 50)).code, "2.04");
  assert.equal((await part.write(LAMP, false)).code, "4.01");
  assert.deepEqual(world.bus.unit(1).written, [
    ["3311/0/5850", true],
    ["3311/0/5851", 50],
  ]);
  assert.equal((await reads.read(OFFICE)).text, "23");
  assert.equal((await part.read(OFFICE)).code, "4.04");
  assert.equal((await part.write("/office/3311/0/5851", 1)).code, "4.04");
  assert.deepEqual(audited(world), [
    [101, "write", LAMP, "2.04"],
    [102, "write", LAMP, "4.01"],
    [103, "write", DIMMER, "2.04"],
    [103, "write", LAMP, "4.01"],
    [103, "write", "/office/3311/0/5851", "4.04"],
  ]);
});

test("of a device that it does not see a server hears nothing: no value, no appearance, no going", async (t) => {
  const world = await started(t, ["", 'access: { devices: [office] }, report: [{ paths: ["/*"], every: 15s }]']);
  const [one, part] = two(world);
  for (const server of [one, part]) {
    await server.observeComposite([HALL, OFFICE, "/25"]);
    await server.observe("/25");
  }
  assert.equal((await part.observe(HALL)).code, "4.04");
  const observed = [HALL, OFFICE, "/25"].join(" ");
  world.bus.unit(1).set("3303/0/5700", 30);
  await world.clock.advance(20 * SECOND);
  assert.equal(one.notified(observed).length, 1);
  assert.deepEqual([part.notified(observed).length, part.received(HALL)], [0, []]);
  world.configure([
    ...DEVICES.slice(0, 1),
    ...DEVICES.slice(2),
    "{ id: cellar, mapping: climate, link: bus, unit_id: 4 }",
  ]);
  await world.reload();
  assert.ok(one.notified("/25").length > 0);
  const told = JSON.stringify([part.notified("/25"), part.notified(observed), part.sends.heard]);
  assert.doesNotMatch(told, /cellar|hall/);
  assert.match(told, /office/);
  const status = world.gateway.status().servers[1];
  assert.deepEqual(
    status?.reportEntries?.map(({ devices }) => devices),
    [1],
  );
});

test("one server is away and its history waits; the other hears everything as it happens", async (t) => {
  const world = await started(t, ["", ""]);
  const [one, other] = two(world);
  for (const server of [one, other]) await server.observe(HALL);
  one.wire.cut = true;
  for (const value of [31, 32, 33]) {
    world.bus.unit(1).set("3303/0/5700", value);
    await world.clock.advance(MINUTE);
  }
  assert.deepEqual([one.received(HALL), other.received(HALL)], [[], [31, 32, 33]]);
  one.wire.cut = false;
  await world.clock.advance(6 * MINUTE);
  const sent = one.sends.heard.flatMap(({ records }) => records.map(({ value }) => value));
  assert.deepEqual([...one.received(HALL), ...sent].toSorted(), [31, 32, 33]);
});

test("a server that writes too often is told when it may again, and another may meanwhile", async (t) => {
  const limited = "access: { write: all, limit: { writes: 2, per: 1m } }";
  const world = await started(t, ["", limited]);
  const [one, other] = two(world);
  for (const value of [1, 2]) assert.equal((await other.write(DIMMER, value)).code, "2.04");
  const refused = await other.write(DIMMER, 3);
  assert.deepEqual([refused.code, /try again in [0-9]+ s/.test(refused.text)], ["5.00", true], refused.text);
  assert.equal((await other.write("/hall-2/3311/0/5851", 3)).code, "2.04");
  assert.equal((await one.write(DIMMER, 4)).code, "2.04");
  await world.clock.advance(30 * SECOND);
  assert.equal((await other.write(DIMMER, 5)).code, "2.04");
  assert.deepEqual(
    world.bus.unit(1).written.map(([, value]) => value),
    [1, 2, 4, 5],
  );
});

test("whatever layout a server has, a device that it does not see is not there, and what it may not write it does not", async (t) => {
  const limits = 'access: { devices: ["hall-*"], write: listed, writable: ["/hall-1/3311/0/5851"] }';
  const world = await started(t, ["", `layout: instances, ${limits}`]);
  const [, folded] = two(world);
  const { text } = await folded.discover("/3304");
  assert.equal((text.match(/<\/3304\/[0-9]+>/g) ?? []).length, 2, text);
  const dimmers = Object.keys((await folded.read("/3311")).values).filter((path) => path.endsWith("/5851"));
  const codes: string[] = [];
  for (const path of dimmers) codes.push((await folded.write(path, 5)).code);
  assert.deepEqual(codes, ["2.04", "4.01"]);
  assert.deepEqual(world.bus.unit(1).written, [["3311/0/5851", 5]]);
  assert.deepEqual(world.bus.unit(2).written, []);
});

test("in layout clients a device that a server does not see is no client of it, and what it may not write it does not", async (t) => {
  const world = await rooms(t, { servers: ["", "layout: clients, access: { devices: [room-1] }"] });
  assert.deepEqual(world.endsOf(102).endpoints, [GATEWAY, ROOM_1]);
  const client = world.client(ROOM_1, 102);
  assert.equal((await client.read("/3303/0/5700")).text, "21");
  const refused = await client.write("/3311/0/5851", 5);
  assert.deepEqual([refused.code, refused.text.includes("room-1")], ["4.01", false], refused.text);
  assert.equal((await client.write("/1/0/1", 600)).code, "2.04", "its account is its own");
  assert.equal((await client.read("/2")).code, "4.04", "a device has one account");
  assert.equal((await world.client(GATEWAY, 102).read("/2/0/0")).code, "2.05", "the gateway has two");
  assert.deepEqual(world.bus.unit(1).written, []);
  assert.deepEqual(audited(world)[0], [102, "write", "/room-1/3311/0/5851", "4.01"]);
});

test("what waited of a device goes when the server is not to see it any more", async (t) => {
  const world = await started(t, ["", "access: { devices: [hall-1, office] }"]);
  const [, other] = two(world);
  await other.observe(HALL);
  await other.observe(OFFICE);
  other.wire.cut = true;
  for (const unit of [1, 3]) world.bus.unit(unit).set("3303/0/5700", 40);
  await world.clock.advance(3 * MINUTE);
  await world.stop();
  world.configure(undefined, ["", "access: { devices: [office] }"]);
  other.wire.cut = false;
  const { length } = other.notifications;
  await world.start();
  await world.clock.advance(3 * MINUTE);
  const told = JSON.stringify([other.notifications.slice(length).map(({ values }) => values), other.sends.heard]);
  assert.match(told, /office/);
  assert.doesNotMatch(told, /hall-1/);
  assert.equal((await other.read(HALL)).code, "4.04");
});
