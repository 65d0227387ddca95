/** Layout `clients`: the registration of a device follows the device. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import type { AGateway } from "../support/a-gateway.ts";
import { CLIMATE, POINT } from "../support/climate-mapping.ts";
import { GATEWAY, ROOM_1, ROOM_2, room, rooms } from "../support/rooms.ts";

function standing(world: AGateway): readonly string[] {
  return world.endsOf(101).endpoints.toSorted();
}

const ALL = [ROOM_1, ROOM_2, GATEWAY].toSorted();

test("a device that is away is de-registered after its time, and registered when it is back", async (t) => {
  const world = await rooms(t);
  world.bus.unit(1).silent = true;
  await world.clock.advance(4 * MINUTE);
  assert.deepEqual(standing(world), ALL, "not yet");
  const { heard } = world.client(ROOM_1).registrations;
  await world.clock.advance(3 * MINUTE);
  assert.deepEqual(standing(world), [ROOM_2, GATEWAY].toSorted());
  assert.equal(heard.at(-1)?.type, "deregister");
  await world.clock.advance(20 * MINUTE);
  assert.equal(heard.at(-1)?.type, "deregister", "it is left alone");
  world.bus.unit(1).silent = false;
  await world.clock.advance(15 * MINUTE);
  assert.deepEqual(standing(world), ALL);
  assert.equal((await world.client(ROOM_1).read("/3303/0/5700")).text, "21");
});

test("a device that was never heard is not registered, unless its mapping says never to let it go", async (t) => {
  const clinging = CLIMATE.replace("mapping: climate", "mapping: clinging").replace(
    "objects:",
    "availability: { deregister_after: never }\nobjects:",
  );
  const world = await rooms(t, {
    devices: [room(1), room(2).replace("mapping: climate", "mapping: clinging")],
    mappings: { climate: CLIMATE, clinging },
    prepare: ({ bus }) => {
      for (const unit of [1, 2]) bus.unit(unit).silent = true;
    },
  });
  assert.deepEqual(standing(world), [ROOM_2, GATEWAY].toSorted());
  const waiting = world.gateway.status().servers[0]?.clients?.find(({ device }) => device === "room-1");
  assert.deepEqual([waiting?.state, waiting?.endpoint], ["unheard", ROOM_1]);
  await world.clock.advance(20 * MINUTE);
  assert.deepEqual(standing(world), [ROOM_2, GATEWAY].toSorted(), "still there");
  world.bus.unit(1).silent = false;
  await world.clock.advance(15 * MINUTE);
  assert.deepEqual(standing(world), ALL);
});

test("a reload adds devices, takes them away, renames and replaces them, and leaves the others alone", async (t) => {
  const world = await rooms(t);
  await world.client(ROOM_2).observe("/3303/0/5700");
  const untouched = world.client(ROOM_2).registrations.heard.length;
  world.bus.unit(3).set(POINT.temperature, 23);
  world.configure([room(2), room(3)]);
  assert.ok(await world.reload());
  assert.deepEqual(standing(world), [ROOM_2, "urn:dev:os:32473-3", GATEWAY].toSorted());
  assert.equal((await world.client("urn:dev:os:32473-3").read("/3303/0/5700")).text, "23");
  assert.equal(world.client(ROOM_1).registrations.heard.at(-1)?.type, "deregister");
  // Another name: another client.
  world.configure([room(2), room(3).replace("32473-3", "32473-4")]);
  assert.ok(await world.reload());
  assert.deepEqual(standing(world), [ROOM_2, "urn:dev:os:32473-4", GATEWAY].toSorted());
  assert.equal((await world.client("urn:dev:os:32473-4").read("/3303/0/5700")).text, "23");
  assert.equal(world.client(ROOM_2).registrations.heard.length, untouched, "nothing was said of the other");
  // Other objects: an Update with the new list.
  world.editMapping("climate", (text) =>
    text.replace('  3304:\n    sensor_value: { input: 40, as: f32, unit: "%RH" }\n', ""),
  );
  assert.ok(await world.reload());
  await world.clock.advance(20 * SECOND);
  const last = world.client(ROOM_2).registrations.heard.at(-1);
  assert.deepEqual([last?.type, last?.objects.includes("3304")], ["update", false]);
});

test("who is killed goes on with every registration from its port, and with what is observed", async (t) => {
  const world = await rooms(t);
  const client = world.client(ROOM_1);
  await client.observe("/3303/0/5700", { pmin: 0 });
  await world.clock.advance(10 * SECOND);
  const { heard } = client.registrations;
  const before = heard.length;
  await world.kill();
  world.bus.unit(1).set(POINT.temperature, 27);
  await world.start();
  await world.clock.advance(20 * SECOND);
  assert.deepEqual(
    heard.slice(before).map(({ type }) => type),
    ["update"],
  );
  assert.equal(world.client(ROOM_1), client);
  assert.equal(client.received("/3303/0/5700").at(-1), 27);
});

test("a stop takes leave of all of them, and the next start registers them anew", async (t) => {
  const world = await rooms(t);
  await world.stop();
  assert.deepEqual(standing(world), []);
  await world.start();
  await world.clock.advance(10 * SECOND);
  assert.deepEqual(standing(world), ALL);
});

test("what was not told in one layout arrives in the next, and after going back", async (t) => {
  const world = await rooms(t, { servers: ["layout: gateway, history: notify"] });
  const change = async (servers: string): Promise<void> => {
    await world.kill();
    world.configure(undefined, [servers]);
    await world.start();
    await world.clock.advance(20 * SECOND);
  };
  const { meter } = world;
  await world.server.observe("/room-1/3303/0/5700", { pmin: 0 });
  world.server.wire.cut = true;
  for (const value of [31, 32]) {
    meter.set(POINT.temperature, value);
    await world.clock.advance(10 * SECOND);
  }
  world.server.wire.cut = false;
  world.server.registrations.forget();
  await change("layout: clients, history: notify");
  const client = world.client(ROOM_1);
  await client.observe("/3303/0/5700", { pmin: 0 });
  await world.clock.advance(MINUTE);
  assert.deepEqual(client.received("/3303/0/5700"), [31, 32]);
  client.wire.cut = true;
  meter.set(POINT.temperature, 33);
  await world.clock.advance(10 * SECOND);
  await change("layout: gateway, history: notify");
  await world.server.observe("/room-1/3303/0/5700", { pmin: 0 });
  await world.clock.advance(MINUTE);
  assert.ok(world.server.received("/room-1/3303/0/5700").includes(33));
});

test("two servers see the same devices each in its own layout", async (t) => {
  const world = await rooms(t, { servers: ["layout: clients", "access: { write: all }"] });
  const [, second] = world.servers;
  assert.equal((await second?.read("/room-1/3303/0/5700"))?.text, "21");
  await second?.observe("/room-1/3303/0/5700", { pmin: 0 });
  await world.client(ROOM_1).observe("/3303/0/5700", { pmin: 0 });
  world.bus.unit(1).set(POINT.temperature, 29);
  await world.clock.advance(15 * SECOND);
  assert.equal(world.client(ROOM_1).received("/3303/0/5700").at(-1), 29);
  assert.equal(second?.received("/room-1/3303/0/5700").at(-1), 29);
});
