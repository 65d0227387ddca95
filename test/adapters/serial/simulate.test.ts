/** Packaged mappings, played backwards and read by the adapter: every value arrives, and is a good one. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { loadAdapters } from "../../../adapters/index.ts";
import { serial } from "../../../adapters/serial/index.ts";
import type { SpokenPoint } from "../../../adapters/spoken/stream/points.ts";
import type { SpokenDevice } from "../../../adapters/spoken/stream/section.ts";
import { simulateCabinet } from "../../../src/cli/simulated-cabinet.ts";
import { AdapterShelf } from "../../../src/config/adapter-shelf.ts";
import { MappingLibrary } from "../../../src/config/mapping-library.ts";
import { DeviceError } from "../../../src/errors.ts";
import { locateData } from "../../../src/locate.ts";
import { silentLogger } from "../../../src/log.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import { exampleDevice } from "../../../src/mapping/example-device.ts";
import type { DevicePlan } from "../../../src/mapping/plan-types.ts";
import { FakeClock, fakeRandom, settleUntil } from "../../support/fake-clock.ts";

const adapters = await loadAdapters();
const MAPPINGS = ["mt-sics-scale", "sartorius-sbi", "vaisala-wxt530", "nmea-weather", "serial-lines"];

async function planOf(mapping: string): Promise<DevicePlan> {
  const library = new MappingLibrary({
    adapters: AdapterShelf.of(adapters),
    catalogue,
    directories: [locateData("mappings")],
  });
  const place = { file: "test", line: 1, column: 1 };
  const { prepared } = await library.find({ kind: "scalar", text: mapping, quoted: true, place });
  return exampleDevice(prepared ?? assert.fail(mapping), () => {})?.plan ?? assert.fail(mapping);
}

/** The device of a mapping, played and attached to; `heard` grows by what it says by itself. */
async function played(t: TestContext, plan: DevicePlan, faults = "") {
  const context = { clock: new FakeClock(), random: fakeRandom(), log: silentLogger };
  const adapter = adapters.find(({ name }) => name === "serial") ?? assert.fail();
  const simulation = await simulateCabinet([plan], adapter, { host: "127.0.0.1", port: 0, faults }, context);
  t.after(() => simulation.close());
  const schema = serial.linkTypes["serial-over-tcp"] ?? assert.fail();
  const link = await serial.open(schema.parse({ ...simulation.address, gap: "0s", retries: 0 }), context);
  t.after(() => link.close());
  const points = new Map<string, SpokenPoint>();
  for (const { point, source } of plan.resources.values())
    if (source.kind === "point") points.set(point, source.point as SpokenPoint);
  const heard = new Map<string, unknown>();
  const device = await link.attach(plan.device as SpokenDevice, points, {
    onReadings: (readings) => {
      for (const { point, value } of readings) heard.set(point, value);
    },
    onReachable: () => {},
  });
  await settleUntil("the line", () => link.report?.().lines[0]?.open === true);
  return { device, heard, clock: context.clock };
}

/** The clock stands still: it takes as long as the sockets do. */
async function answered<T>(promise: Promise<T>): Promise<T> {
  let over = false;
  const end = (): void => {
    over = true;
  };
  promise.then(end, end);
  await settleUntil("an answer", () => over);
  return promise;
}

for (const mapping of MAPPINGS) {
  test(`${mapping} is played, and every value of it is read`, async (t) => {
    const plan = await planOf(mapping);
    const { device, heard, clock } = await played(t, plan);
    for (const { point, source } of plan.resources.values()) {
      if (source.kind !== "point" || !source.readable) continue;
      if (source.poll === "unasked") {
        for (let i = 0; i < 100 && !heard.has(point); i++) await clock.advance(1000);
        assert.ok(heard.has(point), point);
        continue;
      }
      const { readings, refused } = await answered(device.read([point]));
      assert.deepEqual(refused, [], point);
      const [reading] = readings;
      assert.ok(reading !== undefined && "good" in source.toValue(reading.value), point);
    }
  });
}

test("a scale that is played takes what is written, and does what it is told", async (t) => {
  const plan = await planOf("mt-sics-scale");
  const { device } = await played(t, plan);
  await answered(device.write("3306/0/5850", true));
  await answered(device.write("3306/1/5850", true));
  const reboot = plan.resources.get("3/0/4")?.source;
  assert.ok(reboot?.kind === "execute");
  await answered(device.invoke(reboot.steps(new Map()) as never));
});

test("what is to go wrong goes wrong, and nothing else", async (t) => {
  const plan = await planOf("mt-sics-scale");
  const { device, clock } = await played(t, plan, "silent:100%");
  const read = device.read(["3322/0/5700"]);
  read.catch(() => {});
  await clock.advance(5000);
  await assert.rejects(read, DeviceError);
  for (const faults of ["silent:200%", "crc:1%", "dead", "late:often"]) {
    await assert.rejects(played(t, plan, faults), /fault ".*": expected/);
  }
});
