/** What the running gateway says that its servers see: measured at what they were sent. */
import assert from "node:assert/strict";
import test from "node:test";
import { MINUTE, SECOND } from "../../../src/clock.ts";
import type { SeeingServerStatus } from "../../../src/gateway/status.ts";
import { CONTENT_FORMAT } from "../../../src/lwm2m/formats/codec.ts";
import { type AGateway, aGateway } from "../../support/a-gateway.ts";
import { CLIMATE_SETUP, climateMeter } from "../../support/climate-mapping.ts";
import { room, rooms } from "../../support/rooms.ts";
import { bodyOf } from "../../support/shown.ts";

const METERS = [1, 2, 3].map(climateMeter);

const statusOf = ({ gateway }: AGateway, server = 101): SeeingServerStatus =>
  gateway.status().servers.find(({ shortServerId }) => shortServerId === server) ?? assert.fail();

/** Of the newest list of objects that a server was sent. */
function listed({ servers }: AGateway, server = 101): number | undefined {
  const heard = servers[server - 101]?.registrations.heard ?? [];
  return heard.findLast(({ objects }) => objects.length > 0)?.objects.length;
}

for (const keys of ["", "version: 1.1", "gateway_object: 1.0", "layout: instances", "layout: clients"]) {
  test(`the sizes are those of what was sent: server with ${keys || "the defaults"}`, async (t) => {
    const world = await aGateway(t, { ...CLIMATE_SETUP, servers: [keys], devices: METERS });
    const { shown } = statusOf(world);
    assert.equal(bodyOf(shown, "register").bytes, listed(world));
    const { server } = world;
    assert.equal((await server.read("/25", { accept: CONTENT_FORMAT.tlv })).code, "2.05");
    const answer = server.packets.findLast(({ from, message }) => from === "gateway" && message.code === 0x45);
    assert.equal(bodyOf(shown, "gatewayObject").bytes, answer?.message.payload.length);
  });
}

test("a device that is gone, and one that is new, are counted by the instances that they have", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["layout: instances"], devices: METERS });
  assert.equal(statusOf(world).shown.devices.length, 3);
  world.configure([...METERS.slice(1), climateMeter(12)]);
  assert.ok(await world.reload());
  await world.clock.advance(MINUTE);
  const { shown } = statusOf(world);
  assert.deepEqual(
    shown.devices.map(({ id }) => id),
    ["meter-2", "meter-3", "meter-12"],
  );
  assert.equal(shown.instances, 12);
  assert.equal(bodyOf(shown, "register").bytes, listed(world));
});

test("what a server has made is counted, and it is reckoned anew only when something is another", async (t) => {
  const meter = "{ id: meter-1, mapping: climate, link: bus, unit_id: 1, stored_objects: [16] }";
  const world = await aGateway(t, { ...CLIMATE_SETUP, gateway: "stored_objects: [16]", devices: [meter] });
  const before = statusOf(world).shown;
  assert.equal(statusOf(world).shown, before);
  const made = await world.server.create("/16", { "/16/7/0/0": "hall 4" });
  assert.equal(made.code, "2.01");
  await world.clock.advance(10 * SECOND);
  const { shown } = statusOf(world);
  assert.equal(bodyOf(shown, "register").bytes, listed(world));
  assert.ok(bodyOf(shown, "register").bytes > bodyOf(before, "register").bytes);
});

test("each server has what it sees: access counts for each, and object 2 for all", async (t) => {
  const servers = ["", "layout: instances, access: { devices: [meter-1] }"];
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers, devices: METERS });
  const [first, second] = [statusOf(world).shown, statusOf(world, 102).shown];
  assert.deepEqual([first.unseen, first.access], [[], { write: "all", writable: [] }]);
  assert.deepEqual([second.unseen, second.access], [["meter-2", "meter-3"], { write: "none", writable: [] }]);
  assert.deepEqual(second.devices, [{ id: "meter-1" }]);
  assert.equal(bodyOf(first, "register").bytes, listed(world));
  assert.equal(bodyOf(second, "register").bytes, listed(world, 102));
});

test("in layout clients the longest list of a device is the one that was sent", async (t) => {
  const world = await rooms(t, { run: 10 * SECOND });
  const { shown } = statusOf(world);
  assert.equal(shown.registrations, 3);
  const [first = assert.fail()] = shown.devices;
  const { heard } = world.client(first.endpoint ?? "").registrations;
  assert.equal(bodyOf(shown, "clientRegister").bytes, heard[0]?.objects.length);
  world.configure([room(1)]);
  assert.ok(await world.reload());
  assert.equal(statusOf(world).shown.registrations, 2);
});

test("layout auto is instances, and once it has changed, gateway", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["layout: auto"] });
  // The registration after this one is the same gateway's, from another socket.
  world.endsOf(101).begin();
  assert.deepEqual(statusOf(world).shown.devices, [{ id: "meter-1" }]);
  assert.equal((await world.server.read("/meter-1/3304/0/5700")).code, "2.05");
  await world.clock.advance(10 * SECOND);
  const { shown } = statusOf(world);
  assert.deepEqual([shown.layout, shown.shownAs], ["auto", "gateway"]);
  assert.deepEqual(shown.devices, [{ id: "meter-1", prefix: "meter-1" }]);
  assert.equal(bodyOf(shown, "register").bytes, listed(world));
});
