import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { accessTo, grant } from "../support/access.ts";
import { audited, DIMMER, HALL, started, two } from "../support/several-servers.ts";

test("one server alone has no object 2", async (t) => {
  const { server } = await started(t, [""]);
  assert.equal((await server.read("/2")).code, "4.04");
  assert.doesNotMatch(server.registrations.heard[0]?.objects ?? "", /<\/2[,/>]/);
});

test("object 2 stands in every Register, says whose what is, and only the owner changes it", async (t) => {
  const world = await started(t, ["", ""]);
  const [one, other] = two(world);
  assert.match(one.registrations.heard[0]?.objects ?? "", /,<\/1\/1>,<\/2\/0>,<\/2\/1>,.*<\/3\/0>/);
  const device = await accessTo(one, 3, 0);
  assert.deepEqual((await other.read(device)).values, {
    [`${device}/0`]: 3,
    [`${device}/1`]: 0,
    [`${device}/2/102`]: 1,
    [`${device}/3`]: 101,
  });
  assert.equal((await other.read("/3/0/0")).code, "2.05");
  const refused = await other.write(`${device}/2/102`, 7);
  assert.equal(refused.code, "4.01");
  assert.match(refused.text, /its owner is server 101/);
  assert.equal((await one.write(`${device}/2/102`, 0)).code, "2.04");
  const hidden = await other.read("/3/0/0");
  assert.deepEqual(
    [hidden.code, hidden.text],
    ["4.01", `server 102 has no right to read /3/0: see ${device}, which is server 101's`],
  );
  assert.equal((await other.read("/3")).code, "4.01");
  assert.equal((await other.discover("/3")).code, "2.05", "a Discover needs no right");
  assert.equal((await other.writeAttributes("/3", "pmin=5")).code, "2.04");
  assert.equal((await other.writeAttributes("/3/0", "pmin=5")).code, "4.01");
});

test("the account of each server is its own: the other does not even read it", async (t) => {
  const world = await started(t, ["", "access: { write: all }"]);
  const [one, other] = two(world);
  assert.equal((await one.read("/1/0/1")).code, "2.05");
  assert.equal((await other.read("/1/0/1")).code, "4.01");
  assert.deepEqual(
    Object.keys((await other.read("/1")).values).filter((path) => !path.startsWith("/1/1/")),
    [],
  );
  assert.equal((await other.write("/1/1/1", 600)).code, "2.04");
  assert.equal((await other.write("/1/0/1", 600)).code, "4.01");
  assert.equal((await other.execute("/1/0/8")).code, "4.01");
});

test("what a server creates is its own, until it gives another a right; deleting it takes the rights along", async (t) => {
  const world = await started(t, ["", "access: { write: all }"]);
  const [one, other] = two(world);
  await one.observe("/2");
  assert.equal((await one.create("/16", { "/16/4/0/0": "pump" })).code, "2.01");
  await world.clock.advance(5 * SECOND);
  const access = await accessTo(one, 16, 4);
  assert.equal(one.received(`${access}/3`).at(-1), 101, "who observes object 2 is told");
  assert.match(other.registrations.heard.at(-1)?.objects ?? "", new RegExp(`<${access}>`));
  assert.equal((await other.read("/16/4/0/0")).code, "4.01");
  assert.equal((await other.observe("/16/4")).code, "4.01");
  assert.equal((await grant(one, access, 102, 1)).code, "2.04");
  assert.equal((await other.observe("/16/4")).code, "2.05");
  assert.equal((await other.write("/16/4/0/0", "valve")).code, "4.01");
  assert.equal((await one.write("/16/4/0/0", "valve")).code, "2.04");
  await world.clock.advance(SECOND);
  assert.deepEqual(other.received("/16/4/0/0"), ["valve"]);
  assert.equal((await grant(one, access, 102, 2)).code, "2.04");
  assert.equal((await one.write("/16/4/0/0", "door")).code, "2.04");
  await world.clock.advance(5 * SECOND);
  assert.deepEqual(other.received("/16/4/0/0"), ["valve"], "without the right to read nothing more is told");
  assert.equal((await other.write("/16/4/0/0", "gate")).code, "2.04");
  assert.equal((await other.delete("/16/4")).code, "4.01");
  assert.equal((await one.delete("/16/4")).code, "2.02");
  await world.clock.advance(SECOND);
  assert.equal((await one.read(access)).code, "4.04");
  assert.equal((await other.create("/16", { "/16/4/0/0": "mine" })).code, "2.01");
  assert.equal((await one.read("/16/4")).code, "4.01", "whoever makes it anew owns it");
});

test("what the configuration does not allow no owner can grant", async (t) => {
  const world = await started(t, ["", ""]);
  const [one, other] = two(world);
  assert.equal((await one.create("/16", { "/16/0/0/0": "pump" })).code, "2.01");
  assert.equal((await grant(one, await accessTo(one, 16, 0), 102, 15)).code, "2.04");
  assert.equal((await other.read("/16/0/0/0")).code, "2.05");
  const refused = await other.write("/16/0/0/0", "valve");
  assert.deepEqual([refused.code, /access\.write is none/.test(refused.text)], ["4.01", true], refused.text);
  assert.equal((await other.create("/16", { "/16/1/0/0": "x" })).code, "4.01");
});

test("composite operations leave out what may not be read, and write all or nothing", async (t) => {
  const world = await started(t, ["", "access: { write: all }"]);
  const [one, other] = two(world);
  assert.equal((await one.create("/16", { "/16/0/0/0": "pump" })).code, "2.01");
  const { values } = await other.fetch(["/16/0", "/1", HALL]);
  assert.deepEqual(
    [values["/16/0/0/0"], values["/1/0/1"], values["/1/1/1"], values[HALL]],
    [undefined, undefined, 300, 21],
  );
  const whole = await other.fetch(["/"]);
  assert.ok("/2/0/3" in whole.values && !("/16/0/0/0" in whole.values));
  const refused = await other.ipatch({ [DIMMER]: 9, "/16/0/0/0": "valve" });
  assert.equal(refused.code, "4.01");
  assert.deepEqual(world.bus.unit(1).written, []);
});

test("what stands under a prefix is not object 2's business", async (t) => {
  const world = await started(t, ["", "access: { write: all }"]);
  const [one, other] = two(world);
  const before = (await one.read("/2")).values;
  assert.equal((await one.create("/hall-1/16", { "/hall-1/16/0/0/0": "pump" })).code, "2.01");
  assert.equal((await other.read("/hall-1/16/0/0/0")).code, "2.05");
  assert.equal((await other.delete("/hall-1/16/0")).code, "2.02");
  assert.deepEqual((await one.read("/2")).values, before);
});

test("rights, owners and the numbers of object 2 outlive a restart, and a crash", async (t) => {
  const world = await started(t, ["", "access: { write: all }"]);
  const [one, other] = two(world);
  assert.equal((await other.create("/16", { "/16/0/0/0": "pump" })).code, "2.01");
  const access = await accessTo(one, 16, 0);
  assert.equal((await grant(other, access, 101, 3)).code, "2.04");
  assert.equal((await one.create("/16", { "/16/1/0/0": "fan" })).code, "2.01");
  const before = (await one.read("/2")).values;
  await world.clock.advance(5 * SECOND);
  await world.kill();
  await world.start();
  await world.clock.advance(10 * SECOND);
  assert.deepEqual((await one.read("/2")).values, before);
  assert.equal((await one.write("/16/0/0/0", "valve")).code, "2.04");
  assert.equal((await one.delete("/16/0")).code, "4.01");
  assert.equal((await other.read("/16/1")).code, "4.01");
});

test("a server that is another's no more leaves what it owned to the one with the most rights", async (t) => {
  const world = await started(t, ["", "access: { write: all }"]);
  const [one, other] = two(world);
  assert.equal((await other.create("/16", { "/16/0/0/0": "pump" })).code, "2.01");
  await world.stop();
  world.configure(undefined, [""]);
  await world.start();
  await world.clock.advance(5 * SECOND);
  assert.equal((await one.read("/2")).code, "4.04");
  assert.equal((await one.read("/16/0/0/0")).text, "pump", "who is alone may do everything");
  assert.equal((await one.settled(one.ask(CODE.delete, "/16/0", { format: CONTENT_FORMAT.tlv }))).code, "2.02");
});

test("in layout instances object 2 is about the folded instances, too, and the operator's word about the device", async (t) => {
  const world = await started(t, ["layout: instances", "layout: instances, access: { write: all }"]);
  const [one, other] = two(world);
  const value = "/3303/2/5700";
  const access = await accessTo(one, 3303, 2);
  assert.deepEqual((await one.read(access)).values, {
    [`${access}/0`]: 3303,
    [`${access}/1`]: 2,
    [`${access}/2/102`]: 15,
    [`${access}/3`]: 101,
  });
  assert.equal((await other.write("/3311/1/5851", 7)).code, "2.04");
  assert.equal((await other.observe(value)).code, "2.05");
  await other.observe("/2");
  assert.equal((await grant(one, access, 102, 0)).code, "2.04");
  await world.clock.advance(SECOND);
  assert.deepEqual(other.received(`${access}/2/102`), [0]);
  world.bus.unit(2).set("3303/0/5700", 35);
  await world.clock.advance(20 * SECOND);
  assert.deepEqual(other.received(value), []);
  assert.equal((await other.read(value)).code, "4.01");
  assert.equal(Object.keys((await other.read("/3303")).values).includes(value), false);
  assert.equal((await one.read(value)).text, "35");
  assert.deepEqual(
    audited(world).map(([, , path]) => path),
    ["/hall-2/3311/0/5851", `${access}/2`],
  );
});
