import assert from "node:assert/strict";
import { test } from "node:test";
import { simulated } from "../../../adapters/simulated/index.ts";
import { optionsSchema, type SimulatedDevice } from "../../../adapters/simulated/points.ts";
import type { DeviceLink } from "../../../src/adapter.ts";
import { MINUTE, SECOND } from "../../../src/clock.ts";
import { silentLogger } from "../../../src/log.ts";
import { FakeClock, fakeRandom } from "../../support/fake-clock.ts";

async function aDevice(keys: Readonly<Record<string, object>>, section: SimulatedDevice = {}, options: object = {}) {
  const clock = new FakeClock();
  const context = { clock, log: silentLogger, random: fakeRandom() };
  const link = await simulated.open(optionsSchema.parse(options), context);
  const points = new Map(
    Object.entries(keys).map(([id, source]) => [id, simulated.point.parse({ ...source, device: section })]),
  );
  const device = await link.attach(section, points, { onReadings() {}, onReachable() {} });
  return { clock, device };
}

async function levelOf(device: DeviceLink<never>, point: string): Promise<unknown> {
  return (await device.read([point])).readings[0]?.value;
}

test("a ramp rises evenly and begins again; a sine swings around its mean", async () => {
  const { clock, device } = await aDevice({
    ramp: { ramp: { from: 10, to: 20, period: "10s" } },
    sine: { sine: { mean: 230, amplitude: 5, period: "4s" } },
  });
  const ramp: unknown[] = [];
  const sine: number[] = [];
  for (let i = 0; i < 4; i++) {
    ramp.push(await levelOf(device, "ramp"));
    sine.push(Math.round(Number(await levelOf(device, "sine"))));
    await clock.advance(i === 2 ? 7 * SECOND : SECOND);
  }
  assert.deepEqual(ramp, [10, 11, 12, 19]);
  assert.deepEqual(sine.slice(0, 3), [230, 235, 230]);
});

test("a walk moves by a step at most and stays within its bounds", async () => {
  const { device } = await aDevice({ walk: { walk: { start: 20, step: 1, min: 18, max: 22 } } });
  let last = 20;
  const seen = new Set<number>();
  for (let i = 0; i < 200; i++) {
    const value = Number(await levelOf(device, "walk"));
    assert.ok(value >= 18 && value <= 22 && Math.abs(value - last) <= 1);
    seen.add(value);
    last = value;
  }
  assert.ok(seen.size > 100);
});

test("a constant is what it was set to, and can be written where the mapping says so", async () => {
  const { device } = await aDevice({ on: { constant: true, write: true }, name: { constant: "pump" } });
  await device.write("on", false);
  assert.equal(await levelOf(device, "on"), false);
  await assert.rejects(device.write("on", 1), { kind: "rejected", message: /holds a boolean, not a number/ });
  await assert.rejects(device.write("name", "x"), { kind: "rejected", message: /cannot be written/ });
  assert.equal(await levelOf(device, "name"), "pump");
});

test("each reading has the time at which the device answered", async () => {
  const { clock, device } = await aDevice({ on: { constant: 1 } }, { latency: 2 * SECOND });
  const start = clock.wall();
  const read = device.read(["on"]);
  await clock.advance(2 * SECOND);
  assert.equal((await read).readings[0]?.time, start + 2 * SECOND);
});

test("latency is the device's own, else the link's", async () => {
  const slow = await aDevice({ on: { constant: 1 } }, {}, { latency: "5s" });
  const own = await aDevice({ on: { constant: 1 } }, { latency: MINUTE }, { latency: "5s" });
  void slow.device.read(["on"]);
  void own.device.read(["on"]);
  await Promise.all([slow.clock.advance(0), own.clock.advance(0)]);
  assert.deepEqual([slow.clock.next, own.clock.next], [5 * SECOND, MINUTE]);
});

test("what a device still had to answer fails when it is detached, and no timer stays", async () => {
  const { clock, device } = await aDevice({ on: { constant: 1 } }, { latency: MINUTE });
  const reads = [device.read(["on"]), device.read(["on"])].map((read) => assert.rejects(read, { kind: "unreachable" }));
  await clock.advance(SECOND);
  await device.close();
  await Promise.all(reads);
  assert.equal(clock.next, undefined);
});

test("a wrong source is an error that says what is expected", () => {
  const wrong: readonly [object, RegExp][] = [
    [{}, /expected exactly one of constant, ramp, sine, walk/],
    [{ constant: 1, ramp: { from: 0, to: 1 } }, /expected exactly one of/],
    [{ ramp: { from: 0, to: 1 }, write: true }, /only a constant can be written/],
    [{ ramp: { from: 0, to: 1, period: "0s" } }, /a period is longer than 0/],
    [{ walk: { start: 5, step: 1, min: 0, max: 4 } }, /min <= start <= max/],
  ];
  for (const [source, message] of wrong) assert.throws(() => simulated.point.parse(source), message);
});

test("every source is a scalar, and only a constant may be writable", () => {
  assert.deepEqual(simulated.shape({ constant: 1 }), { kind: "scalar", writable: true });
  assert.deepEqual(simulated.shape({ sine: { mean: 0, amplitude: 1 } }), { kind: "scalar", writable: false });
});
