import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { type AGateway, aGateway, type Setup } from "../support/a-gateway.ts";

const METER = `
mapping: two-phases
protocol: modbus
params: { unit_id: { type: int, range: [1, 247], default: 1 }, ratio: { type: number, default: 2 } }
modbus: { unit_id: $unit_id }
every: { normal: 10s, limit: 2s, slow: 10m }
identity: { manufacturer: Acme, model: M-2 }
objects:
  3328:
    0: { sensor_value: { input: 0, as: f32, unit: W, expr: value * $ratio } }
    1: { sensor_value: { input: 2, as: f32, unit: W, valid: [0, 30000] } }
    2: { sensor_value: { expr: "{/3328/0/5700} + {/3328/1/5700}", unit: W } }
    3: { sensor_value: { expr: "{/3328/0/5700} / {/3328/4/5700}" } }
    4: { sensor_value: { input: 8, as: f32, poll: slow } }
  3308:
    set_point_value: { holding: 4, as: f32, expr: value ** 2, write: { expr: sqrt(value) } }
`;

const SUM = "/meter-1/3328/2/5700";
const POINT = { r: "3328/0/5700", s: "3328/1/5700", part: "3328/4/5700", target: "3308/0/5900" } as const;

const SETUP: Setup = {
  mapping: "two-phases",
  mappings: { "two-phases": METER },
  prepare: ({ meter }) => {
    meter.set(POINT.r, 1000).set(POINT.s, 500).set(POINT.part, 4).set(POINT.target, 9);
  },
};

async function shows(world: AGateway, values: Readonly<Record<string, number>>): Promise<void> {
  for (const [point, value] of Object.entries(values)) world.meter.set(point, value);
  await world.clock.advance(10 * SECOND);
}

test("a server observes a sum: one notification for each change of the read, none of half a change", async (t) => {
  const world = await aGateway(t, SETUP);
  const { server } = world;
  assert.deepEqual((await server.observe(SUM)).values, { [SUM]: 2500 });
  await shows(world, { [POINT.r]: 2000, [POINT.s]: 600 });
  await shows(world, { [POINT.r]: 1900, [POINT.s]: 700 });
  await shows(world, { [POINT.r]: 1900, [POINT.s]: 800 });
  assert.deepEqual(server.received(SUM), [4600, 4500, 4600]);
});

test("what cannot be computed answers 5.00 with the reason, and leaves the others of the object alone", async (t) => {
  const world = await aGateway(t, SETUP);
  const { server } = world;
  await shows(world, { [POINT.s]: 99_999 });
  const alone = await server.read(SUM);
  assert.equal(alone.code, "5.00");
  assert.match(alone.text, /could not be computed: .*99999 is outside valid 0\.\.30000/);
  const { values } = await server.read("/meter-1/3328");
  assert.deepEqual(
    [values["/meter-1/3328/0/5700"], values["/meter-1/3328/3/5700"], values[SUM]],
    [2000, 500, undefined],
  );
  await shows(world, { [POINT.s]: 1 });
  assert.equal((await server.read(SUM)).text, "2001");
});

test("who observes a sum has what it is made of read as often as wished, within the limit", async (t) => {
  const world = await aGateway(t, SETUP);
  const { server, clock, meter } = world;
  await server.observe(SUM, { epmax: 2, pmin: 0 });
  for (const value of [1, 2, 3]) {
    meter.set(POINT.s, value);
    await clock.advance(2 * SECOND);
  }
  assert.deepEqual(server.received(SUM), [2001, 2002, 2003]);
});

test("what a server writes goes through the inverse to the device, and comes back the same", async (t) => {
  const { server, clock } = await aGateway(t, SETUP);
  assert.equal((await server.write("/meter-1/3308/0/5900", 25)).code, "2.04");
  await clock.advance(11 * SECOND);
  assert.equal((await server.read("/meter-1/3308/0/5900")).text, "25");
  const refused = await server.write("/meter-1/3308/0/5900", -1);
  assert.equal(refused.code, "4.00");
  assert.match(refused.text, /sqrt\(-1\) is no number/);
});
