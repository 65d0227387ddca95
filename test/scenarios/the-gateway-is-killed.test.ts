import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import Sqlite from "better-sqlite3";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { OPTION, uintValue } from "../../src/coap/options.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, HUMIDITY, POINT, SECOND_TEMPERATURE, TEMPERATURE } from "../support/climate-mapping.ts";
import type { Heard } from "../support/scripted-registrations.ts";

const RESUMED = "info registered as before: its observations go on";
const UNREADABLE = "warn a part of what was kept cannot be read: it is not used";

const heard = ({ server }: AGateway): readonly Heard[] => server.registrations.heard;
const kinds = (world: AGateway): string[] => heard(world).map(({ type }) => type);
const observed = ({ gateway }: AGateway): readonly string[] => gateway.status().servers[0]?.observations ?? [];

/** What the gateway sent with an Observe number, and under which token. */
const notes = ({ server }: AGateway): { readonly token: string; readonly observe: number }[] =>
  server.packets
    .filter(({ from, message }) => from === "gateway" && uintValue(message, OPTION.observe) !== undefined)
    .map(({ message }) => ({
      token: Buffer.from(message.token).toString("hex"),
      observe: uintValue(message, OPTION.observe) ?? -1,
    }));

/** Kills the gateway once everything is written, and starts it again after a while. */
async function killed(world: AGateway, away = 20 * SECOND, meanwhile: () => void = () => {}): Promise<void> {
  // Real I/O takes part: the second after which changes are written, then the disk.
  await world.clock.advance(1500);
  for (let turn = 0; turn < 50; turn++) await world.clock.advance(0);
  await world.kill();
  meanwhile();
  await world.clock.advance(away);
  await world.start();
  await world.clock.advance(10 * SECOND);
}

function database(world: AGateway, statement: string): void {
  const db = new Sqlite(join(world.folder, "state", "gateway.db"));
  db.exec(statement);
  db.close();
}

test("killed and started within the lifetime: one Update, no Register, and the observation goes on", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock, meter } = world;
  await server.observe(TEMPERATURE);
  meter.set(POINT.temperature, 25);
  await clock.advance(20 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), [25]);
  const before = notes(world);
  await killed(world);
  assert.deepEqual(kinds(world), ["register", "update"]);
  assert.deepEqual([heard(world)[1]?.query, heard(world)[1]?.objects], [[], ""], "nothing is new");
  meter.set(POINT.temperature, 26);
  await clock.advance(20 * SECOND);
  assert.equal(server.received(TEMPERATURE).at(-1), 26);
  const after = notes(world).slice(before.length);
  assert.deepEqual(server.received(TEMPERATURE).length, 1 + after.length, "each was new to the server");
  for (const { token, observe } of after) {
    assert.equal(token, before[0]?.token);
    assert.ok(observe > Math.max(...before.map((note) => note.observe)), "newer for the server");
  }
  assert.deepEqual(observed(world), [TEMPERATURE]);
  assert.ok(world.log("101").includes(RESUMED));
  assert.equal((await server.cancel(TEMPERATURE))?.code, "2.05");
  assert.deepEqual(observed(world), [], "and ends as it began");
});

test("attributes, those of the Observe itself too, hqmax and the format count as before", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock, meter } = world;
  assert.equal((await server.writeAttributes(TEMPERATURE, "gt=30")).code, "2.04");
  await server.observe(TEMPERATURE, {}, CONTENT_FORMAT.tlv);
  await server.observe(HUMIDITY, { st: 5, hqmax: 2 });
  await killed(world);
  const known = server.notifications.length;
  meter.set(POINT.temperature, 29).set(POINT.humidity, 44);
  await clock.advance(20 * SECOND);
  assert.equal(server.notifications.length, known, "neither threshold is crossed");
  meter.set(POINT.temperature, 31);
  await clock.advance(20 * SECOND);
  assert.deepEqual([server.received(TEMPERATURE).at(-1), server.notified(TEMPERATURE).at(-1)?.format], [31, 11542]);
  server.wire.cut = true;
  for (const humidity of [50, 56, 62, 68]) {
    meter.set(POINT.humidity, humidity);
    await clock.advance(10 * SECOND);
  }
  server.wire.cut = false;
  await clock.advance(MINUTE);
  assert.deepEqual(server.received(HUMIDITY).slice(-2), [62, 68]);
  assert.ok(!server.received(HUMIDITY).includes(56), "hqmax 2; 50 was on its way");
  assert.deepEqual((await server.discover(TEMPERATURE)).text.includes("gt=30"), true);
});

test("a list goes on, too, and is told once and whole", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock, meter } = world;
  const list = [TEMPERATURE, SECOND_TEMPERATURE, "/3/0/3"];
  await server.observeComposite(list, { pmin: 1 });
  await killed(world);
  assert.equal(server.notifications.length, 1);
  assert.deepEqual(Object.keys(server.notifications[0]?.values ?? {}).sort(), [...list].sort());
  meter.set(POINT.temperature, 26);
  await clock.advance(20 * SECOND);
  assert.equal(server.received(TEMPERATURE).at(-1), 26);
  assert.deepEqual(kinds(world), ["register", "update"]);
});

test("what was owed when it was killed arrives after it, in order, once, with its times", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["history: notify"] });
  const { server, clock, meter } = world;
  await server.observe(TEMPERATURE);
  server.wire.cut = true;
  const began = clock.wall();
  for (let i = 0; i < 3; i++) {
    meter.set(POINT.temperature, 30 + i);
    await clock.advance(10 * SECOND);
  }
  await killed(world, 10 * SECOND, () => {
    server.wire.cut = false;
  });
  await clock.advance(MINUTE);
  const times = server.records(TEMPERATURE).map(({ time = 0 }) => time - began);
  assert.equal(new Set(times).size, times.length, "nothing comes twice");
  const inOrder = [...server.records(TEMPERATURE)].sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
  assert.deepEqual(
    inOrder.map(({ value }) => value),
    [30, 31, 32, 32],
    "the last of them is what there is after the start",
  );
  const owed = times.filter((time) => time < 30 * SECOND);
  assert.deepEqual(
    owed,
    [...owed].sort((a, b) => a - b),
  );
});

test("killed for longer than the lifetime: Register, and the observations are void", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["lifetime: 10m"] });
  const { server, clock, meter } = world;
  assert.equal((await server.writeAttributes(TEMPERATURE, "gt=30")).code, "2.04");
  await server.observe(TEMPERATURE);
  await killed(world, HOUR);
  assert.deepEqual(kinds(world), ["register", "register"]);
  assert.deepEqual(observed(world), []);
  const known = server.notifications.length;
  meter.set(POINT.temperature, 35);
  await clock.advance(20 * SECOND);
  assert.equal(server.notifications.length, known);
  assert.ok((await server.discover(TEMPERATURE)).text.includes("gt=30"), "attributes are no part of a registration");
});

test("a server that lost its registrations meanwhile gets a Register, and observes anew", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock, meter } = world;
  await server.observe(TEMPERATURE);
  await killed(world, 20 * SECOND, () => server.registrations.forget());
  assert.deepEqual(kinds(world), ["register", "update", "register"]);
  assert.deepEqual(observed(world), []);
  await server.observe(TEMPERATURE);
  meter.set(POINT.temperature, 35);
  await clock.advance(20 * SECOND);
  assert.equal(server.received(TEMPERATURE).at(-1), 35);
});

test("where another process has its port by now, it is another client to the server: Register", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server } = world;
  await server.observe(TEMPERATURE);
  await killed(world, 20 * SECOND, () => server.takenPorts.add(50_001));
  assert.deepEqual(kinds(world), ["register", "register"]);
  assert.deepEqual(observed(world), []);
});

test("the network is there later than the gateway: the Update waits for it, and nothing is void", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, clock } = world;
  await server.observe(TEMPERATURE);
  await killed(world, 5 * SECOND, () => {
    server.unresolved = true;
  });
  await clock.advance(30 * SECOND);
  server.unresolved = false;
  await clock.advance(MINUTE);
  assert.deepEqual(kinds(world), ["register", "update"]);
  assert.deepEqual(observed(world), [TEMPERATURE]);
});

test("a damaged row is a line of the log, and a Register; the other servers' rows stand", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["", ""] });
  const [first, second] = world.servers;
  await first?.observe(TEMPERATURE);
  await second?.observe(TEMPERATURE);
  const damage = "UPDATE servers SET content = 'x' || content WHERE server = 101 AND part LIKE 'observation%'";
  await killed(world, 20 * SECOND, () => database(world, damage));
  assert.deepEqual(
    first?.registrations.heard.map(({ type }) => type),
    ["register", "register"],
  );
  assert.deepEqual(
    second?.registrations.heard.map(({ type }) => type),
    ["register", "update"],
  );
  assert.deepEqual(world.log("101").slice(1), [UNREADABLE, "info registered"]);
  assert.deepEqual(world.log("102").slice(1), [RESUMED]);
  await killed(world, 20 * SECOND);
  assert.equal(first?.registrations.heard.at(-1)?.type, "update", "what was damaged was written anew");
});

test("rows that no version of us wrote harm nothing", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  await world.server.writeAttributes(TEMPERATURE, "gt=30");
  for (const content of ["", "null", "{}", '{"format":2}', '{"agreement":{},"from":{}}', "[1]"]) {
    const rows = ["identity", "registration", "numbers", "attributes", "account", "observation x"];
    for (const parts of [rows, rows.slice(1)]) {
      await world.kill();
      const values = parts.map((part) => `(101, '${part}', '${content}')`).join();
      database(
        world,
        `INSERT INTO servers VALUES ${values} ON CONFLICT (server, part) DO UPDATE SET content = excluded.content`,
      );
      await world.start();
      await world.clock.advance(3 * SECOND);
      assert.equal(world.gateway.status().servers[0]?.state, "registered", content);
    }
  }
});

test("the object list changed meanwhile: the Update has it, and the observations stand", async (t) => {
  const devices = (ids: readonly string[]): string[] =>
    ids.map((id, i) => `{ id: ${id}, mapping: climate, link: bus, unit_id: ${i + 1} }`);
  const world = await aGateway(t, { ...CLIMATE_SETUP, devices: devices(["meter-1"]) });
  await world.server.observe(TEMPERATURE);
  await killed(world, 20 * SECOND, () => world.configure(devices(["meter-1", "meter-2"])));
  assert.deepEqual(kinds(world), ["register", "update"]);
  assert.match(heard(world)[1]?.objects ?? "", /<\/25\/1>/);
  await killed(world);
  assert.equal(heard(world)[2]?.objects, "", "the server has it now");
  assert.deepEqual(observed(world), [TEMPERATURE]);
});

test("what is observed and is not there any more after the start ends by 4.04", async (t) => {
  const world = await aGateway(t, {
    ...CLIMATE_SETUP,
    devices: ["{ id: meter-1, mapping: climate, link: bus, unit_id: 1 }"],
  });
  await world.server.writeAttributes(TEMPERATURE, "gt=30");
  await world.server.observe(TEMPERATURE);
  await killed(world, 20 * SECOND, () => world.configure([]));
  assert.deepEqual(
    world.server.notifications.map(({ code }) => code),
    ["4.04"],
  );
  assert.deepEqual(observed(world), []);
  await killed(world, 20 * SECOND, () => world.configure());
  assert.ok(!(await world.server.discover(TEMPERATURE)).text.includes("gt=30"), "attributes of what is gone are gone");
});

test("another endpoint name or another URI begins anew; nothing of before is used", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server } = world;
  await server.writeAttributes(TEMPERATURE, "gt=30");
  await server.observe(TEMPERATURE);
  await killed(world, 20 * SECOND, () => world.editConfig((text) => text.replace("32473-test", "32473-other")));
  assert.deepEqual(kinds(world), ["register", "register"]);
  assert.ok(!(await server.discover(TEMPERATURE)).text.includes("gt=30"));
  assert.ok(
    world.log("101").includes("info what was kept belongs to another endpoint or another server: it is not used"),
  );
});

test("what a server wrote to its account stands after a restart, but where the configuration is another one since", async (t) => {
  const setup = { ...CLIMATE_SETUP, servers: ["lifetime: 10m, pmin: 5s"] };
  const world = await aGateway(t, setup);
  const { server } = world;
  assert.equal((await server.update("/1/0", { "/1/0/1": 1200, "/1/0/2": 7, "/1/0/6": false })).code, "2.04");
  const account = async (): Promise<unknown[]> => {
    const { values } = await server.read("/1/0");
    return [values["/1/0/1"], values["/1/0/2"], values["/1/0/6"]];
  };
  await killed(world);
  assert.deepEqual(await account(), [1200, 7, false]);
  assert.deepEqual(kinds(world).at(-1), "update");
  await world.stop();
  await world.start();
  await world.clock.advance(5 * SECOND);
  assert.deepEqual(heard(world).at(-1)?.query.includes("lt=1200"), true, "after an orderly stop, too");
  assert.deepEqual(await account(), [1200, 7, false]);
  await killed(world, 5 * SECOND, () => world.configure(undefined, ["lifetime: 20m, pmin: 9s"]));
  assert.deepEqual(await account(), [1200, 9, false], "pmin is configured in another way by now");
  await killed(world, 5 * SECOND, () => world.configure(undefined, ["lifetime: 30m, pmin: 9s"]));
  assert.deepEqual(await account(), [1800, 9, false]);
  assert.deepEqual(heard(world).at(-1)?.query, ["lt=1800"]);
});

test("an orderly stop leaves no registration and no observation, but attributes", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server } = world;
  await server.writeAttributes(TEMPERATURE, "gt=30");
  await server.observe(TEMPERATURE);
  await world.stop();
  await world.start();
  await world.clock.advance(10 * SECOND);
  assert.deepEqual(kinds(world), ["register", "deregister", "register"]);
  assert.deepEqual(observed(world), []);
  assert.ok((await server.discover(TEMPERATURE)).text.includes("gt=30"));
});

test("a server that wants nothing stored hears after the start what there is, too", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, meter } = world;
  assert.equal((await server.write("/1/0/6", false)).code, "2.04");
  await server.observe(TEMPERATURE);
  await killed(world, 20 * SECOND, () => meter.set(POINT.temperature, 33));
  assert.equal(server.received(TEMPERATURE).at(-1), 33);
});

test("a device that is silent after the start keeps no other waiting, and is told when it answers", async (t) => {
  const devices = [1, 2].map((unit) => `{ id: meter-${unit}, mapping: climate, link: bus, unit_id: ${unit} }`);
  const world = await aGateway(t, { ...CLIMATE_SETUP, devices });
  const { server, bus, clock } = world;
  const second = "/meter-2/3303/0/5700";
  bus.unit(2).set(POINT.temperature, 5);
  await clock.advance(15 * SECOND);
  await server.observe(TEMPERATURE);
  await server.observe(second);
  await killed(world, 5 * SECOND, () => {
    bus.unit(2).silent = true;
    bus.unit(1).set(POINT.temperature, 30);
    bus.unit(2).set(POINT.temperature, 6);
  });
  assert.deepEqual([server.received(TEMPERATURE).at(-1), server.received(second)], [30, []]);
  bus.unit(2).silent = false;
  await clock.advance(3 * MINUTE);
  assert.deepEqual(server.received(second), [6]);
});

test("killed time and again, an observation goes on through all of it", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { server, meter, clock } = world;
  await server.observe(TEMPERATURE);
  for (let life = 0; life < 4; life++) {
    meter.set(POINT.temperature, 30 + life);
    await killed(world, 7 * SECOND);
    await clock.advance(10 * SECOND);
    assert.equal(server.received(TEMPERATURE).at(-1), 30 + life);
  }
  const numbers = notes(world).map(({ observe }) => observe);
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  );
  assert.deepEqual(kinds(world), ["register", "update", "update", "update", "update"]);
});
