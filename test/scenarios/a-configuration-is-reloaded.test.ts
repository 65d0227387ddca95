import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE, CLIMATE_SETUP, HUMIDITY, POINT, TEMPERATURE } from "../support/climate-mapping.ts";

const METER = "{ id: meter-1, mapping: climate, link: bus, unit_id: 1 }";
const SECOND_METER = "{ id: meter-2, mapping: climate, link: bus, unit_id: 2 }";
const VALVE = "{ id: valve-1, mapping: valve-actuator, link: bus, unit_id: 3 }";

const updates = ({ server }: AGateway) => server.registrations.heard.filter(({ type }) => type === "update");
const codes = ({ server }: AGateway, observed: string) => server.notified(observed).map(({ code }) => code);

test("a changed mapping re-attaches its devices alone: the prefix stays, observations go on", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, devices: [METER, VALVE] });
  const { clock, meter, server, bus, gateway } = world;
  await server.observe(TEMPERATURE);
  await server.observe("/valve-1/3306/0/5851");
  const valveSince = gateway.status().devices[1]?.since;
  world.editMapping("climate", (text) =>
    text.replace("{ input: 0, as: f32, unit: Cel", "{ input: 0, as: f32, offset: 100, unit: Cel"),
  );
  await clock.advance(MINUTE);
  assert.equal(await world.reload(), true);
  assert.deepEqual(server.received(TEMPERATURE), [121]);
  assert.equal(codes(world, "/valve-1/3306/0/5851").length, 0);
  assert.deepEqual(
    gateway.status().devices.map(({ id, state }) => `${id} ${state}`),
    ["meter-1 online", "valve-1 online"],
  );
  assert.equal(gateway.status().devices[1]?.since, valveSince);
  assert.equal(bus.counts.connected, 1, "the line is untouched");
  assert.equal(updates(world).length, 0, "the lists of objects are what they were");
  meter.set(POINT.temperature, 22);
  await clock.advance(15 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), [121, 122]);
});

test("a resource that goes: 4.04 to who observes it, out of what is reported of its instance", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { clock, meter, server } = world;
  await server.observe("/25/0/3");
  await server.observe("/meter-1/3303");
  await server.observe("/meter-1/3303/1");
  await server.observe("/meter-1/3304/0/5700");
  await server.writeAttributes("/meter-1/3304/0/5700", "pmin=3");
  const second = /\n {4}1:\n {6}sensor_value: \{ input: 2, as: f32, unit: Cel \}/;
  world.editMapping("climate", (text) =>
    text
      .replace(second, "")
      .replace("      application_type: { const: Room }\n", "")
      .replace(/ {2}3304:\n.*\n/, "  3301:\n    sensor_value: { input: 50, as: f32, unit: lx }\n"),
  );
  await world.reload();
  assert.deepEqual(codes(world, "/meter-1/3303/1"), ["4.04"]);
  assert.deepEqual(codes(world, "/meter-1/3304/0/5700"), ["4.04"]);
  assert.deepEqual(server.received("/25/0/3"), ["</3>;ver=1.1,</3/0>,</3301/0>,</3303/0>,</3311/0>"]);
  const [update] = updates(world);
  assert.match(update?.objects ?? "", /<\/25>;ver=2.0,<\/25\/0>/, "the full list, once");
  assert.equal(updates(world).length, 1);
  server.notifications.length = 0;
  meter.set(POINT.temperature, 23);
  await clock.advance(15 * SECOND);
  const [told] = server.notified("/meter-1/3303");
  assert.equal(told?.values[TEMPERATURE], 23);
  assert.deepEqual(Object.keys(told?.values ?? {}), [TEMPERATURE, "/meter-1/3303/0/5701"], "gone is gone");
  assert.equal((await server.read(HUMIDITY)).code, "4.04");
  assert.equal((await server.read("/meter-1/3301/0/5700")).code, "2.05");
});

test("devices come and go while the others run on", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, devices: [METER] });
  const { clock, server, gateway } = world;
  await server.observe("/25");
  await server.observe(TEMPERATURE);
  const since = gateway.status().devices[0]?.since;
  world.configure([METER, SECOND_METER]);
  await clock.advance(MINUTE);
  await world.reload();
  assert.equal((await server.read("/meter-2/3303/0/5700")).code, "2.05");
  assert.deepEqual(server.received("/25/1/1"), ["meter-2"]);
  assert.match(updates(world).at(-1)?.objects ?? "", /<\/25\/0>,<\/25\/1>$/);
  await server.observe("/meter-2/3303/0/5700");
  await server.observe("/25/1/3");
  world.configure([METER]);
  await world.reload();
  assert.deepEqual(codes(world, "/meter-2/3303/0/5700"), ["4.04"]);
  assert.deepEqual(codes(world, "/25/1/3"), ["4.04"]);
  const left = server.notified("/25").at(-1)?.values;
  assert.deepEqual(Object.keys(left ?? {}), ["/25/0/0", "/25/0/1", "/25/0/3"]);
  assert.match(updates(world).at(-1)?.objects ?? "", /<\/25\/0>$/);
  assert.equal((await server.read("/meter-2/3303/0/5700")).code, "4.04");
  assert.equal(gateway.status().devices[0]?.since, since);
  world.configure([SECOND_METER, METER]);
  await world.reload();
  assert.equal((await server.read("/25/1/1")).text, "meter-2", "the place of before is its own for ever");
});

test("a broken config.yaml changes nothing that runs", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  const { clock, meter, server } = world;
  await server.observe(TEMPERATURE);
  world.writeFile("config.yaml", "gateway: { endpoint: x }\nserver: []\nlinks: { bus: { type: modbus-tpc } }\n");
  assert.equal(await world.reload(), false);
  const said = world.lines.filter(({ level }) => level === "error").map(({ message }) => message);
  assert.equal(said.at(-1), "configuration not reloaded: everything runs on as before");
  assert.ok(
    said.some((line) => /config\.yaml:2:1: error: .*server.*servers/.test(line)),
    said.join("\n"),
  );
  assert.ok(said.some((line) => /config\.yaml:3:\d+: error: .*modbus-tpc.*modbus-tcp/.test(line)));
  meter.set(POINT.temperature, 24);
  await clock.advance(15 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), [24]);
  assert.equal(updates(world).length, 0);
  world.configure();
  assert.equal(await world.reload(), true);
  assert.equal(updates(world).length, 0, "nothing is another");
});

test("a broken mapping turns its devices off, names what is wrong, and they come back where they were", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, devices: [METER, VALVE] });
  const { server, gateway } = world;
  await server.observe(TEMPERATURE);
  world.editMapping("climate", (text) => text.replace("as: f32, unit: Cel, valid", "as: flaot32, unit: Cel, valid"));
  assert.equal(await world.reload(), true);
  assert.deepEqual(codes(world, TEMPERATURE), ["4.04"]);
  assert.equal((await server.read(TEMPERATURE)).code, "4.04");
  assert.equal((await server.read("/valve-1/3306/0/5851")).code, "2.05");
  const [off] = gateway.status().disabled;
  assert.equal(off?.id, "meter-1");
  assert.match(off?.reasons[0] ?? "", /mappings\/climate\.yaml:\d+:\d+: error: .*flaot32/);
  assert.ok(world.log("meter-1").includes("error device is off until its problems are mended"));
  world.writeFile("mappings/climate.yaml", CLIMATE);
  await world.reload();
  assert.equal((await server.read(TEMPERATURE)).text, "21");
  assert.equal((await server.read("/25/0/1")).text, "meter-1");
  assert.deepEqual(gateway.status().disabled, []);
});

test("a device whose prefix is another now is found there, and observers of the old place hear 4.04", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, devices: [METER] });
  const { server } = world;
  await server.observe(TEMPERATURE);
  await server.observe("/25/0/1");
  world.configure([METER.replace("unit_id", "prefix: room, unit_id")]);
  await world.reload();
  assert.deepEqual(codes(world, TEMPERATURE), ["4.04"]);
  assert.deepEqual(server.received("/25/0/1"), ["room"]);
  assert.equal((await server.read("/room/3303/0/5700")).text, "21");
});

test("a renamed device keeps its place, its observers and what is attached to its paths", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, devices: [METER] });
  const { clock, meter, server } = world;
  await server.writeAttributes(TEMPERATURE, "pmin=20");
  await server.observe(TEMPERATURE);
  world.configure([METER.replace("id: meter-1", "id: boiler, was: meter-1")]);
  await world.reload();
  meter.set(POINT.temperature, 25);
  await clock.advance(30 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), [25]);
  assert.equal((await server.discover(TEMPERATURE)).text, "</3303/0/5700>;pmin=20");
  assert.equal((await server.read("/25/0/1")).text, "meter-1");
});

test("two reloads at once are two reloads, one after the other", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, devices: [METER] });
  world.configure([METER, SECOND_METER]);
  const first = world.gateway.reload();
  const second = world.gateway.reload();
  const added = (await Promise.all([first, second])).map(({ devices }) => devices.added);
  assert.deepEqual(added, [["meter-2"], []]);
  await world.clock.advance(5 * SECOND);
  assert.equal((await world.server.read("/meter-2/3303/0/5700")).code, "2.05");
  assert.equal(updates(world).length, 1);
});

test("changes under gateway: and servers: are named as taking effect later", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  world.configure(undefined, ["lifetime: 10m"]);
  assert.equal(await world.reload(), true);
  const warned = world.lines.filter(({ level }) => level === "warn").map(({ message }) => message);
  assert.deepEqual(warned, ["changes under gateway: and servers: take effect when the gateway is started again"]);
});

test("a reload tells what came, went, changed and stayed, and what waits for a restart", async (t) => {
  const world = await aGateway(t, {
    ...CLIMATE_SETUP,
    devices: [METER, SECOND_METER, VALVE],
    links: ["trial: { type: simulated }"],
  });
  const { gateway } = world;
  const other = ["{ id: meter-2, mapping: climate, link: bus, unit_id: 7 }", "{ id: x, mapping: nowhere, link: bus }"];
  const room = "{ id: room-1, mapping: simulated-climate, link: trial }";
  world.configure([METER, ...other, room], ["lifetime: 10m, queue_mode: true"]);
  world.editConfig((text) => text.replace("trial: { type: simulated }", "more: { type: simulated }"));
  world.editConfig((text) => text.replace("link: trial", "link: more"));
  const expected = {
    taken: true,
    devices: { added: ["room-1"], removed: ["valve-1"], changed: ["meter-2"], untouched: 1, disabled: ["x"] },
    links: { added: ["more"], removed: ["trial"], reopened: [] },
    restart: ["servers[101].lifetime", "servers[101].queue_mode"],
  };
  const before = gateway.status().devices.map(({ id }) => id);
  const { problems, duration: _, dryRun, ...checked } = await gateway.checkReload();
  assert.deepEqual([checked, dryRun], [expected, true]);
  assert.match(problems[0]?.text ?? "", /config\.yaml:\d+:\d+: error: there is no mapping "nowhere"/);
  assert.deepEqual(
    gateway.status().devices.map(({ id }) => id),
    before,
    "a dry run changes nothing",
  );
  const { problems: told, duration: __, dryRun: wasDry, ...done } = await gateway.reload();
  assert.deepEqual([done, wasDry, told], [expected, false, problems]);
  const { restart } = await gateway.reload();
  assert.deepEqual(restart, expected.restart, "until it is started again");
  assert.equal(world.lines.filter(({ message }) => /take effect when/.test(message)).length, 1, "which is said once");
});

test("another window for firmware counts at once, other keys of it from the next start on", async (t) => {
  const firmware = (window: string, size: string): string => `firmware: { ${window}max_size: ${size} }`;
  const late = 'window: { from: "22:00", to: "23:00" }, ';
  const world = await aGateway(t, {
    ...CLIMATE_SETUP,
    devices: [METER],
    mappings: { climate: `${CLIMATE}\nfirmware: { via: slots, expect: changed }\n` },
    gateway: firmware(late, "2MB"),
    prepare: ({ bus }) => bus.unit(1).set(POINT.temperature, 21),
  });
  const { server, gateway, clock } = world;
  const waits = (): string | undefined => gateway.status().firmware?.[0]?.waits;
  await server.settled(
    server.ask(CODE.put, "/meter-1/5/0/0", { format: CONTENT_FORMAT.opaque, payload: Buffer.alloc(2000, "firmware") }),
  );
  await clock.advance(2 * SECOND);
  await server.execute("/meter-1/5/0/2");
  await clock.advance(SECOND);
  assert.match(waits() ?? "", /outside the window/);
  world.editConfig((text) => text.replace(firmware(late, "2MB"), firmware("", "3MB")));
  const { restart } = await gateway.reload();
  assert.deepEqual(restart, ["gateway.firmware.max_size"]);
  await clock.advance(2 * MINUTE);
  assert.equal(waits(), undefined);
  assert.equal((await server.read("/meter-1/5/0/5")).text, "1");
});

test("a configuration that is not taken is told with its problems, and the status remembers it", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, devices: [METER] });
  const { gateway, clock } = world;
  const taken = clock.wall() - 5000;
  await clock.advance(MINUTE);
  world.editConfig((text) => text.replace("servers:", "servres:"));
  const { devices, problems, ...report } = await gateway.reload();
  assert.equal(report.taken, false);
  assert.equal(devices.untouched, 0);
  assert.match(problems.map(({ text }) => text).join("\n"), /unknown key "servres"; did you mean "servers"\?/);
  const { configuration } = gateway.status();
  assert.deepEqual(configuration.reloads, { taken: 0, refused: 1 });
  assert.ok(configuration.taken <= taken + 5000 && configuration.errors > 0);
  assert.match(configuration.refused?.reason ?? "", /config\.yaml:\d+/);
  world.editConfig((text) => text.replace("servres:", "servers:"));
  assert.equal((await gateway.reload()).taken, true);
  assert.deepEqual(gateway.status().configuration, {
    taken: clock.wall(),
    reloads: { taken: 1, refused: 1 },
    errors: 0,
  });
});
