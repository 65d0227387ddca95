import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";
import { CLIMATE, CLIMATE_METERS, climateMeter as meter, POINT } from "../support/climate-mapping.ts";

const SETUP: Setup = { ...CLIMATE_METERS, servers: ["layout: instances"] };

const meters = (t: TestContext, setup: Setup = {}): Promise<AGateway> => aGateway(t, { ...SETUP, ...setup });

async function become(world: AGateway, ...devices: readonly string[]): Promise<void> {
  world.configure(devices);
  await world.reload();
  await world.clock.advance(15 * SECOND);
}

/** The second temperature of each device says whose it is: the id of the device by the number of the instance. */
async function owners({ server }: AGateway): Promise<Readonly<Record<string, unknown>>> {
  const { values } = await server.read("/3303");
  return Object.fromEntries(
    Object.entries(values).flatMap(([path, value]) => {
      const [, , instance, resource] = path.split("/");
      return resource === "5750" && value !== "Room" ? [[instance, value]] : [];
    }),
  );
}

const lists = ({ server }: AGateway): readonly string[] =>
  server.registrations.heard.map(({ type, objects }) => `${type} ${objects.match(/<\/3304\/\d+>/g)?.join(" ") ?? ""}`);

test("a device that is removed: who observes its instances hears 4.04, who observes the object hears on, and the list is told anew", async (t) => {
  const world = await meters(t);
  const { server, bus, clock } = world;
  await server.observe("/3303/2/5700");
  await server.observe("/3303");
  await become(world, meter(1));
  assert.equal(server.notified("/3303/2/5700").at(-1)?.code, "4.04");
  assert.equal((await server.read("/3304/1")).code, "4.04");
  assert.equal(lists(world).at(-1), "update </3304/0>");
  bus.unit(1).set(POINT.temperature, 25);
  await clock.advance(15 * SECOND);
  assert.equal(server.notified("/3303").at(-1)?.values["/3303/0/5700"], 25);
  assert.equal(server.notified("/3303").at(-1)?.values["/3303/2/5700"], undefined);
});

test("with the last device that has it the object itself is gone", async (t) => {
  const world = await meters(t);
  await world.server.observe("/3304");
  world.editConfig((text) => text.replace(/devices:[\s\S]*$/, "devices: []\n"));
  await world.reload();
  await world.clock.advance(SECOND);
  assert.equal(world.server.notified("/3304").at(-1)?.code, "4.04");
  assert.equal((await world.server.read("/3304")).code, "4.04");
});

test("a device that is added gets the next numbers; one that comes back has its own", async (t) => {
  const world = await meters(t);
  await become(world, meter(1), meter(3));
  assert.deepEqual(await owners(world), { 1: "meter-1", 5: "meter-3" }, "3 is still that of meter-2");
  assert.equal(lists(world).at(-1), "update </3304/0> </3304/2>");
  await become(world, meter(3), meter(2), meter(1));
  assert.deepEqual(await owners(world), { 1: "meter-1", 3: "meter-2", 5: "meter-3" });
});

test("an observation of the object has new devices polled, and tells of them", async (t) => {
  const climate = CLIMATE.replace("normal: 10s", "normal: 1h, limit: 2s");
  const world = await meters(t, { mappings: { climate } });
  const { server, bus, clock } = world;
  await server.observe("/3303", { epmax: 5 });
  await become(world, meter(1), meter(2), meter(3));
  bus.unit(3).set(POINT.temperature, 45);
  await clock.advance(10 * SECOND);
  assert.equal(server.notified("/3303").at(-1)?.values["/3303/4/5700"], 45);
});

test("a device that was renamed or replaced keeps its numbers, also over a restart, in whatever order", async (t) => {
  const world = await meters(t);
  await become(world, "{ id: hall, was: meter-2, mapping: climate, link: bus, unit_id: 3 }", meter(1));
  assert.deepEqual(await owners(world), { 1: "meter-1", 3: "hall" });
  assert.equal((await world.server.read("/3303/2/5700")).values["/3303/2/5700"], 41);
  await world.kill();
  await world.start();
  await world.clock.advance(5 * SECOND);
  assert.deepEqual(await owners(world), { 1: "meter-1", 3: "hall" });
});

test("a device that is forgotten leaves its numbers to the next one", async (t) => {
  const world = await meters(t);
  await become(world, meter(1));
  await world.gateway.deviceAdmin.forget("meter-2");
  await become(world, meter(1), meter(3));
  assert.deepEqual(await owners(world), { 1: "meter-1", 3: "meter-3" });
});

test("after a crash the registration goes on, and so do observations of instances, with what was missed", async (t) => {
  const world = await meters(t);
  const { server, bus, clock } = world;
  await server.observe("/3303/2/5700");
  server.wire.cut = true;
  bus.unit(2).set(POINT.temperature, 35);
  await clock.advance(MINUTE);
  await world.kill();
  await world.start();
  server.wire.cut = false;
  await clock.advance(5 * MINUTE);
  const [first, ...later] = server.registrations.heard.map(({ type }) => type);
  assert.deepEqual([first, ...new Set(later)], ["register", "update"]);
  const told = [...server.received("/3303/2/5700"), ...server.sends.heard.map(({ values }) => values["/3303/2/5700"])];
  assert.ok(told.includes(35), `told ${told.join()}`);
});

test("what waits survives another layout: it was measured at the same device", async (t) => {
  const world = await meters(t);
  const { server, bus, clock } = world;
  await server.observe("/3303/2/5700");
  await server.write("/1/0/1", 7200);
  server.wire.cut = true;
  for (const value of [35, 36, 37]) {
    bus.unit(2).set(POINT.temperature, value);
    await clock.advance(MINUTE);
  }
  await world.stop();
  world.configure(undefined, ["layout: gateway"]);
  await world.start();
  server.wire.cut = false;
  await clock.advance(10 * MINUTE);
  assert.equal(server.registrations.heard.at(-1)?.type, "register");
  assert.equal((await server.read("/1/0/1")).values["/1/0/1"], 7200, "what it wrote to its account stays");
  const sent = server.sends.heard
    .flatMap(({ records }) => records)
    .filter(({ path }) => path === "/meter-2/3303/0/5700");
  assert.deepEqual(
    sent.map(({ value }) => value),
    [35, 36, 37],
  );
});

test("and back: what waited under a prefix is told of the instance", async (t) => {
  const world = await meters(t, { servers: ["layout: gateway"] });
  const { server, bus, clock } = world;
  await server.observe("/meter-2/3303/0/5700");
  server.wire.cut = true;
  bus.unit(2).set(POINT.temperature, 35);
  await clock.advance(MINUTE);
  await world.stop();
  world.configure(undefined, ["layout: instances"]);
  await world.start();
  server.wire.cut = false;
  await clock.advance(HOUR);
  const sent = server.sends.heard.flatMap(({ records }) => records);
  assert.deepEqual(
    sent.map(({ path, value }) => [path, value]),
    [["/3303/2/5700", 35]],
  );
});

test("what is one of a kind is named once, in the log and in the status, with the layouts that can show it", async (t) => {
  const world = await meters(t);
  const line = "info objects of devices that this layout cannot show: layouts gateway and clients can";
  assert.deepEqual(
    world.log("101").filter((text) => text === line),
    [line],
  );
  const [server] = world.gateway.status().servers;
  const { layout: { paths = [] } = {}, shown } = server ?? assert.fail();
  assert.deepEqual(
    paths.map(({ own, shown }) => `${own} ${shown}`),
    [
      ...["/meter-1/3303/0 /3303/0", "/meter-1/3303/1 /3303/1", "/meter-1/3304/0 /3304/0", "/meter-1/3311/0 /3311/0"],
      ...["/meter-2/3303/0 /3303/2", "/meter-2/3303/1 /3303/3", "/meter-2/3304/0 /3304/1", "/meter-2/3311/0 /3311/1"],
    ],
  );
  assert.equal(shown?.instances, 8);
  assert.deepEqual(shown?.hidden, [{ object: 3, name: "Device", reason: "single", devices: ["meter-1", "meter-2"] }]);
});
