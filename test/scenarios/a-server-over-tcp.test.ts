/** The whole gateway at a server at coap+tcp://, over a stream that cuts and glues bytes anywhere: RFC 8323, Transport 1.2 §6.4.3. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { uintOption } from "../../src/coap/options.ts";
import { SIGNAL } from "../../src/coap/signaling.ts";
import { encodeFrame } from "../../src/coap/tcp-framing.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, DIMMER, POINT, TEMPERATURE } from "../support/climate-mapping.ts";
import { measureValues } from "../support/measured.ts";

function overTcp(t: TestContext, setup: Setup = {}): Promise<AGateway> {
  return aGateway(t, { ...CLIMATE_SETUP, scheme: "coap+tcp", ...setup });
}

const kinds = ({ server }: AGateway): string[] => server.registrations.heard.map(({ type }) => type);
const standing = ({ gateway }: AGateway) => gateway.status().servers[0];

/** The codes of what the gateway said, of one kind of message. */
function said({ server }: AGateway, ...codes: readonly number[]): number {
  return server.packets.filter(({ from, message }) => from === "gateway" && codes.includes(message.code)).length;
}

test("it registers with b=T, and answers what a server asks as over UDP", async (t) => {
  const { server, meter } = await overTcp(t);
  const [register] = server.registrations.heard;
  assert.deepEqual(register?.query.slice(-2), ["lwm2m=1.2", "b=T"]);
  assert.equal((await server.read("/1/0/7")).text, "T");
  assert.equal((await server.read("/3/0/16")).text, "T");
  assert.equal((await server.read(TEMPERATURE)).values[TEMPERATURE], 21);
  assert.equal((await server.read("/nobody/3/0")).code, "4.04");
  assert.equal((await server.write(DIMMER, 55)).code, "2.04");
  assert.equal(meter.get(POINT.dimmer), 55);
  assert.equal((await server.write("/1/0/7", "U", CONTENT_FORMAT.text)).code, "4.00");
  assert.equal((await server.execute("/1/0/8", "0='T'")).code, "2.04");
  assert.equal((await server.execute("/1/0/8", "0='U'")).code, "4.00");
  assert.equal((await server.fetch([TEMPERATURE, "/3/0/0"])).values[TEMPERATURE], 21);
});

test("notifications arrive, each confirmed by a Pong behind it; with con=0 nothing is asked", async (t) => {
  const world = await overTcp(t);
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  const values = await measureValues(world, 12);
  assert.deepEqual(server.received(TEMPERATURE), values);
  assert.equal(standing(world)?.reports.delivered, 12);
  assert.equal(said(world, SIGNAL.ping), 12);
  await server.cancel(TEMPERATURE);
  await server.observe(TEMPERATURE, { con: 0 });
  const pings = said(world, SIGNAL.ping);
  assert.deepEqual((await measureValues(world, 8, 50)).length, 8);
  await clock.advance(SECOND);
  assert.equal(standing(world)?.reports.delivered, 20);
  assert.equal(said(world, SIGNAL.ping), pings + 1, "only that the server is there at all");
  assert.deepEqual(kinds(world), ["register"]);
});

test("an observation ends by a request, and only so", async (t) => {
  const world = await overTcp(t);
  const { server } = world;
  await server.observe(TEMPERATURE);
  assert.equal((await server.cancel(TEMPERATURE))?.code, "2.05");
  await measureValues(world, 3);
  assert.deepEqual(server.notifications, []);
  assert.deepEqual(standing(world)?.observations, []);
});

test("a connection that breaks midway: it registers anew at once, and all that was due arrives in order, once", async (t) => {
  const world = await overTcp(t, { servers: ["mute_send: true"] });
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  const before = await measureValues(world, 4);
  server.stream.refuses = "nobody listens there (ECONNREFUSED)";
  server.stream.break();
  const away = await measureValues(world, 12, 40);
  assert.equal(standing(world)?.state, "retrying");
  assert.match(standing(world)?.reason ?? "", /^Register: no connection to .*: nobody listens there/);
  server.stream.refuses = undefined;
  await clock.advance(6 * MINUTE);
  assert.deepEqual(kinds(world).slice(0, 2), ["register", "register"], "never an Update over another connection");
  assert.deepEqual(server.received(TEMPERATURE), before);
  assert.equal((await server.observe(TEMPERATURE)).code, "2.05");
  await clock.advance(10 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), [...before, ...away]);
  assert.equal(standing(world)?.reports.waiting, 0);
});

test("a server that is gone without a word is missed by its Pong; what was written and not confirmed goes again", async (t) => {
  const world = await overTcp(t, { servers: ["mute_send: true"] });
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  const before = await measureValues(world, 2);
  server.wire.cut = true;
  const away = await measureValues(world, 12, 40);
  assert.equal(standing(world)?.state, "retrying", "after 93 s");
  server.wire.cut = false;
  await clock.advance(6 * MINUTE);
  assert.deepEqual(kinds(world).slice(0, 2), ["register", "register"]);
  await server.observe(TEMPERATURE);
  await clock.advance(10 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), [...before, ...away]);
});

test("what was measured meanwhile comes by Send, where the server takes it, without a new Observe", async (t) => {
  const world = await overTcp(t);
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  const before = await measureValues(world, 2);
  server.stream.break();
  await clock.advance(SECOND);
  assert.deepEqual(kinds(world), ["register", "register"]);
  assert.deepEqual(server.received(TEMPERATURE), before);
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  const away = await measureValues(world, 12, 40);
  server.wire.cut = false;
  await clock.advance(6 * MINUTE);
  const told = server.sends.heard.flatMap(({ records }) => records).filter(({ path }) => path === TEMPERATURE);
  assert.deepEqual(
    told.map(({ value }) => value),
    away,
  );
});

test("a server that closes every connection is not called again and again", async (t) => {
  const world = await overTcp(t);
  const { server, clock } = world;
  server.hold = (answer) => {
    answer();
    clock.at(clock.monotonic() + 5, () => server.stream.break("the server closed the connection"));
  };
  server.stream.break();
  await clock.advance(10 * MINUTE);
  assert.ok(server.stream.connections > 30 && server.stream.connections < 80, `${server.stream.connections}`);
});

test("large bodies go whole where the server takes them, else in blocks, both ways", async (t) => {
  const devices = Array.from(
    { length: 60 },
    (_, i) => `{ id: meter-${i + 1}, mapping: climate, link: bus, unit_id: ${i + 1} }`,
  );
  for (const maxMessageSize of [65_536, 3_000, 300]) {
    const world = await overTcp(t, {
      devices,
      servers: ["max_body: 4096"],
      prepare: ({ server }) => {
        server.stream.settings.maxMessageSize = maxMessageSize;
      },
    });
    const { server, clock } = world;
    await clock.advance(30 * SECOND);
    assert.match(server.registrations.heard[0]?.objects ?? "", /<\/25\/59>/);
    const answer = await server.read("/25", { accept: CONTENT_FORMAT.senmlJson });
    assert.equal(answer.code, "2.05");
    assert.ok(answer.records.length >= 180);
    const paths = Array.from({ length: 60 }, (_, i) => `/meter-${i + 1}/3303/0/5700`);
    const values = await server.fetch([...paths, ...paths.map((path) => path.replace("3303/0", "3303/1"))]);
    assert.equal(values.code, "2.05");
    assert.equal(values.records.length, 120);
    await world.stop();
  }
});

test("bytes that are no CoAP end the connection by an Abort that says why, and nothing else", async (t) => {
  const world = await overTcp(t);
  const { server, clock } = world;
  await clock.advance(MINUTE);
  server.sendRaw(Uint8Array.of(0x0f, 0x01));
  await clock.advance(MINUTE);
  const aborts = server.packets.filter(({ message }) => message.code === SIGNAL.abort);
  assert.deepEqual(
    aborts.map(({ message }) => Buffer.from(message.payload).toString()),
    ["token length 15; at most 8"],
  );
  assert.deepEqual(kinds(world), ["register", "register"]);
  assert.equal((await server.read(TEMPERATURE)).code, "2.05");
});

test("a Release with Hold-Off: it closes, stays away as long, and registers", async (t) => {
  const world = await overTcp(t);
  const { server, clock } = world;
  await clock.advance(MINUTE);
  const release = { code: SIGNAL.release, options: [uintOption(4, 120)], payload: Buffer.from("maintenance") };
  server.sendRaw(encodeFrame(new Uint8Array(0), release));
  await clock.advance(5 * SECOND);
  assert.equal(standing(world)?.state, "retrying");
  assert.equal(standing(world)?.reason, "the server asked to close the connection: maintenance");
  await clock.advance(110 * SECOND);
  assert.equal(server.stream.connections, 1);
  await clock.advance(10 * SECOND);
  assert.deepEqual(kinds(world), ["register", "register"]);
});

test("a stop de-registers and takes its leave; so does a Disable, and later there is a new connection", async (t) => {
  const world = await overTcp(t);
  const { server, clock } = world;
  assert.equal((await server.write("/1/0/5", 60)).code, "2.04");
  assert.equal((await server.execute("/1/0/4")).code, "2.04");
  await clock.advance(10 * SECOND);
  assert.deepEqual(kinds(world), ["register", "deregister"]);
  assert.equal(said(world, SIGNAL.release), 1);
  await clock.advance(MINUTE);
  assert.deepEqual([kinds(world).at(-1), server.stream.connections], ["register", 2]);
  await world.stop();
  assert.equal(kinds(world).at(-1), "deregister");
  assert.equal(said(world, SIGNAL.release), 2);
});

test("asleep it says nothing by itself; but what comes over the connection wakes it", async (t) => {
  const world = await overTcp(t, { servers: ["lifetime: 1h, queue_mode: true, awake: 10s"] });
  const { server, clock } = world;
  assert.deepEqual(server.registrations.heard[0]?.query.slice(-2), ["b=T", "Q"]);
  await clock.advance(MINUTE);
  const packets = server.packets.length;
  await clock.advance(50 * MINUTE);
  assert.equal(server.packets.length, packets);
  assert.equal(standing(world)?.queueMode?.awakeUntil, undefined);
  assert.equal((await server.read(TEMPERATURE)).code, "2.05");
  assert.ok(standing(world)?.queueMode?.awakeUntil !== undefined);
  assert.deepEqual(kinds(world), ["register"]);
});

test("a connection lost during a sleep is not missed: the Update at its end becomes a Register", async (t) => {
  const world = await overTcp(t, { servers: ["lifetime: 10m, queue_mode: true, awake: 10s"] });
  const { server, clock } = world;
  await clock.advance(MINUTE);
  server.stream.break();
  await clock.advance(2 * MINUTE);
  assert.deepEqual(kinds(world), ["register"]);
  await clock.advance(10 * MINUTE);
  assert.deepEqual(kinds(world).slice(0, 2), ["register", "register"]);
  assert.ok(!kinds(world).includes("update") || kinds(world).indexOf("update") > 1);
});
