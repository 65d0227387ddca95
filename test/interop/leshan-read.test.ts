/** Leshan reads and discovers the gateway's own objects, in every format that both speak. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Format } from "./leshan/leshan-server.ts";
import { sharedSession } from "./leshan/session.ts";
import { checkWellFormed } from "./leshan/tshark.ts";

const aSession = sharedSession("read");

const DEVICE = {
  "/3/0/0": "Example",
  "/3/0/1": "Interop",
  "/3/0/2": "0815",
  "/3/0/11/0": "0",
  "/3/0/16": "U",
} as const;
const SERVER = {
  "/1/0/0": "101",
  "/1/0/1": "60",
  "/1/0/5": "86400",
  "/1/0/6": true,
  "/1/0/7": "U",
  "/1/0/23": false,
} as const;
const GATEWAY = {
  "/25/0/0": "urn:dev:ops:32473-read-meter-1",
  "/25/0/1": "meter-1",
  "/25/0/3": "</3>;ver=1.0,</3/0>,</26241/0>,</26241/1>",
} as const;

for (const format of ["TLV", "SENML_JSON", "SENML_CBOR"] as const satisfies readonly Format[]) {
  test(`Leshan reads objects and instances in ${format}`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan } = session;
    for (const path of ["/3", "/3/0"]) {
      const values = await leshan.values(path, format);
      assert.deepEqual({ ...values, ...DEVICE }, values);
      assert.match(String(values["/3/0/13"]), /^20\d\d-\d\d-\d\dT/);
      assert.ok(Number(values["/3/0/10"]) <= Number(values["/3/0/21"]), "less memory is free than there is");
    }
    for (const path of ["/1", "/1/0"]) assert.deepEqual(await leshan.values(path, format), SERVER);
    for (const path of ["/25", "/25/0"]) assert.deepEqual(await leshan.values(path, format), GATEWAY);
  });

  test(`Leshan reads resources and a resource instance in ${format}`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan } = session;
    for (const [path, value] of Object.entries({ ...SERVER, ...GATEWAY, ...DEVICE })) {
      assert.deepEqual(await leshan.values(path, format), { [path]: value });
    }
    assert.deepEqual(await leshan.values("/3/0/11", format), { "/3/0/11/0": "0" });
  });
}

test("Leshan reads single values as text, and is told by 4.06 what is none", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  for (const [path, value] of Object.entries({ ...SERVER, ...GATEWAY, ...DEVICE })) {
    assert.deepEqual(await leshan.values(path, "TEXT"), { [path]: value });
  }
  for (const path of ["/3/0/11", "/3/0", "/25"]) {
    assert.equal((await leshan.read(path, "TEXT")).status, "NOT_ACCEPTABLE(406)");
  }
});

test("without Accept a value is text and the rest SenML CBOR", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  assert.equal((await leshan.read("/3/0/0")).coap.contentFormat, 0);
  assert.equal((await leshan.read("/3/0/11")).coap.contentFormat, 112);
  assert.equal((await leshan.read("/3/0")).coap.contentFormat, 112);
});

test("Leshan discovers objects, instances and resources, with the number of resource instances", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  const urls = async (path: string): Promise<string[]> =>
    ((await leshan.discover(path)).objectLinks ?? []).map(({ url }) => url);
  const resources = [0, 1, 2, 3, 4, 10, 11, 13, 16, 21].map((id) => `/3/0/${id}`);
  assert.deepEqual(await urls("/3"), ["/3", "/3/0", ...resources]);
  assert.deepEqual(await urls("/3/0"), ["/3/0", ...resources]);
  assert.deepEqual(await urls("/3/0/11"), ["/3/0/11", "/3/0/11/0"]);
  assert.deepEqual(await urls("/25"), ["/25", "/25/0", "/25/0/0", "/25/0/1", "/25/0/3"]);
  const { objectLinks = [] } = await leshan.discover("/3/0");
  assert.deepEqual(objectLinks.find(({ url }) => url === "/3/0/11")?.attributes, { dim: "1" });
  assert.deepEqual((await leshan.discover("/25")).objectLinks?.[0]?.attributes, { ver: "2.0" });
});

test("what is not there, not allowed or not spoken is refused with the code that Leshan expects", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  const label = { kind: "singleResource", id: 0, type: "STRING", value: "x" } as const;
  const codes = {
    "an object": (await leshan.read("/9")).status,
    "an instance": (await leshan.read("/3/1", "TLV")).status,
    "a resource": (await leshan.read("/3/0/9", "TEXT")).status,
    "a resource instance": (await leshan.read("/3/0/11/5", "TLV")).status,
    "a discovery": (await leshan.discover("/9")).status,
    "an executable": (await leshan.read("/3/0/4", "TEXT")).status,
    "a foreign format": (await leshan.read("/3/0/0", 50)).status,
    "text that is opaque": (await leshan.read("/3/0/0", "OPAQUE")).status,
    "OMA JSON, gone since 1.1": (await leshan.read("/3/0/0", "JSON")).status,
    security: (await leshan.read("/0")).status,
    "a write": (await leshan.write("/3/0/0", label, "TEXT")).status,
    "an execution": (await leshan.execute("/3/0/0")).status,
    "a reboot": (await leshan.execute("/3/0/4")).status,
    "a creation": (await leshan.create("/3", { kind: "instance", id: 1, resources: [label] }, "TLV")).status,
    "a deletion": (await leshan.delete("/25/0")).status,
  };
  assert.deepEqual(codes, {
    "an object": "NOT_FOUND(404)",
    "an instance": "NOT_FOUND(404)",
    "a resource": "NOT_FOUND(404)",
    "a resource instance": "NOT_FOUND(404)",
    "a discovery": "NOT_FOUND(404)",
    "an executable": "METHOD_NOT_ALLOWED(405)",
    "a foreign format": "NOT_ACCEPTABLE(406)",
    "text that is opaque": "NOT_ACCEPTABLE(406)",
    "OMA JSON, gone since 1.1": "NOT_ACCEPTABLE(406)",
    security: "UNAUTHORIZED(401)",
    "a write": "METHOD_NOT_ALLOWED(405)",
    "an execution": "METHOD_NOT_ALLOWED(405)",
    "a reboot": "METHOD_NOT_ALLOWED(405)",
    "a creation": "METHOD_NOT_ALLOWED(405)",
    "a deletion": "METHOD_NOT_ALLOWED(405)",
  });
});

test("tshark finds nothing malformed in the whole session", async (t) => {
  const session = await aSession(t);
  if (session !== undefined) await checkWellFormed(t, session.wire);
});
