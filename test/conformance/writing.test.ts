/**
 * The cases 200 to 299 of the OMA Enabler Test Specification "LightweightM2M INT" 1.2 that write and execute: on the gateway's
 * own objects, and on those of a device under its prefix.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import type { AGateway } from "../support/a-gateway.ts";
import {
  aClient,
  aFirstClient,
  C3_VALUES,
  DIMMER,
  LAMP,
  REBOOT_REGISTER,
  readAll,
  send,
  since,
} from "../support/conformance-setup.ts";

const { text, cbor, senmlJson, senmlCbor, tlv, lwm2mJson } = CONTENT_FORMAT;

/** What 215 and 220 write to `/1/0`. */
const SET_VALUES = { "/1/0/2": 101, "/1/0/3": 1010, "/1/0/5": 2000, "/1/0/6": true, "/1/0/7": "U" };

async function assertAccount({ server }: AGateway, expected: Readonly<Record<string, unknown>>): Promise<void> {
  const account = await readAll(server, server.registrations.version === "1.0" ? tlv : senmlCbor, "/1/0");
  for (const [path, value] of Object.entries(expected)) assert.equal(account[path], value, path);
}

/** The lifetimes that were told in Updates, in order. */
async function told(world: AGateway): Promise<readonly string[]> {
  await world.clock.advance(SECOND);
  return since(world, 1).flatMap(({ type, query }) => (type === "update" ? query : []));
}

test("LightweightM2M-1.1-int-205: resources written as text, and written back", async (t) => {
  const world = await aClient(t);
  const { server, meter } = world;
  for (const values of [{ "/1/0/2": 101, "/1/0/3": 1010, "/1/0/5": 2000 }, C3_VALUES]) {
    for (const [path, value] of Object.entries(values)) {
      assert.equal((await server.write(path, value, text)).code, "2.04", path);
    }
    const account = await readAll(server, tlv, "/1/0");
    for (const [path, value] of Object.entries(values)) assert.equal(account[path], value, path);
  }
  assert.equal((await server.write(DIMMER, 75, text)).code, "2.04");
  assert.equal((await server.write(LAMP, true, text)).code, "2.04");
  assert.deepEqual(await readAll(server, tlv, "/unit-1/3311/0"), { [LAMP]: true, [DIMMER]: 75 });
  assert.deepEqual([meter.get("3311/0/5850"), meter.get("3311/0/5851")], [true, 75]);
});

test("LightweightM2M-1.1-int-212: resources written as CBOR", async (t) => {
  const world = await aClient(t);
  const { server } = world;
  for (const [path, hex] of [
    ["/1/0/2", "1865"],
    ["/1/0/3", "1903f2"],
    ["/1/0/6", "f5"],
    [DIMMER, "184b"],
    [LAMP, "f5"],
  ] as const) {
    assert.equal((await send(server, "put", path, { format: cbor, hex })).code, "2.04", path);
  }
  await assertAccount(world, { "/1/0/2": 101, "/1/0/3": 1010, "/1/0/6": true });
  assert.deepEqual((await server.read("/unit-1/3311/0")).values, { [LAMP]: true, [DIMMER]: 75 });
});

/** The set of values of case 215, byte by byte as the test specification has it. */
const SET_TLV = "c10265 c20303f2 c20507d0 c10601 c10755";

test("LightweightM2M-1.1-int-215: a part of an instance written as TLV, then the whole of it back", async (t) => {
  const world = await aClient(t);
  const { server } = world;
  assert.equal((await send(server, "post", "/1/0", { format: tlv, hex: SET_TLV })).code, "2.04");
  await assertAccount(world, { ...SET_VALUES, "/1/0/1": 86400 });
  // Lifetime 86400, pmin 1, pmax 10, Disable Timeout 86400, storing true, binding "U": C.3.
  const hex = "c40100015180 c10201 c1030a c40500015180 c10601 c10755";
  assert.equal((await send(server, "put", "/1/0", { format: tlv, hex })).code, "2.04");
  await assertAccount(world, C3_VALUES);
});

test("LightweightM2M-1.1-int-215: the same under a prefix, which TLV does not carry", async (t) => {
  const { server } = await aClient(t);
  const post = await send(server, "post", "/unit-1/3311/0", { format: tlv, hex: "e116db4b" });
  assert.equal(post.code, "2.04");
  assert.deepEqual((await server.read("/unit-1/3311/0")).values, { [LAMP]: false, [DIMMER]: 75 });
  const put = await send(server, "put", "/unit-1/3311/0", { format: tlv, hex: "e116da01 e116db28" });
  assert.equal(put.code, "2.04");
  assert.deepEqual((await server.read("/unit-1/3311/0")).values, { [LAMP]: true, [DIMMER]: 40 });
});

test("LightweightM2M-1.1-int-220: a part of an instance written as LwM2M JSON, which is for LwM2M 1.0", async (t) => {
  const world = await aFirstClient(t);
  const { server } = world;
  // The test specification prints 0101 and an array of records: neither is JSON of LwM2M 1.0.
  const e = '[{"n":"2","v":101},{"n":"3","v":1010},{"n":"5","v":2000},{"n":"6","bv":true},{"n":"7","sv":"U"}]';
  const post = await send(server, "post", "/1/0", { format: lwm2mJson, text: `{"bn":"/1/0/","e":${e}}` });
  assert.equal(post.code, "2.04");
  await assertAccount(world, SET_VALUES);
  const back = '[{"n":"2","v":1},{"n":"3","v":10},{"n":"5","v":86400},{"n":"6","bv":true},{"n":"7","sv":"U"}]';
  const whole = `{"bn":"/1/0/","e":${back.replace("[", '[{"n":"1","v":86400},')}}`;
  assert.equal((await send(server, "put", "/1/0", { format: lwm2mJson, text: whole })).code, "2.04");
  await assertAccount(world, C3_VALUES);
  const lamp = '{"bn":"/unit-1/3311/0/","e":[{"n":"5850","bv":true},{"n":"5851","v":75}]}';
  assert.equal((await send(server, "post", "/unit-1/3311/0", { format: lwm2mJson, text: lamp })).code, "2.04");
  assert.deepEqual(await readAll(server, tlv, "/unit-1/3311/0"), { [LAMP]: true, [DIMMER]: 75 });
});

test("LightweightM2M-1.1-int-221: nobody but bootstrap touches the Security object", async (t) => {
  const { server } = await aClient(t);
  const codes = async (prefix: string) => [
    (await server.read(`${prefix}/0`)).code,
    (await server.write(`${prefix}/0/0/0`, "coap://127.0.0.1", text)).code,
    (await server.writeAttributes(`${prefix}/0`, "pmin=30", "pmax=45")).code,
  ];
  assert.deepEqual(await codes(""), ["4.01", "4.01", "4.01"]);
  assert.deepEqual(await codes("/unit-1"), ["4.04", "4.04", "4.04"], "a device has none");
});

test("LightweightM2M-1.1-int-226: a part of an instance in one message, which an Update follows", async (t) => {
  const world = await aClient(t);
  const { server } = world;
  assert.equal((await server.update("/1/0", { "/1/0/1": 61, "/1/0/6": true })).code, "2.04");
  assert.deepEqual(await told(world), ["lt=61"]);
  await assertAccount(world, { ...C3_VALUES, "/1/0/1": 61, "/1/0/6": true });
  assert.equal((await server.update("/1/0", { "/1/0/1": 86400, "/1/0/6": false })).code, "2.04");
  assert.deepEqual(await told(world), ["lt=61", "lt=86400"]);
  assert.equal((await server.update("/unit-1/3311/0", { [DIMMER]: 75 })).code, "2.04");
  assert.deepEqual((await server.read("/unit-1/3311/0")).values, { [LAMP]: false, [DIMMER]: 75 });
});

test("LightweightM2M-1.1-int-227: a resource replaced, which an Update follows", async (t) => {
  const world = await aClient(t);
  const { server } = world;
  assert.equal((await server.write("/1/0/1", 63)).code, "2.04");
  assert.deepEqual(await told(world), ["lt=63"]);
  assert.deepEqual((await server.read("/1/0/1", { accept: senmlCbor })).values, { "/1/0/1": 63 });
  assert.equal((await server.write("/1/0/1", 86400)).code, "2.04");
  assert.deepEqual(await told(world), ["lt=63", "lt=86400"]);
  assert.equal((await server.write("/unit-1/3/0/13", 1367491215)).code, "2.04");
  assert.deepEqual((await server.read("/unit-1/3/0/13", { accept: senmlCbor })).values, {
    "/unit-1/3/0/13": 1367491215,
  });
});

test("LightweightM2M-1.1-int-241: a device is restarted by its Reboot; the gateway is not", async (t) => {
  const world = await aClient(t);
  const { meter, server } = world;
  assert.equal((await server.execute("/unit-1/3/0/4")).code, "2.04");
  assert.deepEqual(meter.written, [[REBOOT_REGISTER, 0xa5a5]]);
  assert.deepEqual(await told(world), [], "its registration is the gateway's, which goes on");
  assert.equal((await server.read("/unit-1/3/0/16")).text, "U");
  assert.equal((await server.execute("/3/0/4")).code, "4.05");
});

test("LightweightM2M-1.1-int-256: what cannot be written is 4.05, and stays", async (t) => {
  const { meter, server } = await aClient(t);
  assert.equal((await server.write("/1/0/0", 123)).code, "4.05");
  assert.equal((await server.read("/1/0/0")).text, "101");
  assert.equal((await server.write("/unit-1/3/0/9", 12)).code, "4.05");
  assert.equal((await server.read("/unit-1/3/0/9")).text, "90");
  assert.equal((await server.update("/1/0", { "/1/0/0": 123, "/1/0/1": 60 })).code, "4.05", "nor in company");
  assert.equal((await server.read("/1/0/1")).text, "86400", "which is not written either");
  assert.deepEqual(meter.written, []);
});

for (const [id, format] of [
  ["LightweightM2M-1.1-int-233: SenML CBOR", senmlCbor],
  ["LightweightM2M-1.1-int-234: SenML JSON", senmlJson],
] as const) {
  test(`${id} writes an instance and a resource, which an Update follows`, async (t) => {
    const world = await aClient(t);
    const { server } = world;
    assert.equal((await server.update("/1/0", { "/1/0/1": 61, "/1/0/6": true }, format)).code, "2.04");
    assert.deepEqual(await told(world), ["lt=61"]);
    await assertAccount(world, { "/1/0/1": 61, "/1/0/6": true });
    assert.equal((await server.write("/1/0/1", 63, format)).code, "2.04");
    assert.deepEqual(await told(world), ["lt=61", "lt=63"]);
    await assertAccount(world, { "/1/0/1": 63 });
    assert.equal((await server.update("/unit-1/3311/0", { [LAMP]: true, [DIMMER]: 75 }, format)).code, "2.04");
    assert.equal((await server.write(DIMMER, 80, format)).code, "2.04");
    assert.deepEqual((await server.read("/unit-1/3311/0")).values, { [LAMP]: true, [DIMMER]: 80 });
  });
}
