/** `report:` entries follow what there is: devices, their models, what servers fill, how often devices are read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";
import { CLIMATE, CLIMATE_SETUP, HUMIDITY, POINT, TEMPERATURE } from "../support/climate-mapping.ts";

const LIMITED = CLIMATE.replace("normal: 10s", "normal: 10s, limit: 2s");

function withEntry(entry: string, mapping = CLIMATE): Setup {
  return { ...CLIMATE_SETUP, mappings: { climate: mapping }, servers: [`report: [ { ${entry} } ]`] };
}

/** The values of a path in the Sends since the last call. */
function told({ server }: AGateway, path: string): readonly unknown[] {
  const records = server.sends.heard.flatMap((send) => send.records);
  return records.filter((record) => record.path === path).map(({ value }) => value);
}

const ROOM = (n: number): string => `{ id: room-${n}, mapping: climate, link: bus, unit_id: ${n} }`;

test("a device that a reload adds is reported, one that it takes away is not any more", async (t) => {
  for (const every of ["10s", "sample", "change, pmax: 10s"]) {
    const world = await aGateway(t, { ...withEntry(`paths: ["/*/3303/0/5700"], every: ${every}`), devices: [ROOM(1)] });
    world.configure([ROOM(1), ROOM(2)]);
    assert.equal(await world.reload(), true);
    world.server.sends.heard.length = 0;
    await world.clock.advance(MINUTE);
    assert.equal(told(world, "/room-1/3303/0/5700").length, 6, every);
    assert.equal(told(world, "/room-2/3303/0/5700").length, 6, every);
    world.configure([ROOM(2)]);
    assert.equal(await world.reload(), true);
    world.server.sends.heard.length = 0;
    await world.clock.advance(MINUTE);
    assert.deepEqual(told(world, "/room-1/3303/0/5700"), [], every);
    assert.equal(told(world, "/room-2/3303/0/5700").length, 6, every);
    assert.equal(world.gateway.status().servers[0]?.reportEntries?.[0]?.devices, 1);
  }
});

test("a resource that the mapping gets at a reload is reported, one that it loses is not", async (t) => {
  for (const every of ["10s", "sample"]) {
    const world = await aGateway(t, withEntry(`paths: ["/*/3304", "/*/3305"], every: ${every}`));
    world.editMapping("climate", (text) =>
      text
        .replace("  3304:\n    sensor_value", "  3305:\n    instantaneous_active_power")
        .replace(', unit: "%RH"', ", unit: W"),
    );
    assert.equal(await world.reload(), true);
    world.server.sends.heard.length = 0;
    await world.clock.advance(MINUTE);
    assert.deepEqual(told(world, HUMIDITY), [], every);
    assert.equal(told(world, "/meter-1/3305/0/5800").length, 6, every);
  }
});

test("a reload that makes a device anew keeps each of its measurements reported", async (t) => {
  const world = await aGateway(t, withEntry(`paths: ["${TEMPERATURE}"], every: sample`));
  world.editMapping("climate", (text) => text.replace("valid: [-40, 125]", "valid: [-30, 125]"));
  assert.equal(await world.reload(), true);
  world.server.sends.heard.length = 0;
  await world.clock.advance(MINUTE);
  assert.deepEqual(told(world, TEMPERATURE), [21, 21, 21, 21, 21, 21]);
});

test("an interval that is shorter than the period of the mapping has the device read as often, within its limit", async (t) => {
  const world = await aGateway(t, withEntry(`paths: ["${TEMPERATURE}"], every: 4s`, LIMITED));
  const periods = () => world.gateway.status().devices[0]?.values.map(({ path, period }) => [path, period]);
  assert.deepEqual(
    periods()?.filter(([, period]) => period !== undefined),
    [[TEMPERATURE, 4 * SECOND]],
  );
  world.server.sends.heard.length = 0;
  for (let value = 30; value < 45; value++) {
    world.meter.set(POINT.temperature, value);
    await world.clock.advance(4 * SECOND);
  }
  const seen = told(world, TEMPERATURE);
  assert.ok(seen.length >= 14, `${seen}`);
  assert.equal(new Set(seen).size, seen.length);
});

test("an interval below what the mapping allows tells each measurement once, as often as there is one", async (t) => {
  const world = await aGateway(t, withEntry(`paths: ["${TEMPERATURE}"], every: 1s`));
  world.server.sends.heard.length = 0;
  await world.clock.advance(MINUTE);
  assert.equal(told(world, TEMPERATURE).length, 6);
});

test("an entry keeps a device read at its own pace, whoever would have it spared", async (t) => {
  const world = await aGateway(t, withEntry(`paths: ["${HUMIDITY}"], every: sample`));
  await world.server.observe(HUMIDITY, { epmin: 60 });
  world.server.sends.heard.length = 0;
  await world.clock.advance(MINUTE);
  assert.equal(told(world, HUMIDITY).length, 6);
});

test("what servers make and write is reported, what they remove is not any more", async (t) => {
  const device = "{ id: meter-1, mapping: climate, link: bus, unit_id: 1, stored_objects: [16] }";
  for (const every of ["10s", "sample", "change"]) {
    const world = await aGateway(t, {
      ...withEntry(`paths: ["/*/16/*/0", /16], every: ${every}`),
      devices: [device],
      gateway: "stored_objects: [16]",
    });
    const { server, clock } = world;
    for (const prefix of ["/meter-1", ""]) {
      assert.equal((await server.create(`${prefix}/16`, { [`${prefix}/16/3/0/0`]: "hall" })).code, "2.01");
      await clock.advance(20 * SECOND);
      assert.deepEqual(told(world, `${prefix}/16/3/0/0`), ["hall"], `${every} ${prefix}`);
      assert.equal((await server.update(`${prefix}/16/3`, { [`${prefix}/16/3/0/0`]: "lab" })).code, "2.04");
      await clock.advance(20 * SECOND);
      assert.deepEqual(told(world, `${prefix}/16/3/0/0`), ["hall", "lab"], `${every} ${prefix}`);
      assert.equal((await server.delete(`${prefix}/16/3`)).code, "2.02");
      await clock.advance(20 * SECOND);
      assert.equal(told(world, `${prefix}/16/3/0/0`).length, 2);
    }
  }
});

test("devices in object 25 are reported as they come", async (t) => {
  const world = await aGateway(t, { ...withEntry('paths: ["/25/*/1"], every: change'), devices: [ROOM(1)] });
  world.configure([ROOM(1), ROOM(2)]);
  await world.reload();
  assert.deepEqual([told(world, "/25/0/1"), told(world, "/25/1/1")], [["room-1"], ["room-2"]]);
});

test("what a server may not read is not reported", async (t) => {
  const world = await aGateway(t, withEntry('paths: [/1, /3, "/meter-1"], every: 10s'));
  await world.clock.advance(20 * SECOND);
  const paths = world.server.sends.heard.flatMap(({ records }) => records.map(({ path }) => String(path)));
  assert.ok(paths.includes("/1/0/1") && paths.includes("/3/0/0") && paths.includes(TEMPERATURE));
  assert.deepEqual(
    paths.filter((path) => ["/1/0/8", "/3/0/4", "/meter-1/3/0/4"].includes(path)),
    [],
    "what can only be executed",
  );
});

test("a hundred devices due together leave in few Sends", async (t) => {
  const rooms = Array.from({ length: 100 }, (_, i) => ROOM(i + 1));
  const world = await aGateway(t, {
    ...withEntry('paths: ["/room-*/3303/0/5700"], every: 1m'),
    devices: rooms,
    run: 59 * SECOND,
  });
  world.server.sends.heard.length = 0;
  await world.clock.advance(20 * SECOND);
  const sends = world.server.sends.heard;
  assert.equal(sends.flatMap(({ records }) => records).length, 100);
  assert.ok(sends.length <= 5, `${sends.length}`);
});
