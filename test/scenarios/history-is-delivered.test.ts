import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, type Millis, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import type { ReportsStatus } from "../../src/servers/server-status.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE, CLIMATE_SETUP, POINT, TEMPERATURE } from "../support/climate-mapping.ts";
import { fakeRandom } from "../support/fake-clock.ts";
import { assertInOrder, toldOf, valuesInTime } from "../support/ledger.ts";

const EVERY = 10 * SECOND;
/** Polled each second: much is due before an Update without an answer makes the gateway register anew, which voids everything. */
const FAST_SETUP = { ...CLIMATE_SETUP, mappings: { climate: CLIMATE.replace("normal: 10s", "normal: 1s") } };

/** Each poll finds another temperature, which an f32 holds exactly. */
async function measure({ clock, meter }: AGateway, from: number, polls: number, every = EVERY): Promise<number[]> {
  const values = Array.from({ length: polls }, (_, i) => from + i / 64);
  for (const value of values) {
    meter.set(POINT.temperature, value);
    await clock.advance(every);
  }
  return values;
}

function reports({ gateway }: AGateway, server = 0): ReportsStatus {
  return gateway.status().servers[server]?.reports ?? assert.fail();
}

/** Until nothing waits; fails after a while. */
async function drained(world: AGateway, within: Millis = 10 * MINUTE): Promise<void> {
  const end = world.clock.monotonic() + within;
  while (world.clock.monotonic() < end && reports(world).waiting > 0) await world.clock.advance(SECOND);
  assert.equal(reports(world).waiting, 0);
}

test("an hour without the server: everything arrives by Send, in order, with its times, also where nobody observes any more", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  const values = await measure(world, 30, 360);
  server.registrations.forget();
  server.wire.cut = false;
  await clock.advance(6 * MINUTE);
  const told = toldOf(server, TEMPERATURE);
  assert.deepEqual(
    told.map(({ value }) => value),
    values,
  );
  assert.ok(told.every(({ bySend }) => bySend));
  assertInOrder(told);
  assert.ok(server.sends.heard.length < 12, `${server.sends.heard.length} packs`);
  assert.deepEqual(reports(world), { ...reports(world), waiting: 0, delivered: 360 });
});

test("a server that kept the registration hears the newest first, in a notification, and the rest behind it", async (t) => {
  const world = await aGateway(t, FAST_SETUP);
  const { server } = world;
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  const values = await measure(world, 30, 90, SECOND);
  server.wire.cut = false;
  await drained(world);
  const told = toldOf(server, TEMPERATURE);
  assert.deepEqual(valuesInTime(told), values);
  assertInOrder(told);
  assert.equal(told[0]?.bySend, false);
  assert.equal(server.notifications.at(-1)?.records.at(-1)?.value, values.at(-1));
  assert.ok(server.notifications.length <= 3);
});

test("history: notify: the same in notifications of many records", async (t) => {
  const world = await aGateway(t, { ...FAST_SETUP, servers: ["history: notify"] });
  const { server } = world;
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  const values = await measure(world, 30, 90, SECOND);
  server.wire.cut = false;
  await drained(world);
  assert.deepEqual(server.sends.heard, []);
  assert.deepEqual(valuesInTime(toldOf(server, TEMPERATURE)), values);
  assertInOrder(toldOf(server, TEMPERATURE));
  assert.ok(server.notifications.length < 8);
});

test("three days away with caps: the newest that fit arrive, and every drop is counted with its cause", async (t) => {
  const rarely = { climate: CLIMATE.replace("normal: 10s", "normal: 5m") };
  const setup = { ...CLIMATE_SETUP, mappings: rarely };
  for (const [store, cause] of [
    ["keep: 1d", "age"],
    ["hqmax: 288", "hqmax"],
  ] as const) {
    const world = await aGateway(t, { ...setup, gateway: `store: { ${store} }`, servers: ["lifetime: 7d"] });
    const { server } = world;
    await server.observe(TEMPERATURE);
    server.wire.cut = true;
    const values = await measure(world, 30, 3 * 24 * 12, 5 * MINUTE);
    const { waiting, dropped } = reports(world);
    // What is too old goes a segment at a time.
    assert.ok(waiting >= 288 && waiting <= 288 + 64, `${waiting} of a day`);
    assert.equal(waiting + dropped[cause], values.length);
    server.wire.cut = false;
    await drained(world);
    const told = toldOf(server, TEMPERATURE);
    assert.deepEqual(valuesInTime(told).slice(0, waiting), values.slice(-waiting));
    assertInOrder(told);
    await world.stop();
  }
});

test("a flapping link loses nothing, and both streams stay in order", async (t) => {
  const random = fakeRandom(7);
  const world = await aGateway(t, FAST_SETUP);
  const { server } = world;
  await server.observe(TEMPERATURE);
  const values: number[] = [];
  for (let round = 0; round < 12; round++) {
    server.wire.cut = round % 2 === 0;
    // Long enough between the cuts for an Update that is answered: without one it registers anew.
    const polls = (server.wire.cut ? 1 : 60) + ((random(1)[0] ?? 0) % 80);
    values.push(...(await measure(world, 30 + values.length / 64, polls, SECOND)));
  }
  server.wire.cut = false;
  await drained(world);
  const told = toldOf(server, TEMPERATURE);
  const times = new Set(told.map(({ time }) => time));
  assert.equal(times.size, values.length, "none is missing");
  assert.ok(told.length - times.size < 60, "what arrived and was not acknowledged came again");
});

test("two servers with different hqmax: each gets its own, while one is there and the other away", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["lifetime: 1d", "lifetime: 1d"] });
  const [first, second] = world.servers;
  assert.ok(first !== undefined && second !== undefined);
  await first.observe(TEMPERATURE, { hqmax: 5 });
  await second.observe(TEMPERATURE, { hqmax: 100 });
  first.wire.cut = true;
  const early = await measure(world, 30, 60);
  assert.equal(second.received(TEMPERATURE).length, 60);
  second.wire.cut = true;
  const late = await measure(world, 31, 60);
  first.wire.cut = false;
  second.wire.cut = false;
  await drained(world);
  assert.deepEqual(valuesInTime(toldOf(first, TEMPERATURE)).slice(-5), late.slice(-5));
  assert.ok(toldOf(first, TEMPERATURE).length <= 6);
  assert.deepEqual(valuesInTime(toldOf(second, TEMPERATURE)), [...early, ...late]);
});

test("a restart in the middle of a drain goes on where it was", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, wire: { delay: [200, 200] } });
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  const values = await measure(world, 30, 360);
  server.registrations.forget();
  server.wire.cut = false;
  while (server.sends.heard.length < 3) await clock.advance(SECOND / 4);
  await world.stop();
  const before = toldOf(server, TEMPERATURE).length;
  assert.ok(before > 30 && before < 300, String(before));
  await world.start();
  await clock.advance(MINUTE);
  assert.deepEqual(valuesInTime(toldOf(server, TEMPERATURE)), values);
  assertInOrder(toldOf(server, TEMPERATURE));
});

test("a gateway that is killed in the middle of a drain repeats what the last commit window has not written", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, wire: { delay: [200, 200] } });
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  const values = await measure(world, 30, 360);
  server.registrations.forget();
  server.wire.cut = false;
  while (server.sends.heard.length < 3) await clock.advance(SECOND / 4);
  await world.kill();
  await world.start();
  await clock.advance(6 * MINUTE);
  const told = toldOf(server, TEMPERATURE);
  assert.deepEqual([...new Set(valuesInTime(told))].slice(0, values.length), values);
  // Each Send takes 400 ms there and back.
  const packs = server.sends.heard.map(({ records }) => records.length);
  assert.ok(told.length - new Set(told.map(({ time }) => time)).size <= 3 * Math.max(...packs));
});

test("muted, and observed without times: the newest at once; the rest when the server wants Send", async (t) => {
  const world = await aGateway(t, { ...FAST_SETUP, servers: ["mute_send: true"] });
  const { server, clock } = world;
  await server.observe(TEMPERATURE, {}, CONTENT_FORMAT.tlv);
  server.wire.cut = true;
  const values = await measure(world, 30, 50, SECOND);
  server.wire.cut = false;
  await clock.advance(6 * MINUTE);
  assert.deepEqual(server.received(TEMPERATURE), values.slice(-1));
  assert.deepEqual([reports(world).waiting, reports(world).delivery], [49, "notify"]);
  assert.equal(reports(world).sendObstacle, "Mute Send (/1/x/23) is true");
  assert.equal((await server.write("/1/0/23", false)).code, "2.04");
  await drained(world);
  const sent = toldOf(server, TEMPERATURE).filter(({ bySend }) => bySend);
  assert.deepEqual(valuesInTime(sent), values.slice(0, -1));
});

test("replay: a server that knows no times hears value by value, the newest last", async (t) => {
  const world = await aGateway(t, { ...FAST_SETUP, servers: ["history: replay"] });
  const { server } = world;
  await server.observe(TEMPERATURE, {}, CONTENT_FORMAT.tlv);
  server.wire.cut = true;
  const values = await measure(world, 30, 50, SECOND);
  server.wire.cut = false;
  await drained(world);
  assert.deepEqual(server.received(TEMPERATURE), values);
});

test("a server that refuses Send gets its history in notifications, and is not asked again before it registers us anew", async (t) => {
  const world = await aGateway(t, FAST_SETUP);
  const { server } = world;
  server.sends.refuse = { code: CODE.notFound, text: "no /dp here" };
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  const values = await measure(world, 30, 90, SECOND);
  server.wire.cut = false;
  await drained(world);
  assert.equal(server.sends.heard.length, 1);
  assert.deepEqual(valuesInTime(toldOf(server, TEMPERATURE).filter(({ bySend }) => !bySend)), values);
  assert.equal(reports(world).sendObstacle, "the server refuses Send: 4.04 no /dp here");
  assert.ok(world.log("101").some((line) => line.startsWith("warn the server refuses Send")));
});

test("a server that has not read object 25 yet refuses prefixes by 4.00: ten seconds later it is sent them again", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock } = world;
  server.sends.refuse = { code: CODE.badRequest, text: "Invalid Payload" };
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  const values = await measure(world, 30, 30);
  server.registrations.forget();
  server.wire.cut = false;
  while (server.sends.heard.length === 0) await clock.advance(SECOND);
  assert.equal(reports(world).sendObstacle, "the server may not have read object 25 yet");
  server.sends.refuse = undefined;
  await drained(world, 15 * SECOND);
  // The first Send was heard, and refused.
  assert.deepEqual([...new Set(valuesInTime(toldOf(server, TEMPERATURE)))], values);
});

test("a server that refuses prefixes a second time is not sent them again before it registers us anew", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock } = world;
  server.sends.refuse = { code: CODE.badRequest, text: "Invalid Payload" };
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  await measure(world, 30, 30);
  server.registrations.forget();
  server.wire.cut = false;
  await clock.advance(5 * MINUTE);
  assert.equal(server.sends.heard.length, 2);
  assert.equal(reports(world).sendObstacle, "the server refuses Send: 4.00 Invalid Payload");
  assert.ok(reports(world).waiting > 0);
});
