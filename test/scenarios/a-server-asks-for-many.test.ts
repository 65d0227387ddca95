import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { OPTION } from "../../src/coap/options.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";
import { CLIMATE, DIMMER, HUMIDITY, LAMP, POINT, SECOND_TEMPERATURE, TEMPERATURE } from "../support/climate-mapping.ts";
import { changesOf } from "../support/scripted-messages.ts";

const METERS = [1, 2, 3].map((n) => `{ id: meter-${n}, mapping: climate, link: bus, unit_id: ${n} }`);
/** Nothing is known of the temperatures unless a server asks. */
const ON_REQUEST = CLIMATE.replaceAll("unit: Cel", "poll: never, unit: Cel");

/** Three devices; their temperatures are 21 and 22, 31 and 32, 41 and 42. */
const THREE: Setup = {
  mappings: { climate: ON_REQUEST },
  devices: METERS,
  prepare: ({ bus }) => {
    for (const n of [1, 2, 3]) {
      bus
        .unit(n)
        .set(POINT.temperature, 10 * (n + 1) + 1)
        .set(POINT.secondTemperature, 10 * (n + 1) + 2)
        .set(POINT.humidity, 40);
    }
  },
};

const on = (n: number, path: string): string => path.replace("meter-1", `meter-${n}`);
const lastUpdate = ({ server }: AGateway) => server.registrations.heard.findLast(({ type }) => type === "update");

test("one FETCH brings values of the gateway and of several devices, each device read once", async (t) => {
  const { server, bus } = await aGateway(t, THREE);
  bus.requests.length = 0;
  const paths = [TEMPERATURE, "/3/0/16", on(2, "/meter-1/3303"), SECOND_TEMPERATURE, on(2, TEMPERATURE), "/1/0/0"];
  const { code, format, values, type } = await server.fetch(paths);
  assert.deepEqual([code, format, type], ["2.05", CONTENT_FORMAT.senmlCbor, "ack"]);
  assert.deepEqual(values, {
    [TEMPERATURE]: 21,
    [SECOND_TEMPERATURE]: 22,
    "/3/0/16": "U",
    [on(2, TEMPERATURE)]: 31,
    [on(2, "/meter-1/3303/0/5701")]: "Cel",
    [on(2, "/meter-1/3303/0/5750")]: "Room",
    [on(2, SECOND_TEMPERATURE)]: 32,
    [on(2, "/meter-1/3303/1/5701")]: "Cel",
    "/1/0/0": 101,
  });
  assert.deepEqual(bus.requests.map((request) => request.slice(0, 7)).sort(), ["1: read", "2: read"]);
});

test('"/" is everything of the gateway, "/meter-2" everything of that device', async (t) => {
  const { server } = await aGateway(t, THREE);
  const gateway = Object.keys((await server.fetch(["/"])).values);
  assert.deepEqual([...new Set(gateway.map((path) => path.split("/")[1]))], ["1", "3", "25"]);
  assert.ok(gateway.includes("/25/2/1"));
  const device = Object.keys((await server.fetch(["/meter-2"])).values);
  assert.ok(device.every((path) => path.startsWith("/meter-2/")));
  for (const path of ["/meter-2/3/0/11/0", on(2, TEMPERATURE), on(2, DIMMER)]) assert.ok(device.includes(path), path);
  const both = Object.keys((await server.fetch(["/meter-2", "/", "/meter-2/3303", "/3"])).values);
  assert.deepEqual(both.sort(), [...gateway, ...device].sort(), "each once");
});

test("a device that is away is left out, but for what the gateway itself knows of it", async (t) => {
  const { server, bus, clock } = await aGateway(t, THREE);
  bus.unit(2).silent = true;
  await clock.advance(MINUTE);
  const paths = [TEMPERATURE, on(2, TEMPERATURE), on(2, "/meter-1/3/0/11")];
  assert.deepEqual((await server.fetch(paths)).values, { [TEMPERATURE]: 21, [on(2, "/meter-1/3/0/11/0")]: 8 });
  const none = await server.fetch([on(2, TEMPERATURE), "/meter-9/3"], { accept: CONTENT_FORMAT.senmlJson });
  assert.deepEqual([none.code, none.text], ["2.05", "[]"]);
});

test("one iPATCH writes the gateway and two devices: confirmed, notified, and the new lifetime in an Update", async (t) => {
  const world = await aGateway(t, THREE);
  const { server, bus, clock } = world;
  await server.observe(DIMMER);
  await server.observe("/1/0/1");
  const { code } = await server.ipatch({ "/1/0/1": 600, [DIMMER]: 40, [on(2, DIMMER)]: 50, [on(2, LAMP)]: true });
  assert.equal(code, "2.04");
  assert.deepEqual(bus.unit(1).written, [[POINT.dimmer, 40]]);
  assert.deepEqual(bus.unit(2).written, [
    [POINT.dimmer, 50],
    [POINT.lamp, true],
  ]);
  await clock.advance(SECOND);
  assert.deepEqual(server.received(DIMMER), [40]);
  assert.deepEqual(server.received("/1/0/1"), [600]);
  assert.deepEqual(lastUpdate(world)?.query, ["lt=600"]);
});

test("what a Write-Composite says of the defaults of the server counts at once", async (t) => {
  const { server, meter, clock } = await aGateway(t, { ...THREE, mappings: { climate: CLIMATE } });
  await server.observe(TEMPERATURE);
  assert.equal((await server.ipatch({ "/1/0/2": 60, "/1/0/3": 120 })).code, "2.04");
  meter.set(POINT.temperature, 25);
  await clock.advance(30 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), []);
  await clock.advance(MINUTE);
  assert.deepEqual(server.received(TEMPERATURE), [25]);
});

test("all or nothing: one wrong record, or one device away, and nobody is written to", async (t) => {
  const world = await aGateway(t, THREE);
  const { server, bus, clock } = world;
  const written = () => [1, 2, 3].flatMap((n) => bus.unit(n).written);
  for (const [wrong, code] of [
    [{ [on(3, DIMMER)]: 101 }, "4.00"],
    [{ [on(3, "/meter-1/3311/0/5852")]: 1 }, "4.04"],
    [{ "/1/0/0": 7 }, "4.05"],
    [{ [on(3, TEMPERATURE)]: 7 }, "4.05"],
  ] as const) {
    assert.equal((await server.ipatch({ [DIMMER]: 40, "/1/0/1": 600, ...wrong })).code, code);
  }
  bus.unit(3).silent = true;
  await clock.advance(MINUTE);
  const away = await server.ipatch({ [DIMMER]: 40, "/1/0/1": 600, [on(3, DIMMER)]: 60 });
  assert.equal(away.code, "5.00");
  assert.match(away.text, /^meter-3 is offline \(.*\), last heard /);
  assert.deepEqual(written(), []);
  assert.equal((await server.read("/1/0/1")).text, "300");
});

test("a device that fails after another has confirmed: 5.00 says what was written and what was not", async (t) => {
  const { server, bus } = await aGateway(t, THREE);
  bus.unit(2).exception = 4;
  const changes = { "/1/0/1": 600, [DIMMER]: 40, [on(2, DIMMER)]: 50, [on(2, LAMP)]: true, [on(3, DIMMER)]: 60 };
  const { code, text } = await server.ipatch(changes);
  assert.equal(code, "5.00");
  assert.match(text, /^\/meter-2\/3311\/0\/5851 was not written: .*exception 4/);
  assert.ok(
    text.endsWith(
      "; not tried: /meter-2/3311/0/5850; written: all of /meter-1; not written: all of /meter-3, the gateway itself",
    ),
    text,
  );
  assert.deepEqual(bus.unit(1).written, [[POINT.dimmer, 40]]);
  assert.deepEqual([...bus.unit(2).written, ...bus.unit(3).written], []);
  assert.equal((await server.read("/1/0/1")).text, "300");
});

test("null removes an instance of a resource, beside what is written to a device; and does not where the device is away", async (t) => {
  const { server, bus, clock } = await aGateway(t, { ...THREE, gateway: "stored_objects: [16]" });
  await server.create("/16", { "/16/0/0/0": "hall 4", "/16/0/0/1": "rack 7" });
  await server.observeComposite(["/16/0", DIMMER], { pmin: 1 });
  const patch = (dimmer: string, ...removed: readonly string[]) => {
    const changes = { [dimmer]: 40, "/16/0/0/2": "unit 3", ...Object.fromEntries(removed.map((path) => [path, null])) };
    const format = CONTENT_FORMAT.senmlEtchJson;
    return server.kept(server.ask(CODE.ipatch, "/", { format, payload: changesOf(changes, format) }));
  };
  assert.equal((await patch(DIMMER, "/16/0/0/1")).code, "2.04");
  assert.deepEqual((await server.read("/16/0")).values, { "/16/0/0/0": "hall 4", "/16/0/0/2": "unit 3" });
  await clock.advance(5 * SECOND);
  assert.deepEqual(server.notifications.at(-1)?.values, { "/16/0/0/0": "hall 4", "/16/0/0/2": "unit 3", [DIMMER]: 40 });
  bus.unit(3).silent = true;
  await clock.advance(MINUTE);
  assert.equal((await patch(on(3, DIMMER), "/16/0/0/0")).code, "5.00");
  assert.equal((await patch(DIMMER, "/16/0/0/7")).code, "4.04", "it is not there");
  assert.deepEqual((await server.read("/16/0")).values, { "/16/0/0/0": "hall 4", "/16/0/0/2": "unit 3" });
  assert.equal(bus.unit(1).written.length, 1);
});

test("a list in many blocks is answered in many blocks, over a network that loses datagrams", async (t) => {
  const devices = Array.from({ length: 40 }, (_, i) => `{ id: m${i}, mapping: climate, link: bus, unit_id: ${i + 1} }`);
  const { server } = await aGateway(t, {
    ...THREE,
    devices,
    run: 30 * SECOND,
    wire: { loss: 0.1, delay: [1, 20], seed: 5 },
  });
  const paths = devices.flatMap((_, i) => ["0/5750", "0/5701", "1/5701"].map((path) => `/m${i}/3303/${path}`));
  const sent = server.packets.length;
  const { code, values } = await server.fetch(paths, { accept: CONTENT_FORMAT.senmlJson });
  assert.equal(code, "2.05");
  assert.deepEqual(Object.keys(values), paths);
  const used = server.packets.slice(sent).flatMap(({ message }) => message.options.map(({ number }) => number));
  assert.ok(used.includes(OPTION.block1) && used.includes(OPTION.block2));
});

test("a request without a sound body is refused, and says why", async (t) => {
  const { server } = await aGateway(t, THREE);
  const ask = (code: number, text: string, format: number = CONTENT_FORMAT.senmlEtchJson) =>
    server.settled(server.ask(code, "/", { format, payload: Buffer.from(text) }));
  const malformed = await ask(CODE.fetch, `[{"n":"${HUMIDITY}"},{"n":"/meter-1/3303/zero"}]`);
  assert.deepEqual([malformed.code], ["4.00"]);
  assert.match(malformed.text, /"zero" in path "\/meter-1\/3303\/zero" is no ID/);
  assert.equal((await ask(CODE.fetch, "[]", CONTENT_FORMAT.tlv)).code, "4.15");
  assert.equal((await ask(CODE.ipatch, `[{"n":"${DIMMER}"}]`)).code, "4.00");
  assert.equal((await server.fetch([HUMIDITY], { accept: CONTENT_FORMAT.tlv })).code, "4.06");
});

test("a server of 1.1 has composite operations without LwM2M CBOR, one of 1.0 has none", async (t) => {
  const world = await aGateway(t, { ...THREE, servers: ["version: '1.1'", "version: '1.0'"] });
  const [server, old] = world.servers;
  assert.ok(server !== undefined && old !== undefined);
  assert.equal((await server.fetch(["/3/0/16"])).code, "2.05");
  assert.equal((await server.fetch(["/3/0/16"], { accept: CONTENT_FORMAT.lwm2mCbor })).code, "4.06");
  assert.equal((await server.ipatch({ [DIMMER]: 40 }, CONTENT_FORMAT.lwm2mCbor)).code, "4.15");
  assert.equal((await server.ipatch({ [DIMMER]: 40 }, CONTENT_FORMAT.senmlCbor)).code, "2.04");
  assert.equal((await old.fetch(["/3/0/16"])).code, "4.05");
  assert.equal((await old.ipatch({ [DIMMER]: 40 })).code, "4.05");
});
