/** Layout `clients` with many devices: a server must not be asked for all of them at once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import type { Heard } from "../support/scripted-registrations.ts";

const MANY = 40;
const PER_SECOND = 5;

function many(t: Parameters<typeof aGateway>[0], keys = "", server = "", run = 30 * SECOND): Promise<AGateway> {
  return aGateway(t, {
    links: ["trial: { type: simulated }"],
    mappings: { still: STILL },
    devices: [`{ id: room-$number, mapping: still, link: trial, each: { number: 1..${MANY} } }`],
    servers: [`layout: clients, clients: { per_second: ${PER_SECOND}${keys} }${server}`],
    run,
  });
}

/** Nothing of it changes, and it is hardly ever asked. */
const STILL = `
format: 1
mapping: still
protocol: simulated
every: { normal: 1h }
objects:
  3303: { sensor_value: { ramp: { from: 0, to: 10, period: 10d } } }
`;

function mostASecond(heard: readonly Heard[]): number {
  return Math.max(
    0,
    ...heard.map(({ at }) => heard.filter((other) => other.at >= at && other.at < at + SECOND).length),
  );
}

function devices(world: AGateway): readonly Heard[] {
  return world
    .endsOf(101)
    .servers.slice(1)
    .flatMap(({ registrations }) => registrations.heard);
}

test("devices register one after the other, and update spread over the lifetime", async (t) => {
  const world = await many(t);
  assert.equal(world.endsOf(101).endpoints.length, MANY + 1);
  assert.ok(mostASecond(devices(world)) <= PER_SECOND + 1);
  await world.clock.advance(12 * MINUTE);
  const updates = devices(world).filter(({ type }) => type === "update");
  assert.ok(updates.length >= 3 * MANY);
  assert.ok(mostASecond(updates) <= PER_SECOND + 1);
  assert.equal(devices(world).filter(({ type }) => type === "register").length, MANY);
});

test("a server that comes back is not run over", async (t) => {
  const world = await many(t);
  for (const server of world.endsOf(101).servers) server.wire.cut = true;
  await world.clock.advance(30 * MINUTE);
  const heard = devices(world).length;
  for (const server of world.endsOf(101).servers) {
    server.wire.cut = false;
    server.registrations.forget();
  }
  await world.clock.advance(10 * MINUTE);
  const since = devices(world).slice(heard);
  assert.equal(world.endsOf(101).endpoints.length, MANY + 1);
  assert.ok(since.length >= MANY);
  // What had no answer before the line was back comes again by itself: each message four times at most, later each time.
  assert.ok(mostASecond(since) <= 2 * PER_SECOND, `${mostASecond(since)} in a second`);
});

test("the log tells of all of them together", async (t) => {
  const world = await many(t);
  assert.deepEqual(
    world.log("101").filter((line) => line.includes("registered")),
    ["info registered", "info devices are registered"],
  );
  assert.deepEqual(world.lines.filter(({ level, message }) => level === "info" && message === "registered").length, 1);
});

test("devices beyond the limit are no clients, and are named", async (t) => {
  const world = await many(t, ", max: 30");
  assert.equal(world.endsOf(101).endpoints.length, 31);
  const refused = world.gateway.status().servers[0]?.clients?.filter(({ state }) => state === "refused") ?? [];
  assert.deepEqual(
    [refused.length, refused[0]?.device, refused[0]?.reason],
    [MANY - 30, "room-31", "clients.max is 30"],
  );
  assert.ok(
    world
      .log()
      .some((line) =>
        line.endsWith(
          "max: at server 101 these devices are no clients: room-31, room-32, room-33, room-34, room-35 and 5 others",
        ),
      ),
  );
});

test("a stop ends within its time, whatever the server does", async (t) => {
  const world = await many(t);
  for (const server of world.endsOf(101).servers) server.wire.cut = true;
  const from = world.clock.monotonic();
  // It waits for it no longer than ten seconds of the clock.
  await world.stop();
  assert.equal(world.clock.monotonic() - from, 10 * SECOND);
});

test("a start is over once all have had their turn, whichever definition of object 25 the server knows", async (t) => {
  for (const definition of ["", ", gateway_object: 1.0"]) {
    const world = await many(t, "", definition, 2 * SECOND);
    assert.equal(await world.gateway.tidy(), false);
    await world.clock.advance(MINUTE);
    assert.equal(await world.gateway.tidy(), true);
  }
});
