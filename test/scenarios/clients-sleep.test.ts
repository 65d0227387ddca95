/** Layout `clients` in queue mode (Core 1.2 §6.5): each device sleeps and wakes by itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import type { AGateway } from "../support/a-gateway.ts";
import { POINT } from "../support/climate-mapping.ts";
import { GATEWAY, ROOM_1, ROOM_2, rooms } from "../support/rooms.ts";

const SETUP = { servers: ["layout: clients, queue_mode: true, lifetime: 1h"], run: 10 * SECOND } as const;

/** Those that hear the server now. */
function awake({ gateway }: AGateway): readonly string[] {
  const { clients = [], queueMode, shortServerId } = gateway.status().servers[0] ?? assert.fail();
  const all = [
    { name: `server ${shortServerId}`, queueMode },
    ...clients.map((client) => ({ name: client.device, queueMode: client.queueMode })),
  ];
  return all.flatMap(({ name, queueMode: mode }) => (mode?.awakeUntil === undefined ? [] : [name]));
}

const heard = (world: AGateway, endpoint: string) => world.client(endpoint).registrations.heard.map(({ type }) => type);

test("every Register says Q, and each falls asleep after its own last message", async (t) => {
  const world = await rooms(t, SETUP);
  for (const endpoint of [GATEWAY, ROOM_1, ROOM_2]) {
    assert.ok(world.client(endpoint).registrations.heard[0]?.query.includes("Q"), endpoint);
  }
  assert.deepEqual(awake(world), ["server 101", "room-1", "room-2"]);
  await world.clock.advance(60 * SECOND);
  assert.equal((await world.client(ROOM_1).read("/3303/0/5700")).text, "21");
  await world.clock.advance(60 * SECOND);
  assert.deepEqual(awake(world), ["room-1"]);
  await world.clock.advance(60 * SECOND);
  assert.deepEqual(awake(world), []);
  await assert.rejects(world.client(ROOM_1).read("/3303/0/5700"), /no answer: timeout/);
});

test("what one has to tell wakes that one alone: an Update first, then the value", async (t) => {
  const world = await rooms(t, SETUP);
  for (const endpoint of [ROOM_1, ROOM_2]) await world.client(endpoint).observe("/3303/0/5700", { pmin: 0 });
  await world.clock.advance(5 * MINUTE);
  assert.deepEqual(awake(world), []);
  world.bus.unit(2).set(POINT.temperature, 28);
  await world.clock.advance(15 * SECOND);
  assert.deepEqual(world.client(ROOM_2).received("/3303/0/5700"), [28]);
  assert.deepEqual(heard(world, ROOM_2), ["register", "update"]);
  assert.deepEqual(awake(world), ["room-2"]);
  assert.deepEqual([heard(world, ROOM_1), heard(world, GATEWAY)], [["register"], ["register"]]);
  assert.equal((await world.client(ROOM_2).read("/3303/0/5700")).text, "28");
});

test("a device that goes during its sleep is de-registered all the same", async (t) => {
  const world = await rooms(t, SETUP);
  await world.clock.advance(5 * MINUTE);
  world.bus.unit(1).silent = true;
  await world.clock.advance(10 * MINUTE);
  assert.deepEqual(heard(world, ROOM_1).at(-1), "deregister");
  assert.deepEqual(heard(world, ROOM_2), ["register"]);
});
