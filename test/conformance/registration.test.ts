/** The cases 100 to 199 of the OMA Enabler Test Specification "LightweightM2M INT" 1.2: registration. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { SIGNAL } from "../../src/coap/signaling.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import type { AGateway } from "../support/a-gateway.ts";
import { aClient, C3_ACCOUNT, since } from "../support/conformance-setup.ts";

const { text } = CONTENT_FORMAT;

/** What it asked since then: kind, query and object list of each. */
function asked(world: AGateway, count: number) {
  return since(world, count).map(({ type, query, objects }) => [type, query, objects] as const);
}

for (const version of ["1.1", "1.2"]) {
  test(`LightweightM2M-1.1-int-101: the Register names lifetime, version, binding and objects, in LwM2M ${version}`, async (t) => {
    const { server } = await aClient(t, { servers: [`${C3_ACCOUNT}, version: "${version}"`] });
    const [register, ...more] = server.registrations.heard;
    assert.ok(register !== undefined && more.length === 0);
    assert.equal(register.path, "/rd");
    assert.deepEqual(register.query, ["ep=urn:dev:ops:32473-test", "lt=86400", `lwm2m=${version}`, "b=U"]);
    const links = register.objects.split(",").map((link) => link.split(";")[0]);
    for (const link of ["</1/0>", "</3/0>", "</25/0>"]) assert.ok(links.includes(link), link);
    assert.deepEqual(
      links.filter((link = "") => /^<\/(0|21|23|unit-1)[/>]/.test(link)),
      [],
      "neither keys nor devices",
    );
    assert.equal(server.registrations.location, "/rd/1");
    assert.equal((await server.read("/3/0")).code, "2.05", "registered: it answers");
  });
}

test("LightweightM2M-1.1-int-102: a written lifetime is told in an Update, and kept by Updates without parameters", async (t) => {
  const world = await aClient(t);
  const { clock, server } = world;
  assert.equal((await server.write("/1/0/1", 20, text)).code, "2.04");
  await clock.advance(SECOND);
  assert.deepEqual(asked(world, 1), [["update", ["lt=20"], ""]]);
  const before = since(world, 0).at(-1)?.at ?? 0;
  await clock.advance(20 * SECOND);
  const [next] = since(world, 2);
  assert.deepEqual([next?.type, next?.query, next?.objects], ["update", [], ""]);
  assert.ok((next?.at ?? Number.POSITIVE_INFINITY) - before < 20 * SECOND, "before the registration ends");
});

test("LightweightM2M-1.1-int-103: Disable is answered, then the registration is given back", async (t) => {
  const world = await aClient(t);
  const { clock, server } = world;
  assert.equal((await server.execute("/1/0/4")).code, "2.04");
  await clock.advance(SECOND);
  const [gone, ...more] = since(world, 1);
  assert.deepEqual([gone?.type, gone?.path, more.length], ["deregister", "/rd/1", 0]);
  assert.equal(server.registrations.location, undefined);
});

test("LightweightM2M-1.1-int-104: the trigger brings an Update without parameters, and the registration goes on", async (t) => {
  const world = await aClient(t);
  const { clock, server } = world;
  assert.equal((await server.write("/1/0/1", 20, text)).code, "2.04");
  await clock.advance(SECOND);
  assert.equal((await server.execute("/1/0/8")).code, "2.04");
  await clock.advance(SECOND);
  assert.deepEqual(asked(world, 2), [["update", [], ""]]);
  await clock.advance(MINUTE);
  const times = since(world, 1).map(({ at }) => at);
  assert.ok(
    times.slice(1).every((at, i) => at - (times[i] ?? 0) < 20 * SECOND),
    "no lifetime passes without an Update",
  );
  assert.deepEqual(new Set(since(world, 1).map(({ type }) => type)), new Set(["update"]));
});

test("LightweightM2M-1.1-int-105: an Update that is answered 4.04 is followed by a whole Register", async (t) => {
  const world = await aClient(t);
  const { clock, server } = world;
  // The case writes by POST, which on a resource is an Execute: it writes by PUT.
  assert.equal((await server.execute("/1/0/1", "60")).code, "4.05");
  assert.equal((await server.write("/1/0/1", 60, text)).code, "2.04");
  await clock.advance(SECOND);
  const [register] = since(world, 0);
  server.registrations.refuse.update = CODE.notFound;
  await clock.advance(40 * SECOND);
  const [update, again] = since(world, 2);
  assert.equal(update?.type, "update");
  assert.deepEqual([again?.type, again?.path, again?.objects], ["register", "/rd", register?.objects]);
  assert.ok(again?.query.includes("lt=60"), "with the lifetime that was written");
  assert.equal(server.registrations.location, "/rd/2");
  assert.equal((await server.read("/1/0/1")).text, "60");
});

test("LightweightM2M-1.1-int-106: over TCP each side tells what it takes first, then it registers with b=T", async (t) => {
  const { server } = await aClient(t, { scheme: "coap+tcp" });
  const heard = (side: "gateway" | "server") =>
    server.packets.filter(({ from }) => from === side).map(({ message: { code } }) => code);
  assert.deepEqual(heard("gateway").slice(0, 2), [SIGNAL.csm, CODE.post]);
  assert.deepEqual(heard("server").slice(0, 2), [SIGNAL.csm, CODE.created]);
  const [register] = server.registrations.heard;
  assert.deepEqual(register?.query, ["ep=urn:dev:ops:32473-test", "lt=86400", "lwm2m=1.2", "b=T"]);
  assert.equal(server.registrations.location, "/rd/1");
  assert.equal((await server.read("/1/0/7")).text, "T");
  assert.equal((await server.read("/3/0/16")).text, "T");
});

test("LightweightM2M-1.1-int-107: a longer lifetime is told at once, and the next Update comes within it", async (t) => {
  const world = await aClient(t, { servers: ["lifetime: 60s"] });
  const { clock, server } = world;
  assert.deepEqual(since(world, 0)[0]?.query, ["ep=urn:dev:ops:32473-test", "lt=60", "lwm2m=1.2", "b=U"]);
  const written = clock.wall();
  assert.equal((await server.write("/1/0/1", 120, text)).code, "2.04");
  await clock.advance(SECOND);
  const [update] = since(world, 1);
  assert.deepEqual([update?.type, update?.query, update?.objects], ["update", ["lt=120"], ""]);
  assert.ok((update?.at ?? Number.POSITIVE_INFINITY) - written <= SECOND);
  await clock.advance(2 * MINUTE);
  const next = since(world, 2)[0];
  assert.deepEqual([next?.type, next?.query], ["update", []]);
  assert.ok((next?.at ?? 0) - (update?.at ?? 0) < 2 * MINUTE);
  assert.ok((next?.at ?? 0) - (update?.at ?? 0) >= 30 * SECOND, "the old lifetime no longer counts");
});

test("LightweightM2M-1.1-int-108: queue mode is told by Q at the Register", async (t) => {
  const { server } = await aClient(t, { servers: ["lifetime: 60s, queue_mode: true"] });
  const [register] = server.registrations.heard;
  assert.deepEqual(register?.query, ["ep=urn:dev:ops:32473-test", "lt=60", "lwm2m=1.2", "b=U", "Q"]);
});

test("LightweightM2M-1.1-int-109: silent 93 s after the last message, it serves again with the next Update", async (t) => {
  const world = await aClient(t, { servers: ["lifetime: 60s, queue_mode: true"] });
  const { clock, server } = world;
  assert.equal((await server.write("/1/0/1", 240, text)).code, "2.04");
  await clock.advance(SECOND);
  assert.deepEqual(asked(world, 1), [["update", ["lt=240"], ""]]);
  const awake = server.packets.length;
  // The Read that the operator orders meanwhile waits in the server.
  await clock.advance(120 * SECOND);
  assert.equal(server.packets.length, awake, "nothing is said for so long");
  while (since(world, 2).length === 0) await clock.advance(SECOND);
  const [update, ...more] = since(world, 2);
  assert.deepEqual([update?.type, update?.query, more.length], ["update", [], 0]);
  assert.ok((update?.at ?? 0) - (since(world, 1)[0]?.at ?? 0) < 240 * SECOND, "within the lifetime");
  assert.equal((await server.read("/1/0/1")).text, "240");
});

const PROFILE = "6:27354b9a";

test("LightweightM2M-1.2-int-110: a profile stands for the object list, once the server has taken both", async (t) => {
  const world = await aClient(t, { servers: [`${C3_ACCOUNT}, profile_id: "${PROFILE}"`] });
  const { server } = world;
  server.registrations.refuse.update = CODE.notFound;
  assert.equal((await server.execute("/1/0/8")).code, "2.04");
  await world.clock.advance(SECOND);
  const again = since(world, 1).find(({ type }) => type === "register");
  assert.deepEqual(again?.query.slice(1), ["lt=86400", "lwm2m=1.2", "b=U", `pid=${PROFILE}`]);
  assert.equal(again?.objects, "");
  assert.equal(server.registrations.location, "/rd/2");
});

test("LightweightM2M-1.2-int-111: a profile and an object list in one Register", async (t) => {
  const { server } = await aClient(t, { servers: [`${C3_ACCOUNT}, profile_id: "${PROFILE}"`] });
  const [register] = server.registrations.heard;
  assert.deepEqual(register?.query.slice(1), ["lt=86400", "lwm2m=1.2", "b=U", `pid=${PROFILE}`]);
  assert.match(register?.objects ?? "", /<\/25\/0>/);
});
