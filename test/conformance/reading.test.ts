/**
 * The cases 200 to 299 of the OMA Enabler Test Specification "LightweightM2M INT" 1.2 that read: on the gateway's own objects,
 * and on those of a device under its prefix.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { aClient, aFirstClient, lastPayload, readAll } from "../support/conformance-setup.ts";

const { text: plain, cbor, senmlJson, senmlCbor, tlv, lwm2mJson } = CONTENT_FORMAT;

test("LightweightM2M-1.1-int-201: manufacturer, model and serial number as text", async (t) => {
  const { server } = await aClient(t);
  for (const [prefix, texts] of [
    ["", ["lwm2m-gateway", "lwm2m-gateway", "345000123"]],
    ["/unit-1", ["Example", "Unit", "0001"]],
  ] as const) {
    for (const [resource, text] of texts.entries()) {
      const answer = await server.read(`${prefix}/3/0/${resource}`, { accept: plain });
      assert.deepEqual([answer.code, answer.format, answer.text], ["2.05", plain, text]);
    }
  }
});

/** Error Code {0: 0} and Supported Binding "U", by the header table of Core 1.2.2 §7.5.5. */
const TLV_ERROR_CODE = "830b410000";
const TLV_BINDING = "c11055";

test("LightweightM2M-1.1-int-203: TLV of /3/0, of the gateway and of a device", async (t) => {
  const { server } = await aClient(t);
  for (const prefix of ["", "/unit-1"]) {
    const values = await readAll(server, tlv, `${prefix}/3/0`);
    for (const resource of ["0", "1", "2", "3", "11/0", "16"])
      assert.ok(`${prefix}/3/0/${resource}` in values, resource);
    const payload = lastPayload(server);
    // The case has the instance around its resources; a request that names the instance may have them bare (Core 1.2.2 §7.5.5).
    assert.match(payload, /^c[78]00/, "resource 0 with its value");
    assert.ok(payload.includes(TLV_ERROR_CODE) && payload.includes(TLV_BINDING), payload);
    await server.read(`${prefix}/3`, { accept: tlv });
    assert.match(lastPayload(server), /^0800/, "an object has its instances around them");
  }
});

test("LightweightM2M-1.1-int-204: LwM2M JSON of /3/0, which is for LwM2M 1.0", async (t) => {
  const { server } = await aFirstClient(t);
  for (const prefix of ["", "/unit-1"]) {
    const values = await readAll(server, lwm2mJson, `${prefix}/3/0`);
    for (const resource of ["0", "1", "2", "3", "11/0", "16"])
      assert.ok(`${prefix}/3/0/${resource}` in values, resource);
    const { bn, e } = JSON.parse(Buffer.from(lastPayload(server), "hex").toString());
    assert.equal(bn, `${prefix}/3/0/`);
    assert.deepEqual(
      e.find(({ n }: { n: string }) => n === "16"),
      { n: "16", sv: "U" },
    );
  }
});

test("LightweightM2M-1.1-int-204: a later version has no LwM2M JSON", async (t) => {
  const { server } = await aClient(t);
  assert.equal((await server.read("/3/0", { accept: lwm2mJson })).code, "4.06");
});

test("LightweightM2M-1.1-int-211: CBOR of single resources", async (t) => {
  const { server } = await aClient(t);
  for (const [path, payload] of [
    ["/1/0/0", "1865"],
    ["/1/0/6", "f5"],
    ["/1/0/7", "6155"],
    ["/unit-1/3/0/16", "6155"],
    ["/unit-1/3/0/9", "185a"],
    ["/unit-1/3/0/7/1", "191388"],
    ["/unit-1/3311/0/5850", "f4"],
  ] as const) {
    await readAll(server, cbor, path);
    assert.equal(lastPayload(server), payload, path);
  }
});

test("LightweightM2M-1.1-int-222: an object is all its instances with all that can be read", async (t) => {
  const { server } = await aClient(t);
  const account = await readAll(server, senmlCbor, "/1");
  assert.deepEqual(account, await readAll(server, senmlCbor, "/1/0"));
  assert.equal(account["/1/0/0"], 101);
  assert.ok(!("/1/0/8" in account), "what is executed has no value");
  for (const prefix of ["", "/unit-1"]) {
    const device = await readAll(server, senmlCbor, `${prefix}/3`);
    assert.deepEqual(Object.keys(device), Object.keys(await readAll(server, senmlCbor, `${prefix}/3/0`)));
    assert.ok(!(`${prefix}/3/0/4` in device));
  }
});

test("LightweightM2M-1.1-int-223: an instance is all of it that can be read", async (t) => {
  const { server } = await aClient(t);
  const account = await readAll(server, senmlCbor, "/1/0");
  for (const [path, value] of Object.entries({ "/1/0/0": 101, "/1/0/1": 86400, "/1/0/6": true, "/1/0/7": "U" })) {
    assert.equal(account[path], value, path);
  }
  const own = await readAll(server, senmlCbor, "/3/0");
  for (const resource of ["0", "1", "2", "3", "11/0", "13", "16"]) assert.ok(`/3/0/${resource}` in own, resource);
  assert.deepEqual(await readAll(server, senmlCbor, "/unit-1/3/0"), {
    "/unit-1/3/0/0": "Example",
    "/unit-1/3/0/1": "Unit",
    "/unit-1/3/0/2": "0001",
    "/unit-1/3/0/3": "1.0",
    "/unit-1/3/0/6/0": 1,
    "/unit-1/3/0/6/1": 2,
    "/unit-1/3/0/7/0": 3800,
    "/unit-1/3/0/7/1": 5000,
    "/unit-1/3/0/8/0": 125,
    "/unit-1/3/0/8/1": 900,
    "/unit-1/3/0/9": 90,
    "/unit-1/3/0/11/0": 0,
    "/unit-1/3/0/13": 0,
    "/unit-1/3/0/16": "U",
  });
});

test("LightweightM2M-1.1-int-224: a resource is its value and nothing else", async (t) => {
  const { server } = await aClient(t);
  for (const [path, value] of Object.entries({
    "/1/0/0": 101,
    "/1/0/1": 86400,
    "/1/0/6": true,
    "/1/0/7": "U",
    "/3/0/16": "U",
    "/unit-1/3/0/16": "U",
    "/unit-1/3/0/9": 90,
    "/unit-1/3311/0/5851": 40,
  })) {
    assert.deepEqual(await readAll(server, senmlCbor, path), { [path]: value });
  }
  assert.deepEqual(await readAll(server, senmlCbor, "/unit-1/3/0/7"), {
    "/unit-1/3/0/7/0": 3800,
    "/unit-1/3/0/7/1": 5000,
  });
});

test("LightweightM2M-1.1-int-225: an instance of a resource comes alone", async (t) => {
  const { server } = await aClient(t);
  for (const [path, value] of [
    ["/3/0/11/0", 0],
    ["/unit-1/3/0/11/0", 0],
    ["/unit-1/3/0/7/1", 5000],
    ["/unit-1/3/0/6/0", 1],
  ] as const) {
    for (const accept of [plain, cbor, senmlJson, senmlCbor, tlv]) {
      assert.deepEqual(await readAll(server, accept, path), { [path]: value });
    }
  }
  assert.equal((await server.read("/unit-1/3/0/7/2")).code, "4.04");
});

/** What single values are on the wire, by RFC 8428 §5 and §6: base name and value. */
const SENML_JSON = {
  "/3/0/16": '[{"bn":"/3/0/16","vs":"U"}]',
  "/3/0/11/0": '[{"bn":"/3/0/11/0","v":0}]',
  "/unit-1/3/0/16": '[{"bn":"/unit-1/3/0/16","vs":"U"}]',
};
const SENML_CBOR = {
  "/3/0/16": "81 a2 21 672f332f302f3136 03 6155",
  "/3/0/11/0": "81 a2 21 692f332f302f31312f30 02 00",
  "/unit-1/3/0/16": "81 a2 21 6e2f756e69742d312f332f302f3136 03 6155",
};

for (const [id, accept, singles] of [
  ["LightweightM2M-1.1-int-231: SenML JSON", senmlJson, hexed(SENML_JSON)],
  ["LightweightM2M-1.1-int-232: SenML CBOR", senmlCbor, SENML_CBOR],
] as const) {
  test(`${id} of object, instance, resource and resource instance`, async (t) => {
    const { server } = await aClient(t);
    const own = await readAll(server, accept, "/1", "/3/0", "/3/0/16", "/3/0/11/0");
    assert.deepEqual([own["/1/0/1"], own["/3/0/16"], own["/3/0/11/0"]], [86400, "U", 0]);
    for (const [path, hex] of Object.entries(singles)) {
      await readAll(server, accept, path);
      assert.equal(lastPayload(server), hex.replaceAll(" ", ""), path);
    }
    const paths = ["/unit-1/3", "/unit-1/3/0", "/unit-1/3/0/7", "/unit-1/3/0/16", "/unit-1/3/0/7/0"];
    for (const path of paths) {
      const values = await readAll(server, accept, path);
      assert.deepEqual(values, await readAll(server, tlv, path), path);
      assert.ok(Object.keys(values).every((name) => name === path || name.startsWith(`${path}/`)));
    }
  });
}

function hexed(texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text).toString("hex")]));
}

test("LightweightM2M-1.1-int-237: without Accept the gateway chooses: SenML CBOR", async (t) => {
  const { server } = await aClient(t);
  for (const path of ["/1", "/3", "/unit-1/3", "/unit-1/3311"]) {
    const { code, format, values } = await server.read(path);
    assert.deepEqual([code, format], ["2.05", senmlCbor], path);
    assert.deepEqual(Object.keys(values), Object.keys(await readAll(server, senmlJson, path)));
  }
});
