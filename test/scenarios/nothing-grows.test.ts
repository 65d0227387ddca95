import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE } from "../../src/clock.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP } from "../support/climate-mapping.ts";
import { collectionSizes } from "../support/collection-sizes.ts";

const entry = (unit: number): string => `{ id: room-${unit}, mapping: climate, link: bus, unit_id: ${unit} }`;
const DEVICES = [1, 2].map(entry);
const OBSERVED = ["/room-1/3303", "/room-2/3304/0/5700", "/3/0", "/25"];
/** Rings that fill up and then stay as they are. */
const BOUNDED = /\.places$|\.arrivals\.marks$|\.passing\.longer$/;

async function observeAll({ servers }: AGateway): Promise<void> {
  for (const server of servers) for (const path of OBSERVED) await server.observe(path, { pmin: 1, pmax: 60 });
}

/** An outage, devices that come and go, servers that forget, restart, ask much and take back what they asked. */
async function troubles(world: AGateway, round: number): Promise<void> {
  const { clock, servers } = world;
  for (const { wire } of servers) wire.cut = true;
  await clock.advance(5 * MINUTE);
  world.configure(round % 2 === 0 ? [...DEVICES, entry(3)] : DEVICES.slice(0, 1));
  await world.reload();
  for (const { wire } of servers) wire.cut = false;
  await clock.advance(6 * MINUTE);
  for (const server of servers) {
    for (let i = 0; i < 20; i++) await server.read("/room-1/3303/0");
    await server.writeAttributes("/room-1/3303/0/5700", "gt=5");
    if (round % 2 === 0) await server.writeAttributes("/room-3/3303/0/5700", "gt=5");
    await server.observe("/3/0");
    await server.cancel("/3/0");
    await server.observe("/1/0/1");
    await server.cancel("/1/0/1", "forget");
    server.registrations.forget();
    server.restart();
  }
  world.editMapping("climate", (text) => `${text}# ${round}\n`);
  await world.reload();
  await clock.advance(3 * MINUTE);
}

/** As it was, and time for everything that is late. */
async function rest(world: AGateway): Promise<ReadonlyMap<string, number>> {
  world.configure(DEVICES);
  await world.reload();
  await world.clock.advance(12 * MINUTE);
  await observeAll(world);
  await world.clock.advance(6 * MINUTE);
  return collectionSizes(world.gateway);
}

test("an hour of outages, reloads and restarts leaves every collection as large as the hour before", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, devices: DEVICES, servers: ["lifetime: 60s", "lifetime: 5m"] });
  await observeAll(world);
  for (let round = 0; round < 4; round++) await troubles(world, round);
  const before = await rest(world);
  for (let round = 4; round < 8; round++) await troubles(world, round);
  const after = await rest(world);
  const grown = [...after].filter(([path, size]) => size > (before.get(path) ?? 0) + 2 && !BOUNDED.test(path));
  assert.deepEqual(
    grown.map(([path, size]) => `${path}: ${before.get(path) ?? 0} -> ${size}`),
    [],
  );
  assert.deepEqual(
    world.lines.filter(({ level }) => level === "error"),
    [],
  );
});
