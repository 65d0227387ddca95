/**
 * The cases 200 to 299 of the OMA Enabler Test Specification "LightweightM2M INT" 1.2 for composite operations: on the gateway's
 * own objects, on those of a device under its prefix, and on both in one request.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { aClient, readAll, send, since } from "../support/conformance-setup.ts";

const { senmlJson, senmlCbor, senmlEtchJson, senmlEtchCbor } = CONTENT_FORMAT;

/** Of a Read-Composite: body and answer in JSON. */
const JSON_BOTH = { format: senmlJson, accept: senmlJson };

/** The body of case 280 in CBOR: names alone, `/3/0/16`, `/3/0/11/0`, `/1/0`. */
const PATHS_280 = "83 a100 672f332f302f3136 a100 692f332f302f31312f30 a100 642f312f30";
const VALUES_280 = { "/3/0/11/0": 0, "/3/0/16": "U", "/1/0/0": 101, "/1/0/1": 86400, "/1/0/6": true, "/1/0/7": "U" };

test("LightweightM2M-1.1-int-280: a Read-Composite brings just what it names, in either format", async (t) => {
  const { server } = await aClient(t);
  const paths = ["/3/0/16", "/3/0/11/0", "/1/0"];
  for (const accept of [senmlJson, senmlCbor]) {
    for (const answer of [
      await server.fetch(paths, { format: senmlJson, accept }),
      await server.fetch(paths, { format: senmlEtchJson, accept }),
      await send(server, "fetch", "/", { format: senmlCbor, hex: PATHS_280, accept }),
      await send(server, "fetch", "/", { format: senmlEtchCbor, hex: PATHS_280, accept }),
    ]) {
      assert.deepEqual([answer.code, answer.format], ["2.05", accept]);
      for (const [path, value] of Object.entries(VALUES_280)) assert.equal(answer.values[path], value, path);
      const others = Object.keys(answer.values).filter((path) => !/^\/(1\/0\/\d+|3\/0\/(11\/0|16))$/.test(path));
      assert.deepEqual(others, []);
    }
  }
});

test("LightweightM2M-1.1-int-280: the gateway and a device in one Read-Composite", async (t) => {
  const { server } = await aClient(t);
  const { code, values } = await server.fetch(["/3/0/16", "/unit-1/3/0/7", "/unit-1/3/0/16", "/1/0/1"], JSON_BOTH);
  assert.equal(code, "2.05");
  assert.deepEqual(values, {
    "/3/0/16": "U",
    "/1/0/1": 86400,
    "/unit-1/3/0/7/0": 3800,
    "/unit-1/3/0/7/1": 5000,
    "/unit-1/3/0/16": "U",
  });
});

test("LightweightM2M-1.1-int-281: what is executed is left out of a Read-Composite", async (t) => {
  const { server } = await aClient(t);
  for (const accept of [senmlJson, senmlCbor]) {
    const own = await server.fetch(["/1/0/1", "/1/0/7", "/1/0/8"], { format: senmlJson, accept });
    assert.deepEqual([own.code, own.values], ["2.05", { "/1/0/1": 86400, "/1/0/7": "U" }]);
    const device = await server.fetch(["/unit-1/3/0/4", "/unit-1/3/0/9"], { format: senmlJson, accept });
    assert.deepEqual([device.code, device.values], ["2.05", { "/unit-1/3/0/9": 90 }]);
  }
});

test("LightweightM2M-1.1-int-235: a Read-Composite of the root is all that can be read, without keys", async (t) => {
  const { server } = await aClient(t);
  for (const accept of [senmlJson, senmlCbor]) {
    const root = await server.fetch(["/"], { format: senmlJson, accept });
    assert.deepEqual([root.code, root.format], ["2.05", accept]);
    for (const path of ["/1/0/0", "/1/0/1", "/3/0/0", "/3/0/16", "/25/0/1"]) assert.ok(path in root.values, path);
    const objects = new Set(Object.keys(root.values).map((path) => path.split("/")[1]));
    assert.deepEqual([...objects].sort(), ["1", "25", "3"], "neither 0, 21 nor 23");
    const device = await server.fetch(["/unit-1"], { format: senmlJson, accept });
    const expected = { ...(await server.read("/unit-1/3")).values, ...(await server.read("/unit-1/3311")).values };
    assert.deepEqual(device.values, expected, "the root of a device");
  }
});

test("LightweightM2M-1.1-int-236: what is not there is left out of a Read-Composite", async (t) => {
  const { server } = await aClient(t);
  const missing = ["/3339/0/5522", "/3353/0/6030", "/unit-1/3339/0/5522", "/unit-2/3/0"];
  const { code, values } = await server.fetch(["/1/0", "/1/0/1", "/3/0/11/0", "/unit-1/3/0/9", ...missing], JSON_BOTH);
  assert.equal(code, "2.05");
  assert.deepEqual(values, {
    ...(await readAll(server, senmlCbor, "/1/0")),
    "/3/0/11/0": 0,
    "/unit-1/3/0/9": 90,
  });
  const none = await server.fetch(missing, JSON_BOTH);
  assert.deepEqual([none.code, none.values], ["2.05", {}]);
});

/** The set of values of case 257, byte by byte as the test specification has it. */
const SET_257 = "83a321612f0065312f302f32021865a20065312f302f3604f5a20066332f302f31330200";

test("LightweightM2M-1.1-int-257: a Write-Composite of Server and Device is all or nothing", async (t) => {
  const world = await aClient(t);
  const { server } = world;
  assert.equal((await server.write("/1/0/6", false)).code, "2.04");
  for (const format of [senmlCbor, senmlEtchCbor]) {
    const refused = await send(server, "ipatch", "/", { format, hex: SET_257 });
    assert.equal(refused.code, "4.05", "the gateway sets no clock");
    assert.match(refused.text, /\/3\/0\/13/);
  }
  assert.deepEqual(await readAll(server, senmlCbor, "/1/0/2", "/1/0/6"), { "/1/0/2": 1, "/1/0/6": false });
  const text = '[{"bn":"/","n":"1/0/2","v":101},{"n":"1/0/6","vb":true},{"n":"unit-1/3/0/13","v":0}]';
  assert.equal((await server.write("/unit-1/3/0/13", 1367491215)).code, "2.04");
  assert.equal((await send(server, "ipatch", "/", { format: senmlJson, text })).code, "2.04");
  assert.deepEqual(await readAll(server, senmlCbor, "/1/0/2", "/1/0/6", "/unit-1/3/0/13"), {
    "/1/0/2": 101,
    "/1/0/6": true,
    "/unit-1/3/0/13": 0,
  });
  await world.clock.advance(SECOND);
  assert.deepEqual(since(world, 1), [], "nothing that a registration has");
});
