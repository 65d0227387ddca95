/** Queue mode: Core 1.2 §6.5. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, LAMP, POINT, SLOW_CLIMATE_SETUP, TEMPERATURE } from "../support/climate-mapping.ts";

const QUEUE = { servers: ["queue_mode: true, lifetime: 1h"] };

const asleep = ({ gateway }: AGateway): boolean => gateway.status().servers[0]?.queueMode?.awakeUntil === undefined;
const heard = ({ server }: AGateway) => server.registrations.heard.map(({ type }) => type);

/** What the gateway sent since: "update", "send" or the Observe of a notification. */
function sentSince({ server }: AGateway, count: number): string[] {
  return server.packets.slice(count).flatMap(({ from, message: { code } }) => {
    if (from !== "gateway") return [];
    return code === CODE.post ? ["request"] : code === CODE.content ? ["notification"] : [];
  });
}

test("the Register says Q, and each message keeps the gateway awake for 93 seconds more", async (t) => {
  const world = await aGateway(t, { ...SLOW_CLIMATE_SETUP, ...QUEUE });
  const { server, clock, gateway } = world;
  assert.deepEqual(server.registrations.heard[0]?.query.slice(1), ["lt=3600", "lwm2m=1.2", "b=U", "Q"]);
  assert.equal(asleep(world), false);
  await clock.advance(80 * SECOND);
  assert.equal((await server.read("/3/0/0")).code, "2.05");
  const { awakeUntil = 0 } = gateway.status().servers[0]?.queueMode ?? {};
  assert.ok(Math.abs(awakeUntil - clock.wall() - 93 * SECOND) < SECOND);
  await clock.advance(90 * SECOND);
  assert.equal(asleep(world), false);
  await clock.advance(5 * SECOND);
  assert.equal(asleep(world), true);
});

test("asleep it answers nothing; at the next contact it does, for its window", async (t) => {
  const world = await aGateway(t, { ...SLOW_CLIMATE_SETUP, ...QUEUE });
  const { server, clock, gateway } = world;
  await clock.advance(5 * MINUTE);
  await assert.rejects(server.read("/3/0/0"), /no answer: timeout/);
  assert.ok((gateway.status().servers[0]?.queueMode?.unheard ?? 0) >= 4);
  await clock.advance(HOUR);
  assert.deepEqual(heard(world), ["register", "update"]);
  await clock.advance(HOUR - 93 * SECOND - 13 * MINUTE);
  const before = heard(world).length;
  while (heard(world).length === before) await clock.advance(10 * SECOND);
  assert.equal((await server.read("/3/0/0")).code, "2.05");
});

test("a due report wakes it: an Update first, then what is owed", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, ...QUEUE });
  const { server, clock, meter } = world;
  await server.observe(TEMPERATURE);
  await clock.advance(5 * MINUTE);
  assert.equal(asleep(world), true);
  const packets = server.packets.length;
  meter.set(POINT.temperature, 25);
  await clock.advance(15 * SECOND);
  assert.deepEqual(sentSince(world, packets), ["request", "notification"]);
  assert.deepEqual([heard(world).at(-1), server.received(TEMPERATURE)], ["update", [25]]);
  assert.equal((await server.write(LAMP, true)).code, "2.04", "what the server had queued");
  meter.set(POINT.temperature, 26);
  await clock.advance(15 * SECOND);
  assert.deepEqual(heard(world), ["register", "update"], "awake it needs no Update");
  assert.deepEqual(server.received(TEMPERATURE), [25, 26]);
});

test("where nothing is stored for a server that is away, a report that finds us asleep is sent all the same", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, ...QUEUE });
  const { server, clock, meter } = world;
  await server.observe(TEMPERATURE, { hqmax: 0 });
  await clock.advance(5 * MINUTE);
  meter.set(POINT.temperature, 25);
  await clock.advance(15 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), [25]);
});

test("a Send wakes it: an Update first", async (t) => {
  const world = await aGateway(t, { ...SLOW_CLIMATE_SETUP, ...QUEUE });
  const { server, clock, gateway } = world;
  await clock.advance(5 * MINUTE);
  const packets = server.packets.length;
  const sent = gateway.send({ paths: [parsePath("/3/0/0")], format: "senml-cbor" });
  const [outcome] = await server.settled(sent);
  assert.equal(outcome?.type, "delivered");
  assert.deepEqual(sentSince(world, packets), ["request", "request"]);
  assert.deepEqual([heard(world).at(-1), server.sends.heard.length], ["update", 1]);
  server.registrations.forget();
  server.registrations.refuse.register = CODE.forbidden;
  await clock.advance(5 * MINUTE);
  const [lost] = await server.settled(gateway.send({ paths: [parsePath("/3/0/0")], format: "senml-cbor" }));
  assert.deepEqual(lost, { server: 101, type: "notSent", reason: "the registration was lost after the sleep" });
});

test("a changed object list wakes it", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, ...QUEUE });
  await world.server.observe("/meter-1/3303");
  await world.clock.advance(5 * MINUTE);
  assert.equal(asleep(world), true);
  world.configure([]);
  assert.equal(await world.reload(), true);
  const update = world.server.registrations.heard.at(-1);
  assert.deepEqual([update?.type, update?.objects.includes("</25/0>")], ["update", false]);
  assert.equal(world.server.notified("/meter-1/3303").at(-1)?.code, "4.04", "who observes it hears that it is gone");
});

test("the window may be short, and no answer is slept over", async (t) => {
  const world = await aGateway(t, { ...SLOW_CLIMATE_SETUP, servers: ["queue_mode: true, awake: 2s, lifetime: 1h"] });
  const { server, clock, gateway } = world;
  assert.equal(asleep(world), true);
  server.hold = (answer) => clock.at(clock.monotonic() + 40 * SECOND, answer);
  const [outcome] = await server.settled(gateway.send({ paths: [parsePath("/3/0/0")], format: "senml-cbor" }));
  assert.equal(outcome?.type, "delivered");
  server.hold = undefined;
  await clock.advance(4 * SECOND);
  assert.equal(asleep(world), true);
});

test("in LwM2M 1.0 the server turns it on and off by the binding", async (t) => {
  const world = await aGateway(t, { ...SLOW_CLIMATE_SETUP, servers: ["version: '1.0', lifetime: 1h"] });
  const { server, clock, gateway } = world;
  assert.equal((await server.write("/1/0/7", "UQ", 0)).code, "2.04");
  await clock.advance(SECOND);
  assert.deepEqual(server.registrations.heard.at(-1)?.query, ["b=UQ"]);
  await clock.advance(2 * MINUTE);
  assert.equal(asleep(world), true);
  await clock.advance(HOUR - 93 * SECOND - 90 * SECOND);
  assert.equal((await server.write("/1/0/7", "U", 0)).code, "2.04");
  await clock.advance(SECOND);
  assert.deepEqual(server.registrations.heard.at(-1)?.query, ["b=U"]);
  await clock.advance(10 * MINUTE);
  assert.equal(gateway.status().servers[0]?.queueMode, undefined);
  assert.equal((await server.read("/3/0/0")).code, "2.05");
});

test("without queue_mode there is no sleep", async (t) => {
  const world = await aGateway(t, SLOW_CLIMATE_SETUP);
  await world.clock.advance(HOUR);
  assert.equal(world.gateway.status().servers[0]?.queueMode, undefined);
  assert.equal((await world.server.read("/3/0/0")).code, "2.05");
});
