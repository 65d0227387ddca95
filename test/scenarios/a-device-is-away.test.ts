import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND, type UnixMillis } from "../../src/clock.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE, CLIMATE_SETUP, POINT, TEMPERATURE } from "../support/climate-mapping.ts";

const ERROR_CODE = "/meter-1/3/0/11/0";
const OUTAGE = 10 * MINUTE;

/** The device does not answer for ten minutes; returns when that began, once it is known to be away. */
async function away({ clock, meter, gateway, servers }: AGateway): Promise<UnixMillis> {
  meter.silent = true;
  const since = clock.wall();
  await clock.advance(MINUTE);
  assert.equal(gateway.status().devices[0]?.state, "offline");
  for (const server of servers) server.notifications.length = 0;
  await clock.advance(OUTAGE - MINUTE);
  return since;
}

const { senmlCbor, senmlJson, lwm2mJson, lwm2mCbor, tlv, cbor, text } = CONTENT_FORMAT;

for (const [format, version] of [
  [senmlCbor, "1.2"],
  [senmlJson, "1.1"],
  [lwm2mJson, "1.0"],
] as const) {
  test(`pmax while a device is away, in format ${format}: the last value, with the time at which it was measured`, async (t) => {
    const world = await aGateway(t, { ...CLIMATE_SETUP, servers: [`version: "${version}"`] });
    const { server, clock, meter } = world;
    assert.equal((await server.observe(TEMPERATURE, { pmax: 60 }, format)).code, "2.05");
    const since = await away(world);
    const records = server.records(TEMPERATURE);
    assert.equal(records.length, 9, "each minute");
    for (const { value, time = Number.POSITIVE_INFINITY } of records) {
      assert.equal(value, 21);
      assert.ok(time <= since && time > since - 15 * SECOND, "measured before");
    }
    meter.silent = false;
    await clock.advance(OUTAGE);
    assert.ok((server.records(TEMPERATURE).at(-1)?.time ?? 0) > since + OUTAGE);
  });
}

for (const format of [tlv, text, cbor, lwm2mCbor]) {
  for (const rule of ["error", "hold", "bad-quality"]) {
    test(`pmax while a device is away, in format ${format}, when_offline ${rule}: nothing, since it would pass for new`, async (t) => {
      const mapping = `${CLIMATE}availability: { when_offline: ${rule} }\n`;
      const world = await aGateway(t, { ...CLIMATE_SETUP, mappings: { climate: mapping } });
      const { server, clock, meter } = world;
      assert.equal((await server.observe(TEMPERATURE, { pmax: 60 }, format)).code, "2.05");
      await clock.advance(3 * MINUTE);
      assert.equal(server.notifications.length, 3);
      await away(world);
      assert.equal(server.notifications.length, 0);
      meter.silent = false;
      await clock.advance(OUTAGE);
      const told = server.received(TEMPERATURE);
      assert.ok(told.length >= 5 && told.every((value) => value === 21), "and then each minute as before");
    });
  }
}

test("an instance is told or left out as a whole; what the gateway knows by itself goes on", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server } = world;
  await server.observe("/meter-1/3303/0", { pmax: 60 }, tlv);
  await server.observe("/meter-1/3/0", { pmax: 60 }, tlv);
  await away(world);
  assert.deepEqual(server.notified("/meter-1/3303/0"), [], "the constant beside the temperature, too");
  assert.equal(server.notified("/meter-1/3/0").length, 9);
  assert.deepEqual(new Set(server.received(ERROR_CODE)), new Set([8]));
});

test("that a device goes and comes is told by its error code, in whatever format", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["", "", ""] });
  const { servers, clock, meter } = world;
  for (const [i, format] of [senmlCbor, tlv, lwm2mCbor].entries()) {
    await servers[i]?.observe("/meter-1/3/0/11", {}, format);
  }
  meter.silent = true;
  await clock.advance(MINUTE);
  meter.silent = false;
  await clock.advance(OUTAGE);
  for (const server of servers) assert.deepEqual(server.received(ERROR_CODE), [8, 0]);
});

test("of many devices those that are away are left out, and the others told", async (t) => {
  const world = await aGateway(t, {
    ...CLIMATE_SETUP,
    devices: [1, 2].map((unit) => `{ id: meter-${unit}, mapping: climate, link: bus, unit_id: ${unit} }`),
    prepare: (each) => {
      CLIMATE_SETUP.prepare(each);
      each.bus.unit(2).set(POINT.temperature, 30);
    },
  });
  const { server } = world;
  const other = "/meter-2/3303/0/5700";
  await server.observeComposite([TEMPERATURE, other], { pmax: 60 }, lwm2mCbor);
  await away(world);
  assert.deepEqual([server.received(TEMPERATURE).length, server.received(other).length], [0, 9]);
});

test("quality that turns bad is news: it is told with the value that is not to be believed", async (t) => {
  const mapping = `${CLIMATE}availability: { when_offline: bad-quality }\n`;
  const world = await aGateway(t, { ...CLIMATE_SETUP, mappings: { climate: mapping } });
  const { server, clock, meter } = world;
  await server.observe("/meter-1/3303/0", { pmax: 60 }, tlv);
  meter.silent = true;
  await clock.advance(MINUTE);
  const [first] = server
    .notified("/meter-1/3303/0")
    .filter(({ records }) => records.some(({ path, value }) => path.endsWith("/6042") && value === 1));
  assert.ok(first !== undefined, "at once");
  assert.deepEqual(first.values[TEMPERATURE], 21);
});

test("so it is in layout instances: of an object of many devices the instances of the one that is away are left out", async (t) => {
  const world = await aGateway(t, {
    ...CLIMATE_SETUP,
    servers: ["layout: instances", "layout: instances"],
    devices: [1, 2].map((unit) => `{ id: meter-${unit}, mapping: climate, link: bus, unit_id: ${unit} }`),
    prepare: (each) => {
      CLIMATE_SETUP.prepare(each);
      each.bus.unit(2).set(POINT.temperature, 30).set(POINT.secondTemperature, 31);
    },
  });
  const [untimed, timed] = world.servers;
  assert.ok(untimed !== undefined && timed !== undefined);
  await untimed.observe("/3303", { pmax: 60 }, tlv);
  await timed.observe("/3303", { pmax: 60 }, senmlCbor);
  const since = await away(world);
  const values = (server: typeof untimed, instance: number) => server.records(`/3303/${instance}/5700`);
  assert.deepEqual([values(untimed, 0).length, values(untimed, 1).length], [0, 0]);
  assert.deepEqual([values(untimed, 2).length, values(untimed, 3).length], [9, 9]);
  assert.equal(values(timed, 0).length, 9);
  assert.ok(values(timed, 0).every(({ time = Number.POSITIVE_INFINITY }) => time <= since));
});
