import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { Devices, type LinkPlan } from "../../src/devices/devices.ts";
import { deviceObject, requiredObject, Trees } from "../../src/gateway/trees.ts";
import { silentLogger } from "../../src/log.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import type { ObjectTree } from "../../src/lwm2m/tree.ts";
import type { DevicePlan } from "../../src/mapping/plan-types.ts";
import { aPlan, constant, point } from "../support/device-plan.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";
import { FakeClock, fakeRandom } from "../support/fake-clock.ts";
import { FakeDevice, fakeAdapter } from "../support/fake-device.ts";

const VOLTAGE = "3316/0/5700";

function someTrees() {
  const clock = new FakeClock();
  const fakes = new Map(["meter-1", "meter-2"].map((id) => [id, new FakeDevice(clock).set(VOLTAGE, 230)]));
  const links: ReadonlyMap<string, LinkPlan> = new Map([
    ["bus", { id: "bus", adapter: fakeAdapter(fakes), options: "bus" }],
  ]);
  const devices = new Devices(
    { deviceObject: deviceObject(catalogue), clock, random: fakeRandom(), log: silentLogger },
    { onSamples: () => {}, onStateChange: () => {}, onDevicesChanged: () => {} },
  );
  const instances = new Map([["meter-1", 0]]);
  const trees = new Trees({
    catalogue,
    identity: { manufacturer: "Acme", model: "Box", version: "1.0.0" },
    host: {
      memory: () => ({ free: 5_000_000, total: 8_000_000 }),
      control: { offered: false, reboot: () => {}, factoryReset: () => {}, setClock: async () => {} },
    },
    endpoint: "gw-1",
    devices,
    instanceOf: (id) => instances.get(id),
    serverObject: new FakeBacking("", { 1: { version: "1.2", instances: { 0: { 0: 101 } } } }),
    besides: () => [],
    clock,
  });
  const apply = (...plans: readonly DevicePlan[]) =>
    devices.apply(
      plans.map((plan) => ({ plan, prefix: plan.id })),
      links,
    );
  return { clock, trees, devices, instances, apply };
}

function gatewayOf(trees: Trees): ObjectTree {
  const tree = trees.of("");
  assert.ok(tree !== undefined);
  return tree;
}

const METER = aPlan({ [VOLTAGE]: point(), "3316/0/5750": constant("Main") });

test("no prefix is the gateway itself, a prefix is its device, and any other is nobody", async () => {
  const { trees, apply } = someTrees();
  await apply(METER);
  assert.equal(trees.of("")?.prefix, "");
  assert.equal(trees.of("meter-1")?.prefix, "meter-1");
  assert.equal(trees.of("meter-1"), trees.of("meter-1"), "one tree a device");
  assert.equal(trees.of("meter-9"), undefined);
});

test("the gateway has objects 1, 3 and 25, whatever the devices have", async () => {
  const { trees, apply } = someTrees();
  await apply(METER);
  const objects = gatewayOf(trees)
    .discover(at("/"), 1)
    .map(({ path }) => path);
  assert.deepEqual(objects, ["/1", "/3", "/25"]);
  const samples = await gatewayOf(trees).read(at("/25"));
  assert.deepEqual(
    samples.map(({ path, value }) => [path, value]),
    [
      ["/25/0/0", "urn:dev:ops:gw-1-meter-1"],
      ["/25/0/1", "meter-1"],
      ["/25/0/3", "</3>;ver=1.1,</3/0>,</3316>;ver=1.1,</3316/0>"],
    ],
  );
});

test("the latest value of a path is what was measured last, and nothing where nothing was", async () => {
  const { clock, trees, apply } = someTrees();
  await apply(METER);
  const path = at("/meter-1/3316/0/5700");
  assert.equal(trees.latest(path), undefined);
  await clock.advance(30 * SECOND);
  const { value, time = 0 } = trees.latest(path) ?? {};
  assert.equal(value, 230);
  assert.ok(clock.wall() - time <= 10 * SECOND, "measured again, though unchanged");
  assert.equal(trees.latest(at("/3/0/13"))?.value, clock.wall() / SECOND, "the gateway's own clock");
  assert.equal(trees.latest(at("/25/0/1")), undefined, "tells its changes itself");
  assert.equal(trees.latest(at("/meter-9/3/0/0")), undefined);
});

test("what a new plan takes away is told once, by its topmost path", async () => {
  const { trees, apply, instances } = someTrees();
  assert.deepEqual(trees.vanished(), []);
  instances.set("meter-2", 7);
  await apply(METER, aPlan({ [VOLTAGE]: point(), "3303/0/5700": point() }, { id: "meter-2" }));
  assert.deepEqual(trees.vanished(), []);
  const less = aPlan({ [VOLTAGE]: point() }, { fingerprint: "less" });
  await apply(less, aPlan({ [VOLTAGE]: point() }, { id: "meter-2", fingerprint: "less" }));
  assert.deepEqual(trees.vanished(), ["/meter-1/3316/0/5750", "/meter-2/3303"]);
  assert.deepEqual(trees.vanished(), []);
  await apply(less);
  assert.deepEqual(trees.vanished(), ["/meter-2", "/25/7"]);
});

test("an object that the catalogue lacks means a damaged installation", () => {
  assert.throws(() => requiredObject(catalogue, 25, "9.9"), /object 25 version 9.9 is missing/);
});
