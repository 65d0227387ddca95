/** A server updates the firmware of devices that have never heard of LwM2M: object 5 under their prefixes, or of clients of their own. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { bodyOf, gist } from "../coap/bench.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";
import { CLIMATE, POINT } from "../support/climate-mapping.ts";
import { room } from "../support/rooms.ts";
import type { ScriptedServer } from "../support/scripted-server.ts";

const IMAGE = bodyOf(30_000);
const { opaque } = CONTENT_FORMAT;
const SLOTS = "\nfirmware: { via: slots, accept: { max_size: 40KB }, expect: changed }\n";

async function updatable(t: TestContext, setup: Setup = {}): Promise<AGateway> {
  const world = await aGateway(t, {
    devices: [room(1), room(2)],
    mappings: { climate: `${CLIMATE}${SLOTS}` },
    prepare: ({ bus }) => {
      for (const unit of [1, 2]) bus.unit(unit).set(POINT.temperature, 20 + unit);
    },
    ...setup,
  });
  return world;
}

const push = (server: ScriptedServer, path: string, body: Uint8Array = IMAGE) =>
  server.settled(server.ask(CODE.put, path, { format: opaque, payload: body }), 10 * MINUTE);

const stateOf = async (server: ScriptedServer, object: string): Promise<string> =>
  [await server.read(`${object}/0/3`), await server.read(`${object}/0/5`)].map(({ text }) => text).join("/");

const files = (world: AGateway): readonly string[] => {
  const folder = join(world.gateway.stateDirectory, "firmware");
  return existsSync(folder) ? readdirSync(folder) : [];
};

for (const layout of ["gateway", "clients"] as const) {
  const object = layout === "gateway" ? "/room-1/5" : "/5";
  const of = (world: AGateway): ScriptedServer =>
    layout === "gateway" ? world.server : world.client("urn:dev:os:32473-1");

  test(`751, 755, 760, 770: an image is pushed, and the device runs it (layout ${layout})`, async (t) => {
    const world = await updatable(t, { servers: [`layout: ${layout}`] });
    const server = of(world);
    assert.equal(await stateOf(server, object), "0/0");
    await server.observe(`${object}/0/3`);
    assert.equal((await push(server, `${object}/0/0`)).code, "2.04");
    await world.clock.advance(5 * SECOND);
    assert.equal(await stateOf(server, object), "2/0");
    assert.deepEqual(files(world), ["room-1.image", "room-1.json"]);
    assert.equal((await server.execute(`${object}/0/2`)).code, "2.04");
    await world.clock.advance(2 * MINUTE);
    assert.equal(await stateOf(server, object), "0/1");
    assert.deepEqual(server.received(`${object}/0/3`), [0, 1, 2, 3, 0].slice(-server.received(`${object}/0/3`).length));
    assert.equal(world.updatable.device(1).version, "2.0.0");
    assert.equal(gist(world.updatable.device(1).slot), gist(IMAGE));
    assert.deepEqual(files(world), []);
    assert.deepEqual(world.updatable.device(2).heard, []);
  });

  test(`772, 773, 778: what cannot be is refused (layout ${layout})`, async (t) => {
    const world = await updatable(t, { servers: [`layout: ${layout}`] });
    const server = of(world);
    assert.equal((await server.execute(`${object}/0/2`)).code, "4.05");
    assert.equal(await stateOf(server, object), "0/0");
    assert.equal((await push(server, `${object}/0/0`, bodyOf(50_000))).code, "4.13");
    assert.equal(await stateOf(server, object), "0/2");
    assert.equal((await server.write(`${object}/0/1`, "ftp://a/b")).code, "4.00");
    assert.equal(await stateOf(server, object), "0/9");
    assert.equal((await server.write(`${object}/0/1`, "http://")).code, "2.04");
    await world.clock.advance(5 * SECOND);
    assert.equal(await stateOf(server, object), "0/7");
  });
}

test("object 25 lists object 5 in its version; a reload that takes the section away takes object 5, too", async (t) => {
  const world = await updatable(t);
  assert.match((await world.server.read("/25/0/3")).text, /<\/5>;ver=1\.2,<\/5\/0>/);
  world.writeFile("mappings/climate.yaml", CLIMATE);
  assert.ok(await world.reload());
  assert.equal((await world.server.read("/room-1/5/0/3")).code, "4.04");
  assert.doesNotMatch((await world.server.read("/25/0/3")).text, /<\/5>/);
  world.writeFile("mappings/climate.yaml", `${CLIMATE}${SLOTS}`);
  assert.ok(await world.reload());
  assert.equal(await stateOf(world.server, "/room-1/5"), "0/0");
});

test("a server that may not write pushes nothing", async (t) => {
  const world = await updatable(t, { servers: ["access: { write: none }"] });
  assert.equal((await push(world.server, "/room-1/5/0/0")).code, "4.01");
  assert.equal(await stateOf(world.server, "/room-1/5"), "0/0");
  assert.deepEqual(files(world), []);
});

test("775: a gateway that is killed in the middle of a push is Idle with Result 4, and nothing is left of it", async (t) => {
  const world = await updatable(t);
  const asked = world.server.ask(CODE.put, "/room-1/5/0/0", { format: opaque, payload: IMAGE });
  asked.catch(() => {});
  await world.clock.advance(20);
  assert.deepEqual(files(world), ["room-1.part"]);
  await world.kill();
  await world.start();
  await world.clock.advance(10 * SECOND);
  assert.equal(await stateOf(world.server, "/room-1/5"), "0/4");
  assert.deepEqual(files(world), []);
});

test("an image that is here outlives a gateway that is killed, and so does an update under way", async (t) => {
  const world = await updatable(t);
  assert.equal((await push(world.server, "/room-1/5/0/0")).code, "2.04");
  await world.clock.advance(5 * SECOND);
  await world.kill();
  await world.start();
  await world.clock.advance(10 * SECOND);
  assert.equal(await stateOf(world.server, "/room-1/5"), "2/0");
  await world.server.execute("/room-1/5/0/2");
  await world.clock.advance(100);
  await world.kill();
  await world.start();
  await world.clock.advance(3 * MINUTE);
  assert.equal(await stateOf(world.server, "/room-1/5"), "0/1");
  const { firmware = [] } = world.gateway.status();
  const [first] = firmware;
  assert.deepEqual([first?.device, first?.history.map(({ result }) => result)], ["room-1", [1]]);
});

test("an image stays while its device is not configured, and goes when the device is forgotten", async (t) => {
  const world = await updatable(t);
  assert.equal((await push(world.server, "/room-2/5/0/0")).code, "2.04");
  await world.clock.advance(5 * SECOND);
  world.configure([room(1)]);
  assert.ok(await world.reload());
  assert.deepEqual(files(world), ["room-2.image", "room-2.json"]);
  world.configure([room(1), room(2)]);
  assert.ok(await world.reload());
  assert.equal(await stateOf(world.server, "/room-2/5"), "2/0");
  world.configure([room(1)]);
  assert.ok(await world.reload());
  assert.deepEqual(await world.gateway.deviceAdmin.forget("room-2"), { prefix: "room-2", reports: 0 });
  assert.deepEqual(files(world), []);
});
