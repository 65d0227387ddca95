import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { TYPE } from "../../src/coap/message.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { aGateway } from "../support/a-gateway.ts";
import { CLIMATE, CLIMATE_SETUP, HUMIDITY, POINT, TEMPERATURE } from "../support/climate-mapping.ts";

test("a read is answered at each level from what was polled; the device is not asked again", async (t) => {
  const { bus, server } = await aGateway(t, CLIMATE_SETUP);
  const requests = bus.requests.length;
  assert.deepEqual((await server.read(TEMPERATURE)).text, "21");
  const format = { accept: CONTENT_FORMAT.senmlCbor };
  assert.deepEqual((await server.read("/meter-1/3304/0", format)).values, {
    [HUMIDITY]: 40,
    "/meter-1/3304/0/5701": "%RH",
  });
  const object = await server.read("/meter-1/3303", format);
  assert.deepEqual(Object.keys(object.values).length, 5);
  assert.equal(object.records[0]?.time, undefined, "the answer to a Read has no times");
  assert.deepEqual((await server.read("/meter-1/3/0/11/0")).text, "0", "no error");
  assert.deepEqual((await server.read("/3/0/16")).text, "U", "the gateway's own object 3");
  assert.equal(bus.requests.length, requests);
});

test("a value that is older than its poll period is read from the device", async (t) => {
  const mappings = { climate: CLIMATE.replace("unit: Cel, valid", "poll: never, unit: Cel, valid") };
  const { bus, meter, server, clock } = await aGateway(t, { ...CLIMATE_SETUP, mappings });
  meter.set(POINT.temperature, 24.5);
  const requests = bus.requests.length;
  assert.equal((await server.read(TEMPERATURE)).text, "24.5");
  assert.deepEqual(bus.requests.slice(requests), ["1: read input[0x0..0x1] (FC 4)"]);
  meter.set(POINT.temperature, 25);
  assert.equal((await server.read(TEMPERATURE)).text, "25");
  meter.set(POINT.temperature, 26);
  await clock.advance(MINUTE);
  assert.deepEqual((await server.read("/meter-1/3303/0")).values[TEMPERATURE], 26);
});

test("a slow device: the empty ACK goes ahead, the answer follows by itself", async (t) => {
  const mappings = { climate: CLIMATE.replace("unit: Cel, valid", "poll: never, unit: Cel, valid") };
  const { meter, server, clock } = await aGateway(t, { ...CLIMATE_SETUP, mappings });
  meter.latency = 900;
  const before = server.packets.length;
  const asked = clock.monotonic();
  const answer = await server.read(TEMPERATURE);
  assert.deepEqual([answer.code, answer.text, answer.type], ["2.05", "21", "con"]);
  assert.ok(clock.monotonic() - asked >= 900);
  const types = server.packets.slice(before).map(({ from, message: { type, code } }) => `${from} ${type} ${code}`);
  assert.deepEqual(types, [
    `server ${TYPE.con} 1`,
    `gateway ${TYPE.ack} 0`,
    `gateway ${TYPE.con} 69`,
    `server ${TYPE.ack} 0`,
  ]);
});

test("what is not there is 4.04, what has no object 4.00, what cannot be read 4.05, the keys 4.01", async (t) => {
  const { server } = await aGateway(t, { mapping: "valve-actuator", prefix: "valve-1" });
  const codes = async (...paths: readonly string[]): Promise<string[]> => {
    const found: string[] = [];
    for (const path of paths) found.push((await server.read(path)).code);
    return found;
  };
  assert.deepEqual(
    await codes("/nobody/3/0", "/valve-2/3/0/0", "/valve-1/3303", "/valve-1/3306/1", "/valve-1/3306/0/1"),
    ["4.04", "4.04", "4.04", "4.04", "4.04"],
  );
  assert.deepEqual(await codes("/valve-1", "/", "/valve-1/x/0", "/70000"), ["4.00", "4.00", "4.00", "4.00"]);
  assert.deepEqual(await codes("/valve-1/3/0/4", "/valve-1/3306/0/5850/0"), ["4.05", "4.05"]);
  assert.deepEqual(await codes("/0", "/0/0/5", "/21", "/23/0"), ["4.01", "4.01", "4.01", "4.01"]);
  assert.deepEqual(await codes("/valve-1/0/0"), ["4.04"], "a device has no keys");
});

test("each format that is accepted comes, what does not fit is 4.06", async (t) => {
  const { server } = await aGateway(t, CLIMATE_SETUP);
  const { text, opaque, tlv, senmlJson, senmlCbor, lwm2mJson } = CONTENT_FORMAT;
  for (const accept of [tlv, senmlJson, senmlCbor]) {
    const answer = await server.read("/meter-1/3304/0", { accept });
    assert.deepEqual([answer.code, answer.format, answer.values[HUMIDITY]], ["2.05", accept, 40]);
  }
  const plain = await server.read(HUMIDITY, { accept: text });
  assert.deepEqual([plain.format, plain.text], [text, "40"]);
  for (const [path, accept] of [
    [HUMIDITY, opaque],
    [HUMIDITY, lwm2mJson],
    [HUMIDITY, 50],
    ["/meter-1/3304/0", text],
    ["/meter-1/3/0/11", text],
  ] as const) {
    assert.equal((await server.read(path, { accept })).code, "4.06", `${path} as ${accept}`);
  }
  assert.equal((await server.read("/meter-1/3304/0")).format, senmlCbor, "the default of 1.1 and 1.2");
});

test("a part that the device refuses is left out of its instance, and answers for itself with the reason", async (t) => {
  const { clock, meter, server, log } = await partly(t);
  const instance = await server.read("/meter-1/3303/0");
  assert.equal(instance.code, "2.05");
  assert.deepEqual(Object.keys(instance.values), ["/meter-1/3303/0/5701", "/meter-1/3303/0/5750"]);
  assert.equal((await server.read(HUMIDITY)).text, "40", "its neighbours are unharmed");
  const alone = await server.read(TEMPERATURE);
  assert.equal(alone.code, "5.00");
  assert.match(alone.text, /3303\/0\/5700.*exception 2 \(illegal data address\)/);
  await clock.advance(5 * MINUTE);
  assert.equal(log("meter-1").filter((line) => line === "warn points gave no good value").length, 1);
  meter.missing.clear();
  await clock.advance(10 * MINUTE);
  assert.equal((await server.read(TEMPERATURE)).text, "21");
  assert.equal(log("meter-1").at(-1), "info values are good again");
});

async function partly(t: Parameters<typeof aGateway>[0]) {
  const world = await aGateway(t, {
    ...CLIMATE_SETUP,
    prepare: (all) => {
      CLIMATE_SETUP.prepare(all);
      all.meter.missing.add(POINT.temperature);
    },
  });
  const { clock, meter, server } = world;
  return { clock, meter, server, log: (...about: string[]) => world.log(...about) };
}

test("a value outside its valid range: the last good one stays in notifications, a read says why there is none", async (t) => {
  const { clock, meter, server } = await aGateway(t, CLIMATE_SETUP);
  await server.observe(TEMPERATURE);
  meter.set(POINT.temperature, 300);
  await clock.advance(15 * SECOND);
  assert.equal(server.notifications.length, 0);
  const answer = await server.read(TEMPERATURE);
  assert.equal(answer.code, "5.00");
  assert.match(answer.text, /300/);
});

test("a device that is away answers 5.00 with the reason and since when; observers of its error code hear it", async (t) => {
  const { clock, meter, server } = await aGateway(t, CLIMATE_SETUP);
  await server.observe("/meter-1/3/0/11");
  meter.silent = true;
  await clock.advance(2 * MINUTE);
  const answer = await server.read(TEMPERATURE);
  assert.equal(answer.code, "5.00");
  assert.match(
    answer.text,
    /^meter-1 is offline \(.*without an answer.*\), last heard 2026-01-01T00:00:0[0-5]\.\d{3}Z$/,
  );
  assert.deepEqual(server.received("/meter-1/3/0/11/0"), [8]);
  assert.equal((await server.read("/meter-1/3303/0")).values["/meter-1/3303/0/5750"], "Room", "what needs no device");
  meter.silent = false;
  await clock.advance(MINUTE);
  assert.deepEqual(server.received("/meter-1/3/0/11/0"), [8, 0]);
  assert.equal((await server.read(TEMPERATURE)).text, "21");
});

test("Discover under a prefix lists paths without it, with the attributes of the server that asks", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["", ""] });
  const [one, two] = world.servers;
  assert.ok(one !== undefined && two !== undefined);
  await one.writeAttributes("/meter-1/3303", "pmin=5");
  await one.writeAttributes(TEMPERATURE, "gt=30.5", "pmax=60");
  await two.writeAttributes(TEMPERATURE, "lt=-5");
  assert.equal(
    (await one.discover("/meter-1/3303/0")).text,
    "</3303/0>;pmin=5,</3303/0/5700>;pmax=60;gt=30.5,</3303/0/5701>,</3303/0/5750>",
  );
  assert.equal((await one.discover(TEMPERATURE)).text, "</3303/0/5700>;pmin=5;pmax=60;gt=30.5");
  assert.equal((await two.discover(TEMPERATURE)).text, "</3303/0/5700>;lt=-5");
  assert.equal((await two.discover("/meter-1/3303", "depth=1")).text, "</3303>;ver=1.1,</3303/0>,</3303/1>");
  assert.equal((await two.discover("/meter-1/3/0/11")).text, "</3/0/11>;dim=1,</3/0/11/0>");
  assert.equal((await two.discover("/meter-1/3301")).code, "4.04");
  assert.equal((await one.discover("/25/0")).text, "</25/0>,</25/0/0>,</25/0/1>,</25/0/3>");
});
