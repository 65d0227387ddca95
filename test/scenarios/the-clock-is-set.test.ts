import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { HOUR, MINUTE, type Millis, SECOND } from "../../src/clock.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, TEMPERATURE } from "../support/climate-mapping.ts";
import { assertArrived, measure } from "../support/measured.ts";

/** What a time server may do to the wall clock of a gateway: a little, a summer time, a dead battery. */
const STEPS: readonly (readonly [name: string, step: Millis])[] = [
  ["a second back", -SECOND],
  ["an hour back", -HOUR],
  ["an hour forwards", HOUR],
  ["ten years forwards", 10 * 365 * 24 * HOUR],
];

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
