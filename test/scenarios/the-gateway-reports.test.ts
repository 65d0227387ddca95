/** `report:` entries: values that no server observes, told by Send. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, MINUTE, SECOND, type UnixMillis } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, HUMIDITY, POINT, SECOND_TEMPERATURE, TEMPERATURE } from "../support/climate-mapping.ts";

/** One climate device, and one server with this entry. */
function withEntry(entry: string, keys = ""): Setup {
  return { ...CLIMATE_SETUP, servers: [`${keys === "" ? "" : `${keys}, `}report: [ { ${entry} } ]`] };
}

/** Several of them, room-1 and so on. */
function withRooms(count: number, entry: string): Setup {
  const devices = Array.from(
    { length: count },
    (_, i) => `{ id: room-${i + 1}, mapping: climate, link: bus, unit_id: ${i + 1} }`,
  );
  return { ...withEntry(entry), devices, run: 30 * SECOND };
}

interface Told {
  readonly path: string;
  readonly value: unknown;
  readonly time: UnixMillis;
}

/** What all Sends so far had, of one path or of all; every one of it has a time. */
function told({ server }: AGateway, path?: string): readonly Told[] {
  return server.sends.heard
    .flatMap(({ records }) => records)
    .filter((record) => path === undefined || record.path === path)
    .map((record) => ({ path: record.path, value: record.value, time: record.time ?? assert.fail("no time") }));
}

/** Nothing twice, and of each path in the order of time. */
function assertInOrder(all: readonly Told[]): void {
  const last = new Map<string, UnixMillis>();
  for (const { path, time } of all) {
    assert.ok(time > (last.get(path) ?? 0), `${path} at ${time} after ${last.get(path)}`);
    last.set(path, time);
  }
}

const values = (all: readonly Told[]): readonly unknown[] => all.map(({ value }) => value);

test("at each interval all devices are told in one Send, each value with the time of its own measurement", async (t) => {
  const world = await aGateway(t, withRooms(3, 'paths: ["/*/3303/*/5700", "/*/3304/0/5700"], every: 30s'));
  world.server.sends.heard.length = 0;
  await world.clock.advance(30 * SECOND);
  const [send, ...more] = world.server.sends.heard;
  assert.equal(more.length, 0);
  assert.equal(send?.records.length, 9);
  const times = new Set(told(world).map(({ time }) => time));
  assert.ok(times.size >= 2, "the devices are not polled at the same moment");
  const now = send?.at ?? assert.fail();
  for (const time of times) assert.ok(time <= now && time > now - 11 * SECOND, `${now - time}`);
  await world.clock.advance(5 * MINUTE);
  assert.equal(world.server.sends.heard.length, 11);
  assertInOrder(told(world));
});

test("intervals begin on the clock: a quarter of an hour on the quarter, whenever the gateway was started", async (t) => {
  const world = await aGateway(t, {
    ...withEntry(`paths: ["${TEMPERATURE}"], every: 15m`),
    prepare: (before) => {
      CLIMATE_SETUP.prepare(before);
      before.clock.epoch += 7 * MINUTE;
    },
  });
  await world.clock.advance(HOUR);
  const minutes = world.server.sends.heard.map(({ at }) => new Date(at).getUTCMinutes());
  assert.deepEqual(minutes, [15, 30, 45, 0]);
});

test("a device that is away is not told again and again; when it is back it is", async (t) => {
  const world = await aGateway(t, withRooms(2, 'paths: ["/*/3303/0/5700"], every: 10s'));
  world.bus.unit(1).silent = true;
  await world.clock.advance(MINUTE);
  world.server.sends.heard.length = 0;
  await world.clock.advance(5 * MINUTE);
  assert.deepEqual(told(world, "/room-1/3303/0/5700"), []);
  assert.equal(told(world, "/room-2/3303/0/5700").length, 30);
  world.bus.unit(1).silent = false;
  await world.clock.advance(10 * MINUTE);
  assert.ok(told(world, "/room-1/3303/0/5700").length > 6);
  assertInOrder(told(world));
});

test("sample tells each measurement, also where the value is the same, and nothing twice", async (t) => {
  const world = await aGateway(t, withEntry('paths: ["/*/3303/0/5700", "/*/3303/0/5750"], every: sample'));
  world.server.sends.heard.length = 0;
  await world.clock.advance(MINUTE);
  assert.deepEqual(values(told(world, TEMPERATURE)), [21, 21, 21, 21, 21, 21]);
  world.meter.set(POINT.temperature, 22);
  await world.clock.advance(20 * SECOND);
  assert.deepEqual(values(told(world, TEMPERATURE)), [21, 21, 21, 21, 21, 21, 22, 22]);
  assertInOrder(told(world));
  assert.deepEqual(told(world, "/meter-1/3303/0/5750"), [], "what never is measured again was told before");
  assert.deepEqual(told(world, HUMIDITY), []);
});

test("what is measured for a sample entry is no news to those who observe it", async (t) => {
  const world = await aGateway(t, withEntry(`paths: ["${TEMPERATURE}"], every: sample`));
  await world.server.observe(TEMPERATURE);
  await world.clock.advance(2 * MINUTE);
  assert.deepEqual(world.server.received(TEMPERATURE), []);
  assert.ok(told(world, TEMPERATURE).length >= 12);
});

test("change tells a value when its condition is met, and nothing else of its device", async (t) => {
  const world = await aGateway(t, withEntry('paths: ["/*/*/*/5700"], every: change, st: 2, pmin: 5s'));
  await world.clock.advance(10 * SECOND);
  assert.deepEqual(values(told(world)), [21, 22, 40], "each begins with what it is");
  world.server.sends.heard.length = 0;
  for (const value of [22, 23.5, 24, 25.5, 27]) {
    world.meter.set(POINT.temperature, value);
    await world.clock.advance(10 * SECOND);
  }
  assert.deepEqual(values(told(world, TEMPERATURE)), [23.5, 25.5]);
  assert.deepEqual(told(world, SECOND_TEMPERATURE), []);
});

test("pmax tells again what was measured again, and no old measurement twice", async (t) => {
  const world = await aGateway(t, withEntry('paths: ["/meter-1/3303/0"], every: change, pmax: 1m'));
  world.server.sends.heard.length = 0;
  await world.clock.advance(5 * MINUTE);
  assert.deepEqual(values(told(world, TEMPERATURE)), [21, 21, 21, 21, 21]);
  assert.deepEqual(told(world, "/meter-1/3303/0/5750"), [], "a constant");
  world.meter.silent = true;
  await world.clock.advance(2 * MINUTE);
  world.server.sends.heard.length = 0;
  await world.clock.advance(5 * MINUTE);
  assert.deepEqual(told(world), []);
});

test("the gateway's own objects are read when they are due, and go along with the devices", async (t) => {
  const world = await aGateway(t, withEntry(`paths: [/3/0/13, /3/0/0, "${TEMPERATURE}"], every: 10s`));
  world.server.sends.heard.length = 0;
  await world.clock.advance(20 * SECOND);
  assert.equal(world.server.sends.heard.length, 2);
  const clock = told(world, "/3/0/13");
  assert.equal(clock.length, 2);
  for (const { value, time } of clock) assert.equal(value, Math.floor(time / SECOND));
  assert.equal(told(world, TEMPERATURE).length, 2);
});

test("with pmax the gateway's own clock is told as it is then", async (t) => {
  const world = await aGateway(t, withEntry("paths: [/3/0/13], every: change, pmax: 1m"));
  world.server.sends.heard.length = 0;
  await world.clock.advance(5 * MINUTE);
  const clock = told(world, "/3/0/13");
  assert.equal(clock.length, 5);
  for (const { value, time } of clock) assert.equal(value, Math.floor(time / SECOND));
});

test("an outage arrives complete, once, with the times of measurement", async (t) => {
  const world = await aGateway(t, withRooms(2, 'paths: ["/*/3303/0/5700"], every: sample'));
  world.server.wire.cut = true;
  const cut = world.clock.wall();
  await world.clock.advance(20 * MINUTE);
  world.server.wire.cut = false;
  const back = world.clock.wall();
  await world.clock.advance(6 * MINUTE);
  for (const room of ["room-1", "room-2"]) {
    const all = told(world, `/${room}/3303/0/5700`);
    const meanwhile = all.filter(({ time }) => time > cut && time <= back);
    assert.ok(meanwhile.length >= 119 && meanwhile.length <= 121, `${meanwhile.length}`);
    assert.equal(new Set(all.map(({ time }) => time)).size, all.length, "nothing twice");
  }
  const { waiting, dropped } = world.gateway.status().servers[0]?.reports ?? assert.fail();
  assert.ok(waiting <= 2, `${waiting}`);
  assert.ok(Object.values(dropped).every((count) => count === 0));
});

test("in queue mode a report that is due wakes the gateway", async (t) => {
  const world = await aGateway(t, withEntry(`paths: ["${TEMPERATURE}"], every: 5m`, "queue_mode: true, awake: 2s"));
  await world.clock.advance(20 * MINUTE + SECOND);
  assert.equal(told(world, TEMPERATURE).length, 4);
});

test("a server that mutes Send gets nothing; when it does not any more it gets what waited", async (t) => {
  const world = await aGateway(t, withEntry(`paths: ["${TEMPERATURE}"], every: sample`, "mute_send: true"));
  const { server, clock } = world;
  await clock.advance(5 * MINUTE);
  assert.equal(server.sends.heard.length, 0);
  assert.equal((await server.write("/1/0/23", false)).code, "2.04");
  await clock.advance(10 * SECOND);
  assert.ok(told(world).length >= 30, `${told(world).length}`);
  assert.equal((await server.write("/1/0/23", true)).code, "2.04");
  const before = told(world).length;
  await clock.advance(MINUTE);
  assert.equal(told(world).length, before);
});

test("reports are made from the start on, also where nobody registers us yet", async (t) => {
  const world = await aGateway(t, {
    ...withEntry(`paths: ["${TEMPERATURE}"], every: sample`),
    prepare: (before) => {
      CLIMATE_SETUP.prepare(before);
      before.server.registrations.refuse.register = CODE.forbidden;
    },
  });
  const started = world.clock.wall();
  await world.clock.advance(5 * MINUTE);
  assert.equal(world.server.sends.heard.length, 0);
  world.server.registrations.refuse.register = undefined;
  await world.clock.advance(10 * MINUTE);
  const all = told(world, TEMPERATURE);
  assert.ok(all.filter(({ time }) => time < started + 5 * MINUTE).length >= 30, `${all.length}`);
  assert.equal(new Set(all.map(({ time }) => time)).size, all.length);
});

test("what waits when the gateway stops is sent by the next one", async (t) => {
  const world = await aGateway(t, withEntry(`paths: ["${TEMPERATURE}"], every: sample, name: rooms`));
  world.server.wire.cut = true;
  const cut = world.clock.wall();
  await world.clock.advance(5 * MINUTE);
  await world.stop();
  const stopped = world.clock.wall();
  world.server.wire.cut = false;
  world.server.restart();
  await world.start();
  await world.clock.advance(5 * MINUTE);
  const waited = told(world, TEMPERATURE).filter(({ time }) => time > cut && time < stopped);
  assert.ok(waited.length >= 29, `${waited.length}`);
});

test("a server of LwM2M 1.0 is sent nothing", async (t) => {
  const world = await aGateway(t, withEntry('paths: ["/*/3303"], every: 10s', 'version: "1.0"'));
  await world.clock.advance(5 * MINUTE);
  assert.deepEqual(world.server.sends.heard, []);
});

test("two servers are told what their own entries say", async (t) => {
  const world = await aGateway(t, {
    ...CLIMATE_SETUP,
    servers: [
      `report: [ { paths: ["${TEMPERATURE}"], every: 10s } ]`,
      `report: [ { paths: ["${HUMIDITY}"], every: 20s } ]`,
    ],
  });
  await world.clock.advance(MINUTE);
  const paths = world.servers.map(({ sends }) => [
    ...new Set(sends.heard.flatMap(({ records }) => records.map(({ path }) => path))),
  ]);
  assert.deepEqual(paths, [[TEMPERATURE], [HUMIDITY]]);
});

test("two entries may name the same value, each with a pace of its own", async (t) => {
  const entries = `{ paths: ["${TEMPERATURE}"], every: 30s, name: slow }, { paths: ["/meter-1"], every: change, name: fast }`;
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: [`report: [ ${entries} ]`] });
  const { reportEntries } = world.gateway.status().servers[0] ?? assert.fail();
  assert.deepEqual(
    reportEntries?.map(({ name, devices }) => [name, devices]),
    [
      ["slow", 1],
      ["fast", 1],
    ],
  );
  world.server.sends.heard.length = 0;
  world.meter.set(POINT.temperature, 30);
  await world.clock.advance(MINUTE);
  assert.deepEqual(values(told(world, TEMPERATURE)), [30, 30, 30]);
});
