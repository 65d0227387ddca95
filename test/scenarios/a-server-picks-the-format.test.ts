import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, DIMMER, HUMIDITY, LAMP, POINT, TEMPERATURE } from "../support/climate-mapping.ts";
import type { ScriptedServer } from "../support/scripted-server.ts";
import { bytes } from "../vectors/content.ts";

const { cbor, lwm2mCbor, lwm2mJson } = CONTENT_FORMAT;

test("LwM2M CBOR carries reads of every level, of the gateway and of a device", async (t) => {
  const { server } = await aGateway(t, CLIMATE_SETUP);
  for (const path of ["/meter-1/3303", "/meter-1/3304/0", HUMIDITY, "/meter-1/3/0/11", "/meter-1/3/0/11/0"]) {
    await sameInBoth(server, path);
  }
  for (const path of ["/25", "/1/0", "/1/0/1", "/3/0/11", "/3/0/11/0"]) await sameInBoth(server, path);
});

async function sameInBoth(server: ScriptedServer, path: string): Promise<void> {
  const answer = await server.read(path, { accept: lwm2mCbor });
  assert.deepEqual([answer.code, answer.format], ["2.05", lwm2mCbor], path);
  const other = await server.read(path, { accept: CONTENT_FORMAT.senmlCbor });
  assert.deepEqual(answer.values, other.values, path);
}

test("CBOR carries reads of one value, of the gateway and of a device", async (t) => {
  const { server } = await aGateway(t, CLIMATE_SETUP);
  for (const [path, value] of [
    [TEMPERATURE, 21],
    ["/meter-1/3303/0/5750", "Room"],
    ["/meter-1/3/0/11/0", 0],
    ["/1/0/0", 101],
    ["/25/0/1", "meter-1"],
  ] as const) {
    const answer = await server.read(path, { accept: cbor });
    assert.deepEqual([answer.code, answer.format, answer.values], ["2.05", cbor, { [path]: value }]);
  }
  for (const path of ["/meter-1/3303/0", "/meter-1/3/0/11"]) {
    assert.equal((await server.read(path, { accept: cbor })).code, "4.06", path);
  }
});

test("LwM2M CBOR and CBOR carry writes, to the device and to the gateway", async (t) => {
  const { meter, server } = await aGateway(t, CLIMATE_SETUP);
  assert.equal((await server.write(DIMMER, 40, cbor)).code, "2.04");
  assert.equal((await server.write(DIMMER, 41, lwm2mCbor)).code, "2.04");
  const put = (code: number, path: string, format: number, hex: string) =>
    server.settled(server.ask(code, path, { format, payload: bytes(hex) }));
  // {["meter-1", 3311, 0]: {5850: true, 5851: 42}}, then the same without its prefix, then below the request path.
  for (const [hex, level] of [
    ["a1 83676d657465722d31 190cef00 a2 1916daf5 1916db182a", 42],
    ["a1 82190cef00 a2 1916daf5 1916db182b", 43],
    ["a2 1916daf5 1916db182c", 44],
  ] as const) {
    assert.equal((await put(CODE.post, "/meter-1/3311/0", lwm2mCbor, hex)).code, "2.04", hex);
    assert.deepEqual(meter.written.slice(-2), [
      [POINT.lamp, true],
      [POINT.dimmer, level],
    ]);
  }
  for (const [path, format, hex] of [
    [LAMP, cbor, "f5f5"],
    [LAMP, cbor, "01"],
    [LAMP, cbor, "80"],
    ["/meter-1/3311/0", lwm2mCbor, "a1 83190cef00 1916da a0"],
    ["/meter-1/3311/0", lwm2mCbor, "a1 83190cef01 1916da f5"],
    ["/meter-1/3311/0", lwm2mCbor, "a2 1916daf5 811916daf4"],
  ] as const) {
    assert.equal((await put(CODE.put, path, format, hex)).code, "4.00", `${path} ${hex}`);
  }
  assert.equal(meter.written.length, 8, "nothing of what was refused");
  assert.equal((await put(CODE.post, "/meter-1/3311/0", cbor, "f5")).code, "4.15");
  for (const [format, lifetime] of [
    [cbor, 600],
    [lwm2mCbor, 700],
  ] as const) {
    assert.equal((await server.write("/1/0/1", lifetime, format)).code, "2.04");
    assert.equal((await server.read("/1/0/1")).text, String(lifetime));
  }
});

test("observations come in the format that was accepted", async (t) => {
  const { clock, meter, server } = await aGateway(t, CLIMATE_SETUP);
  await server.observe(TEMPERATURE, {}, cbor);
  await server.observe("/meter-1/3303", {}, lwm2mCbor);
  meter.set(POINT.temperature, 23.5);
  await clock.advance(15 * SECOND);
  assert.deepEqual(
    server.notifications.map(({ observed, format }) => [observed, format]),
    [
      [TEMPERATURE, cbor],
      ["/meter-1/3303", lwm2mCbor],
    ],
  );
  assert.deepEqual(server.received(TEMPERATURE), [23.5, 23.5]);
});

test("each version has its own: LwM2M CBOR came with 1.2, LwM2M JSON went with 1.0", async (t) => {
  const { clock, meter, server } = await aGateway(t, {
    ...CLIMATE_SETUP,
    prepare: (world) => {
      CLIMATE_SETUP.prepare(world);
      world.server.registrations.version = "1.0";
    },
  });
  assert.match(server.registrations.heard.at(-1)?.objects ?? "", /^<\/>;rt="oma.lwm2m";ct=11543,/);
  for (const path of ["/meter-1/3303", "/meter-1/3304/0", HUMIDITY, "/meter-1/3/0/11", "/25/0"]) {
    const answer = await server.read(path, { accept: lwm2mJson });
    assert.deepEqual([answer.code, answer.format], ["2.05", lwm2mJson], path);
    assert.deepEqual(answer.values, (await server.read(path, { accept: CONTENT_FORMAT.tlv })).values, path);
  }
  assert.equal((await server.write(DIMMER, 40, lwm2mJson)).code, "2.04");
  assert.deepEqual(meter.written, [[POINT.dimmer, 40]]);
  await server.observe("/meter-1/3304/0", {}, lwm2mJson);
  meter.set(POINT.humidity, 55);
  await clock.advance(15 * SECOND);
  const [record] = server.records(HUMIDITY);
  assert.equal(record?.value, 55);
  assert.ok(record?.time !== undefined, "when it was measured");
  assert.equal((await server.read(HUMIDITY, { accept: lwm2mCbor })).code, "4.06");
  assert.equal((await server.write(DIMMER, 41, lwm2mCbor)).code, "4.15");
});

test("a later version has no LwM2M JSON, and one before 1.2 no LwM2M CBOR", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["", "version: '1.1', access: { write: all }"] });
  const [one, two] = world.servers;
  assert.ok(one !== undefined && two !== undefined);
  for (const server of [one, two]) {
    assert.equal((await server.read(HUMIDITY, { accept: lwm2mJson })).code, "4.06");
    assert.equal((await server.write(DIMMER, 1, lwm2mJson)).code, "4.15");
  }
  assert.equal((await two.read(HUMIDITY, { accept: lwm2mCbor })).code, "4.06");
  assert.equal((await two.read(HUMIDITY, { accept: cbor })).code, "2.05");
});
