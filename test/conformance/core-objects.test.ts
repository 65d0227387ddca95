/**
 * The cases 500 to 999 of the OMA Enabler Test Specification "LightweightM2M INT" 1.2 for what there is of the core objects: the
 * Device object of the gateway and of a device under its prefix, and two servers.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { aClient, C3_ACCOUNT, linksOf, readAll, send } from "../support/conformance-setup.ts";

const { senmlCbor, tlv } = CONTENT_FORMAT;

/** A device that sets its clock. */
const CLOCK = `
format: 1
mapping: clock
protocol: simulated
objects:
  3:
    current_time: { constant: 0, write: true }
    utc_offset: { constant: "+00:00", write: true }
    timezone: { constant: "Europe/London", write: true }
`;

/** The set of values of case 651, byte by byte as the test specification has it. */
const SET_TLV = "c40d5182428f c60e2b30323a3030 c80f0c4575726f70652f5061726973";

test("LightweightM2M-1.1-int-651: time, offset and zone of a device written as TLV, then written back", async (t) => {
  const { server } = await aClient(t, {
    mappings: { clock: CLOCK },
    links: ["trial: { type: simulated }"],
    devices: ["{ id: clock-1, mapping: clock, link: trial }"],
  });
  const before = await readAll(server, senmlCbor, "/clock-1/3/0");
  assert.equal((await send(server, "post", "/clock-1/3/0", { format: tlv, hex: SET_TLV })).code, "2.04");
  assert.deepEqual(await readAll(server, senmlCbor, "/clock-1/3/0"), {
    ...before,
    "/clock-1/3/0/13": 1367491215,
    "/clock-1/3/0/14": "+02:00",
    "/clock-1/3/0/15": "Europe/Paris",
  });
  const hex = "c10d00 c60e2b30303a3030 c80f0d4575726f70652f4c6f6e646f6e";
  assert.equal((await send(server, "put", "/clock-1/3/0", { format: tlv, hex })).code, "2.04");
  assert.deepEqual(await readAll(server, senmlCbor, "/clock-1/3/0"), before);
  assert.equal((await send(server, "post", "/3/0", { format: tlv, hex: SET_TLV })).code, "4.05", "the gateway's own");
});

test("LightweightM2M-1.1-int-652: the firmware version, of the gateway and of a device", async (t) => {
  const { server } = await aClient(t);
  assert.match((await server.read("/3/0/3")).text, /^\d+\.\d+\.\d+/);
  assert.equal((await server.read("/unit-1/3/0/3")).text, "1.0");
});

test("LightweightM2M-1.1-int-680: nobody creates a Device object", async (t) => {
  const { server } = await aClient(t);
  for (const path of ["/3", "/unit-1/3"]) {
    const answer = await send(server, "post", path, { format: tlv, hex: "080103c11055" });
    assert.equal(answer.code, "4.05", path);
  }
});

test("LightweightM2M-1.1-int-685: nobody deletes a Device object", async (t) => {
  const { server } = await aClient(t);
  for (const path of ["/3/0", "/unit-1/3/0"]) {
    assert.equal((await server.settled(server.ask(CODE.delete, path, {}))).code, "4.05", path);
    assert.equal((await server.read(`${path}/16`)).text, "U");
  }
});

test("LightweightM2M-1.1-int-950: two accounts are two registrations", async (t) => {
  const { servers } = await aClient(t, { servers: [C3_ACCOUNT, "lifetime: 12h"] });
  for (const [server, lifetime] of [
    [servers[0], 86400],
    [servers[1], 43200],
  ] as const) {
    assert.ok(server !== undefined);
    const [register, ...more] = server.registrations.heard;
    assert.deepEqual([register?.type, more.length], ["register", 0]);
    assert.ok(register?.query.includes(`lt=${lifetime}`) && register.objects.includes("</1/0>,</1/1>"));
    assert.equal((await server.read("/3/0/16")).text, "U");
  }
});

test("LightweightM2M-1.1-int-951: each server sees its own attributes", async (t) => {
  const { servers } = await aClient(t, { servers: [C3_ACCOUNT, C3_ACCOUNT] });
  const [one, two] = servers;
  assert.ok(one !== undefined && two !== undefined);
  for (const path of ["/3/0", "/unit-1/3/0"]) {
    const bare = linksOf(await one.discover(path)).slice(1);
    assert.equal((await one.writeAttributes(path, "pmin=2", "pmax=10")).code, "2.04");
    assert.equal((await two.writeAttributes(path, "pmin=15", "pmax=50")).code, "2.04");
    assert.deepEqual(linksOf(await one.discover(path)), ["</3/0>;pmax=10;pmin=2", ...bare]);
    assert.deepEqual(linksOf(await two.discover(path)), ["</3/0>;pmax=50;pmin=15", ...bare]);
  }
});
