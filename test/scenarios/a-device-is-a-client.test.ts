import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import { POINT } from "../support/climate-mapping.ts";
import { GATEWAY, ROOM_1, ROOM_2, rooms } from "../support/rooms.ts";

test("each device registers by itself, with its own objects at the root, beside the gateway with its inventory", async (t) => {
  const world = await rooms(t);
  assert.deepEqual(world.endsOf(101).endpoints, [GATEWAY, ROOM_1, ROOM_2]);
  const objects = (endpoint: string): string => world.client(endpoint).registrations.heard[0]?.objects ?? "";
  assert.match(objects(GATEWAY), /<\/25\/0>,<\/25\/1>/);
  assert.doesNotMatch(objects(ROOM_1), /<\/25/);
  assert.match(objects(ROOM_1), /<\/1\/0>.*<\/3\/0>.*<\/3303\/0>/);
  assert.equal((await world.server.read("/25/1/0")).code, "2.05");
  assert.equal((await world.server.read("/room-1/3303/0/5700")).code, "4.04");
});

test("a device is read, written, executed and discovered in paths of its own", async (t) => {
  const world = await rooms(t);
  const room = world.client(ROOM_1);
  assert.equal((await room.read("/3303/0/5700")).text, "21");
  assert.equal((await world.client(ROOM_2).read("/3303/0/5700")).text, "22");
  assert.equal((await room.write("/3311/0/5851", 55)).code, "2.04");
  assert.equal(world.bus.unit(1).get(POINT.dimmer), 55);
  const refused = await room.write("/3311/0/5851", 101);
  assert.deepEqual([refused.code, refused.text.includes("room-1")], ["4.00", false]);
  assert.match((await room.discover("/3303")).text, /^<\/3303>.*<\/3303\/0\/5700>/);
  assert.equal((await room.read("/25/0")).code, "4.04");
  assert.equal((await room.read("/room-1/3303/0/5700")).code, "4.04");
  const updates = room.registrations.heard.length;
  assert.equal((await room.execute("/1/0/8")).code, "2.04");
  assert.equal(room.registrations.heard[updates]?.type, "update");
});

test("a device is observed by itself, also by a list, and notifies in paths of its own", async (t) => {
  const world = await rooms(t);
  const room = world.client(ROOM_1);
  await room.observe("/3303/0/5700", { pmin: 0 });
  await room.observeComposite(["/3303/0/5700", "/3304"], { pmin: 0 });
  world.bus.unit(1).set(POINT.temperature, 25).set(POINT.humidity, 41);
  world.bus.unit(2).set(POINT.temperature, 30);
  await world.clock.advance(15 * SECOND);
  assert.deepEqual(room.notified("/3303/0/5700").at(-1)?.values, { "/3303/0/5700": 25 });
  assert.deepEqual(room.received("/3304/0/5700"), [41]);
  assert.deepEqual(world.client(ROOM_2).notifications, []);
  assert.deepEqual((await room.fetch(["/3303/0/5700", "/3304/0/5700"])).values, {
    "/3303/0/5700": 25,
    "/3304/0/5700": 41,
  });
  assert.equal((await room.ipatch({ "/3311/0/5850": true, "/3311/0/5851": 7 })).code, "2.04");
  assert.equal(world.bus.unit(1).get(POINT.dimmer), 7);
});

test("what a device reports and what somebody has sent goes by its own registration", async (t) => {
  const world = await rooms(t, {
    servers: ["layout: clients, report: [ { name: temperatures, paths: [/*/3303/*/5700], every: 10s } ]"],
  });
  await world.clock.advance(15 * SECOND);
  const sent = (endpoint: string): readonly string[] => [
    ...new Set(world.client(endpoint).sends.heard.flatMap(({ records }) => records.map(({ path }) => String(path)))),
  ];
  assert.deepEqual(sent(ROOM_1), ["/3303/0/5700", "/3303/1/5700"]);
  assert.deepEqual(sent(ROOM_2), ["/3303/0/5700", "/3303/1/5700"]);
  assert.deepEqual(sent(GATEWAY), []);
  const paths = ["/room-1/3304/0/5700", "/room-2/3304/0/5700"].map(parsePath);
  const sending = world.gateway.send({ paths, format: "senml-cbor" });
  assert.deepEqual(await world.server.settled(sending), [{ server: 101, type: "delivered" }]);
  assert.ok(sent(ROOM_2).includes("/3304/0/5700"));
});

test("what a server writes to the account of one device holds for that one alone, over restarts", async (t) => {
  const world = await rooms(t);
  await world.client(ROOM_1).write("/1/0/1", 600);
  await world.clock.advance(5 * SECOND);
  const [first] = world.client(ROOM_1).registrations.heard.slice(-1);
  assert.deepEqual([first?.type, first?.query], ["update", ["lt=600"]]);
  await world.stop();
  await world.start();
  await world.clock.advance(20 * SECOND);
  const lifetimes = [ROOM_1, ROOM_2].map((endpoint) =>
    world
      .client(endpoint)
      .registrations.heard.at(-1)
      ?.query.find((part) => part.startsWith("lt=")),
  );
  assert.deepEqual(lifetimes, ["lt=600", "lt=300"]);
});
