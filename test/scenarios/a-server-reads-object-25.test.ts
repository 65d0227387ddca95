import assert from "node:assert/strict";
import { test } from "node:test";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, TEMPERATURE } from "../support/climate-mapping.ts";

const DEVICE = "{ id: meter-1, mapping: climate, link: bus, unit_id: 1 }";
const SECOND_DEVICE = "{ id: meter-2, mapping: climate, link: bus, unit_id: 2 }";

const kinds = ({ servers }: AGateway, from = 0): string[][] =>
  servers.map(({ registrations }) => registrations.heard.slice(from).map(({ type }) => type));

test("a device that comes is told by an Update, and by a Register to a server that looks only then", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["", "reregister_on_change: true"] });
  const [, other] = world.servers;
  assert.ok(other !== undefined);
  await other.observe(TEMPERATURE);
  world.configure([DEVICE, SECOND_DEVICE]);
  assert.ok(await world.reload());
  assert.deepEqual(kinds(world, 1), [["update"], ["register"]]);
  const objects = world.servers.map(({ registrations }) => registrations.heard[1]?.objects ?? "");
  for (const list of objects) assert.match(list, /<\/25\/0>,<\/25\/1>$/);
  const [one, two] = world.gateway.status().servers;
  assert.deepEqual([one?.state, two?.state, two?.observations], ["registered", "registered", []]);
  assert.equal((await other.read("/25/1/1")).text, "meter-2");
});

test("a server that knows the first definition alone has objects 25 and 26 by that; another has its own", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["", "gateway_object: 1.0, access: { write: all }"] });
  const [second, first] = world.servers;
  assert.ok(first !== undefined && second !== undefined);
  const lists = world.servers.map(({ registrations }) => registrations.heard[0]?.objects.replace(/^.*<\/3\/0>,/, ""));
  assert.deepEqual(lists, ["</25>;ver=2.0,</25/0>", "</25/0>,</26/0>"]);
  assert.deepEqual((await first.read("/25")).values, {
    "/25/0/0": "urn:dev:ops:32473-test-meter-1",
    "/25/0/1": "meter-1",
    "/25/0/2": { object: 26, instance: 0 },
  });
  const has = "</3>;ver=1.1,</3/0>,</3303>;ver=1.1,</3303/0>,</3303/1>,</3304/0>,</3311/0>";
  assert.deepEqual((await first.read("/26/0")).values, { "/26/0/0": 25, "/26/0/1": has });
  assert.equal((await second.read("/25/0/3")).text, has);
  assert.equal((await second.read("/26")).code, "4.04");
  assert.equal((await first.read("/25/0/3")).code, "4.04");
  assert.equal((await first.write("/25/0/1", "mine")).code, "4.05");
  assert.equal((await first.write("/26/0/1", "</3/0>")).code, "4.05");
  assert.equal((await first.discover("/26/0")).text, "</26/0>,</26/0/0>,</26/0/1>");
  assert.equal((await first.read(TEMPERATURE)).values[TEMPERATURE], 21);
});

test("who observes object 26 hears of devices that come, change and go", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["gateway_object: 1.0"] });
  const { server } = world;
  await server.observe("/25");
  await server.observe("/26");
  await server.observe("/26/0/1");
  world.configure([DEVICE, SECOND_DEVICE]);
  await world.reload();
  const told = (path: string): unknown[] =>
    server
      .notified("/25")
      .flatMap(({ records }) => records.filter((each) => each.path === path).map(({ value }) => value));
  assert.deepEqual(told("/25/1/2"), [{ object: 26, instance: 1 }]);
  assert.deepEqual(told("/25/1/1"), ["meter-2"]);
  assert.match(String(server.received("/26/1/1")), /^<\/3>;ver=1.1,<\/3\/0>,<\/3303>/);
  assert.ok(server.notifications.every(({ records }) => records.every(({ path }) => !/^\/25\/.*\/3$/.test(path))));
  world.editMapping("climate", (text) =>
    text.replace('  3304:\n    sensor_value: { input: 40, as: f32, unit: "%RH" }\n', ""),
  );
  await world.reload();
  assert.doesNotMatch(String(server.received("/26/0/1").at(-1)), /3304/);
  world.configure([SECOND_DEVICE]);
  await world.reload();
  assert.equal(server.notified("/26/0/1").at(-1)?.code, "4.04");
  assert.deepEqual(Object.keys((await server.read("/26")).values), ["/26/1/0", "/26/1/1"]);
});

test("in whatever layout the inventory is by the definition that the server wants", async (t) => {
  const servers = ["instances", "auto", "clients"].map((layout) => `layout: ${layout}, gateway_object: 1.0`);
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers });
  for (const [i, server] of world.servers.entries()) {
    const { values } = await server.read("/25");
    assert.deepEqual(Object.keys(values), ["/25/0/0", "/25/0/1", "/25/0/2"], servers[i]);
    assert.match(String((await server.read("/26/0/1")).text), /<\/3303\/1>/, servers[i]);
    assert.match(server.registrations.heard[0]?.objects ?? "", /<\/25\/0>.*<\/26\/0>/, servers[i]);
  }
});

test("what access hides from a server is in neither definition", async (t) => {
  const world = await aGateway(t, {
    ...CLIMATE_SETUP,
    devices: [DEVICE, SECOND_DEVICE],
    servers: ["", "gateway_object: 1.0, access: { devices: [meter-2] }"],
  });
  const [, first] = world.servers;
  assert.ok(first !== undefined);
  await first.observe("/26");
  assert.deepEqual(Object.keys((await first.read("/26")).values), ["/26/1/0", "/26/1/1"]);
  world.editMapping("climate", (text) => text.replace(/ {2}3304:\n.*\n/, ""));
  await world.reload();
  assert.deepEqual(
    first.notified("/26").map(({ records }) => records.map(({ path }) => path)),
    [["/26/1/0", "/26/1/1"]],
  );
});
