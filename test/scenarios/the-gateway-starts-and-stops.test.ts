import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { ConfigError } from "../../src/errors.ts";
import { AGateway, aGateway } from "../support/a-gateway.ts";
import { CLIMATE_SETUP, POINT, TEMPERATURE } from "../support/climate-mapping.ts";
import { temporaryDirectory } from "../support/temp.ts";

const METER = "{ id: meter-1, mapping: climate, link: bus, unit_id: 1 }";
const CELLAR = '{ id: "7-cellar", mapping: climate, link: bus, unit_id: 2 }';

test("a request that comes before our Register is answered waits for it, and is answered then", async (t) => {
  let release = (): void => {};
  const world = await aGateway(t, {
    ...CLIMATE_SETUP,
    prepare: (all) => {
      CLIMATE_SETUP.prepare(all);
      all.server.hold = (answer) => {
        release = answer;
      };
    },
  });
  const { server, clock } = world;
  const answer = server.ask(CODE.get, TEMPERATURE, {});
  await clock.advance(3 * SECOND);
  assert.equal(world.gateway.status().servers[0]?.state, "registering");
  server.hold = undefined;
  release();
  assert.equal((await server.settled(answer)).text, "21");
});

test("requests of a server that refused us are ignored: neither answered nor acknowledged", async (t) => {
  const { server, clock } = await aGateway(t, {
    ...CLIMATE_SETUP,
    prepare: (all) => {
      all.server.registrations.refuse.register = CODE.forbidden;
    },
  });
  const before = server.packets.length;
  const answer = server.ask(CODE.get, TEMPERATURE, {});
  const refused = assert.rejects(answer, /no answer: timeout/);
  await clock.advance(100 * SECOND);
  await refused;
  const answers = server.packets.slice(before).filter(({ from, message }) => from === "gateway" && message.code !== 2);
  assert.deepEqual(answers, []);
});

test("garbage on the wire harms nothing", async (t) => {
  const { server, clock, meter } = await aGateway(t, CLIMATE_SETUP);
  await server.observe(TEMPERATURE);
  const junk = [
    "",
    "00",
    "ff",
    "40",
    "4001",
    "40010001ff",
    "4f010001",
    "7f45",
    "600000",
    "5045000161",
    "40ff0001",
    "c0010001b33303",
  ];
  for (const hex of junk) server.sendRaw(Uint8Array.from(Buffer.from(hex, "hex")));
  for (let length = 1; length < 64; length++) {
    server.sendRaw(Uint8Array.from({ length }, (_, i) => (i * 37 + length * 101) & 0xff));
  }
  await clock.advance(SECOND);
  const sent = server.packets.length;
  meter.set(POINT.temperature, 25);
  await clock.advance(15 * SECOND);
  assert.deepEqual(server.received(TEMPERATURE), [25]);
  assert.equal((await server.read(TEMPERATURE)).text, "25");
  assert.ok(sent < 100, "not more is said than was heard");
});

test("an orderly stop de-registers, and the log of a quiet day is short", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  await world.stop();
  assert.deepEqual(
    world.server.registrations.heard.map(({ type, path }) => `${type} ${path}`),
    ["register /rd", "deregister /rd/1"],
  );
  assert.deepEqual(world.log(), [
    "info the Modbus line answers",
    "info the device is online",
    "info registered",
    "info deregistered",
  ]);
  assert.equal(world.bus.counts.closed, 1);
  assert.equal(world.clock.next, undefined, "nothing is left on the clock");
});

test("a stop does not wait for a server that is away", async (t) => {
  const world = await aGateway(t, CLIMATE_SETUP);
  world.server.wire.cut = true;
  const { clock } = world;
  let stopped: number | undefined;
  const stopping = world.gateway.stop().then(() => {
    stopped = clock.monotonic();
  });
  const began = clock.monotonic();
  await clock.advance(6 * SECOND);
  await stopping;
  assert.ok(stopped !== undefined && stopped - began <= 6 * SECOND);
});

test("a restart keeps prefixes and instances of object 25, whatever the order of the file", async (t) => {
  const world = await aGateway(t, { ...CLIMATE_SETUP, devices: [METER, CELLAR] });
  const { server } = world;
  const before = (await server.read("/25")).values;
  assert.equal(before["/25/1/1"], "dev1", "an id that is no prefix gets one");
  await world.stop();
  world.configure([CELLAR, METER]);
  await world.start();
  await world.clock.advance(5 * SECOND);
  assert.deepEqual((await server.read("/25")).values, before);
  assert.equal((await server.read("/dev1/3303/0/5700")).code, "2.05");
  assert.deepEqual(
    server.registrations.heard.map(({ type }) => type),
    ["register", "deregister", "register"],
  );
});

test("a wrong configuration starts nothing, and says all that is wrong", async (t) => {
  const world = new AGateway(temporaryDirectory(t), { ...CLIMATE_SETUP, servers: ["lifetime: soon, pmim: 3s"] });
  await assert.rejects(world.start(), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.problems.length, 2);
    return true;
  });
  await world.clock.advance(MINUTE);
  assert.equal(world.bus.counts.opened, 0);
  assert.equal(world.server.packets.length, 0);
});
