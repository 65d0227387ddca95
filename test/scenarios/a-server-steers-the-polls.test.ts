import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { MINUTE, type Millis, SECOND } from "../../src/clock.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";
import { CLIMATE, CLIMATE_SETUP, HUMIDITY, POINT, TEMPERATURE } from "../support/climate-mapping.ts";

/** The climate device, which servers may have read each 2 s, and its battery once after each connection. */
const LIMITED: Setup = {
  ...CLIMATE_SETUP,
  mappings: {
    climate: `${CLIMATE.replace("normal: 10s", "normal: 10s, limit: 2s")}  3:
    battery_level: { input: 90, as: u16, poll: connect }
`,
  },
};
const BATTERY = "/meter-1/3/0/9";
/** Of the first temperature and of what lies beside it, in the words of the bus. */
const READ_TEMPERATURE = /input\[0x0\.\./;
const READ_HUMIDITY = /input\[0x28\.\./;
const READ_BATTERY = /input\[0x5A\.\./;

/** How often this was read in the time. */
async function reads({ bus, clock }: AGateway, what: RegExp, span: Millis = MINUTE): Promise<number> {
  const before = bus.requests.length;
  await clock.advance(span);
  return bus.requests.slice(before).filter((request) => what.test(request)).length;
}

function periods({ gateway }: AGateway): Readonly<Record<string, Millis>> {
  const values = gateway.status().devices.flatMap((device) => device.values);
  return Object.fromEntries(values.flatMap(({ path, period }) => (period === undefined ? [] : [[path, period]])));
}

test("epmax has a point read as often, within the mapping's limit, and nothing else", async (t) => {
  const world = await aGateway(t, LIMITED);
  await world.server.observe(TEMPERATURE, { epmax: 3 });
  assert.equal(await reads(world, READ_TEMPERATURE), 20);
  assert.equal(await reads(world, READ_HUMIDITY), 6);
  assert.deepEqual(periods(world), { [TEMPERATURE]: 3 * SECOND });
  await world.server.observe(TEMPERATURE, { epmax: 1 });
  assert.equal(await reads(world, READ_TEMPERATURE), 30, "every.limit");
  assert.equal((await world.server.cancel(TEMPERATURE))?.code, "2.05");
  assert.equal(await reads(world, READ_TEMPERATURE), 6);
  assert.deepEqual(periods(world), {});
});

test("a change between two polls of the mapping is seen by who asked for it", async (t) => {
  const { clock, meter, server } = await aGateway(t, LIMITED);
  await server.observe(TEMPERATURE, { epmax: 2, pmin: 0 });
  for (const value of [30, 31, 32, 33]) {
    meter.set(POINT.temperature, value);
    await clock.advance(2 * SECOND);
  }
  assert.deepEqual(server.received(TEMPERATURE), [30, 31, 32, 33]);
});

test("without every.limit a server has no point read more often than the mapping does", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  await world.server.observe(TEMPERATURE, { epmax: 1 });
  assert.equal(await reads(world, READ_TEMPERATURE), 6);
});

test("a point of each connection is polled while somebody's epmax asks for it", async (t) => {
  const world = await aGateway(t, LIMITED);
  assert.equal(await reads(world, READ_BATTERY), 0);
  assert.equal((await world.server.writeAttributes(BATTERY, "epmax=20")).code, "2.04");
  assert.equal(await reads(world, READ_BATTERY), 0, "nobody observes it");
  await world.server.observe(BATTERY);
  assert.equal(await reads(world, READ_BATTERY), 3);
  assert.equal((await world.server.writeAttributes(BATTERY, "epmax")).code, "2.04");
  assert.equal(await reads(world, READ_BATTERY), 0);
});

test("epmin has a point read more rarely, as long as no other server wants more", async (t) => {
  const world = await aGateway(t, { ...LIMITED, servers: ["", ""] });
  const [first, second] = world.servers;
  await first?.observe(HUMIDITY, { epmin: 30 });
  assert.equal(await reads(world, READ_HUMIDITY), 2);
  await second?.observe(HUMIDITY);
  assert.equal(await reads(world, READ_HUMIDITY), 6);
  await second?.writeAttributes(HUMIDITY, "epmax=5");
  assert.equal(await reads(world, READ_HUMIDITY), 12);
  await second?.cancel(HUMIDITY);
  assert.equal(await reads(world, READ_HUMIDITY), 2);
});

test("attributes that were written, those of the levels above too, steer what is observed already", async (t) => {
  const world = await aGateway(t, LIMITED);
  await world.server.observe("/meter-1/3304/0");
  await world.server.writeAttributes("/meter-1/3304", "epmax=4");
  assert.equal(await reads(world, READ_HUMIDITY), 15);
  await world.server.writeAttributes("/meter-1/3304/0", "epmax=6");
  assert.equal(await reads(world, READ_HUMIDITY), 10);
  await world.server.writeAttributes("/meter-1/3304", "epmax", "epmin=8");
  assert.equal(await reads(world, READ_HUMIDITY), 6, "levels that contradict each other: epmax does not count");
});

test("a device that is away is not polled for anybody, and steered again when it is back", async (t) => {
  const world = await aGateway(t, LIMITED);
  await world.server.observe(HUMIDITY, { epmax: 5 });
  world.meter.silent = true;
  await world.clock.advance(5 * MINUTE);
  assert.equal(await reads(world, READ_HUMIDITY), 0);
  world.meter.silent = false;
  await world.clock.advance(10 * MINUTE);
  assert.equal(await reads(world, READ_HUMIDITY), 12);
});

test("a reload that makes the device anew keeps what is wished of it", async (t) => {
  const world = await aGateway(t, LIMITED);
  await world.server.observe(HUMIDITY, { epmax: 5 });
  world.editMapping("climate", (text) => text.replace("valid: [-40, 125]", "valid: [-30, 125]"));
  assert.equal(await world.reload(), true);
  assert.equal(await reads(world, READ_HUMIDITY), 12);
});

/** What ends an observation. */
const ENDS: Readonly<Record<string, (world: AGateway) => Promise<unknown>>> = {
  "a Cancel": ({ server }) => server.cancel(HUMIDITY),
  "a Reset": async ({ server, meter, clock }) => {
    await server.cancel(HUMIDITY, "forget");
    meter.set(POINT.humidity, 60);
    await clock.advance(10 * SECOND);
  },
  "a De-register": async ({ server, clock }) => {
    await server.write("/1/0/5", 600);
    await server.execute("/1/0/4");
    await clock.advance(10 * SECOND);
  },
  "the end of the lifetime": async ({ server, clock }) => {
    server.wire.cut = true;
    await clock.advance(10 * MINUTE);
    server.wire.cut = false;
    await clock.advance(5 * MINUTE);
  },
  "a new Register": async ({ server, clock }) => {
    server.registrations.forget();
    await server.execute("/1/0/8");
    await clock.advance(10 * SECOND);
  },
};

for (const [end, cause] of Object.entries(ENDS)) {
  test(`after ${end} the polls are those of the mapping, and nothing is notified`, async (t: TestContext) => {
    const world = await aGateway(t, LIMITED);
    await world.server.observe(HUMIDITY, { epmax: 2 });
    assert.equal(await reads(world, READ_HUMIDITY), 30);
    await cause(world);
    const told = world.server.notifications.length;
    world.meter.set(POINT.humidity, 70);
    assert.equal(await reads(world, READ_HUMIDITY), 6);
    assert.deepEqual(world.gateway.status().servers[0]?.observations, []);
    assert.equal(world.server.notifications.length, told);
  });
}

test("a device that is removed ends its observations, and takes wishes and attributes along", async (t) => {
  const world = await aGateway(t, LIMITED);
  const { server } = world;
  await server.writeAttributes(HUMIDITY, "epmax=2", "pmin=5");
  await server.observe(HUMIDITY);
  world.configure([]);
  await world.reload();
  assert.deepEqual(
    server.notified(HUMIDITY).map(({ code, type }) => [code, type]),
    [["4.04", "con"]],
  );
  assert.deepEqual(world.gateway.status().servers[0]?.observations, []);
  world.configure(["{ id: meter-1, mapping: climate, link: bus, unit_id: 1 }"]);
  await world.reload();
  assert.doesNotMatch((await server.discover(HUMIDITY)).text, /epmax|pmin/);
  await server.observe(HUMIDITY);
  assert.equal(await reads(world, READ_HUMIDITY), 6);
});
