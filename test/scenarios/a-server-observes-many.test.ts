import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { OPTION } from "../../src/coap/options.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";
import { CLIMATE, DIMMER, HUMIDITY, LAMP, POINT, SECOND_TEMPERATURE, TEMPERATURE } from "../support/climate-mapping.ts";

const METER = "{ id: meter-1, mapping: climate, link: bus, unit_id: 1 }";
const SECOND_METER = "{ id: meter-2, mapping: climate, link: bus, unit_id: 2 }";

/** Two devices: 21 °C, 40 % and 31 °C, 41 %. */
const TWO: Setup = {
  mappings: { climate: CLIMATE },
  devices: [METER, SECOND_METER],
  prepare: ({ bus }) => {
    bus.unit(1).set(POINT.temperature, 21).set(POINT.secondTemperature, 22).set(POINT.humidity, 40);
    bus.unit(2).set(POINT.temperature, 31).set(POINT.secondTemperature, 32).set(POINT.humidity, 41);
  },
};
const TEMPERATURE_2 = "/meter-2/3303/0/5700";
const HUMIDITY_2 = "/meter-2/3304/0/5700";
const LIST = [TEMPERATURE, HUMIDITY_2, "/1/0/1"];
const NAME = LIST.join(" ");

const observed = ({ gateway }: AGateway) => gateway.status().servers[0]?.observations;
const told = ({ server }: AGateway, name = NAME) => server.notified(name).map(({ values }) => values);

test("a change of one path is told with all of the list, each with the time of its own measurement", async (t) => {
  const world = await aGateway(t, TWO);
  const { server, bus, clock } = world;
  const first = await server.observeComposite(LIST);
  assert.deepEqual([first.code, first.values], ["2.05", { [TEMPERATURE]: 21, [HUMIDITY_2]: 41, "/1/0/1": 300 }]);
  assert.deepEqual(observed(world), LIST);
  bus.unit(1).set(POINT.temperature, 25);
  bus.unit(1).set(POINT.humidity, 99);
  await clock.advance(15 * SECOND);
  assert.deepEqual(told(world), [{ [TEMPERATURE]: 25, [HUMIDITY_2]: 41, "/1/0/1": 300 }]);
  const [{ records = [], format } = {}] = server.notifications;
  assert.equal(format, CONTENT_FORMAT.senmlCbor);
  for (const { path, time = 0 } of records) {
    if (path !== "/1/0/1") assert.ok(clock.wall() - time < 25 * SECOND, `${path} was measured since`);
  }
  assert.equal((await server.write("/1/0/1", 600)).code, "2.04");
  await clock.advance(SECOND);
  assert.equal(told(world).at(-1)?.["/1/0/1"], 600);
});

test("attributes in the FETCH replace those of its paths, and no Discover shows them", async (t) => {
  const world = await aGateway(t, TWO);
  const { server, bus, clock } = world;
  await server.writeAttributes(TEMPERATURE, "pmax=10");
  assert.equal((await server.observeComposite(LIST, { pmin: 60, pmax: 120, con: 0 })).code, "2.05");
  bus.unit(1).set(POINT.temperature, 25);
  await clock.advance(50 * SECOND);
  assert.deepEqual(told(world), []);
  await clock.advance(15 * SECOND);
  assert.deepEqual(told(world), [{ [TEMPERATURE]: 25, [HUMIDITY_2]: 41, "/1/0/1": 300 }]);
  assert.equal(server.notifications[0]?.type, "non");
  await clock.advance(125 * SECOND);
  assert.equal(told(world).length, 2, "pmax, though nothing changed");
  assert.match((await server.discover(TEMPERATURE)).text, /pmax=10/);
  assert.doesNotMatch((await server.discover(TEMPERATURE)).text, /pmin|con/);
  for (const wrong of [{ gt: 5 }, { hqmax: 5 }, { epmin: 10, epmax: 5 }]) {
    assert.equal((await server.observeComposite(["/3/0/16"], wrong)).code, "4.00");
  }
  assert.deepEqual(observed(world), LIST);
});

test("attributes that were written judge each path of a list by its own", async (t) => {
  const world = await aGateway(t, TWO);
  const { server, bus, clock } = world;
  await server.writeAttributes(TEMPERATURE, "gt=30");
  await server.observeComposite(LIST);
  bus.unit(1).set(POINT.temperature, 29);
  await clock.advance(15 * SECOND);
  assert.deepEqual(told(world), []);
  bus.unit(2).set(POINT.humidity, 45);
  await clock.advance(15 * SECOND);
  assert.deepEqual(told(world), [{ [TEMPERATURE]: 29, [HUMIDITY_2]: 45, "/1/0/1": 300 }]);
  bus.unit(1).set(POINT.temperature, 31);
  await clock.advance(15 * SECOND);
  assert.equal(told(world).length, 2);
});

test("lists stand beside each other and beside single observations; the same list again takes the place of the first", async (t) => {
  const world = await aGateway(t, TWO);
  const { server, bus, clock } = world;
  const others = [TEMPERATURE, TEMPERATURE_2];
  await server.observe(TEMPERATURE);
  await server.observeComposite(LIST);
  await server.observeComposite(others, {}, CONTENT_FORMAT.senmlJson);
  bus.unit(1).set(POINT.temperature, 25);
  await clock.advance(15 * SECOND);
  assert.deepEqual(
    server.notifications.map(({ observed }) => observed).sort(),
    [TEMPERATURE, NAME, others.join(" ")].sort(),
  );
  server.notifications.length = 0;
  await server.observeComposite(LIST, {}, CONTENT_FORMAT.senmlJson);
  assert.deepEqual(observed(world), [TEMPERATURE, ...LIST, ...others]);
  bus.unit(2).set(POINT.humidity, 50);
  await clock.advance(15 * SECOND);
  assert.deepEqual(
    server.notifications.map(({ observed, format }) => [observed, format]),
    [[NAME, CONTENT_FORMAT.senmlJson]],
    "once, in the format of the second",
  );
});

for (const how of ["deregister", "forget"] as const) {
  test(`it ends by ${how === "deregister" ? "a FETCH with Observe 1" : "a Reset"}`, async (t) => {
    const world = await aGateway(t, TWO);
    const { server, bus, clock } = world;
    await server.observeComposite(LIST);
    await server.observe(HUMIDITY);
    bus.unit(1).set(POINT.temperature, 25);
    await clock.advance(15 * SECOND);
    const answer = await server.cancelComposite(LIST, how);
    if (how === "deregister") {
      assert.deepEqual(
        [answer?.code, answer?.values],
        ["2.05", { [TEMPERATURE]: 25, [HUMIDITY_2]: 41, "/1/0/1": 300 }],
      );
      assert.ok(server.packets.at(-1)?.message.options.every(({ number }) => number !== OPTION.observe));
    } else {
      bus.unit(1).set(POINT.temperature, 26);
      await clock.advance(15 * SECOND);
    }
    assert.deepEqual(observed(world), [HUMIDITY]);
    bus.unit(1).set(POINT.temperature, 27);
    await clock.advance(MINUTE);
    assert.equal(told(world).length, 1);
  });
}

test("a device that comes is told, one that goes is told no more, and the observation lives on", async (t) => {
  const world = await aGateway(t, { ...TWO, devices: [METER] });
  const { server, bus, clock } = world;
  const list = [TEMPERATURE, TEMPERATURE_2, "/meter-2/3303/0/5750"];
  const first = await server.observeComposite(list);
  assert.deepEqual(first.values, { [TEMPERATURE]: 21 });
  world.configure([METER, SECOND_METER]);
  await world.reload();
  const name = list.join(" ");
  const whole = { [TEMPERATURE]: 21, [TEMPERATURE_2]: 31, "/meter-2/3303/0/5750": "Room" };
  assert.deepEqual(told(world, name).at(-1), whole);
  world.configure([METER]);
  await world.reload();
  assert.deepEqual(told(world, name).at(-1), { [TEMPERATURE]: 21 });
  assert.deepEqual(observed(world), list);
  bus.unit(1).set(POINT.temperature, 23);
  await clock.advance(15 * SECOND);
  assert.deepEqual(told(world, name).at(-1), { [TEMPERATURE]: 23 });
  assert.ok(server.notified(name).every(({ code }) => code === "2.05"));
});

test("a list of which nothing is there, or nothing is left, is empty and stands", async (t) => {
  const world = await aGateway(t, { ...TWO, devices: [METER] });
  const { server } = world;
  const list = [TEMPERATURE_2, HUMIDITY_2];
  const first = await server.observeComposite(list, {}, CONTENT_FORMAT.senmlJson);
  assert.deepEqual([first.code, first.text], ["2.05", "[]"]);
  world.configure([METER, SECOND_METER]);
  await world.reload();
  assert.deepEqual(told(world, list.join(" ")).at(-1), { [TEMPERATURE_2]: 31, [HUMIDITY_2]: 41 });
  world.configure([METER]);
  await world.reload();
  assert.equal(server.notified(list.join(" ")).at(-1)?.text, "[]");
});

test("what a device that was away at the beginning has, is told when it answers, changed or not", async (t) => {
  const world = await aGateway(t, TWO);
  const { server, bus, clock } = world;
  bus.unit(2).silent = true;
  await clock.advance(MINUTE);
  const first = await server.observeComposite(LIST);
  assert.deepEqual(first.values, { [TEMPERATURE]: 21, "/1/0/1": 300 });
  bus.unit(2).silent = false;
  await clock.advance(5 * MINUTE);
  assert.deepEqual(told(world), [{ [TEMPERATURE]: 21, "/1/0/1": 300, [HUMIDITY_2]: 41 }]);
});

test("what was due while the server was away arrives with its times; in LwM2M CBOR the newest alone", async (t) => {
  const world = await aGateway(t, TWO);
  const { server, bus, clock } = world;
  const untimed = [TEMPERATURE, HUMIDITY];
  await server.observeComposite(LIST);
  await server.observeComposite(untimed, {}, CONTENT_FORMAT.lwm2mCbor);
  server.wire.cut = true;
  for (let i = 1; i <= 12; i++) {
    bus.unit(1).set(POINT.temperature, 30 + i);
    await clock.advance(10 * SECOND);
  }
  server.wire.cut = false;
  await clock.advance(MINUTE);
  assert.deepEqual(
    server.notified(NAME).flatMap(({ records }) => records.flatMap((r) => (r.path === TEMPERATURE ? [r.value] : []))),
    Array.from({ length: 12 }, (_, i) => 31 + i),
  );
  const records = server.notified(NAME).flatMap((notification) => notification.records);
  const marks = records.map(({ path, time }) => `${path} ${time}`);
  assert.deepEqual([...new Set(marks)], marks, "nothing is said twice");
  const newest = server.notified(untimed.join(" "));
  assert.deepEqual(newest.map(({ values, format }) => [values[TEMPERATURE], format]).at(-1), [
    42,
    CONTENT_FORMAT.lwm2mCbor,
  ]);
  assert.ok(newest.length <= 2, "and perhaps the one that was on its way");
});

test("a registration that ended voids the list; its history goes to who observes the same list again", async (t) => {
  const world = await aGateway(t, { ...TWO, servers: ["history: notify"] });
  const { server, bus, clock } = world;
  await server.observeComposite(LIST);
  server.wire.cut = true;
  server.registrations.forget();
  const values: number[] = [];
  for (let i = 1; i <= 12; i++) {
    values.push(30 + i);
    bus.unit(1).set(POINT.temperature, 30 + i);
    await clock.advance(10 * SECOND);
  }
  server.wire.cut = false;
  await clock.advance(3 * MINUTE);
  assert.equal(server.registrations.heard.filter(({ type }) => type === "register").length, 2);
  assert.deepEqual([observed(world), told(world)], [[], []]);
  await server.observeComposite([HUMIDITY, TEMPERATURE]);
  await server.observeComposite(LIST);
  await clock.advance(10 * SECOND);
  const history = server.notified(NAME).flatMap(({ records }) => records);
  assert.deepEqual(
    history.flatMap(({ path, value }) => (path === TEMPERATURE ? [value] : [])),
    values,
  );
});

test("a list in many blocks is observed, and told in many blocks, beside another one", async (t) => {
  const devices = Array.from({ length: 40 }, (_, i) => `{ id: m${i}, mapping: climate, link: bus, unit_id: ${i + 1} }`);
  const world = await aGateway(t, { ...TWO, devices, run: 30 * SECOND });
  const { server, bus, clock } = world;
  const list = (from: number) =>
    devices
      .slice(from, from + 20)
      .flatMap((_, i) => ["0/5700", "0/5701", "0/5750"].map((p) => `/m${from + i}/3303/${p}`));
  for (const paths of [list(0), list(20)]) {
    const { code, values } = await server.observeComposite(paths, {}, CONTENT_FORMAT.senmlJson);
    assert.deepEqual([code, Object.keys(values).sort()], ["2.05", [...paths].sort()]);
  }
  bus.unit(1).set(POINT.temperature, 50);
  bus.unit(21).set(POINT.temperature, 60);
  await clock.advance(20 * SECOND);
  for (const [paths, value] of [
    [list(0), 50],
    [list(20), 60],
  ] as const) {
    const notification = server.notified(paths.join(" ")).at(-1);
    assert.equal(notification?.values[paths[0] ?? ""], value);
    assert.deepEqual(Object.keys(notification?.values ?? {}).sort(), [...paths].sort());
  }
  const used = server.packets.flatMap(({ message }) => message.options.map(({ number }) => number));
  assert.ok(used.includes(OPTION.block1) && used.includes(OPTION.block2));
});

test("what a server writes to many is told to who observes them, in one notification", async (t) => {
  const world = await aGateway(t, TWO);
  const { server, clock } = world;
  const list = [DIMMER, LAMP, SECOND_TEMPERATURE];
  await server.observeComposite(list, { pmin: 1 });
  assert.equal((await server.ipatch({ [DIMMER]: 40, [LAMP]: true })).code, "2.04");
  await clock.advance(5 * SECOND);
  assert.deepEqual(told(world, list.join(" ")), [{ [DIMMER]: 40, [LAMP]: true, [SECOND_TEMPERATURE]: 22 }]);
});
