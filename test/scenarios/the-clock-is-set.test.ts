import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { HOUR, MINUTE, type Millis, SECOND } from "../../src/clock.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, POINT, TEMPERATURE } from "../support/climate-mapping.ts";

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

/** Each of them arrived once, in order, with the time that its clock said. */
function assertArrived({ server }: AGateway, measured: Awaited<ReturnType<typeof measure>>): void {
  const records = server.records(TEMPERATURE).slice(-measured.length);
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

/** A gateway without a battery for its clock: it begins in 1970, until a time server is found. */
async function withoutBattery(t: TestContext): Promise<AGateway> {
  return aGateway(t, {
    ...CLIMATE_SETUP,
    prepare: (all) => {
      CLIMATE_SETUP.prepare(all);
      all.clock.epoch = 0;
    },
  });
}

function setClock({ clock }: AGateway): void {
  clock.epoch = Date.UTC(2026, 5, 1) - clock.monotonic();
}

test("a gateway that begins in 1970 tells no times until its clock is set, and then those of what it measures", async (t) => {
  const world = await withoutBattery(t);
  const { server } = world;
  await server.observe(TEMPERATURE);
  await measure(world, 30, 2);
  const told = server.records(TEMPERATURE).map(({ value, time }) => [value, time]);
  assert.deepEqual(told, [
    [30, undefined],
    [31, undefined],
  ]);
  setClock(world);
  assertArrived(world, await measure(world, 40, 3));
  assert.equal(world.gateway.status().servers[0]?.state, "registered");
});

test("an outage in which the clock is set arrives in order; what is from before has no time, what is from after has its own", async (t) => {
  const world = await withoutBattery(t);
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  await measure(world, 30, 3);
  setClock(world);
  const after = await measure(world, 40, 3);
  server.wire.cut = false;
  await clock.advance(MINUTE);
  const told = server.records(TEMPERATURE).slice(0, 3);
  assert.deepEqual(
    told.map(({ value, time }) => [value, time]),
    [30, 31, 32].map((value) => [value, undefined]),
  );
  assertArrived(world, after);
});

test("constants that are known since 1970 take no time from what is measured beside them", async (t) => {
  const world = await withoutBattery(t);
  const { server, clock, meter } = world;
  setClock(world);
  await server.observe("/meter-1/3303/0");
  meter.set(POINT.temperature, 25);
  await clock.advance(10 * SECOND);
  const { records = [] } = server.notifications[0] ?? {};
  const times = Object.fromEntries(records.map(({ path, time }) => [path, time]));
  assert.deepEqual(Object.keys(times).length, 3);
  assert.ok((times[TEMPERATURE] ?? 0) > Date.UTC(2026, 4, 31));
  assert.equal(times["/meter-1/3303/0/5701"], undefined, "the unit");
});
