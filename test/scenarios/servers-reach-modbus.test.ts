import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";
import { accessTo, grant } from "../support/access.ts";
import { CLIMATE_SETUP, TEMPERATURE } from "../support/climate-mapping.ts";

const METER = "{ id: meter-1, mapping: climate, link: bus, unit_id: 1 }";
const ALLOWED = "remote_modbus: { links: [bus], hosts: [plc, 10.0.4.0/24], ports: [/dev/ttyS9], write: true }";

/** The bus is instance 0 of the connections; unit 5 holds 1, 2, 3 … from holding register 100 on, and some coils. */
async function aCabinet(t: TestContext, setup: Setup = {}): Promise<AGateway> {
  return aGateway(t, {
    ...CLIMATE_SETUP,
    gateway: ALLOWED,
    devices: [METER],
    prepare: (world) => {
      CLIMATE_SETUP.prepare(world);
      const unit = world.bus.unit(5);
      unit
        .hold("holding", 100, [1, 2, 3, 4])
        .hold("coil", 0, [1, 0, 1])
        .hold("input", 7, [77])
        .hold("discrete", 0, [1]);
    },
    ...setup,
  });
}

const link = (instance: number, object = 10374) => ({ object, instance });

/** The resources of a cluster: holding registers 100 … of unit 5 on the bus, where nothing else is said. */
function cluster(instance: number, keys: Readonly<Record<number, Value>> = {}): Record<string, Value> {
  const all: Record<number, Value> = { 0: link(0), 1: 3, 2: 5, 3: 100, 4: 3, ...keys };
  return Object.fromEntries(Object.entries(all).map(([id, value]) => [`/10375/${instance}/${id}`, value]));
}

const registers = (path: string, ...values: readonly number[]) =>
  Object.fromEntries(values.map((value, i) => [`${path}/${i}`, value]));

test("without remote_modbus there is nothing of the kind", async (t) => {
  const { server } = await aGateway(t, { ...CLIMATE_SETUP, devices: [METER] });
  assert.equal((await server.read("/10374")).code, "4.04");
  assert.equal((await server.create("/10375", cluster(0))).code, "4.04");
});

test("a shared link is a connection as it is configured: it cannot be written but for Enable, nor deleted", async (t) => {
  const world = await aCabinet(t);
  const { server } = world;
  assert.match(server.registrations.heard[0]?.objects ?? "", /<\/10374\/0>.*<\/10375>/);
  const seen = {
    "/10374/0/0": "bus",
    "/10374/0/1": 0,
    "/10374/0/2": true,
    "/10374/0/7/0": "/dev/ttyS9",
    "/10374/0/8": 2,
  };
  assert.deepEqual((await server.read("/10374/0")).values, seen);
  const written = await server.write("/10374/0/0", "elsewhere");
  assert.deepEqual(
    [written.code, written.text],
    ["4.05", '/10374/0/0 cannot be written: /10374/0 is the link "bus" of the gateway\'s configuration'],
  );
  assert.equal((await server.delete("/10374/0")).code, "4.05");
});

test("a server makes a cluster, reads its registers live and writes them; another server sees it when it may", async (t) => {
  const world = await aCabinet(t, { servers: ["", ""] });
  const { server, bus } = world;
  const made = await server.create("/10375", cluster(0));
  assert.equal(made.code, "2.01");
  bus.requests.length = 0;
  const values = (path: string) => registers(`/10375/0/${path}`, 1, 2, 3);
  assert.deepEqual((await server.read("/10375/0/5")).values, values("5"));
  assert.deepEqual(
    bus.requests.filter((request) => request.startsWith("5:")),
    ["5: read holding[0x64..0x66] (FC 3)"],
  );
  const put = await server.replace("/10375/0/5", registers("/10375/0/5", 10, 20, 30));
  assert.equal(put.code, "2.04");
  assert.equal((await server.write("/10375/0/5/1", 21)).code, "2.04");
  assert.deepEqual(bus.unit(5).held("holding", 100, 4), [10, 21, 30, 4]);
  const asked = bus.requests.filter((request) => request.includes("write"));
  assert.deepEqual(asked, ["5: write holding[0x64..0x66] (FC 16)", "5: write holding 0x65 (FC 6)"]);
  const [, other] = world.servers;
  assert.equal((await other?.read("/10375/0/5"))?.code, "4.01", "it is the first one's");
  assert.equal((await grant(server, await accessTo(server, 10375, 0), 102, 1)).code, "2.04");
  assert.deepEqual((await other?.read("/10375/0/5"))?.values, registers("/10375/0/5", 10, 21, 30));
  assert.equal((await server.read(TEMPERATURE)).text, "21", "the device of the link goes on");
});

test("coils are 0 and 1: one by FC 5, several by FC 15; inputs are only read", async (t) => {
  const world = await aCabinet(t);
  const { server, bus } = world;
  await server.create("/10375", cluster(0, { 1: 1, 3: 0 }));
  await server.create("/10375", cluster(1, { 1: 2, 3: 0, 4: 1 }));
  await server.create("/10375", cluster(2, { 1: 4, 3: 7, 4: 1 }));
  assert.deepEqual((await server.read("/10375/0/5")).values, registers("/10375/0/5", 1, 0, 1));
  assert.deepEqual((await server.read("/10375/1/5")).values, registers("/10375/1/5", 1));
  assert.deepEqual((await server.read("/10375/2/5")).values, registers("/10375/2/5", 77));
  assert.equal((await server.replace("/10375/0/5", registers("/10375/0/5", 0, 1, 0))).code, "2.04");
  assert.equal((await server.write("/10375/0/5/2", 1)).code, "2.04");
  assert.deepEqual(bus.unit(5).held("coil", 0, 3), [0, 1, 1]);
  const asked = bus.requests.filter((request) => request.includes("write"));
  assert.deepEqual(asked, ["5: write coil[0x0..0x2] (FC 15)", "5: write coil 0x2 (FC 5)"]);
  assert.equal((await server.write("/10375/0/5/0", 2)).code, "4.00");
  for (const instance of [1, 2]) assert.equal((await server.write(`/10375/${instance}/5/0`, 1)).code, "4.05");
});

test("what is observed is polled every 10 s, or as epmax and pmax say; minimum and maximum follow until they are reset", async (t) => {
  const world = await aCabinet(t);
  const { server, bus, clock } = world;
  await server.create("/10375", cluster(0, { 4: 1 }));
  const polls = async (span: number): Promise<number> => {
    bus.requests.length = 0;
    await clock.advance(span);
    return bus.requests.filter((request) => request.startsWith("5:")).length;
  };
  assert.equal(await polls(MINUTE), 0, "nobody observes it");
  await server.observe("/10375/0/5");
  assert.equal(await polls(MINUTE), 6);
  bus.unit(5).hold("holding", 100, [9]);
  await clock.advance(10 * SECOND);
  bus.unit(5).hold("holding", 100, [4]);
  await clock.advance(10 * SECOND);
  assert.deepEqual(server.received("/10375/0/5/0"), [9, 4]);
  assert.deepEqual((await server.read("/10375/0/6")).values, registers("/10375/0/6", 1));
  assert.deepEqual((await server.read("/10375/0/7")).values, registers("/10375/0/7", 9));
  assert.equal((await server.execute("/10375/0/8")).code, "2.04");
  assert.deepEqual((await server.read("/10375/0/7")).values, registers("/10375/0/7", 4));
  await server.observe("/10375/0/5", { pmax: 2 });
  assert.equal(await polls(MINUTE), 30);
  await server.cancel("/10375/0/5");
  assert.equal(await polls(MINUTE), 0);
});

test("after a restart all is there; what a Delete takes away is gone, also for who observes it", async (t) => {
  const world = await aCabinet(t);
  const { server, clock } = world;
  await server.create("/10374", { "/10374/7/0": "plc", "/10374/7/1": 0, "/10374/7/2": false });
  await server.create("/10375", cluster(3));
  await world.stop();
  await world.start();
  await clock.advance(5 * SECOND);
  assert.match(server.registrations.heard.at(-1)?.objects ?? "", /<\/10374\/0>,<\/10374\/7>.*<\/10375\/3>/);
  assert.deepEqual((await server.read("/10375/3/5")).values, registers("/10375/3/5", 1, 2, 3));
  await server.observe("/10375/3/5");
  assert.equal((await server.replace("/10375/3/4", { "/10375/3/4": 2 })).code, "2.04");
  await clock.advance(SECOND);
  assert.deepEqual(server.notified("/10375/3/5").at(-1)?.values, registers("/10375/3/5", 1, 2));
  assert.equal((await server.delete("/10375/3")).code, "2.02");
  await clock.advance(SECOND);
  assert.equal(server.notified("/10375/3/5").at(-1)?.code, "4.04");
  assert.equal((await server.delete("/10374/7")).code, "2.02");
});

test("Enable stops raw access, never the devices of the link", async (t) => {
  const world = await aCabinet(t);
  const { server } = world;
  await server.create("/10375", cluster(0));
  await server.observe("/10374/0/8");
  assert.equal((await server.replace("/10374/0/2", { "/10374/0/2": false })).code, "2.04");
  const { code, text } = await server.read("/10375/0/5");
  assert.deepEqual([code, text], ["5.00", "/10375/0 could not be read: /10374/0 is disabled (Enable, 2)"]);
  assert.equal((await server.read("/10374/0/8")).text, "0");
  await world.clock.advance(MINUTE);
  assert.equal(world.gateway.status().devices[0]?.state, "online");
  assert.equal((await server.replace("/10374/0/2", { "/10374/0/2": true })).code, "2.04");
  await world.clock.advance(SECOND);
  assert.equal((await server.read("/10375/0/5")).code, "2.05");
  assert.deepEqual(server.received("/10374/0/8").at(-1), 2);
});

test("a link that is down is State 4, and a read says why", async (t) => {
  const world = await aCabinet(t);
  const { server, bus, clock } = world;
  await server.create("/10375", cluster(0));
  await server.observe("/10374/0/8");
  bus.down = true;
  bus.hangUp();
  await clock.advance(MINUTE);
  assert.deepEqual(server.received("/10374/0/8"), [4]);
  const { code, text } = await server.read("/10375/0/5");
  assert.equal(code, "5.00");
  assert.match(text ?? "", /^\/10375\/0 could not be read: .*connection refused/);
  bus.down = false;
  await clock.advance(MINUTE);
  assert.deepEqual(server.received("/10374/0/8"), [4, 2]);
  assert.equal((await server.read("/10375/0/5")).code, "2.05");
});

test("a connection that is not allowed, or cannot be, is State 3, and the log says why", async (t) => {
  const world = await aCabinet(t);
  const { server } = world;
  const rtu = (address: string, keys: object = {}) => ({
    0: address,
    1: 2,
    2: true,
    3: 9600,
    4: 1,
    5: 0,
    6: 0,
    ...keys,
  });
  const wrong: readonly (readonly [Readonly<Record<number, Value>>, RegExp])[] = [
    [{ 0: "10.0.5.1", 1: 0, 2: true }, /allows no 10\.0\.5\.1:502/],
    [{ 0: "10.0.4.1:1502", 1: 0, 2: true }, /allows no 10\.0\.4\.1:1502/],
    [{ 0: "http://plc", 1: 0, 2: true }, /"http:\/\/plc" is no host/],
    [rtu("/dev/ttyS1"), /allows no port "\/dev\/ttyS1"; available: \/dev\/ttyS9/],
    [rtu("/dev/ttyS9", { 6: 1 }), /does not switch RTS/],
    [rtu("/dev/ttyS9", { 3: 7 }), /baud rate 7 is outside/],
    [{ 0: "/dev/ttyS9", 1: 2, 2: true }, /a serial port needs Baudrate/],
  ];
  for (const [i, [keys, reason]] of wrong.entries()) {
    const at = `/10374/${i + 1}`;
    const values = Object.fromEntries(Object.entries(keys).map(([id, value]) => [`${at}/${id}`, value as Value]));
    assert.equal((await server.create("/10374", values)).code, "2.01");
    assert.equal((await server.read(`${at}/8`)).text, "3");
    const told = world.lines.flatMap(({ level, fields: { path, reason: why } }) =>
      path === at && level !== "info" ? [why] : [],
    );
    assert.equal(told.length, 1);
    assert.match(String(told[0]), reason);
  }
  assert.equal(
    (await server.create("/10374", { "/10374/50/0": "bus", "/10374/50/1": 0, "/10374/50/2": true })).code,
    "2.01",
  );
  await world.clock.advance(SECOND);
  assert.equal((await server.read("/10374/50/8")).text, "2", "a second way to the wire of a link is that link");
  assert.equal(world.bus.counts.opened, 1);
});

test("a cluster that makes no sense is refused, and nothing changes", async (t) => {
  const world = await aCabinet(t);
  const { server } = world;
  const refused = async (keys: Readonly<Record<number, Value>>): Promise<string> =>
    (await server.create("/10375", cluster(0, keys))).code;
  assert.equal(await refused({ 0: link(9) }), "4.00");
  assert.equal(await refused({ 0: link(0, 3) }), "4.00");
  assert.equal(await refused({ 1: 5 }), "4.00");
  assert.equal(await refused({ 2: 250 }), "4.00");
  assert.equal(await refused({ 4: 126 }), "4.00");
  assert.equal(await refused({ 3: 65535, 4: 2 }), "4.00");
  assert.equal((await server.create("/10375", { "/10375/0/0": link(0) })).code, "4.00");
  assert.equal((await server.create("/10375", cluster(0))).code, "2.01");
  assert.equal((await server.replace("/10375/0/5", registers("/10375/0/5", 1, 2))).code, "4.00");
  assert.equal((await server.update("/10375/0/5", { "/10375/0/5/3": 1 })).code, "4.00");
  assert.equal((await server.delete("/10375/0/5/0")).code, "4.00");
  assert.equal((await server.write("/10375/0/5/0", 70_000)).code, "4.00");
  assert.deepEqual(world.bus.unit(5).held("holding", 100, 4), [1, 2, 3, 4]);
  assert.equal((await server.update("/10375/0/5", { "/10375/0/5/0": 7, "/10375/0/5/2": 9 })).code, "2.04");
  assert.deepEqual(world.bus.unit(5).held("holding", 100, 4), [7, 2, 9, 4]);
});

test("a register that the device does not have is 5.00 with its reason; one that is silent is asked ever more rarely", async (t) => {
  const world = await aCabinet(t);
  const { server, bus, clock } = world;
  await server.create("/10375", cluster(0, { 3: 500 }));
  const { code, text } = await server.read("/10375/0/5");
  assert.equal(code, "5.00");
  assert.match(text ?? "", /exception 2/);
  await server.create("/10375", cluster(1));
  await server.observe("/10375/1/5", { pmax: 5 });
  bus.unit(5).silent = true;
  bus.requests.length = 0;
  await clock.advance(30 * MINUTE);
  const asked = bus.requests.filter((request) => request.startsWith("5:")).length;
  assert.ok(asked > 5 && asked < 20, `${asked} requests in half an hour`);
  bus.unit(5).silent = false;
  await clock.advance(6 * MINUTE);
  assert.deepEqual(
    world.log().filter((line) => line.includes("register cluster")),
    [
      "warn a register cluster cannot be read",
      "warn a register cluster cannot be read",
      "info a register cluster can be read again",
    ],
  );
});

test("without write: true registers are read only", async (t) => {
  const world = await aCabinet(t, { gateway: "remote_modbus: { links: [bus] }" });
  const { server } = world;
  await server.create("/10375", cluster(0));
  assert.equal((await server.read("/10375/0/5")).code, "2.05");
  const { code, text } = await server.write("/10375/0/5/0", 1);
  assert.deepEqual(
    [code, text],
    ["4.05", "/10375/0/5 cannot be written: remote_modbus of the gateway has no write: true"],
  );
});

test("a host that is allowed is opened for the servers, once for all who want it, and closed when nobody does", async (t) => {
  const world = await aCabinet(t);
  const { server, plc, clock } = world;
  plc.unit(255).hold("holding", 0, [6, 7]);
  const connection = (instance: number): Record<string, Value> => ({
    [`/10374/${instance}/0`]: "PLC:502",
    [`/10374/${instance}/1`]: 0,
    [`/10374/${instance}/2`]: true,
  });
  assert.equal((await server.create("/10374", connection(4))).code, "2.01");
  assert.equal((await server.create("/10375", cluster(0, { 0: link(4), 2: 255, 3: 0, 4: 2 }))).code, "2.01");
  assert.deepEqual((await server.read("/10375/0/5")).values, registers("/10375/0/5", 6, 7));
  assert.equal((await server.read("/10374/4/8")).text, "2");
  assert.equal((await server.create("/10374", connection(5))).code, "2.01");
  await clock.advance(SECOND);
  assert.equal((await server.read("/10374/5/8")).text, "2");
  assert.deepEqual(plc.counts, { opened: 1, closed: 0, connected: 1 });
  assert.equal((await server.delete("/10374/4")).code, "2.02");
  const { code, text } = await server.read("/10375/0/5");
  assert.deepEqual([code, text], ["5.00", "/10375/0 could not be read: there is no /10374/4"]);
  assert.equal((await server.replace("/10374/5/2", { "/10374/5/2": false })).code, "2.04");
  await clock.advance(SECOND);
  assert.deepEqual(plc.counts, { opened: 1, closed: 1, connected: 1 });
  assert.equal(world.bus.counts.closed, 0);
});

test("a reload with another host of a shared link goes on with that one, and with the same number", async (t) => {
  const world = await aCabinet(t);
  const { server, plc } = world;
  plc.unit(5).hold("holding", 100, [8, 8, 8]);
  await server.create("/10375", cluster(0));
  assert.deepEqual((await server.read("/10375/0/5")).values, registers("/10375/0/5", 1, 2, 3));
  world.editConfig((text) => text.replace("host: bus", "host: plc"));
  assert.equal(await world.reload(), true);
  assert.equal((await server.read("/10374/0/0")).text, "plc");
  assert.deepEqual((await server.read("/10375/0/5")).values, registers("/10375/0/5", 8, 8, 8));
  assert.equal(world.bus.counts.closed, 1);
});
