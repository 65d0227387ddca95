/**
 * The cases of the OMA Enabler Test Specification "LightweightM2M INT" 1.2 for what servers fill: the Portfolio object and the
 * Binary App Data Container, kept by the gateway for itself and for a device under its prefix.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { HOUR, SECOND } from "../../src/clock.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import type { AGateway } from "../support/a-gateway.ts";
import { aClient, linksOf, readAll, sendKept, since } from "../support/conformance-setup.ts";

const { senmlJson, senmlCbor, tlv, opaque } = CONTENT_FORMAT;

/** Where a case runs, by prefix. */
const PLACES = [
  ["the gateway", ""],
  ["a device", "/unit-1"],
] as const;

/** Portfolio as C.12 has it: one instance with four names. */
const IDENTITY = [
  "Host Device ID #1",
  "Host Device Manufacturer #1",
  "Host Device Model #1",
  "Host Device Software #1",
];

async function aStore(t: TestContext): Promise<AGateway> {
  return aClient(t, {
    gateway: "stored_objects: [16, 19]",
    devices: ["{ id: unit-1, mapping: unit, link: bus, unit_id: 1, stored_objects: [16, 19] }"],
  });
}

/** A Create in SenML JSON of a Portfolio with these names. */
async function create({ server }: AGateway, prefix: string, instance: number, names: readonly string[]): Promise<void> {
  const text = JSON.stringify(names.map((vs, i) => ({ n: `${prefix}/16/${instance}/0/${i}`, vs })));
  const answer = await sendKept(server, "post", `${prefix}/16`, { format: senmlJson, text });
  assert.equal(answer.code, "2.01", answer.text);
}

/** What instance, by resource instance, holds these names. */
function identity(prefix: string, instance: number, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name, i) => [`${prefix}/16/${instance}/0/${i}`, name]));
}

/** What it says of its objects: to the server in its last Update, or of the device in /25/0/3. */
async function objects(world: AGateway, prefix: string): Promise<readonly string[]> {
  await world.clock.advance(SECOND);
  const list = prefix === "" ? since(world, 0).at(-1)?.objects : (await world.server.read("/25/0/3")).text;
  return (list ?? "").split(",").filter((link) => link.startsWith("</16"));
}

/**
 * The set of values of case 1630, with one byte mended: it prints 80 for the type of the Multiple Resource, which says that its
 * length is 0; with the length in a byte of its own it is 88.
 */
const SET_1630 = `08012e 88002b 480011 ${hexOf("Host Device ID #2")} 480114 ${hexOf("Host Device Model #2")}`;

function hexOf(text: string): string {
  return Buffer.from(text).toString("hex");
}

for (const [name, prefix] of PLACES) {
  test(`LightweightM2M-1.1-int-1630: an instance of the Portfolio of ${name} is created by TLV`, async (t) => {
    const world = await aStore(t);
    const { server } = world;
    await create(world, prefix, 0, IDENTITY);
    assert.ok(linksOf(await server.discover(`${prefix}/16/0`)).includes("</16/0/0>;dim=4"));
    const created = await sendKept(server, "post", `${prefix}/16`, { format: tlv, hex: SET_1630 });
    assert.equal(created.code, "2.01", created.text);
    assert.ok(linksOf(await server.discover(`${prefix}/16/1`)).includes("</16/1/0>;dim=2"));
    assert.deepEqual(await readAll(server, tlv, `${prefix}/16`), {
      ...identity(prefix, 0, IDENTITY),
      ...identity(prefix, 1, ["Host Device ID #2", "Host Device Model #2"]),
    });
    assert.deepEqual(await objects(world, prefix), ["</16/0>", "</16/1>"]);
    const again = await sendKept(server, "post", `${prefix}/16`, { format: tlv, hex: SET_1630 });
    assert.equal(again.code, "4.00", "it is there already");
  });

  test(`LightweightM2M-1.1-int-1635: when all instances of the Portfolio of ${name} are deleted, the object stays`, async (t) => {
    const world = await aStore(t);
    const { server } = world;
    await create(world, prefix, 0, IDENTITY);
    await create(world, prefix, 1, ["11", "22"]);
    for (const instance of [0, 1]) {
      const deleted = await sendKept(server, "delete", `${prefix}/16/${instance}`);
      assert.equal(deleted.code, "2.02");
      assert.equal((await server.read(`${prefix}/16/${instance}`)).code, "4.04");
    }
    assert.deepEqual(linksOf(await server.discover(`${prefix}/16`)), ["</16>"]);
    assert.deepEqual(await objects(world, prefix), ["</16>"]);
  });

  test(`LightweightM2M-1.1-int-228: an instance of a resource of ${name} is written alone, by PUT and by POST`, async (t) => {
    const world = await aStore(t);
    const { server } = world;
    await create(world, prefix, 0, IDENTITY);
    const path = `${prefix}/16/0/0/1`;
    const put = JSON.stringify([{ n: path, vs: "test" }]);
    assert.equal((await sendKept(server, "put", path, { format: senmlJson, text: put })).code, "2.04");
    assert.deepEqual(await readAll(server, senmlCbor, path), { [path]: "test" });
    const text = JSON.stringify([{ n: path, vs: "posted" }]);
    assert.equal((await sendKept(server, "post", path, { format: senmlJson, text })).code, "2.04");
    assert.deepEqual(await readAll(server, senmlCbor, `${prefix}/16/0`), {
      ...identity(prefix, 0, IDENTITY),
      [path]: "posted",
    });
  });

  for (const [id, format] of [
    ["LightweightM2M-1.1-int-233: SenML CBOR", senmlCbor],
    ["LightweightM2M-1.1-int-234: SenML JSON", senmlJson],
  ] as const) {
    test(`${id} writes an instance of a resource of ${name}`, async (t) => {
      const world = await aStore(t);
      const { server } = world;
      await create(world, prefix, 0, IDENTITY);
      const path = `${prefix}/16/0/0/0`;
      assert.equal((await server.replace(path, { [path]: "test_value" }, format)).code, "2.04");
      assert.deepEqual(await readAll(server, format, `${prefix}/16`), {
        ...identity(prefix, 0, IDENTITY),
        [path]: "test_value",
      });
    });
  }

  test(`LightweightM2M-1.1-int-230: one Write-Composite for the account and the Portfolio of ${name}`, async (t) => {
    const world = await aStore(t);
    const { server } = world;
    await create(world, prefix, 0, IDENTITY);
    const names = ["aa", "bb", "cc", "dd"];
    const text = JSON.stringify([
      { n: "/1/0/1", v: 61 },
      { n: "/1/0/6", vb: true },
      ...names.map((vs, i) => ({ n: `${prefix}/16/0/0/${i}`, vs })),
    ]);
    const count = since(world, 0).length;
    assert.equal((await sendKept(server, "ipatch", "/", { format: senmlJson, text })).code, "2.04");
    await world.clock.advance(SECOND);
    const updates = since(world, count).filter(({ query }) => query.length > 0);
    assert.deepEqual(
      updates.map(({ type, query }) => [type, query]),
      [["update", ["lt=61"]]],
    );
    const account = await readAll(server, senmlCbor, "/1/0");
    assert.deepEqual([account["/1/0/1"], account["/1/0/6"]], [61, true]);
    assert.deepEqual(await readAll(server, senmlCbor, `${prefix}/16`), identity(prefix, 0, names));
  });

  test(`LightweightM2M-1.1-int-1900: data in a container of ${name} are reported within pmin and pmax`, async (t) => {
    const { clock, server } = await aStore(t);
    const created = await sendKept(server, "post", `${prefix}/19`, { format: tlv, hex: "080005 8300410041" });
    assert.equal(created.code, "2.01", created.text);
    const data = `${prefix}/19/0/0`;
    assert.deepEqual(linksOf(await server.discover(`${prefix}/19`)), ["</19>", "</19/0>", "</19/0/0>;dim=1"]);
    assert.equal((await server.writeAttributes(data, "pmin=300", "pmax=3600")).code, "2.04");
    assert.deepEqual((await server.observe(data)).values, { [`${data}/0`]: Uint8Array.of(0x41) });
    const observed = clock.wall();
    assert.equal((await sendKept(server, "put", `${data}/0`, { format: opaque, hex: "42" })).code, "2.04");
    await clock.advance(2 * HOUR);
    assert.deepEqual(server.received(`${data}/0`), [Uint8Array.of(0x42), Uint8Array.of(0x42)]);
    const [changed = 0, still = 0] = server.notified(data).map(({ at }) => Math.floor((at - observed) / SECOND));
    assert.deepEqual([changed, still - changed], [300, 3600]);
  });

  test(`LightweightM2M-1.1-int-1901: data in a container of ${name} are written and read`, async (t) => {
    const { server } = await aStore(t);
    // Instance 1, whose Data (0) has the instance 0: "A".
    const created = await sendKept(server, "post", `${prefix}/19`, { format: tlv, hex: "080105 8300410041" });
    assert.equal(created.code, "2.01", created.text);
    const path = `${prefix}/19/1/0/0`;
    assert.equal((await sendKept(server, "put", path, { format: opaque, hex: "0102ff" })).code, "2.04");
    const read = await readAll(server, opaque, path);
    assert.deepEqual(read, { [path]: Uint8Array.of(1, 2, 0xff) });
  });
}
