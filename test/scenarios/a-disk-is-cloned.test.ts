import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { adopt } from "../../src/gateway/state/adoption.ts";
import { ForeignState } from "../../src/gateway/state/machine.ts";
import { openStore } from "../../src/store/store.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, POINT, TEMPERATURE } from "../support/climate-mapping.ts";
import { recordingLogger } from "../support/recording-logger.ts";

const OTHER = "ffeeddccbbaa49988877665544332211";
const kinds = ({ server }: AGateway): string[] => server.registrations.heard.map(({ type }) => type);

/** Pulls the plug once everything is written. */
async function pulled(world: AGateway): Promise<void> {
  await world.clock.advance(1500);
  for (let turn = 0; turn < 50; turn++) await world.clock.advance(0);
  await world.kill();
}

async function started(world: AGateway): Promise<void> {
  await world.start();
  await world.clock.advance(10 * SECOND);
}

test("a cloned disk does not start on another machine, and says what to do", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  await pulled(world);
  const before = world.server.packets.length;
  world.machine = OTHER;
  await assert.rejects(world.start(), (error) => {
    assert.ok(error instanceof ForeignState);
    assert.match(error.message, /belongs to another machine.*adopt it/);
    return true;
  });
  assert.equal(world.server.packets.length, before, "no server heard of it");
  world.machine = undefined;
  await started(world);
  assert.match(world.log().join("\n"), /warn the state belongs to a machine, and this one has no/);
});

test("an adopted state keeps prefixes and what waits, and registers anew instead of going on", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock, meter } = world;
  await server.observe(TEMPERATURE);
  const places = (await server.read("/25")).values;
  server.wire.cut = true;
  meter.set(POINT.temperature, 25);
  await clock.advance(60 * SECOND);
  await pulled(world);
  const store = await openStore({ directory: join(world.folder, "state"), log: recordingLogger([]) });
  await adopt(store, OTHER);
  await store.close();
  server.wire.cut = false;
  world.machine = OTHER;
  await started(world);
  assert.equal(kinds(world).at(-1), "register");
  assert.deepEqual((await server.read("/25")).values, places);
  await server.observe(TEMPERATURE);
  await clock.advance(30 * SECOND);
  const sent = server.sends.heard.flatMap(({ records }) => records).filter(({ path }) => path === TEMPERATURE);
  assert.deepEqual(
    sent.map(({ value }) => value),
    [25],
  );
});

test("a state that is nobody's yet becomes this machine's", async (t) => {
  const world = await aGateway(t, {
    prepare: (made) => {
      made.machine = undefined;
    },
  });
  assert.match(world.log().join("\n"), /info the state belongs to no machine/);
  await pulled(world);
  world.machine = OTHER;
  await started(world);
  await pulled(world);
  world.machine = "00112233445546778899aabbccddeeff";
  await assert.rejects(world.start(), ForeignState);
  world.machine = OTHER;
  await started(world);
});
