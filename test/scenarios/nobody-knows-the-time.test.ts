import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { HOUR, MINUTE, SECOND, type UnixMillis } from "../../src/clock.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, POINT, TEMPERATURE } from "../support/climate-mapping.ts";
import { assertArrived, assertDelivered, type Measured, measure } from "../support/measured.ts";

/** The time at which the machines of these tests were switched on. */
const SWITCHED_ON = Date.UTC(2026, 5, 1);

/** A gateway without a battery for its clock: it begins in 1970, until a time server is found. Its server knows the time. */
async function withoutBattery(t: TestContext): Promise<AGateway> {
  return aGateway(t, {
    ...CLIMATE_SETUP,
    prepare: (all) => {
      CLIMATE_SETUP.prepare(all);
      all.clock.epoch = 0;
      all.clockSign = { type: "searching", by: "a time service" };
      all.server.now = () => SWITCHED_ON + all.clock.monotonic();
    },
  });
}

/** A time server is found; the gateway looks for it every second. */
async function setClock(world: AGateway): Promise<void> {
  world.clock.epoch = SWITCHED_ON;
  world.clockSign = { type: "synchronized", by: "a time service" };
  await world.clock.advance(SECOND);
}

/** A reading each poll as `measure` has it, with the time that a person with a watch would write down. */
async function measureTruly(world: AGateway, from: number, polls: number): Promise<readonly Measured[]> {
  const { epoch } = world.clock;
  const measured = await measure(world, from, polls);
  return measured.map(({ value, before, after }) => ({
    value,
    before: before - epoch + SWITCHED_ON,
    after: after - epoch + SWITCHED_ON,
  }));
}

test("a gateway that begins in 1970 says how long ago it measured until its clock is set, and then when", async (t) => {
  const world = await withoutBattery(t);
  const { server } = world;
  assert.equal(world.gateway.status().clock.trusted, false);
  await server.observe(TEMPERATURE);
  const before = await measureTruly(world, 30, 3);
  assertArrived(world, before);
  await setClock(world);
  assertArrived(world, [...before, ...(await measureTruly(world, 40, 3))]);
  assert.equal(world.gateway.status().servers[0]?.state, "registered");
  assert.deepEqual(world.gateway.status().clock, { trusted: true, reason: "a time service has set it" });
});

test("an outage in which the clock is set for the first time arrives in order, all of it with its time", async (t) => {
  const world = await withoutBattery(t);
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  const before = await measureTruly(world, 30, 3);
  await setClock(world);
  const after = await measureTruly(world, 40, 3);
  server.wire.cut = false;
  await clock.advance(MINUTE);
  assertArrived(world, [...before, ...after]);
});

test("an outage of a gateway that never learns the time is told by how long ago it was", async (t) => {
  const world = await withoutBattery(t);
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  const measured = await measureTruly(world, 30, 3);
  await clock.advance(10 * MINUTE);
  server.wire.cut = false;
  await clock.advance(6 * MINUTE);
  await server.observe(TEMPERATURE);
  await clock.advance(MINUTE);
  assertDelivered(world, measured);
});

test("values and states that are known since 1970 are as old as they are when the clock is set", async (t) => {
  const world = await withoutBattery(t);
  await world.clock.advance(10 * MINUTE);
  await setClock(world);
  const { started, now, devices } = world.gateway.status();
  const unit = devices[0]?.values.find(({ path }) => path === "/meter-1/3303/0/5701");
  const ages = [started, devices[0]?.since, unit?.time].map((time = 0) => now - time);
  for (const age of ages) assert.ok(age > 10 * MINUTE && age < 11 * MINUTE, `${age} ms`);
});

test("constants that are known since 1970 take no time from what is measured beside them", async (t) => {
  const world = await withoutBattery(t);
  await setClock(world);
  const { server, clock, meter } = world;
  await server.observe("/meter-1/3303/0");
  meter.set(POINT.temperature, 25);
  await clock.advance(10 * SECOND);
  const { records = [] } = server.notifications[0] ?? {};
  const times = Object.fromEntries(records.map(({ path, time = 0 }) => [path, time - SWITCHED_ON]));
  assert.deepEqual(Object.keys(times).length, 3);
  assert.ok((times[TEMPERATURE] ?? 0) > 6 * SECOND);
  assert.ok((times["/meter-1/3303/0/5701"] ?? 0) < SECOND, "the unit");
});

test("a device that is away is told by how long ago it was heard, while nobody knows the time", async (t) => {
  const world = await withoutBattery(t);
  const { meter, server, clock } = world;
  meter.silent = true;
  await clock.advance(5 * MINUTE);
  const { text } = await server.read(TEMPERATURE);
  assert.match(text, /last heard [0-9]+s ago/);
});

/** The second after which what waits is given to the disk, and then the disk. */
async function written({ clock }: AGateway): Promise<void> {
  await clock.advance(2 * SECOND);
  for (let turn = 0; turn < 50; turn++) await clock.advance(0);
}

for (const setWhileDead of [false, true]) {
  const when = setWhileDead ? "while the gateway is dead" : "after the gateway is started again";
  test(`killed while nobody knows the time, and the clock is set ${when}: what waits has its time`, async (t) => {
    const world = await withoutBattery(t);
    const { server, clock } = world;
    await server.observe(TEMPERATURE);
    server.wire.cut = true;
    const measured = await measureTruly(world, 30, 3);
    await written(world);
    await world.kill();
    await clock.advance(5 * MINUTE);
    if (setWhileDead) await setClock(world);
    await world.start();
    await clock.advance(10 * SECOND);
    if (!setWhileDead) await setClock(world);
    server.wire.cut = false;
    await clock.advance(6 * MINUTE);
    assertDelivered(world, measured);
    assert.equal(world.gateway.status().servers[0]?.reports.waiting, 0);
  });
}

test("killed, started and delivered while nobody knows the time: told by how long ago it was", async (t) => {
  const world = await withoutBattery(t);
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  const measured = await measureTruly(world, 30, 3);
  await written(world);
  await world.kill();
  await clock.advance(5 * MINUTE);
  await world.start();
  server.wire.cut = false;
  await clock.advance(6 * MINUTE);
  assertDelivered(world, measured);
});

/** Switched off and on again: its clock is in 1970, and nobody sets it. */
async function rebooted(world: AGateway): Promise<void> {
  await world.reboot();
  world.clock.epoch = -world.clock.monotonic();
  world.clockSign = { type: "searching", by: "a time service" };
  await world.start();
  await world.clock.advance(10 * SECOND);
}

/** What the server was told: when each value was measured for the first time. */
function timesOf({ server }: AGateway): ReadonlyMap<unknown, UnixMillis> {
  const answers = [...server.notifications, ...server.sends.heard];
  const records = answers.flatMap(({ records, at }) => records.map((record) => ({ time: at, ...record })));
  const newestFirst = records.filter(({ path }) => path === TEMPERATURE).sort((a, b) => b.time - a.time);
  return new Map(newestFirst.map(({ value, time }) => [value, time]));
}

test("a power cut before the time was known: what was measured is dated from the last time that was known", async (t) => {
  const world = await withoutBattery(t);
  const { server, clock } = world;
  await setClock(world);
  await clock.advance(30 * MINUTE);
  await world.stop();
  const stopped = clock.wall();
  await rebooted(world);
  await server.observe(TEMPERATURE);
  const begun = server.now();
  server.wire.cut = true;
  await measureTruly(world, 30, 3);
  await written(world);
  await world.kill();
  await world.reboot();
  await world.start();
  await setClock(world);
  server.wire.cut = false;
  await clock.advance(6 * MINUTE);
  const times = [30, 31, 32].map((value) => timesOf(world).get(value) ?? 0);
  // A minute is lost, in which the machine was off.
  for (const [i, time] of times.entries()) {
    assert.ok(time >= stopped - 10 * SECOND && time <= begun + (i + 1) * 10 * SECOND, `${i}: ${time - stopped}`);
    assert.ok(time > (times[i - 1] ?? 0));
  }
});

test("a clock that was saved and comes back as it was is not believed: it was later already", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { clock } = world;
  await clock.advance(HOUR);
  await world.stop();
  await world.reboot();
  clock.epoch -= 30 * MINUTE;
  await world.start();
  const { trusted, reason } = world.gateway.status().clock;
  assert.equal(trusted, false);
  assert.match(reason, /^the machine says 2026-01-01T00:3.*, but it was 2026-01-01T01:0.* already$/);
  clock.epoch += 30 * MINUTE;
  await clock.advance(SECOND);
  assert.equal(world.gateway.status().clock.trusted, true);
});

test("a clock that is set back is believed on, also when the gateway is started again", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { clock } = world;
  clock.epoch -= HOUR;
  await clock.advance(10 * SECOND);
  await world.stop();
  await world.start();
  assert.deepEqual(world.gateway.status().clock, {
    trusted: true,
    reason: "it was right before, since the machine started",
  });
});

test("gateway.clock: trusted believes the machine, whatever it says", async (t) => {
  const world = await aGateway(t, {
    ...CLIMATE_SETUP,
    gateway: "clock: trusted",
    prepare: (all) => {
      CLIMATE_SETUP.prepare(all);
      all.clock.epoch = Date.UTC(2019, 0, 1);
    },
  });
  await world.server.observe(TEMPERATURE);
  assertArrived(world, await measure(world, 30, 3));
  assert.equal(world.gateway.status().clock.trusted, true);
});
