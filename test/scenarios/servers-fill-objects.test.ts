import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, POINT, TEMPERATURE } from "../support/climate-mapping.ts";

const METER = "{ id: meter-1, mapping: climate, link: bus, unit_id: 1, stored_objects: [16] }";
const PLAIN = "{ id: meter-1, mapping: climate, link: bus, unit_id: 1 }";
const SETUP = { ...CLIMATE_SETUP, gateway: "stored_objects: [16]", devices: [METER] };

const updates = ({ server }: AGateway) => server.registrations.heard.filter(({ type }) => type === "update");
const codes = ({ server }: AGateway, observed: string) => server.notified(observed).map(({ code }) => code);

async function restarted(world: AGateway): Promise<void> {
  await world.stop();
  await world.start();
  await world.clock.advance(5 * SECOND);
}

test("a server makes an instance, fills it, observes it; after a restart all of it is there, until it is deleted", async (t) => {
  const world = await aGateway(t, SETUP);
  const { server } = world;
  assert.equal((await server.discover("/16")).text, "</16>", "an object without instances is there");
  assert.match(server.registrations.heard[0]?.objects ?? "", /<\/16>/);
  const made = await server.create("/16", { "/16/3/0/0": "hall 4", "/16/3/0/1": "rack 7" });
  assert.deepEqual([made.code, made.location], ["2.01", ""]);
  await world.clock.advance(SECOND);
  assert.match(updates(world).at(-1)?.objects ?? "", /<\/16\/3>/);
  assert.equal((await server.discover("/16/3")).text, "</16/3>,</16/3/0>;dim=2");
  await server.observe("/16");
  const west = { format: CONTENT_FORMAT.senmlJson, payload: Buffer.from('[{"n":"/16/3/0/5","vs":"west"}]') };
  await server.kept(server.ask(CODE.post, "/16/3/0", west));
  assert.deepEqual(server.received("/16/3/0/5"), ["west"]);
  const { length } = updates(world);
  await restarted(world);
  const values = { "/16/3/0/0": "hall 4", "/16/3/0/1": "rack 7", "/16/3/0/5": "west" };
  assert.deepEqual((await server.read("/16")).values, values);
  assert.match(server.registrations.heard.at(-1)?.objects ?? "", /<\/16\/3>/);
  assert.equal((await server.delete("/16/3")).code, "2.02");
  await world.clock.advance(SECOND);
  assert.match(updates(world).at(-1)?.objects ?? "", /<\/16>(,|$)/);
  assert.equal(updates(world).length, length + 1, "a Create or Delete makes an Update, a Write none");
  await restarted(world);
  assert.equal((await server.discover("/16")).text, "</16>");
});

test("the Update with the new list follows the answer to the Create, and every server gets it", async (t) => {
  const world = await aGateway(t, { ...SETUP, servers: ["", ""] });
  const [first, second] = world.servers;
  const from = first?.packets.length ?? 0;
  await first?.create("/16", { "/16/0/0/0": "x" });
  await world.clock.advance(SECOND);
  const sent = first?.packets.slice(from).filter((packet) => packet.from === "gateway");
  assert.deepEqual(
    sent?.map(({ message }) => message.code),
    [CODE.created, CODE.post],
  );
  assert.match(second?.registrations.heard.at(-1)?.objects ?? "", /<\/16\/0>/);
  assert.equal((await second?.read("/16/0/0"))?.code, "4.01", "it is the first server's, by object 2");
});

test("a device has labels under its prefix: object 25 tells its list, and they move with its name", async (t) => {
  const world = await aGateway(t, SETUP);
  const { server } = world;
  await server.observe("/25/0/3");
  const payload = Uint8Array.of(0x84, 0x00, 0x42, 0x00, 0x61, 0x62);
  const made = await server.kept(server.ask(CODE.post, "/meter-1/16", { format: CONTENT_FORMAT.tlv, payload }));
  assert.deepEqual([made.code, made.location], ["2.01", "/meter-1/16/0"]);
  await world.clock.advance(SECOND);
  assert.match(String(server.received("/25/0/3").at(-1)), /<\/16\/0>/);
  assert.match(updates(world).at(-1)?.objects ?? "", /<\/25\/0>/);
  assert.equal((await server.read(TEMPERATURE)).text, "21", "the device itself is as it was");
  world.configure([METER.replace("id: meter-1", "id: boiler, was: meter-1, prefix: room")]);
  await world.reload();
  assert.deepEqual((await server.read("/room/16/0/0")).values, { "/room/16/0/0/0": "ab" });
  await restarted(world);
  assert.deepEqual((await server.read("/room/16/0/0")).values, { "/room/16/0/0/0": "ab" });
  assert.equal((await server.delete("/room/16/0")).code, "2.02");
  assert.equal((await server.discover("/room/16")).text, "</16>");
});

test("what is gone ends its observers, and attributes with it; a new one of the same path begins anew", async (t) => {
  const world = await aGateway(t, SETUP);
  const { server, clock } = world;
  await server.create("/16", { "/16/0/0/0": "a", "/16/0/0/1": "b" });
  await server.writeAttributes("/16/0/0/0", "pmin=5");
  await server.observe("/16/0/0/0");
  await server.observe("/16/0");
  await server.delete("/16/0/0/0");
  await clock.advance(SECOND);
  assert.deepEqual(codes(world, "/16/0/0/0"), ["4.04"]);
  assert.deepEqual(server.notified("/16/0").at(-1)?.values, { "/16/0/0/1": "b" });
  await server.replace("/16/0", { "/16/0/0/7": "c" });
  await clock.advance(SECOND);
  const told = server.notified("/16/0").map(({ values }) => values);
  assert.deepEqual(told, [{ "/16/0/0/1": "b" }, { "/16/0/0/7": "c" }], "never a state in between");
  await server.delete("/16/0");
  await clock.advance(SECOND);
  assert.deepEqual(codes(world, "/16/0").at(-1), "4.04");
  await server.create("/16", { "/16/0/0/0": "a" });
  assert.equal((await server.discover("/16/0/0")).text, "</16/0/0>;dim=1,</16/0/0/0>");
});

test("a Write makes a resource that the object has and the instance has not; a Delete of another's is refused", async (t) => {
  const world = await aGateway(t, { ...SETUP, gateway: "stored_objects: [19]" });
  const { server } = world;
  const { opaque, text } = CONTENT_FORMAT;
  await server.create("/19", { "/19/0/0/0": Uint8Array.of(1, 2) });
  assert.equal((await server.read("/19/0/3")).code, "4.04");
  const description = { format: text, payload: new TextEncoder().encode("a photo") };
  assert.equal((await server.kept(server.ask(CODE.put, "/19/0/3", description))).code, "2.04");
  assert.equal((await server.read("/19/0/3")).text, "a photo");
  const data = { format: opaque, payload: Uint8Array.of(3) };
  assert.equal((await server.kept(server.ask(CODE.put, "/19/0/0/0", data))).code, "2.04");
  assert.equal((await server.kept(server.ask(CODE.put, "/19/0/0/1", data))).code, "4.04");
  assert.equal((await server.kept(server.ask(CODE.put, "/19/0/99", description))).code, "4.04");
  await restarted(world);
  const { values } = await server.read("/19/0");
  assert.deepEqual(values, { "/19/0/0/0": Uint8Array.of(3), "/19/0/3": "a photo" });
  assert.equal((await server.delete("/3/0")).code, "4.05");
  assert.equal((await server.delete("/25/0")).code, "4.05");
  assert.equal((await server.create("/3")).code, "4.05");
});

test("a device that is away keeps its labels in reach", async (t) => {
  const world = await aGateway(t, SETUP);
  const { server, meter, clock } = world;
  meter.silent = true;
  await clock.advance(120 * SECOND);
  assert.equal((await server.read(TEMPERATURE)).code, "5.00");
  assert.equal((await server.create("/meter-1/16", { "/meter-1/16/0/0/0": "broken" })).code, "2.01");
  assert.deepEqual((await server.read("/meter-1/16/0/0")).values, { "/meter-1/16/0/0/0": "broken" });
});

test("a reload gives and takes stored objects; the device polls on, and what was stored comes back", async (t) => {
  const world = await aGateway(t, SETUP);
  const { server, gateway, meter, clock } = world;
  await server.create("/meter-1/16", { "/meter-1/16/0/0/0": "a" });
  await server.observe("/meter-1/16/0");
  await server.observe(TEMPERATURE);
  const since = gateway.status().devices[0]?.since;
  world.configure([PLAIN]);
  await world.reload();
  assert.equal((await server.read("/meter-1/16")).code, "4.04");
  assert.deepEqual(codes(world, "/meter-1/16/0"), ["4.04"]);
  assert.doesNotMatch((await server.read("/25/0/3")).text, /<\/16/);
  world.configure([METER]);
  await world.reload();
  assert.deepEqual((await server.read("/meter-1/16/0/0")).values, { "/meter-1/16/0/0/0": "a" });
  assert.equal(gateway.status().devices[0]?.since, since);
  meter.set(POINT.temperature, 22);
  await clock.advance(15 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), [22]);
});

test("without stored_objects a Create is 4.05, of a device's instances too", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, devices: [PLAIN] });
  const { server } = world;
  assert.equal((await server.create("/16", { "/16/0/0/0": "a" })).code, "4.04");
  assert.equal((await server.create("/meter-1/3303")).code, "4.05");
  assert.equal((await server.delete("/meter-1/3303/0")).code, "4.05");
  assert.equal((await server.delete("/meter-1/3/0/11/0")).code, "4.01");
});
