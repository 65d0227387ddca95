import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, HUMIDITY, POINT, SLOW_CLIMATE_SETUP, TEMPERATURE } from "../support/climate-mapping.ts";
import { encoded } from "../support/scripted-messages.ts";
import type { Heard } from "../support/scripted-registrations.ts";

const since = ({ server }: AGateway, count: number): readonly Heard[] => server.registrations.heard.slice(count);

test("the Register says who we are, for how long, and what the gateway itself has", async (t) => {
  const { server } = await aGateway(t, { ...CLIMATE_SETUP, servers: ["lifetime: 10m"] });
  const [register] = server.registrations.heard;
  assert.equal(register?.path, "/rd");
  assert.deepEqual(register?.query, ["ep=urn:dev:ops:32473-test", "lt=600", "lwm2m=1.2", "b=U"]);
  const root = '</>;rt="oma.lwm2m";ct="60 110 112 11542 11544"';
  assert.equal(register?.objects, `${root},</1/0>,</3>;ver=1.1,</3/0>,</25>;ver=2.0,</25/0>`);
});

test("a registration is kept alive by Updates with nothing in them", async (t) => {
  const world = await aGateway(t, { ...SLOW_CLIMATE_SETUP, servers: ["lifetime: 10m"] });
  await world.clock.advance(HOUR);
  const updates = since(world, 1);
  assert.equal(updates.length, 7, "93 s before each end");
  for (const { type, query, objects } of updates) assert.deepEqual([type, query, objects], ["update", [], ""]);
  assert.deepEqual(world.log("101"), ["info registered"]);
});

test("a written lifetime: 2.04, then an Update with lt and nothing else", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  assert.equal((await world.server.write("/1/0/1", 60)).code, "2.04");
  await world.clock.advance(SECOND);
  const [update, ...more] = since(world, 1);
  assert.deepEqual([update?.type, update?.query, update?.objects, more.length], ["update", ["lt=60"], "", 0]);
  const answered = world.server.packets.findIndex(({ from, message }) => from === "gateway" && message.code === 0x44);
  const updated = world.server.packets.findLastIndex(({ message }) => message.code === 2);
  assert.ok(answered < updated, "the answer goes first");
  await world.clock.advance(MINUTE);
  assert.equal(since(world, 1).length, 3, "twice in each new lifetime");
  assert.equal((await world.server.write("/1/0/1", -1)).code, "4.00");
});

test("the update trigger brings an Update at once", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  assert.equal((await world.server.execute("/1/0/8")).code, "2.04");
  await world.clock.advance(SECOND);
  assert.deepEqual(
    since(world, 1).map(({ type, query }) => [type, query]),
    [["update", []]],
  );
});

test("Disable: De-register, silence for the time that was written, Register", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock, gateway } = world;
  await server.observe(TEMPERATURE);
  assert.equal((await server.write("/1/0/5", 600)).code, "2.04");
  assert.equal((await server.execute("/1/0/4")).code, "2.04");
  await clock.advance(SECOND);
  assert.deepEqual(since(world, 1).at(-1)?.type, "deregister");
  assert.equal(gateway.status().servers[0]?.state, "disabled");
  const packets = server.packets.length;
  await clock.advance(9 * MINUTE);
  assert.equal(server.packets.length, packets);
  await clock.advance(2 * MINUTE);
  assert.equal(since(world, 1).at(-1)?.type, "register");
  const asked = ["info audit", "info audit"];
  assert.deepEqual(world.log("101"), ["info registered", ...asked, "info disabled", "info registered"]);
  assert.equal((await server.read(TEMPERATURE)).code, "2.05");
});

test("Default Minimum and Maximum Period count where no attribute does, also for what is observed already", async (t) => {
  const { server, clock, meter } = await aGateway(t, { ...CLIMATE_SETUP, servers: ["pmin: 30s"] });
  await server.observe(TEMPERATURE);
  await server.observe(HUMIDITY, { pmax: 60 });
  meter.set(POINT.temperature, 25);
  await clock.advance(20 * SECOND);
  assert.equal(server.notifications.length, 0);
  await clock.advance(15 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), [25]);
  assert.equal((await server.write("/1/0/3", 20)).code, "2.04");
  assert.equal((await server.write("/1/0/2", 0)).code, "2.04");
  server.notifications.length = 0;
  await clock.advance(2 * MINUTE);
  assert.equal(server.received(TEMPERATURE).length, 6, "each 20 s");
  assert.equal(server.received(HUMIDITY).length, 2, "its own attribute goes before");
});

test("object 1 and the other objects of the gateway can be read and observed; who wrote is told too", async (t) => {
  const { server, clock } = await aGateway(t, CLIMATE_SETUP);
  await server.observe("/1/0");
  assert.equal((await server.read("/1/0/0")).text, "101");
  assert.equal((await server.write("/1/0/1", 120)).code, "2.04");
  await clock.advance(SECOND);
  assert.equal(server.received("/1/0/1").at(-1), 120);
  const identity = await server.read("/3/0", { accept: CONTENT_FORMAT.senmlJson });
  assert.equal(identity.values["/3/0/0"], "lwm2m-gateway");
  assert.equal(identity.values["/3/0/13"], Math.floor(clock.wall() / SECOND));
  assert.deepEqual((await server.read("/25/0")).values, {
    "/25/0/0": "urn:dev:ops:32473-test-meter-1",
    "/25/0/1": "meter-1",
    "/25/0/3": "</3>;ver=1.1,</3/0>,</3303>;ver=1.1,</3303/0>,</3303/1>,</3304/0>,</3311/0>",
  });
  assert.equal((await server.write("/25/0/1", "mine")).code, "4.05");
  assert.equal((await server.write("/1/0/7", "T")).code, "4.00", "there is one binding");
});

test("two servers are two registrations, each with its own attributes and observations", async (t) => {
  const { servers, clock, meter, gateway } = await aGateway(t, {
    ...CLIMATE_SETUP,
    servers: ["lifetime: 1h", "version: '1.1'"],
  });
  const [one, two] = servers;
  assert.ok(one !== undefined && two !== undefined);
  assert.deepEqual(one.registrations.heard[0]?.query.slice(1), ["lt=3600", "lwm2m=1.2", "b=U"]);
  assert.deepEqual(two.registrations.heard[0]?.query.slice(1), ["lt=300", "lwm2m=1.1", "b=U"]);
  await one.writeAttributes(TEMPERATURE, "pmin=60");
  await one.observe(TEMPERATURE);
  await two.observe(TEMPERATURE);
  meter.set(POINT.temperature, 25);
  await clock.advance(15 * SECOND);
  assert.deepEqual([one.received(TEMPERATURE), two.received(TEMPERATURE)], [[], [25]]);
  one.wire.cut = true;
  meter.set(POINT.temperature, 26);
  await clock.advance(MINUTE);
  assert.deepEqual(two.received(TEMPERATURE), [25, 26], "what happens to the one is not the other's business");
  assert.deepEqual(
    gateway.status().servers.map(({ shortServerId, version }) => [shortServerId, version]),
    [
      [101, "1.2"],
      [102, "1.1"],
    ],
  );
  assert.equal((await two.write("/1/0/1", 600)).code, "4.01", "the account of a server is its own");
});

test("Default Notification Mode counts for what is observed already, where no con says otherwise", async (t) => {
  const { server, clock, meter } = await aGateway(t, CLIMATE_SETUP);
  await server.observe(TEMPERATURE);
  await server.observe(HUMIDITY, { con: 1 });
  const change = async (by: number): Promise<(string | undefined)[]> => {
    server.notifications.length = 0;
    meter.set(POINT.temperature, 25 + by).set(POINT.humidity, 50 + by);
    await clock.advance(15 * SECOND);
    return [TEMPERATURE, HUMIDITY].map((path) => server.notified(path)[0]?.type);
  };
  assert.deepEqual(await change(1), ["con", "con"]);
  assert.equal((await server.write("/1/0/26", 0)).code, "2.04");
  assert.deepEqual(await change(2), ["non", "con"]);
  assert.equal((await server.write("/1/0/26", 1)).code, "2.04");
  assert.deepEqual(await change(3), ["con", "con"]);
  assert.equal((await server.write("/1/0/26", 2)).code, "4.00");
});

test("Supported Server Versions: the next Register speaks what the server says, also after a restart", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock } = world;
  const format = CONTENT_FORMAT.senmlCbor;
  const payload = encoded("/1/0/25", { "/1/0/25/0": "1.1.1" }, format);
  assert.equal((await server.settled(server.ask(CODE.put, "/1/0/25", { format, payload }))).code, "2.04");
  assert.deepEqual((await server.read("/1/0/25")).values, { "/1/0/25/0": "1.1.1" });
  const versions = (): (string | undefined)[] =>
    server.registrations.heard.flatMap(({ query }) => query.filter((argument) => argument.startsWith("lwm2m=")));
  server.registrations.forget();
  await clock.advance(5 * MINUTE);
  assert.deepEqual(versions(), ["lwm2m=1.2", "lwm2m=1.1"]);
  assert.equal((await server.read("/1/0/25")).code, "4.04", "which 1.1 does not have");
  await world.stop();
  await world.start();
  await clock.advance(SECOND);
  assert.deepEqual(versions().slice(2), ["lwm2m=1.1"]);
});

test("the Update trigger takes the binding that there is, as payload or query, and no other", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock } = world;
  assert.equal((await server.execute("/1/0/8", "0='U'")).code, "2.04");
  await clock.advance(SECOND);
  assert.equal(since(world, 1).length, 1);
  const query = await server.settled(server.ask(CODE.post, "/1/0/8", { query: ["0=U"] }));
  assert.equal(query.code, "2.04");
  const refused = await server.execute("/1/0/8", "0='T'");
  assert.deepEqual([refused.code, refused.text], ["4.00", "/1/0/8: this server has the binding U only, not T"]);
  await clock.advance(SECOND);
  assert.equal(since(world, 1).length, 2);
});

test("De-register voids the observations: after a Disable nothing comes but what is observed anew", async (t) => {
  const { server, clock, meter } = await aGateway(t, CLIMATE_SETUP);
  await server.observe(TEMPERATURE);
  assert.equal((await server.write("/1/0/5", 60)).code, "2.04");
  assert.equal((await server.execute("/1/0/4")).code, "2.04");
  await clock.advance(2 * MINUTE);
  server.notifications.length = 0;
  meter.set(POINT.temperature, 30);
  await clock.advance(MINUTE);
  assert.deepEqual(server.received(TEMPERATURE), []);
});
