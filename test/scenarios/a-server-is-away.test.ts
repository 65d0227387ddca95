import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, HUMIDITY, POINT, SLOW_CLIMATE_SETUP, TEMPERATURE } from "../support/climate-mapping.ts";

/** Each poll finds another temperature: 30, 30.25, … */
async function measure({ clock, meter }: AGateway, polls: number): Promise<number[]> {
  const values: number[] = [];
  for (let i = 0; i < polls; i++) {
    values.push(30 + i / 4);
    meter.set(POINT.temperature, 30 + i / 4);
    await clock.advance(10 * SECOND);
  }
  return values;
}

const kinds = ({ server }: AGateway): string[] => server.registrations.heard.map(({ type }) => type);

test("two minutes without the server: an Update, and what was due arrives complete, in order, once, with its times", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  const began = clock.wall();
  const values = await measure(world, 12);
  server.wire.cut = false;
  await clock.advance(MINUTE);
  assert.deepEqual(kinds(world), ["register", "update"]);
  assert.deepEqual(server.received(TEMPERATURE), values);
  for (const [i, { time = 0 }] of server.records(TEMPERATURE).entries()) {
    assert.ok(time > began + 10_000 * i && time <= began + 10_000 * (i + 1), `the ${i}th has the time of its poll`);
  }
  assert.ok(server.notifications.length < 4, "many records in one message");
  assert.equal(world.gateway.status().servers[0]?.reports.waiting, 0);
});

test("an hour without a server that takes no Send: polls go on, and its history waits until it observes again", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["mute_send: true"] });
  const { server, clock, bus, meter } = world;
  await server.observe(TEMPERATURE);
  await server.observe(HUMIDITY, {}, CONTENT_FORMAT.tlv);
  server.wire.cut = true;
  const requests = bus.requests.length;
  meter.set(POINT.humidity, 50);
  const values = await measure(world, 360);
  assert.ok(bus.requests.length - requests >= 360);
  server.wire.cut = false;
  await clock.advance(6 * MINUTE);
  assert.equal(kinds(world).at(-1), "register", "the registration of before is over by now");
  assert.equal(server.notifications.length, 0, "its observations are void");
  const answer = await server.observe(TEMPERATURE);
  assert.equal(answer.values[TEMPERATURE], 119.75);
  await server.observe(HUMIDITY, {}, CONTENT_FORMAT.tlv);
  await clock.advance(10 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), values);
  const times = server.records(TEMPERATURE).map(({ time = 0 }) => time);
  assert.deepEqual(
    times,
    [...new Set(times)].sort((a, b) => a - b),
  );
  assert.deepEqual(server.received(HUMIDITY), [], "without times only the newest is true, and that was the answer");
  meter.set(POINT.temperature, 20).set(POINT.humidity, 51);
  await clock.advance(15 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE).slice(values.length), [20], "then life goes on");
  assert.deepEqual(server.received(HUMIDITY), [51]);
});

test("hqmax bounds what is kept: the newest", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock } = world;
  await server.observe(TEMPERATURE, { hqmax: 3 });
  server.wire.cut = true;
  const values = await measure(world, 12);
  server.wire.cut = false;
  await clock.advance(MINUTE);
  const received = server.received(TEMPERATURE);
  assert.deepEqual(received.slice(-3), values.slice(-3));
  assert.ok(received.length <= 4, "and perhaps the one that was on its way");
});

test("a server that wants nothing stored hears only what is new when it is back", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock, meter, gateway } = world;
  assert.equal((await server.write("/1/0/6", false)).code, "2.04");
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  await measure(world, 12);
  server.wire.cut = false;
  await clock.advance(MINUTE);
  assert.deepEqual(kinds(world), ["register", "update"], "the observation lives");
  assert.deepEqual(server.received(TEMPERATURE), []);
  assert.equal(gateway.status().servers[0]?.reports.waiting, 0);
  meter.set(POINT.temperature, 20);
  await clock.advance(15 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), [20]);
});

test("a server that restarted: Update, 4.04, Register; it observes again, and nothing of before is sent", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock, meter, gateway } = world;
  await server.observe(TEMPERATURE);
  server.restart();
  server.registrations.forget();
  await clock.advance(5 * MINUTE);
  assert.deepEqual(kinds(world), ["register", "update", "register"]);
  assert.deepEqual(gateway.status().servers[0]?.observations, []);
  meter.set(POINT.temperature, 25);
  await clock.advance(MINUTE);
  assert.equal(server.packets.filter(({ message: { code } }) => code === CODE.content).length, 1, "the first answer");
  assert.equal((await server.observe(TEMPERATURE)).values[TEMPERATURE], 25);
  meter.set(POINT.temperature, 26);
  await clock.advance(MINUTE);
  assert.deepEqual(server.received(TEMPERATURE), [26]);
});

test("a refused Register is tried again for ever, ever more rarely, and said once", async (t) => {
  for (const code of [CODE.forbidden, CODE.internalServerError]) {
    const world = await aGateway(t, {
      ...SLOW_CLIMATE_SETUP,
      prepare: ({ server }) => {
        server.registrations.refuse.register = code;
      },
    });
    const { server, clock } = world;
    await clock.advance(2 * HOUR);
    const times = server.registrations.heard.map(({ at }) => at);
    const waits = times.slice(1).map((at, i) => at - (times[i] ?? 0));
    assert.ok(waits.length > 24 && waits.length < 40);
    assert.ok((waits[0] ?? 0) <= 10 * SECOND + 10 && (waits[0] ?? 0) >= 7.5 * SECOND);
    assert.ok(waits.slice(6).every((wait) => wait >= 225 * SECOND && wait <= 300 * SECOND + 10));
    assert.deepEqual(world.log("101"), ["warn not registered; trying again until it is"]);
    server.registrations.refuse.register = undefined;
    await clock.advance(6 * MINUTE);
    assert.deepEqual(world.log("101"), ["warn not registered; trying again until it is", "info registered"]);
    await world.stop();
  }
});

test("a server that is not there at the start is registered with when it comes", async (t) => {
  const world = await aGateway(t, {
    ...SLOW_CLIMATE_SETUP,
    prepare: ({ server }) => {
      server.wire.cut = true;
    },
  });
  const { server, clock } = world;
  await clock.advance(HOUR);
  assert.deepEqual(server.registrations.heard, []);
  const status = world.gateway.status().servers[0];
  assert.ok(status?.state === "retrying" || status?.state === "registering");
  assert.deepEqual(world.log("101"), ["warn not registered; trying again until it is"]);
  server.wire.cut = false;
  await clock.advance(7 * MINUTE);
  assert.equal(server.registrations.location, "/rd/1");
  assert.equal((await server.read(TEMPERATURE)).code, "2.05");
});

test("a server that acknowledges a Register and never answers it is asked again", async (t) => {
  const world = await aGateway(t, {
    ...SLOW_CLIMATE_SETUP,
    prepare: ({ server }) => {
      server.hold = () => {};
    },
  });
  const { server, clock } = world;
  await clock.advance(10 * MINUTE);
  assert.ok(server.registrations.heard.length >= 2);
  server.hold = undefined;
  await clock.advance(10 * MINUTE);
  assert.equal(world.gateway.status().servers[0]?.state, "registered");
});

test("4.12 steps the version down; a 1.0 server gets what 1.0 knows", async (t) => {
  const world = await aGateway(t, {
    ...SLOW_CLIMATE_SETUP,
    prepare: ({ server }) => {
      server.registrations.version = "1.0";
    },
  });
  const { server } = world;
  const versions = server.registrations.heard.map(({ query }) =>
    query.find((argument) => argument.startsWith("lwm2m=")),
  );
  assert.deepEqual(versions, ["lwm2m=1.2", "lwm2m=1.1", "lwm2m=1.0"]);
  assert.equal(world.gateway.status().servers[0]?.version, "1.0");
  const objects = '</>;rt="oma.lwm2m";ct=11543,</1/0>,</3>;ver="1.1",</3/0>,</25>;ver="2.0",</25/0>';
  assert.equal(server.registrations.heard.at(-1)?.objects, objects);
  assert.equal((await server.read("/meter-1/3303/0")).format, CONTENT_FORMAT.tlv);
});

test("a 1.1 server is told of the core objects as 1.1 has them: it knows no newer ones", async (t) => {
  const world = await aGateway(t, {
    ...SLOW_CLIMATE_SETUP,
    prepare: ({ server }) => {
      server.registrations.version = "1.1";
    },
  });
  const objects = '</>;rt="oma.lwm2m";ct="60 110 112 11542",</1/0>,</3/0>,</25>;ver=2.0,</25/0>';
  assert.equal(world.server.registrations.heard.at(-1)?.objects, objects);
});
