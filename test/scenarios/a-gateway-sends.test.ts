import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { TYPE } from "../../src/coap/message.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { SendFormat } from "../../src/lwm2m/send-formats.ts";
import type { SendOutcome } from "../../src/servers/send.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, HUMIDITY, POINT, TEMPERATURE } from "../support/climate-mapping.ts";
import type { Packet } from "../support/scripted-server.ts";

/** Sends these paths to all servers; what became of it at the first. */
async function send(
  world: AGateway,
  paths: readonly string[],
  format: SendFormat = "senml-cbor",
): Promise<SendOutcome> {
  const sent = world.gateway.send({ paths: paths.map(parsePath), format });
  const [{ server: _server, ...outcome } = assert.fail()] = await world.server.settled(sent);
  return outcome;
}

async function reasonOf(world: AGateway, path: string, format?: SendFormat): Promise<string> {
  const outcome = await send(world, [path], format);
  assert.ok(outcome.type === "notSent", outcome.type);
  return outcome.reason;
}

test("a Send carries values of the gateway and of a device, each with its time", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock } = world;
  const began = clock.wall();
  assert.deepEqual(await send(world, ["/3/0/0", "/meter-1/3303/0", HUMIDITY]), { type: "delivered" });
  const [heard, ...more] = server.sends.heard;
  assert.deepEqual([heard?.format, more.length], [CONTENT_FORMAT.senmlCbor, 0]);
  const { values = {}, records = [] } = heard ?? {};
  const sensor = [5700, 5701, 5750].map((resource) => `/meter-1/3303/0/${resource}`);
  assert.deepEqual(Object.keys(values).sort(), ["/3/0/0", ...sensor, HUMIDITY]);
  assert.equal(values[TEMPERATURE], 21);
  for (const { path, time = 0 } of records) assert.ok(time > began - 10_000 && time <= clock.wall(), path);
  assert.deepEqual(world.gateway.status().servers[0]?.sends, { delivered: 1, refused: 0, unanswered: 0 });
});

for (const [format, number] of [
  ["senml-json", CONTENT_FORMAT.senmlJson],
  ["lwm2m-cbor", CONTENT_FORMAT.lwm2mCbor],
] as const) {
  test(`a Send in ${format} says so, and what is there twice goes once`, async (t) => {
    const world = await aGateway(t, CLIMATE_SETUP);
    assert.deepEqual(await send(world, [TEMPERATURE, "/meter-1/3303/0/5700", "/3/0/0"], format), { type: "delivered" });
    const [heard] = world.server.sends.heard;
    assert.equal(heard?.format, number);
    assert.deepEqual(heard?.values, { [TEMPERATURE]: 21, "/3/0/0": "lwm2m-gateway" });
    assert.equal(heard?.records.length, 2);
  });
}

test("Mute Send: nothing is sent while /1/x/23 is true, from the configuration or written", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["mute_send: true"] });
  const { server } = world;
  assert.equal((await server.read("/1/0/23")).text, "1");
  assert.match(await reasonOf(world, TEMPERATURE), /Mute Send/);
  assert.equal((await server.write("/1/0/23", false)).code, "2.04");
  assert.deepEqual(await send(world, [TEMPERATURE]), { type: "delivered" });
  assert.equal((await server.write("/1/0/23", true)).code, "2.04");
  assert.match(await reasonOf(world, TEMPERATURE), /Mute Send/);
  assert.equal(server.sends.heard.length, 1);
});

test("what is not for servers, or not there, or has no value, is not sent, and the reason is told", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  for (const [path, reason] of [
    ["/0/0", /object 0 is not open/],
    ["/21", /object 21 is not open/],
    ["/23/0/0", /object 23 is not open/],
    ["/4/0/0", /there is no \/4\/0\/0/],
    ["/nobody/3303/0", /no device is shown under the prefix nobody/],
    ["/1/0/8", /cannot be read/],
    ["/meter-1", /names no object/],
  ] as const) {
    assert.match(await reasonOf(world, path), reason, path);
  }
  world.meter.silent = true;
  await world.clock.advance(MINUTE);
  assert.match(await reasonOf(world, TEMPERATURE), /^meter-1 is offline /);
  assert.equal(world.server.sends.heard.length, 0);
});

test("a 1.0 registration has no Send, and LwM2M CBOR came with 1.2", async (t) => {
  const old = await aGateway(t, { ...CLIMATE_SETUP, servers: ["version: '1.0'"] });
  assert.match(await reasonOf(old, TEMPERATURE), /no Send in LwM2M 1\.0/);
  const newer = await aGateway(t, { ...CLIMATE_SETUP, servers: ["version: '1.1'"] });
  assert.match(await reasonOf(newer, TEMPERATURE, "lwm2m-cbor"), /no LwM2M CBOR in LwM2M 1\.1/);
  assert.deepEqual(await send(newer, [TEMPERATURE]), { type: "delivered" });
});

test("a refusal is told with its code and words, and not tried again", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock } = world;
  for (const [code, name] of [
    [CODE.badRequest, "4.00"],
    [CODE.notFound, "4.04"],
  ] as const) {
    server.sends.refuse = { code, text: "what is\u001b[2J this?" };
    assert.deepEqual(await send(world, [TEMPERATURE]), { type: "refused", code: name, reason: "what is?[2J this?" });
  }
  await clock.advance(10 * MINUTE);
  assert.equal(server.sends.heard.length, 2);
  assert.deepEqual(world.gateway.status().servers[0]?.sends, { delivered: 0, refused: 2, unanswered: 0 });
});

test("no answer is told after the repetitions of CoAP; an Update asks whether the server is there; nothing is kept", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock } = world;
  server.wire.cut = true;
  assert.deepEqual(await send(world, [TEMPERATURE]), { type: "unanswered", reason: "no answer" });
  assert.equal(server.registrations.heard.length, 1);
  await clock.advance(5 * MINUTE);
  assert.match(await reasonOf(world, TEMPERATURE), /^not registered: (registering|retrying)$/);
  server.wire.cut = false;
  await clock.advance(10 * MINUTE);
  assert.equal(server.sends.heard.length, 0);
  assert.ok(server.registrations.heard.length > 1);
  assert.deepEqual(await send(world, [TEMPERATURE]), { type: "delivered" });
});

test("nothing is sent before the server has registered us", async (t) => {
  const world = await aGateway(t, {
    ...CLIMATE_SETUP,
    prepare: (before) => {
      CLIMATE_SETUP.prepare(before);
      before.server.registrations.refuse.register = CODE.forbidden;
    },
  });
  assert.equal(await reasonOf(world, TEMPERATURE), "not registered: retrying");
});

test("two servers are told apart, and one of them can be named", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["", "mute_send: true"] });
  const paths = [parsePath(TEMPERATURE)];
  const all = await world.server.settled(world.gateway.send({ paths, format: "senml-cbor" }));
  assert.deepEqual(
    all.map(({ server, type }) => [server, type]),
    [
      [101, "delivered"],
      [102, "notSent"],
    ],
  );
  const one = await world.server.settled(world.gateway.send({ paths, servers: [102], format: "senml-cbor" }));
  assert.deepEqual(
    one.map(({ server }) => server),
    [102],
  );
});

test("a large Send goes in blocks", async (t) => {
  const prefixes = Array.from({ length: 40 }, (_, i) => `room-${i + 1}`);
  const world = await aGateway(t, {
    mappings: CLIMATE_SETUP.mappings,
    devices: prefixes.map((id, i) => `{ id: ${id}, mapping: climate, link: bus, unit_id: ${i + 1} }`),
    run: 30 * SECOND,
  });
  assert.deepEqual(await send(world, [...prefixes.map((prefix) => `/${prefix}/3303`), "/25"]), { type: "delivered" });
  const [heard, ...more] = world.server.sends.heard;
  assert.equal(more.length, 0);
  assert.ok((heard?.records.length ?? 0) > 300, `${heard?.records.length}`);
  const blocks = world.server.packets.filter(({ from, message }) => from === "gateway" && isSend(message.options));
  assert.ok(blocks.length > 4, `${blocks.length} blocks`);
  for (const { message } of blocks) assert.ok(message.payload.length <= 1024);
});

test("Send and notifications share NSTART: never more than that unacknowledged", async (t) => {
  for (const nstart of [1, 2]) {
    const world = await aGateway(t, { ...CLIMATE_SETUP, servers: [`nstart: ${nstart}`], wire: { delay: [200, 200] } });
    const { server, clock, meter } = world;
    for (const path of [TEMPERATURE, HUMIDITY, "/meter-1/3303/1/5700"]) await server.observe(path);
    server.packets.length = 0;
    meter.set(POINT.temperature, 25).set(POINT.humidity, 50).set(POINT.secondTemperature, 26);
    await clock.advance(9 * SECOND);
    const sends = [1, 2, 3].map(() => world.gateway.send({ paths: [parsePath(TEMPERATURE)], format: "senml-cbor" }));
    await clock.advance(10 * SECOND);
    await server.settled(Promise.all(sends));
    assert.equal(server.sends.heard.length, 3);
    assert.ok(server.notifications.length >= 3);
    assert.ok(mostOutstanding(server.packets) <= nstart, `${mostOutstanding(server.packets)} for ${nstart}`);
  }
});

test("sixteen Sends may be under way, and one more is told so", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const wish = { paths: [parsePath(TEMPERATURE)], format: "senml-cbor" } as const;
  const sends = Array.from({ length: 17 }, () => world.gateway.send(wish));
  const outcomes = (await world.server.settled(Promise.all(sends))).flat();
  const refused = outcomes.filter(({ type }) => type === "notSent");
  assert.deepEqual(refused, [{ server: 101, type: "notSent", reason: "16 others are under way" }]);
  assert.equal(world.server.sends.heard.length, 16);
  assert.deepEqual(await send(world, [TEMPERATURE]), { type: "delivered" });
});

function isSend(options: Packet["message"]["options"]): boolean {
  return options.some(({ number, value }) => number === 11 && new TextDecoder().decode(value) === "dp");
}

/** Confirmable messages of the gateway that were on their way at one time, as the server saw it. */
function mostOutstanding(packets: readonly Packet[]): number {
  const open = new Set<number>();
  let most = 0;
  for (const { from, message } of packets) {
    if (from === "gateway" && message.type === TYPE.con) open.add(message.messageId);
    if (from === "server" && message.type === TYPE.ack) open.delete(message.messageId);
    most = Math.max(most, open.size);
  }
  return most;
}
