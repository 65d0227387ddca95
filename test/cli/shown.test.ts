import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { simulated } from "../../adapters/simulated/index.ts";
import { CALIFORNIUM_BODY, type Showing, type Shown, shownTo } from "../../src/cli/shown.ts";
import { shownLines } from "../../src/cli/shown-text.ts";
import { readConfig } from "../../src/gateway/read-config.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP } from "../support/climate-mapping.ts";
import { aPlan, point } from "../support/device-plan.ts";
import { FakeBus, modbusOn } from "../support/fake-bus.ts";

type Server = Showing["servers"][number];

const SERVER: Server = {
  ...{ id: 101, uri: "coap://h", version: "auto", layout: "gateway", gatewayObject: "2.0", profileIds: [] },
  access: { devices: ["*"], write: "all", writable: [], audit: true },
};

const rooms = (count: number) =>
  Array.from({ length: count }, (_, i) => aPlan({ "3303/0/5700": point() }, { id: `room-${i}` }));

function shown(devices: number, server: Partial<Server> = {}, clients: Showing["clients"] = new Map()): Shown {
  const gateway = { endpoint: "gw", storedObjects: [] };
  const servers = [{ ...SERVER, ...server }];
  const [only] = shownTo({ devices: rooms(devices), catalogue, clients, gateway, servers });
  return only ?? assert.fail();
}

const body = ({ bodies }: Shown, name: Shown["bodies"][number]["name"]) =>
  bodies.find((each) => each.name === name) ?? assert.fail(name);

for (const keys of ["", "version: 1.1", "gateway_object: 1.0"]) {
  test(`the sizes are those of what a gateway sends: server with ${keys || "the defaults"}`, async (t) => {
    const devices = [1, 2, 3].map((unit) => `{ id: meter-${unit}, mapping: climate, link: bus, unit_id: ${unit} }`);
    const world = await aGateway(t, { ...CLIMATE_SETUP, servers: [keys], devices });
    const adapters = [modbusOn(new Map([["bus", new FakeBus(world.clock)]])), simulated];
    const [only] = shownTo(await readConfig(join(world.folder, "config.yaml"), adapters));
    assert.ok(only !== undefined);
    const { server } = world;
    assert.equal(body(only, "register").bytes, server.registrations.heard[0]?.objects.length);
    assert.equal((await server.read("/25", { accept: CONTENT_FORMAT.tlv })).code, "2.05");
    const answer = server.packets.findLast(({ from, message }) => from === "gateway" && message.code === 0x45);
    assert.equal(body(only, "gatewayObject").bytes, answer?.message.payload.length);
  });
}

test("so many devices as there is room for fit, and one more does not", () => {
  const { room = 0 } = body(shown(1000), "register");
  assert.ok(room > 500 && room < 1000, String(room));
  const most = body(shown(room), "register");
  assert.deepEqual([most.fits, most.room], [true, room]);
  assert.ok(CALIFORNIUM_BODY - most.bytes < 12);
  assert.equal(body(shown(room + 1), "register").fits, false);
  assert.equal(body(shown(0), "register").room, undefined);
});

test("in layout gateway every device has its prefix; what access hides is named, and costs nothing", () => {
  const two = shown(3, { access: { ...SERVER.access, devices: ["room-0", "*-2"] } });
  assert.deepEqual(two.devices, [
    { id: "room-0", prefix: "room-0" },
    { id: "room-2", prefix: "room-2" },
  ]);
  assert.deepEqual([two.registrations, two.unseen], [1, ["room-1"]]);
  assert.equal(body(two, "register").bytes, body(shown(2), "register").bytes);
  const text = shownLines([two]).join("\n");
  assert.match(text, /^server 101 \(coap:\/\/h\): layout gateway, 1 registration$/m);
  assert.match(text, /^ {3}2 devices, each under its prefix: \/room-0, \/room-2$/m);
  assert.match(text, /^ {3}hidden by access: room-1$/m);
});

test("in layout clients each device is a registration, unless it is none", () => {
  const plans = new Map([
    ["room-0", { endpoint: "urn:a" }],
    ["room-1", { refused: "clients.max is 1" }],
  ]);
  const two = shown(2, { layout: "clients" }, new Map([[101, plans]]));
  assert.equal(two.registrations, 2);
  assert.deepEqual(two.devices, [{ id: "room-0", endpoint: "urn:a" }, { id: "room-1" }]);
  const own = body(two, "clientRegister");
  assert.ok(own.bytes > 60 && own.bytes < 200 && own.room === undefined, String(own.bytes));
  const text = shownLines([two]).join("\n");
  assert.match(
    text,
    /layout clients, 2 registrations\n {3}2 devices, clients of their own: urn:a; no clients: room-1\n/,
  );
});

test("what a server on Californium would not take is a warning, with what helps", () => {
  const text = shownLines([shown(1000)]).join("\n");
  assert.match(
    text,
    /^ {3}warning: \d+ bytes: .* takes 8192 .*refuses the Register by 4\.13\. Raise its limit, give it a profile_id/m,
  );
  assert.match(text, /^ {3}warning: \d+ bytes: .* can read object 25 by instances only$/m);
  const known = shownLines([shown(1000, { profileIds: ["oma:x"] })]).join("\n");
  assert.match(known, /refuses the first Register, before it has taken the profile_id, by 4\.13/);
  assert.doesNotMatch(shownLines([shown(50)]).join("\n"), /warning/);
});

test("without devices there is nothing to find, and without servers nothing to say", () => {
  assert.match(shownLines([shown(0)]).join("\n"), /\n {3}no devices\n/);
  assert.deepEqual(shownLines([]), []);
});

test("in layout instances the sizes are those of the Register that is sent, and what it cannot show is named", async (t) => {
  const devices = [1, 2, 3].map((unit) => `{ id: meter-${unit}, mapping: climate, link: bus, unit_id: ${unit} }`);
  const world = await aGateway(t, { ...CLIMATE_SETUP, servers: ["layout: instances"], devices });
  const adapters = [modbusOn(new Map([["bus", new FakeBus(world.clock)]])), simulated];
  const [only] = shownTo(await readConfig(join(world.folder, "config.yaml"), adapters));
  assert.ok(only !== undefined);
  assert.equal(body(only, "register").bytes, world.server.registrations.heard[0]?.objects.length);
  const { instances } = world.gateway.status().servers[0]?.layout ?? {};
  assert.deepEqual([only.instances, only.registrations], [instances, 1]);
  const text = shownLines([only]).join("\n");
  assert.match(text, /^ {3}3 devices as 12 instances of the gateway's own objects: meter-1, meter-2, meter-3$/m);
  assert.match(text, /^ {6}\/3 Device: one instance by its definition \(3 devices\)$/m);
});

test("where several servers share the gateway, object 2 makes the list longer; clients have none", async (t) => {
  const servers = ["", "layout: clients"];
  const world = await aGateway(t, { ...CLIMATE_SETUP, gateway: "stored_objects: [16]", servers });
  const adapters = [modbusOn(new Map([["bus", new FakeBus(world.clock)]])), simulated];
  const all = shownTo(await readConfig(join(world.folder, "config.yaml"), adapters));
  const registered = world.servers.map(({ registrations }) => registrations.heard[0]?.objects ?? "");
  assert.match(registered[0] ?? "", /<\/2\/0>/);
  assert.deepEqual(
    all.map((each) => body(each, "register").bytes),
    registered.map(({ length }) => length),
  );
});
