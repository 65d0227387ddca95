import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";
import { CLIMATE, CLIMATE_METERS, POINT } from "../support/climate-mapping.ts";

const TWO: Setup = { ...CLIMATE_METERS, servers: ["layout: instances"] };

const twoMeters = (t: TestContext, setup: Setup = {}): Promise<AGateway> => aGateway(t, { ...TWO, ...setup });
const listed = ({ server }: AGateway): string => server.registrations.heard.at(-1)?.objects ?? "";
const pathsOf = (list: string): string[] =>
  [...list.matchAll(/<(\/[0-9/]+)>/g)].map(([, path = ""]) => path).filter((path) => path.startsWith("/33"));

test("Register lists the instances of all devices side by side, and object 25 as an inventory", async (t) => {
  const world = await twoMeters(t);
  assert.deepEqual(pathsOf(listed(world)), [
    ...["/3303", "/3303/0", "/3303/1", "/3303/2", "/3303/3"],
    ...["/3304/0", "/3304/1", "/3311/0", "/3311/1"],
  ]);
  assert.match(listed(world), /<\/25\/0>,<\/25\/1>/);
  assert.equal((await world.server.read("/25/1/0")).code, "2.05");
  assert.match((await world.server.discover("/3303/2")).text, /<\/3303\/2\/5750>/);
});

test("a value is read of whichever device it is; what has a prefix is not there", async (t) => {
  const { server } = await twoMeters(t);
  assert.equal((await server.read("/3303/0/5700")).values["/3303/0/5700"], 21);
  assert.deepEqual((await server.read("/3303/3")).values, {
    "/3303/3/5700": 32,
    "/3303/3/5701": "Cel",
    "/3303/3/5750": "meter-2",
  });
  const { values } = await server.read("/3303");
  assert.deepEqual(
    [0, 1, 2, 3].map((n) => [values[`/3303/${n}/5700`], values[`/3303/${n}/5750`]]),
    [
      [21, "Room"],
      [22, "meter-1"],
      [31, "Room"],
      [32, "meter-2"],
    ],
  );
  assert.equal((await server.read("/meter-2/3303/0/5700")).code, "4.04");
  assert.equal((await server.read("/3303/4")).code, "4.04");
  assert.equal((await server.read("/3/0/0")).code, "2.05");
});

test("a write and a composite write reach the device of the instance; the others are left alone", async (t) => {
  const { server, bus } = await twoMeters(t);
  assert.equal((await server.write("/3311/1/5851", 40)).code, "2.04");
  assert.deepEqual(
    [1, 2].map((n) => bus.unit(n).get(POINT.dimmer)),
    [undefined, 40],
  );
  assert.equal((await server.read("/3311/1/5851")).values["/3311/1/5851"], 40);
  assert.equal((await server.ipatch({ "/3311/0/5851": 10, "/3311/1/5851": 20, "/1/0/1": 600 })).code, "2.04");
  assert.deepEqual(
    [1, 2].map((n) => bus.unit(n).get(POINT.dimmer)),
    [10, 20],
  );
  assert.equal((await server.read("/1/0/1")).values["/1/0/1"], 600);
  const refused = await server.write("/3311/1/5851", 101);
  assert.equal(refused.code, "4.00");
  assert.match(refused.text, /\/3311\/1\/5851/);
  assert.equal((await server.write("/3303/1/5750", "Hall")).code, "4.05");
  assert.equal((await server.delete("/3303/1")).code, "4.05");
});

test("an execute does the steps of the device of the instance, and a refusal names the path that was asked for", async (t) => {
  const reset = "    1:\n      5605: { do: [ { holding: 60, as: u16, value: 7 } ] }\n";
  const climate = CLIMATE.replace("    1:\n", reset);
  const { server, bus } = await twoMeters(t, { mappings: { climate } });
  for (const n of [1, 2]) bus.unit(n).commands.add(60);
  assert.equal((await server.execute("/3303/3/5605")).code, "2.04");
  assert.deepEqual(
    [1, 2].map((n) => bus.unit(n).written),
    [[], [[60, 7]]],
  );
  bus.unit(2).silent = true;
  const { code, text } = await server.execute("/3303/3/5605");
  assert.equal(code, "5.00");
  assert.match(text, /^\/3303\/3\/5605 was not executed: /);
  assert.equal((await server.execute("/3303/2/5605")).code, "4.04");
});

test("observed is a resource, an instance or the object of all devices", async (t) => {
  const { server, bus, clock } = await twoMeters(t);
  await server.observe("/3303/2/5700");
  await server.observe("/3303/1");
  assert.equal((await server.observe("/3303")).values["/3303/3/5700"], 32);
  bus.unit(2).set(POINT.temperature, 35);
  await clock.advance(15 * SECOND);
  assert.deepEqual(server.received("/3303/2/5700"), [35, 35], "to the observers of the resource and of the object");
  assert.deepEqual(server.notified("/3303/1"), []);
  bus.unit(1).set(POINT.secondTemperature, 25);
  await clock.advance(15 * SECOND);
  assert.equal(server.notified("/3303/1").at(-1)?.values["/3303/1/5700"], 25);
  assert.equal(server.notified("/3303").at(-1)?.values["/3303/1/5700"], 25);
});

test("a composite observation names instances of several devices, and object attributes count below", async (t) => {
  const { server, bus, clock } = await twoMeters(t);
  assert.equal((await server.writeAttributes("/3303", "pmin=60")).code, "2.04");
  const paths = ["/3303/0/5700", "/3303/2/5700"];
  const first = await server.observeComposite(paths);
  assert.deepEqual(first.values, { "/3303/0/5700": 21, "/3303/2/5700": 31 });
  bus.unit(1).set(POINT.temperature, 23);
  bus.unit(2).set(POINT.temperature, 33);
  await clock.advance(30 * SECOND);
  assert.deepEqual(server.notified(paths.join(" ")), []);
  await clock.advance(MINUTE);
  assert.deepEqual(server.notified(paths.join(" ")).at(-1)?.values, { "/3303/0/5700": 23, "/3303/2/5700": 33 });
});

test("how often a server wants values decides how often the device behind the instance is asked", async (t) => {
  const climate = CLIMATE.replace("normal: 10s", "normal: 10s, limit: 2s");
  const { server, bus, clock } = await twoMeters(t, { mappings: { climate } });
  await server.observe("/3303/2/5700", { epmax: 2 });
  bus.requests.length = 0;
  await clock.advance(MINUTE);
  const asked = (n: number): number => bus.requests.filter((request) => request.startsWith(`${n}:`)).length;
  assert.ok(asked(2) - asked(1) >= 20, `${asked(1)} and ${asked(2)} requests`);
});

test("a device that is away: its instances answer 5.00 with the reason, the gateway's error code says that something is", async (t) => {
  const { server, bus, clock } = await twoMeters(t);
  await server.observe("/3/0/11");
  bus.unit(2).silent = true;
  await clock.advance(2 * MINUTE);
  const { code, text } = await server.read("/3304/1/5700");
  assert.equal(code, "5.00");
  assert.match(text, /offline|no answer|last/);
  assert.equal((await server.read("/3304/0/5700")).code, "2.05");
  const told = (await server.read("/3/0/11")).values["/3/0/11/0"];
  assert.notEqual(told, 0);
  assert.deepEqual(server.received("/3/0/11/0"), [told]);
  assert.equal((await server.ipatch({ "/3311/0/5851": 10, "/3311/1/5851": 20 })).code, "5.00");
  assert.equal(bus.unit(1).get(POINT.dimmer), undefined, "nothing is begun");
  bus.unit(2).silent = false;
  await clock.advance(2 * MINUTE);
  assert.deepEqual(server.received("/3/0/11/0"), [told, 0]);
});

test("a Send, and report entries that are written in the devices' paths, speak of instances", async (t) => {
  const report = "layout: instances, report: [{ name: temps, paths: [/*/3303/*/5700, /meter-1/3/0/11], every: 1m }]";
  const { server, gateway, clock } = await twoMeters(t, { servers: [report] });
  const send = (path: string) => server.settled(gateway.send({ paths: [parsePath(path)], format: "senml-cbor" }));
  assert.deepEqual(await send("/meter-2/3303/0/5700"), [{ server: 101, type: "delivered" }]);
  assert.deepEqual(server.sends.heard.at(-1)?.values, { "/3303/2/5700": 31 });
  const reason = "/meter-2/3/0/11/0 is not shown to this server";
  assert.deepEqual(await send("/meter-2/3/0/11"), [{ server: 101, type: "notSent", reason }]);
  await clock.advance(MINUTE);
  assert.deepEqual(server.sends.heard.at(-1)?.values, {
    "/3303/0/5700": 21,
    "/3303/1/5700": 22,
    "/3303/2/5700": 31,
    "/3303/3/5700": 32,
  });
});
