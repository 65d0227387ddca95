import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";
import { CLIMATE_METERS, DIMMER, POINT, TEMPERATURE } from "../support/climate-mapping.ts";

const AUTO: Setup = { ...CLIMATE_METERS, servers: ["layout: auto"] };

async function unknown(t: TestContext): Promise<AGateway> {
  const world = await aGateway(t, AUTO);
  // The registration after this one is the same gateway's, from another socket.
  world.endsOf(101).begin();
  return world;
}

const registrations = ({ server }: AGateway): string[] =>
  server.registrations.heard.map(({ type, objects }) => (objects.includes("</3303/0>") ? `${type} instances` : type));

test("it begins with instances, and reading object 25 changes nothing", async (t) => {
  const world = await unknown(t);
  assert.equal((await world.server.read("/25")).code, "2.05");
  assert.equal((await world.server.read("/3303/0/5700")).values["/3303/0/5700"], 21);
  assert.equal((await world.server.read("/meter-9/3/0")).code, "4.04");
  await world.clock.advance(MINUTE);
  assert.deepEqual(registrations(world), ["register instances"]);
});

test("the first request with a device's prefix is answered; then the server sees layout gateway, once and for good", async (t) => {
  const world = await unknown(t);
  const { server, clock } = world;
  assert.equal((await server.read(TEMPERATURE)).values[TEMPERATURE], 21);
  await clock.advance(10 * SECOND);
  assert.deepEqual(registrations(world), ["register instances", "deregister", "register"]);
  assert.equal((await server.read(TEMPERATURE)).values[TEMPERATURE], 21);
  assert.equal((await server.read("/3303/0/5700")).code, "4.04", "no device is shown in two ways");
  await clock.advance(MINUTE);
  assert.equal(registrations(world).length, 3);
  const [status] = world.gateway.status().servers;
  assert.deepEqual(status?.layout, {
    shown: "gateway",
    switched: "the server asked for what has the prefix meter-1",
  });
});

for (const [what, ask] of [
  ["a Write", ({ server }: AGateway) => server.write(DIMMER, 30)],
  ["an Observe", ({ server }: AGateway) => server.observe(TEMPERATURE)],
  ["a composite read", ({ server }: AGateway) => server.fetch([TEMPERATURE, "/3/0/0"])],
  ["a Discover", ({ server }: AGateway) => server.discover("/meter-2/3303")],
] as const) {
  test(`${what} with a prefix proves it as well`, async (t) => {
    const world = await unknown(t);
    assert.match((await ask(world)).code, /^2/);
    await world.clock.advance(10 * SECOND);
    assert.deepEqual(registrations(world), ["register instances", "deregister", "register"]);
  });
}

test("attributes that it has written go with the device", async (t) => {
  const world = await unknown(t);
  const { server, clock, bus } = world;
  await server.writeAttributes("/3303/2", "pmin=300");
  await server.read(TEMPERATURE);
  await clock.advance(10 * SECOND);
  assert.match((await server.discover("/meter-2/3303/0")).text, /^<\/3303\/0>;pmin=300,/);
  const other = "/meter-2/3303/0/5700";
  await server.observe(other);
  bus.unit(2).set(POINT.temperature, 35);
  await clock.advance(MINUTE);
  assert.deepEqual(server.received(other), []);
  await clock.advance(5 * MINUTE);
  assert.deepEqual(server.received(other), [35]);
});

test("what is owed of an instance is told of the device", async (t) => {
  const world = await unknown(t);
  const { server, clock, bus } = world;
  await server.observe("/3303/2/5700");
  server.sends.refuse = { code: 0x85, text: "" };
  await server.read(TEMPERATURE);
  bus.unit(2).set(POINT.temperature, 35);
  await clock.advance(30 * SECOND);
  await server.observe("/meter-2/3303/0/5700");
  bus.unit(2).set(POINT.temperature, 36);
  await clock.advance(30 * SECOND);
  assert.equal(server.received("/meter-2/3303/0/5700").at(-1), 36);
});

test("after a restart it begins anew, and nothing of the other layout is resumed", async (t) => {
  const world = await unknown(t);
  const { server, clock } = world;
  await server.read(TEMPERATURE);
  await clock.advance(10 * SECOND);
  await server.observe(TEMPERATURE);
  await world.kill();
  await world.start();
  await clock.advance(MINUTE);
  assert.equal(registrations(world).at(-1), "register instances");
  assert.deepEqual(world.gateway.status().servers[0]?.observations, []);
});
