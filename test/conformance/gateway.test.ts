/**
 * What a gateway must do beyond a client (LwM2M Gateway TS 1.1), for which OMA has no test cases: what stands under the
 * prefixes, and in object 25.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import type { Value } from "../../src/lwm2m/sample.ts";
import type { ScriptedServer } from "../support/scripted-server.ts";
import { DEV_0, DEV_1, pair, TEMPERATURE, twoRooms, VALUE } from "../support/two-rooms.ts";

const DIMMER = "3311/0/5851";

function request(server: ScriptedServer, method: keyof typeof CODE, path: string, payload?: Uint8Array) {
  const body = payload === undefined ? {} : { payload, format: CONTENT_FORMAT.tlv };
  return server.settled(server.ask(CODE[method], path, body));
}

test("gateway-1: a Register with two devices lists /25 and its instances, and no prefix", async (t) => {
  const { server } = await twoRooms(t);
  const objects = server.registrations.heard[0]?.objects ?? "";
  assert.match(objects, /,<\/25>;ver=2\.0,<\/25\/0>,<\/25\/1>$/);
  assert.doesNotMatch(objects, /dev-/);
});

test("gateway-2: devices are added and removed, and /25 follows; the same device twice is refused", async (t) => {
  const world = await twoRooms(t);
  const { server } = world;
  const instances = async () => (await server.discover("/25", "depth=1")).text;
  world.configure([DEV_0]);
  assert.equal(await world.reload(), true);
  assert.equal(await instances(), "</25>;ver=2.0,</25/0>");
  assert.match(server.registrations.heard.at(-1)?.objects ?? "", /<\/25\/0>$/, "told by an Update");
  assert.equal((await server.read(`/dev-1/${TEMPERATURE}`)).code, "4.04");
  world.configure([DEV_0, DEV_1]);
  assert.equal(await world.reload(), true);
  assert.equal(await instances(), "</25>;ver=2.0,</25/0>,</25/1>");
  assert.equal((await server.read("/25/1/1")).text, "dev-1");
  world.configure([DEV_0, DEV_1, DEV_0]);
  const before = world.lines.length;
  assert.equal(await world.reload(), true);
  const errors = world.lines.slice(before).filter(({ level }) => level === "error");
  assert.match(errors[0]?.message ?? "", /two devices have the id "dev-0"; the other stands at .*config\.yaml:7/);
  assert.equal(await instances(), "</25>;ver=2.0,</25/0>,</25/1>", "the second one is off");
  assert.equal((await server.read(VALUE)).text, "21", "the first one runs on");
});

test("gateway-3: /25 is read as a whole, by instance and by resource, and cannot be created", async (t) => {
  const { server } = await twoRooms(t);
  const object = await server.read("/25");
  assert.equal(object.format, CONTENT_FORMAT.senmlCbor, "the default where there are several values");
  assert.deepEqual(
    Object.keys(object.values),
    [0, 1].flatMap((instance) => [0, 1, 3].map((id) => `/25/${instance}/${id}`)),
  );
  const instance = await server.read("/25/0", { accept: CONTENT_FORMAT.tlv });
  assert.deepEqual([instance.code, instance.format], ["2.05", CONTENT_FORMAT.tlv]);
  assert.equal(instance.values["/25/0/1"], "dev-0");
  for (const [path, text] of [
    ["/25/1/0", "urn:dev:ops:32473-test-dev-1"],
    ["/25/1/1", "dev-1"],
    ["/25/1/3", "</3>;ver=1.0,</3/0>,</3303/0>,</3303/1>,</3311/0>,</3442/0>"],
  ] as const) {
    const answer = await server.read(path);
    assert.deepEqual([answer.format, answer.text], [CONTENT_FORMAT.text, text]);
  }
  assert.equal((await request(server, "post", "/25")).code, "4.05");
  assert.equal((await request(server, "post", "/25", Uint8Array.of(0x08, 0x05, 0))).code, "4.05");
});

test("gateway-4: prefixed reads in TLV and text carry no prefix: they are those of a client", async (t) => {
  const { server } = await twoRooms(t);
  const tlv = async (path: string): Promise<string> => {
    const before = server.packets.length;
    assert.equal((await server.read(path, { accept: CONTENT_FORMAT.tlv })).code, "2.05");
    const [answer] = server.packets.slice(before).filter(({ from }) => from === "gateway");
    return Buffer.from(answer?.message.payload ?? []).toString("hex");
  };
  // 21.0, 22.0 and "Cel" as floats and text of the resources 5700 and 5701.
  const room = "e4164441a80000e3164543656c";
  const other = "e4164441b00000e3164543656c";
  assert.equal(await tlv("/dev-0/3303/0"), room);
  assert.equal(await tlv("/dev-0/3303"), `08000d${room}08010d${other}`);
  assert.equal(await tlv(VALUE), "e4164441a80000");
  assert.equal((await server.read(VALUE)).text, "21");
  assert.equal((await server.read("/dev-1/3303/1/5701")).text, "Cel");
  assert.equal(await tlv("/dev-0/3/0/16"), await tlv("/3/0/16"), "as the gateway's own");
});

test("gateway-5: a prefixed instance of a resource is written by names with the prefix; the other device is not", async (t) => {
  const { bus, server } = await twoRooms(t);
  const path = "/dev-0/3442/0/1120/1";
  const named = Uint8Array.from(Buffer.from("81a221742f6465762d302f333434322f302f313132302f3102182a", "hex"));
  const format = CONTENT_FORMAT.senmlCbor;
  const answer = await server.settled(server.ask(CODE.put, path, { format, payload: named }));
  assert.deepEqual([answer.code, answer.text], ["2.04", ""]);
  assert.deepEqual([bus.unit(1).written, bus.unit(2).written], [[["3442/0/1120/1", 42]], []]);
  assert.deepEqual((await server.read("/dev-0/3442/0/1120")).values, { "/dev-0/3442/0/1120/0": 7, [path]: 42 });
  const stranger = await server.settled(server.ask(CODE.put, "/dev-1/3442/0/1120/1", { format, payload: named }));
  assert.equal(stranger.code, "4.00");
  assert.match(stranger.text, /\/dev-0\/3442\/0\/1120\/1.*\/dev-1\/3442\/0\/1120\/1/);
  assert.deepEqual(bus.unit(2).written, []);
});

/** All that object 2 says. */
async function aboutAccess(server: ScriptedServer): Promise<Readonly<Record<string, Value>>> {
  return (await server.read("/2")).values;
}

test("gateway-6: object 2 stands before nothing that a device has: every server may do what the device can", async (t) => {
  const world = await twoRooms(t, ["", "access: { write: all }"]);
  const before = await aboutAccess(world.server);
  for (const [i, server] of pair(world).entries()) {
    assert.equal((await server.read(VALUE)).code, "2.05");
    assert.equal((await server.write(`/dev-0/${DIMMER}`, 40 + i)).code, "2.04");
    assert.equal((await server.observe(VALUE)).code, "2.05");
    // The instances of this device are not the server's to make: the device decides so, not a right that is missing.
    assert.equal((await request(server, "post", "/dev-0/3303", Uint8Array.of(0x08, 0x05, 0))).code, "4.05");
    assert.equal((await request(server, "delete", "/dev-0/3303/0")).code, "4.05");
    assert.deepEqual(await aboutAccess(server), before, "object 2 says nothing of it, before and after");
  }
});

test("gateway-6: what one server creates under a prefix another may write and delete, and no object 2 tells of it", async (t) => {
  const world = await twoRooms(t, ["", "access: { write: all }"]);
  const [one, two] = pair(world);
  const before = await aboutAccess(one);
  assert.equal((await one.create("/dev-0/16", { "/dev-0/16/1/0/0": "hall 4" })).code, "2.01");
  assert.deepEqual((await two.read("/dev-0/16/1")).values, { "/dev-0/16/1/0/0": "hall 4" });
  assert.equal((await two.replace("/dev-0/16/1", { "/dev-0/16/1/0/0": "hall 5" })).code, "2.04");
  for (const server of [one, two]) assert.deepEqual(await aboutAccess(server), before);
  assert.equal((await two.delete("/dev-0/16/1")).code, "2.02");
  assert.equal((await one.read("/dev-0/16/1")).code, "4.04");
  for (const server of [one, two]) assert.deepEqual(await aboutAccess(server), before);
});

test("gateway-7: attributes belong to a server and a prefix, and are inherited within a device", async (t) => {
  const world = await twoRooms(t, ["", ""]);
  const [one, two] = pair(world);
  assert.equal((await one.writeAttributes("/dev-0/3303", "pmin=5")).code, "2.04");
  assert.equal((await one.writeAttributes("/dev-0/3303/0", "pmax=60")).code, "2.04");
  assert.equal((await one.writeAttributes(VALUE, "gt=30.5")).code, "2.04");
  assert.equal((await two.writeAttributes(VALUE, "lt=-5")).code, "2.04");
  const shown = async (server: ScriptedServer, path: string) => (await server.discover(path)).text;
  assert.equal(await shown(one, VALUE), "</3303/0/5700>;pmin=5;pmax=60;gt=30.5");
  assert.equal(await shown(two, VALUE), "</3303/0/5700>;lt=-5");
  assert.equal(await shown(one, `/dev-1/${TEMPERATURE}`), "</3303/0/5700>", "another device");
  assert.equal((await one.writeAttributes("/dev-0/3", "pmin=7")).code, "2.04");
  assert.equal(await shown(one, "/3/0/16"), "</3/0/16>", "the gateway's own object of the same number");
  assert.equal((await one.discover("/dev-0/3442/0/1120/0")).code, "4.05");
  const bad = await one.writeAttributes(VALUE, "epmin=-10");
  assert.equal(bad.code, "4.00");
  assert.match(bad.text, /epmin=-10/);
  assert.equal(await shown(one, VALUE), "</3303/0/5700>;pmin=5;pmax=60;gt=30.5");
});

test("gateway-9: composite operations mix the gateway and several devices", async (t) => {
  const { bus, clock, server } = await twoRooms(t);
  const other = `/dev-1/${TEMPERATURE}`;
  const read = await server.fetch(["/3/0/16", VALUE, "/dev-1/3303/1", "/dev-9/3/0", "/dev-0/3303/7"]);
  assert.equal(read.code, "2.05");
  assert.deepEqual(read.values, {
    "/3/0/16": "U",
    [VALUE]: 21,
    "/dev-1/3303/1/5700": 32,
    "/dev-1/3303/1/5701": "Cel",
  });
  const changes = { "/1/0/2": 1, [`/dev-0/${DIMMER}`]: 30, [`/dev-1/${DIMMER}`]: 60 };
  assert.equal((await server.ipatch(changes)).code, "2.04");
  assert.deepEqual([bus.unit(1).written, bus.unit(2).written], [[[DIMMER, 30]], [[DIMMER, 60]]]);
  const refused = await server.ipatch({ ...changes, [`/dev-1/${DIMMER}`]: 160, "/1/0/2": 9 });
  assert.equal(refused.code, "4.00");
  assert.match(refused.text, /\/dev-1\/3311\/0\/5851.*160/);
  assert.deepEqual([bus.unit(1).written.length, bus.unit(2).written.length], [1, 1], "all or nothing");
  assert.equal((await server.read("/1/0/2")).text, "1");
  const observed = ["/3/0/16", VALUE, other];
  await server.observeComposite(observed);
  bus.unit(2).set(TEMPERATURE, 35);
  await clock.advance(3 * SECOND);
  const [news] = server.notified(observed.join(" "));
  assert.deepEqual(news?.values, { "/3/0/16": "U", [VALUE]: 21, [other]: 35 });
});

test("gateway-11: no bootstrap operation touches /25 or a prefix, and none tells of a device", async (t) => {
  const { bus, server } = await twoRooms(t);
  const tree = async () => (await server.discover("/25", "depth=3")).text;
  const before = await tree();
  const value = Uint8Array.of(0xc1, 0x01, 0x61);
  for (const [method, path, payload] of [
    ["put", "/25/0", value],
    ["delete", "/25/0", undefined],
    ["delete", "/25", undefined],
    ["put", "/25", value],
    ["delete", "/", undefined],
    ["delete", "/dev-0", undefined],
    ["delete", "/dev-0/3303", undefined],
    ["delete", "/dev-0/3303/0", undefined],
    ["put", "/dev-0/3303", value],
  ] as const) {
    assert.equal((await request(server, method, path, payload)).code, "4.05", `${method} ${path}`);
  }
  for (const path of ["/", "/dev-0"]) {
    const discovered = await server.discover(path);
    assert.equal(discovered.code, "4.00", `Bootstrap-Discover ${path}`);
    assert.doesNotMatch(discovered.text, /</);
  }
  assert.equal((await request(server, "post", "/bs")).code[0], "4", "Bootstrap-Finish");
  assert.equal(await tree(), before);
  assert.deepEqual([bus.unit(1).written, bus.unit(2).written], [[], []]);
});
