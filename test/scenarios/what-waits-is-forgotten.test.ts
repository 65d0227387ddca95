import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, POINT, TEMPERATURE } from "../support/climate-mapping.ts";

async function measure({ clock, meter }: AGateway, values: readonly number[]): Promise<void> {
  for (const value of values) {
    meter.set(POINT.temperature, value);
    await clock.advance(10 * SECOND);
  }
}

function waiting({ gateway }: AGateway): readonly number[] {
  return gateway.status().servers.map(({ reports }) => reports.waiting);
}

test("what is forgotten never arrives, what is measured afterwards does", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock, gateway } = world;
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  await measure(world, [31, 32, 33]);
  assert.deepEqual(waiting(world), [3]);
  const { servers, oldest = 0, file } = await gateway.storeReport();
  assert.deepEqual(
    servers.map(({ server, entries, queues }) => [server, entries, queues.length]),
    [[101, 3, 1]],
  );
  assert.ok(oldest > clock.wall() - 31 * SECOND && oldest < clock.wall());
  assert.match(file, /\/history\.db$/);

  assert.deepEqual(await gateway.forget({ server: 102 }), { reports: 0 });
  assert.deepEqual(await gateway.forget({ server: 101 }), { reports: 3 });
  assert.deepEqual(waiting(world), [0]);
  await measure(world, [34, 35]);
  assert.deepEqual(waiting(world), [2]);
  server.wire.cut = false;
  await clock.advance(MINUTE);
  assert.deepEqual(server.received(TEMPERATURE), [34, 35]);
  assert.deepEqual(waiting(world), [0]);
  await measure(world, [36]);
  assert.deepEqual(server.received(TEMPERATURE), [34, 35, 36]);
});

test("of two servers one is forgotten, and of the device nothing is left afterwards, after a restart too", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["", ""] });
  for (const server of world.servers) {
    await server.observe(TEMPERATURE);
    server.wire.cut = true;
  }
  await measure(world, [31, 32]);
  assert.deepEqual(waiting(world), [2, 2]);
  assert.deepEqual(await world.gateway.forget({ server: 102 }), { reports: 2 });
  assert.deepEqual(waiting(world), [2, 0]);
  const { prefix } = world.gateway.status().devices[0] ?? { prefix: "" };
  assert.deepEqual(await world.gateway.forget({ device: prefix }), { reports: 2 });
  const forgotten = world.clock.wall();
  await world.kill();
  await world.start();
  await world.clock.advance(10 * SECOND);
  const { oldest = forgotten } = await world.gateway.storeReport();
  assert.ok(oldest >= forgotten, "what waits now was measured since");
});

test("status tells what cannot be delivered now, and why; and how much arrived lately", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["mute_send: true"] });
  const { server, clock } = world;
  await server.observe(TEMPERATURE, {}, CONTENT_FORMAT.tlv);
  await measure(world, [31]);
  server.wire.cut = true;
  await measure(world, [32, 33, 34, 35]);
  server.wire.cut = false;
  await clock.advance(MINUTE);
  const status = await world.gateway.fullStatus();
  const reports = status.servers[0]?.reports;
  assert.deepEqual([reports?.waiting, reports?.stranded], [2, 2]);
  assert.deepEqual([reports?.delivery, reports?.sendObstacle], ["notify", "Mute Send (/1/x/23) is true"]);
  assert.ok((reports?.deliveredLately ?? 0) >= 1);
  assert.equal(status.store?.servers[0]?.entries, 2);
  assert.ok(!("queues" in (status.store?.servers[0] ?? {})));
});
