import assert from "node:assert/strict";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import fc from "fast-check";
import { simulated } from "../../../adapters/simulated/index.ts";
import { AdapterShelf } from "../../../src/config/adapter-shelf.ts";
import { readConfig } from "../../../src/gateway/read-config.ts";
import { CALIFORNIUM_BODY, type Shown } from "../../../src/gateway/shown/shown.ts";
import { shownByConfig } from "../../../src/gateway/shown/shown-by-config.ts";
import { CONTENT_FORMAT } from "../../../src/lwm2m/formats/codec.ts";
import { parsePattern } from "../../../src/lwm2m/path-pattern.ts";
import { type AGateway, aGateway, type Setup } from "../../support/a-gateway.ts";
import { CLIMATE_SETUP, climateMeter } from "../../support/climate-mapping.ts";
import { FakeBus, modbusOn } from "../../support/fake-bus.ts";
import { bodyOf, SHOWING_SERVER, shownRooms } from "../../support/shown.ts";

/** What `check` says of the files of a gateway that runs with them. */
async function checked(t: TestContext, setup: Setup): Promise<{ world: AGateway; all: readonly Shown[] }> {
  const world = await aGateway(t, { ...CLIMATE_SETUP, devices: [1, 2, 3].map(climateMeter), ...setup });
  const adapters = AdapterShelf.of([modbusOn(new Map([["bus", new FakeBus(world.clock)]])), simulated]);
  return { world, all: shownByConfig(await readConfig(join(world.folder, "config.yaml"), adapters)) };
}

for (const keys of ["", "version: 1.1", "gateway_object: 1.0"]) {
  test(`the sizes are those of what a gateway sends: server with ${keys || "the defaults"}`, async (t) => {
    const { world, all } = await checked(t, { servers: [keys] });
    const [only = assert.fail()] = all;
    const { server } = world;
    assert.equal(bodyOf(only, "register").bytes, server.registrations.heard[0]?.objects.length);
    assert.equal((await server.read("/25", { accept: CONTENT_FORMAT.tlv })).code, "2.05");
    const answer = server.packets.findLast(({ from, message }) => from === "gateway" && message.code === 0x45);
    assert.equal(bodyOf(only, "gatewayObject").bytes, answer?.message.payload.length);
  });
}

test("so many devices as there is room for fit, and one more does not", () => {
  const { room = 0 } = bodyOf(shownRooms(1000), "register");
  assert.ok(room > 500 && room < 1000, String(room));
  const most = bodyOf(shownRooms(room), "register");
  assert.deepEqual([most.fits, most.room], [true, room]);
  assert.ok(CALIFORNIUM_BODY - most.bytes < 12);
  assert.equal(bodyOf(shownRooms(room + 1), "register").fits, false);
  assert.equal(bodyOf(shownRooms(0), "register").room, undefined);
});

test("how many there is room for is the same from however many it is reckoned", () => {
  const rooms = bodyOf(shownRooms(1), "register").room;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1500 }), (devices) => {
      assert.equal(bodyOf(shownRooms(devices), "register").room, rooms);
    }),
    { numRuns: 10 },
  );
});

test("in layout gateway every device has its prefix; what access hides is named, and costs nothing", () => {
  const two = shownRooms(3, { access: { ...SHOWING_SERVER.access, devices: ["room-0", "*-2"] } });
  assert.deepEqual(two.devices, [
    { id: "room-0", prefix: "room-0" },
    { id: "room-2", prefix: "room-2" },
  ]);
  assert.deepEqual([two.registrations, two.unseen], [1, ["room-1"]]);
  assert.equal(bodyOf(two, "register").bytes, bodyOf(shownRooms(2), "register").bytes);
});

test("what may be written is told as the configuration has it", () => {
  const limit = { writes: 10, per: 60_000 };
  const writable = [parsePattern("/room-*/3303"), parsePattern("/3/0/4")];
  const listed = shownRooms(1, { access: { ...SHOWING_SERVER.access, write: "listed", writable, limit } });
  assert.deepEqual(listed.access, { write: "listed", writable: ["/room-*/3303", "/3/0/4"], limit });
  assert.deepEqual(shownRooms(1).access, { write: "all", writable: [] });
});

test("in layout clients each device is a registration, unless it is none", () => {
  const plans = new Map([
    ["room-0", { endpoint: "urn:a" }],
    ["room-1", { refused: "clients.max is 1" }],
  ]);
  const two = shownRooms(2, { layout: "clients" }, new Map([[101, plans]]));
  assert.equal(two.registrations, 2);
  assert.deepEqual(two.devices, [{ id: "room-0", endpoint: "urn:a" }, { id: "room-1" }]);
  const own = bodyOf(two, "clientRegister");
  assert.ok(own.bytes > 60 && own.bytes < 200 && own.room === undefined, String(own.bytes));
});

test("in layout instances the sizes are those of the Register that is sent, and what it cannot show is named", async (t) => {
  const { world, all } = await checked(t, { servers: ["layout: instances"] });
  const [only = assert.fail()] = all;
  assert.equal(bodyOf(only, "register").bytes, world.server.registrations.heard[0]?.objects.length);
  assert.deepEqual([only.instances, only.registrations], [12, 1]);
  assert.deepEqual(only.hidden, [
    { object: 3, name: "Device", reason: "single", devices: ["meter-1", "meter-2", "meter-3"] },
  ]);
});

test("layout auto is shown as instances at first", () => {
  const { layout, shownAs, instances } = shownRooms(2, { layout: "auto" });
  assert.deepEqual([layout, shownAs, instances], ["auto", "instances", 2]);
});

test("where several servers share the gateway, object 2 makes the list longer; clients have none", async (t) => {
  const servers = ["", "layout: clients"];
  const { world, all } = await checked(t, { gateway: "stored_objects: [16]", servers });
  const registered = world.servers.map(({ registrations }) => registrations.heard[0]?.objects ?? "");
  assert.match(registered[0] ?? "", /<\/2\/0>/);
  assert.deepEqual(
    all.map((each) => bodyOf(each, "register").bytes),
    registered.map(({ length }) => length),
  );
});
