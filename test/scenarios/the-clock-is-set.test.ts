import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { HOUR, MINUTE, type Millis, SECOND } from "../../src/clock.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, POINT, TEMPERATURE } from "../support/climate-mapping.ts";
import type { Answer } from "../support/scripted-messages.ts";

/** What a time server may do to the wall clock of a gateway: a little, a summer time, a dead battery. */
const STEPS: readonly (readonly [name: string, step: Millis])[] = [
  ["a second back", -SECOND],
  ["an hour back", -HOUR],
  ["an hour forwards", HOUR],
  ["ten years forwards", 10 * 365 * 24 * HOUR],
];

/** A reading each poll, ten seconds apart: its value, and what the wall clock said when it was measured, to a second. */
async function measure({ clock, meter }: AGateway, from: number, polls: number) {
  const measured: { readonly value: number; readonly before: number; readonly after: number }[] = [];
  for (let value = from; value < from + polls; value++) {
    meter.set(POINT.temperature, value);
    const before = clock.wall();
    await clock.advance(10 * SECOND);
    measured.push({ value, before, after: clock.wall() });
  }
  return measured;
}

type Measured = Awaited<ReturnType<typeof measure>>;

/** Each of them arrived once, in order, with the time that its clock said. */
function assertArrived({ server }: AGateway, measured: Measured): void {
  assertTold(recordsOf(server.notifications), measured);
}

/** The same, in notifications or by Send: what is live goes before what waits. */
function assertDelivered({ server }: AGateway, measured: Measured): void {
  const records = recordsOf([...server.notifications, ...server.sends.heard]);
  assertTold(
    records.sort((a, b) => a.time - b.time),
    measured,
  );
}

/** What has no time is of now (RFC 8428 §4.5.3). */
function recordsOf(answers: readonly Answer[]) {
  const records = answers.flatMap((answer) => answer.records.map((record) => ({ time: answer.at, ...record })));
  return records.filter(({ path }) => path === TEMPERATURE);
}

function assertTold(told: ReturnType<typeof recordsOf>, measured: Measured): void {
  const records = told.slice(-measured.length);
  assert.deepEqual(
    records.map(({ value }) => value),
    measured.map(({ value }) => value),
  );
  for (const [i, { before, after }] of measured.entries()) {
    const { time = 0 } = records[i] ?? {};
    assert.ok(time >= before - SECOND && time <= after, `${i}: ${time - before} ms after its poll could begin`);
  }
}

const updates = ({ server }: AGateway): readonly number[] =>
  server.registrations.heard.filter(({ type }) => type !== "register").map(({ at }) => at);

for (const [name, step] of STEPS) {
  test(`the clock goes ${name} during an observation: pmin and pmax count on, and each value has the time of its clock`, async (t) => {
    const world = await aGateway(t, CLIMATE_SETUP);
    const { server, clock } = world;
    await server.observe(TEMPERATURE, { pmin: 1, pmax: 60 });
    const before = await measure(world, 30, 3);
    assertArrived(world, before);
    clock.epoch += step;
    assertArrived(world, [...before, ...(await measure(world, 40, 3))]);
    server.notifications.length = 0;
    await clock.advance(5 * MINUTE);
    assert.equal(server.notifications.length, 5, "each minute");
  });

  test(`the clock goes ${name} during an outage: everything arrives in the order in which it was measured`, async (t) => {
    const world = await aGateway(t, CLIMATE_SETUP);
    const { server, clock } = world;
    await server.observe(TEMPERATURE);
    server.wire.cut = true;
    const before = await measure(world, 30, 4);
    clock.epoch += step;
    const after = await measure(world, 40, 4);
    server.wire.cut = false;
    await clock.advance(MINUTE);
    assert.equal(world.gateway.status().servers[0]?.state, "registered");
    assertArrived(world, [...before, ...after]);
    assert.equal(world.gateway.status().servers[0]?.reports.waiting, 0);
  });

  test(`the clock goes ${name} in a registration: it is refreshed when it was due, and ends never`, async (t) => {
    const plain = await lived(t, 0);
    const stepped = await lived(t, step);
    assert.deepEqual(stepped, plain);
  });
}

/** When the registration of a lifetime of 5 min was refreshed in an hour, on the clock that nobody sets. */
async function lived(t: TestContext, step: Millis): Promise<readonly number[]> {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["lifetime: 5m"] });
  const { clock, server } = world;
  await clock.advance(10 * MINUTE);
  const start = clock.wall();
  const early = updates(world).map((at) => at - start);
  clock.epoch += step;
  const { length } = early;
  await clock.advance(50 * MINUTE);
  const late = updates(world)
    .slice(length)
    .map((at) => at - start - step);
  assert.equal(server.registrations.heard.filter(({ type }) => type === "register").length, 1);
  return [...early, ...late];
}

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
async function measureTruly(world: AGateway, from: number, polls: number) {
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
