import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { type AGateway, aGateway } from "../support/a-gateway.ts";
import { settleUntil } from "../support/fake-clock.ts";
import { temporaryDirectory } from "../support/temp.ts";

/** A device on a line with others; its version is a number in a register, and a command has it run what a program has put there. */
const mapping = (program: string): string => `
mapping: pump
protocol: modbus
params: { unit_id: { type: int, range: [1, 247], default: 1 } }
modbus: { unit_id: $unit_id }
firmware:
  via: exec
  transfer: { command: [${program}] }
  version: 3300/0/5700
  activate: [ { holding: 99, as: u16, value: 1 }, { wait: 5s } ]
  verify: { within: 2m, poll: 5s, settle: 10s, healthy: "{/3303/0/5700} < 50" }
  lock: line
objects:
  3300: { sensor_value: { holding: 50, as: u16 } }
  3303: { sensor_value: { input: 0, as: f32, unit: Cel } }
`;

const VERSION = "3300/0/5700";
const TEMPERATURE = "3303/0/5700";
const IMAGE = Buffer.alloc(5000, "firmware of a pump ");

interface Updated {
  readonly world: AGateway;
  /** Where the program puts the image; it ends when `taken.go` is there. */
  readonly taken: string;
}

async function twoPumps(t: TestContext): Promise<Updated> {
  const folder = temporaryDirectory(t);
  const program = join(folder, "flash");
  const taken = join(folder, "taken");
  writeFileSync(
    program,
    `#!/bin/sh
cp "$LWM2M_FIRMWARE_FILE" ${taken}
echo progress "$LWM2M_FIRMWARE_SIZE"
while [ ! -e ${taken}.go ]; do sleep 0.02; done
`,
  );
  chmodSync(program, 0o700);
  const world = await aGateway(t, {
    mappings: { pump: mapping(program) },
    devices: [1, 2].map((n) => `{ id: meter-${n}, mapping: pump, link: bus, unit_id: ${n} }`),
    gateway: `firmware: { exec: [${program}] }`,
    prepare: ({ bus }) => {
      for (const n of [1, 2]) bus.unit(n).set(VERSION, 1).set(TEMPERATURE, 20).commands.add(99);
    },
  });
  return { world, taken };
}

const stateOf = ({ gateway }: AGateway, id: string) => gateway.status().devices.find((device) => device.id === id);

async function value({ server }: AGateway, path: string): Promise<unknown> {
  return (await server.read(path)).values[path];
}

/** A program takes real time, and the gateway waits for it on a clock that the test moves. */
async function goesOn({ clock }: AGateway, what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; !holds(); i++) {
    assert.ok(i < 1000, `still not so: ${what}`);
    await clock.advance(SECOND);
  }
}

/** The image is handed over and Update executed; resolves when the program has it. */
async function begun({ world, taken }: Updated): Promise<void> {
  const { server } = world;
  const written = await server.kept(server.ask(3, "/meter-1/5/0/0", { format: CONTENT_FORMAT.opaque, payload: IMAGE }));
  assert.equal(written.code, "2.04");
  await settleUntil(
    "it is checked",
    () => world.gateway.status().firmware?.find(({ device }) => device === "meter-1")?.state === 2,
  );
  await server.execute("/meter-1/5/0/2");
  await settleUntil("the program has it", () => existsSync(taken));
}

test("a server updates a device that has never heard of LwM2M, by a program, and its version tells that it runs", async (t) => {
  const updated = await twoPumps(t);
  const { world, taken } = updated;
  const { server, bus, clock, meter } = world;
  await server.observe("/meter-1/3/0/11", {});
  await begun(updated);
  assert.deepEqual(readFileSync(taken), IMAGE);
  assert.equal(await value(world, "/meter-1/5/0/3"), 3);
  const { closed } = bus.counts;
  assert.equal(closed, 1, "the port is the program's");
  bus.requests.length = 0;
  await clock.advance(4 * MINUTE);
  assert.deepEqual(bus.requests, [], "nobody else is asked on its line");
  assert.deepEqual([stateOf(world, "meter-1")?.state, stateOf(world, "meter-2")?.state], ["held", "held"]);
  assert.match((await server.read("/meter-2/3303/0/5700")).text, /^meter-2 is not asked: firmware update of meter-1/);
  writeFileSync(`${taken}.go`, "");
  await goesOn(world, "it is told to run it", () => meter.written.some(([point]) => point === 99));
  meter.set(VERSION, 2);
  await goesOn(world, "it is believed", () => world.gateway.status().firmware?.[0]?.state === 0);
  assert.equal(await value(world, "/meter-1/5/0/5"), 1);
  assert.equal(await value(world, "/meter-1/3300/0/5700"), 2);
  await clock.advance(5 * SECOND);
  assert.deepEqual([stateOf(world, "meter-1")?.state, stateOf(world, "meter-2")?.state], ["online", "online"]);
  assert.equal(stateOf(world, "meter-1")?.counters.outages, 0);
  assert.deepEqual(server.received("/meter-1/3/0/11/0"), [], "no alarm");
});

test("a device that comes back with its old version was not updated: result 8, and it is asked as before", async (t) => {
  const updated = await twoPumps(t);
  const { world, taken } = updated;
  await begun(updated);
  writeFileSync(`${taken}.go`, "");
  await goesOn(world, "it failed", () => world.gateway.status().firmware?.[0]?.result === 8);
  await world.clock.advance(5 * SECOND);
  assert.equal(await value(world, "/meter-1/5/0/5"), 8);
  assert.equal(await value(world, "/meter-1/3303/0/5700"), 20);
  assert.deepEqual([stateOf(world, "meter-1")?.state, stateOf(world, "meter-2")?.state], ["online", "online"]);
});

test("one that has the new version and is not well was not updated either", async (t) => {
  const updated = await twoPumps(t);
  const { world, taken } = updated;
  const { meter } = world;
  await begun(updated);
  writeFileSync(`${taken}.go`, "");
  await goesOn(world, "it is told to run it", () => meter.written.some(([point]) => point === 99));
  meter.set(VERSION, 2).set(TEMPERATURE, 90);
  await goesOn(world, "it failed", () => world.gateway.status().firmware?.[0]?.result === 8);
});

test("a link that somebody pauses, and a reload, are outlived by an update", async (t) => {
  const updated = await twoPumps(t);
  const { world, taken } = updated;
  const { meter, clock, gateway } = world;
  await begun(updated);
  await gateway.links.pause("bus", 10 * MINUTE);
  assert.equal(stateOf(world, "meter-2")?.state, "paused");
  await clock.advance(MINUTE);
  await gateway.links.resume("bus");
  assert.equal(stateOf(world, "meter-2")?.state, "held", "the program still has the port");
  world.writeFile(
    "mappings/pump.yaml",
    readFileSync(join(world.folder, "mappings/pump.yaml"), "utf8").replace("10s", "11s"),
  );
  assert.equal(await world.reload(), true);
  await clock.advance(SECOND);
  assert.deepEqual([stateOf(world, "meter-1")?.state, stateOf(world, "meter-2")?.state], ["held", "held"]);
  writeFileSync(`${taken}.go`, "");
  await goesOn(world, "it is told to run it", () => meter.written.some(([point]) => point === 99));
  meter.set(VERSION, 2);
  await goesOn(world, "it is believed", () => world.gateway.status().firmware?.[0]?.result === 1);
  await clock.advance(5 * SECOND);
  assert.deepEqual([stateOf(world, "meter-1")?.state, stateOf(world, "meter-2")?.state], ["online", "online"]);
});
