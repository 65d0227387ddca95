/**
 * Leshan reads from and writes to a device behind the gateway. It does not know prefixes; our program gives it the prefix as
 * the alternate path of a client, so that paths and SenML names are Leshan's own work.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { VALUES } from "./leshan/every-type.ts";
import { expect, FORMATS } from "./leshan/expectations.ts";
import { type LeshanNode, valuesOf } from "./leshan/messages.ts";
import { sharedSession } from "./leshan/session.ts";
import { checkWellFormed } from "./leshan/tshark.ts";

const CLIMATES = Array.from({ length: 40 }, (_, i) => `{ id: climate-${i}, mapping: simulated-climate, link: trial }`);

const aSession = sharedSession("devices", { devices: CLIMATES });

const SECOND = { "/26241/1/0": "second" };

for (const format of FORMATS) {
  test(`Leshan reads a vendor object of a device, every type and level, in ${format}`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const read = async (path: string): Promise<object> => {
      const { status, content, errormessage } = await session.leshan.read(`/meter-1${path}`, format);
      assert.equal(status, "CONTENT(205)", errormessage);
      return valuesOf(content, path);
    };
    assert.deepEqual(await read("/26241"), { ...VALUES, ...SECOND });
    assert.deepEqual(await read("/26241/0"), VALUES);
    assert.deepEqual(await read("/26241/1"), SECOND);
    for (const [path, value] of Object.entries(VALUES)) assert.deepEqual(await read(path), { [path]: value });
    assert.deepEqual(await read("/26241/0/7"), { "/26241/0/7/0": "40000", "/26241/0/7/3": "3" });
    assert.deepEqual(await read("/3/0/0"), { "/3/0/0": "Example" });
  });
}

test("Leshan reads single values of a device as text, opaque and CBOR", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  for (const [path, value] of Object.entries(VALUES)) {
    const { content, coap } = await session.leshan.read(`/meter-1${path}`, "TEXT");
    assert.deepEqual([coap.contentFormat, valuesOf(content, path)], [0, { [path]: value }]);
  }
  const { content, coap } = await session.leshan.read("/meter-1/26241/0/4", "OPAQUE");
  assert.deepEqual([coap, valuesOf(content, "key")], [{ contentFormat: 42, bytes: 4 }, { key: "00ff10a5" }]);
});

test("Leshan discovers a device, with attributes; its links have no prefix", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  await expect(leshan.writeAttributes("/meter-1/26241/0/10", "pmin=2&gt=240"), "CHANGED(204)");
  const { objectLinks = [] } = await leshan.discover("/meter-1/26241/0");
  const ids = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  assert.deepEqual(
    objectLinks.map(({ url }) => url),
    ["/26241/0", ...ids.map((id) => `/26241/0/${id}`)],
  );
  assert.deepEqual(objectLinks[8]?.attributes, { dim: "2" });
  assert.deepEqual(objectLinks[11]?.attributes, { pmin: "2", gt: "240" });
  await expect(leshan.writeAttributes("/meter-1/26241/0/10", "pmin&gt"), "CHANGED(204)");
});

for (const format of FORMATS) {
  test(`Leshan writes every type to a device in ${format}; the registers have it`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan, meter } = session;
    const resources: readonly LeshanNode[] = [
      { kind: "singleResource", id: 0, type: "STRING", value: format.slice(-8) },
      { kind: "singleResource", id: 1, type: "INTEGER", value: "-2" },
      { kind: "singleResource", id: 2, type: "FLOAT", value: "12.25" },
      { kind: "singleResource", id: 3, type: "BOOLEAN", value: false },
      { kind: "singleResource", id: 4, type: "OPAQUE", value: "deadbeef" },
      { kind: "singleResource", id: 5, type: "TIME", value: "2027-01-01T00:00:00Z" },
      { kind: "singleResource", id: 6, type: "UNSIGNED_INTEGER", value: "9223372036854775809" },
      { kind: "multiResource", id: 7, type: "INTEGER", values: { 0: "1", 3: "65535" } },
    ];
    const former = (await leshan.read("/meter-1/26241/0", "TLV")).content;
    for (const resource of resources) {
      await expect(leshan.write(`/meter-1/26241/0/${resource.id}`, resource, format), "CHANGED(204)");
    }
    const points = ["label", "count", "level", "running", "key", "installed", "total", "input0", "input3"] as const;
    assert.deepEqual(Object.fromEntries(points.map((point) => [point, meter.get(point)])), {
      label: Buffer.from(format.slice(-8).padEnd(8, "\0")).toString("hex"),
      ...{ count: "fffffffe", level: "41440000", running: false, key: "deadbeef", installed: "6b36ec80" },
      ...{ total: "8000000000000001", input0: "0001", input3: "ffff" },
    });
    // All at once, and as it was before.
    assert.ok(former?.kind === "instance");
    const writable = former.resources.filter(({ id = 0 }) => id < 8);
    await expect(
      leshan.write("/meter-1/26241/0", { ...former, resources: writable }, format, "update"),
      "CHANGED(204)",
    );
    assert.deepEqual(valuesOf((await leshan.read("/meter-1/26241/0", format)).content, "/26241/0"), VALUES);
  });
}

test("Leshan writes one instance of a resource, and executes", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan, meter } = session;
  for (const [i, format] of [...FORMATS, "TEXT" as const].entries()) {
    const node: LeshanNode = { kind: "resourceInstance", id: 3, type: "INTEGER", value: String(10 + i) };
    await expect(leshan.write("/meter-1/26241/0/7/3", node, format), "CHANGED(204)");
    assert.equal(meter.get("input3"), `000${"abcd"[i]}`);
  }
  await expect(leshan.execute("/meter-1/26241/0/9"), "CHANGED(204)");
  assert.equal(meter.get("reset"), "0001");
});

test("what a device does not have or not take is refused with the code that Leshan expects", async (t) => {
  const session = await aSession(t);
  if (session === undefined) return;
  const { leshan } = session;
  const level: LeshanNode = { kind: "singleResource", id: 2, type: "FLOAT", value: "101" };
  await expect(leshan.read("/nobody/3/0"), "NOT_FOUND(404)");
  await expect(leshan.read("/meter-1/26241/2"), "NOT_FOUND(404)");
  await expect(leshan.read("/meter-1/26241/0/9"), "METHOD_NOT_ALLOWED(405)");
  await expect(leshan.read("/meter-1/26241/0/0", "OPAQUE"), "NOT_ACCEPTABLE(406)");
  await expect(leshan.write("/meter-1/26241/0/2", level, "SENML_CBOR"), "BAD_REQUEST(400)");
  await expect(leshan.execute("/meter-1/26241/0/0"), "METHOD_NOT_ALLOWED(405)");
  await expect(leshan.delete("/meter-1/26241/1"), "METHOD_NOT_ALLOWED(405)");
});

for (const format of FORMATS) {
  test(`Leshan reads object 25 of 41 devices in ${format}: a body in blocks`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const answer = await session.leshan.read("/25", format);
    assert.ok(answer.coap.bytes > 1024);
    const values = valuesOf(answer.content, "/25");
    const prefixes = Object.entries(values).flatMap(([path, value]) => (path.endsWith("/1") ? [value] : []));
    const ids = CLIMATES.map((_, i) => `climate-${i}`);
    assert.deepEqual(new Set(prefixes), new Set(["meter-1", ...ids]));
  });
}

test("tshark finds nothing malformed in the whole session", async (t) => {
  const session = await aSession(t);
  if (session !== undefined) await checkWellFormed(t, session.wire);
});
