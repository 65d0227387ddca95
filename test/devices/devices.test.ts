import assert from "node:assert/strict";
import { test } from "node:test";
import type { PointId } from "../../src/adapter.ts";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { Devices, type DevicesChange, type LinkPlan, type PlacedDevice } from "../../src/devices/devices.ts";
import type { Sample } from "../../src/lwm2m/sample.ts";
import type { ResourceSource } from "../../src/mapping/plan-types.ts";
import { aPlan, constant, definitionOf, type PlanOptions, point } from "../support/device-plan.ts";
import { FakeClock, fakeRandom, settle } from "../support/fake-clock.ts";
import { FakeDevice, type FakeLinks, fakeAdapter } from "../support/fake-device.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";

const VOLTAGE = "3316/0/5700";

function someDevices(count = 3) {
  const clock = new FakeClock();
  const fakes = new Map<string, FakeDevice>();
  for (let i = 1; i <= count; i++) fakes.set(`meter-${i}`, new FakeDevice(clock).set(VOLTAGE, 229 + i));
  const opened: FakeLinks = { opened: [], closed: [] };
  const adapter = fakeAdapter(fakes, opened);
  const links = (...names: string[]): ReadonlyMap<string, LinkPlan> =>
    new Map(names.map((name) => [name.split("@")[0] ?? "", { id: name, adapter, options: name }]));
  const changes: DevicesChange[] = [];
  const states: string[] = [];
  const samples: Sample[] = [];
  const lines: LogLine[] = [];
  const devices = new Devices(
    { deviceObject: definitionOf(3), clock, random: fakeRandom(), log: recordingLogger(lines) },
    {
      onSamples: (_device, batch) => samples.push(...batch),
      onStateChange: (device, state) => states.push(`${device.plan.id} ${state}`),
      onDevicesChanged: (change) => changes.push(change),
    },
  );
  const fake = (id: string): FakeDevice => fakes.get(id) ?? assert.fail();
  return { clock, fakes, fake, opened, links, devices, changes, states, samples, lines };
}

const METER = { [VOLTAGE]: point() };

function placed(
  id: string,
  resources: Readonly<Record<PointId, ResourceSource>> = METER,
  options: PlanOptions & { prefix?: string } = {},
): PlacedDevice {
  return { plan: aPlan(resources, { ...options, id }), prefix: options.prefix ?? id };
}

const ids = ({ devices }: { devices: Devices }): string[] => devices.list().map(({ plan }) => plan.id);

test("devices of one link are started over one opening of it", async () => {
  const all = someDevices();
  const change = await all.devices.apply([placed("meter-1"), placed("meter-2")], all.links("bus"));
  assert.deepEqual(change, { added: ["meter-1", "meter-2"], removed: [], changed: [] });
  assert.deepEqual(all.changes, [change]);
  await all.clock.advance(5 * SECOND);
  assert.deepEqual(all.opened.opened, ["bus"]);
  assert.deepEqual(all.states, ["meter-1 online", "meter-2 online"]);
  assert.equal(all.devices.byPrefix("meter-2"), all.devices.get("meter-2"));
});

test("many devices are started a few at a time, and one that is gone before its turn is not", async () => {
  const all = someDevices(25);
  const many = [...all.fakes.keys()].map((id) => placed(id));
  await all.devices.apply(many, all.links("bus"));
  await settle();
  const started = (): number => [...all.fakes.values()].filter(({ attached }) => attached > 0).length;
  assert.ok(started() < many.length, `${started()} are started at once`);
  await all.devices.apply(many.slice(0, 24), all.links("bus"));
  await all.clock.advance(5 * SECOND);
  assert.equal(started(), 24);
  assert.equal(all.fake("meter-25").attached, 0);
  for (const fake of [...all.fakes.values()].slice(0, 24)) assert.equal(fake.attached, 1);
});

test("a device whose plan stays is untouched by a new plan, one that is gone is closed, a new one is started", async () => {
  const all = someDevices();
  await all.devices.apply([placed("meter-1"), placed("meter-2")], all.links("bus"));
  await all.clock.advance(MINUTE);
  const before = all.devices.get("meter-1");
  const change = await all.devices.apply([placed("meter-3"), placed("meter-1")], all.links("bus"));
  await all.clock.advance(MINUTE);
  assert.deepEqual(change, { added: ["meter-3"], removed: ["meter-2"], changed: [] });
  assert.equal(all.devices.get("meter-1"), before);
  assert.equal(all.fake("meter-1").attached, 1);
  assert.equal(all.fake("meter-2").detached, 1);
  assert.equal(all.fake("meter-3").attached, 1);
  assert.equal(all.devices.byPrefix("meter-2"), undefined);
  assert.deepEqual(ids(all), ["meter-3", "meter-1"], "in the order of the plan");
  assert.deepEqual(all.opened, { opened: ["bus"], closed: [] });
});

test("nothing is told where nothing changed", async () => {
  const all = someDevices();
  await all.devices.apply([placed("meter-1")], all.links("bus"));
  await all.devices.apply([placed("meter-1")], all.links("bus"));
  assert.equal(all.changes.length, 1);
});

for (const [what, other] of [
  ["a poll period", placed("meter-1", { [VOLTAGE]: point({ poll: { every: SECOND } }) })],
  ["an address", placed("meter-1", { [VOLTAGE]: point({ point: { holding: 7 } }) })],
  ["a constant", placed("meter-1", { ...METER, "3316/0/5701": constant("V") })],
  ["a conversion", placed("meter-1", METER, { fingerprint: "scale: 0.1" })],
  ["the adapter's section", placed("meter-1", METER, { device: "meter-2" })],
  ["the prefix", placed("meter-1", METER, { prefix: "dev1" })],
] as const) {
  test(`${what} that is another makes the device another, and only that one`, async () => {
    const all = someDevices();
    await all.devices.apply([placed("meter-1"), placed("meter-3")], all.links("bus"));
    await all.clock.advance(5 * SECOND);
    const change = await all.devices.apply([other, placed("meter-3")], all.links("bus"));
    assert.deepEqual(change, { added: [], removed: [], changed: ["meter-1"] });
    assert.equal(all.fake("meter-1").detached, 1);
    assert.equal(all.fake("meter-3").detached, 0);
    assert.equal(all.devices.get("meter-1")?.prefix, other.prefix);
  });
}

test("the place of a mapping entry in its file makes no difference", async () => {
  const all = someDevices();
  const device = placed("meter-1");
  await all.devices.apply([device], all.links("bus"));
  const moved = { ...device, plan: { ...device.plan, place: { file: "devices.d/x.yaml", line: 99, column: 1 } } };
  assert.deepEqual(await all.devices.apply([moved], all.links("bus")), { added: [], removed: [], changed: [] });
});

test("a link with other options is opened anew, and only its devices are restarted", async () => {
  const all = someDevices();
  const plan = [placed("meter-1"), placed("meter-2", METER, { link: "lan" })];
  await all.devices.apply(plan, all.links("bus", "lan"));
  await all.clock.advance(5 * SECOND);
  const change = await all.devices.apply(plan, all.links("bus@9600", "lan"));
  await all.clock.advance(5 * SECOND);
  assert.deepEqual(change.changed, ["meter-1"]);
  assert.deepEqual(all.opened, { opened: ["bus", "lan", "bus@9600"], closed: ["bus"] });
  assert.equal(all.fake("meter-2").attached, 1);
});

test("a link without devices is closed", async () => {
  const all = someDevices();
  await all.devices.apply([placed("meter-1"), placed("meter-2", METER, { link: "lan" })], all.links("bus", "lan"));
  await all.clock.advance(5 * SECOND);
  await all.devices.apply([placed("meter-1")], all.links("bus", "lan"));
  assert.deepEqual(all.opened.closed, ["lan"]);
});

test("a link that cannot be opened makes its devices offline with the reason, and is tried again", async () => {
  const all = someDevices();
  all.opened.failure = new Error("no such port");
  await all.devices.apply([placed("meter-1")], all.links("bus"));
  await all.clock.advance(MINUTE);
  assert.deepEqual(all.states, ["meter-1 offline"]);
  assert.equal(all.devices.get("meter-1")?.status().reason, "link bus cannot be opened: no such port");
  delete all.opened.failure;
  await all.clock.advance(10 * MINUTE);
  assert.deepEqual(all.states, ["meter-1 offline", "meter-1 online"]);
  assert.deepEqual(
    all.lines.filter(({ level }) => level === "error"),
    [],
  );
});

test("a dead device leaves its neighbours alone", async () => {
  const all = someDevices();
  all.fake("meter-2").failure = new TypeError("a bug for this device only");
  await all.devices.apply([placed("meter-1"), placed("meter-2"), placed("meter-3")], all.links("bus"));
  await all.clock.advance(5 * MINUTE);
  assert.deepEqual(all.states.sort(), ["meter-1 online", "meter-2 offline", "meter-3 online"]);
  assert.ok(all.fake("meter-1").reads.length >= 29);
});

test("two plans that come at the same time are applied one after the other", async () => {
  const all = someDevices();
  const [first, second] = await Promise.all([
    all.devices.apply([placed("meter-1"), placed("meter-2")], all.links("bus")),
    all.devices.apply([placed("meter-2"), placed("meter-3")], all.links("bus")),
  ]);
  assert.deepEqual(first.added, ["meter-1", "meter-2"]);
  assert.deepEqual(second, { added: ["meter-3"], removed: ["meter-1"], changed: [] });
});

test("closing detaches every device and closes every link", async () => {
  const all = someDevices();
  await all.devices.apply([placed("meter-1"), placed("meter-2", METER, { link: "lan" })], all.links("bus", "lan"));
  await all.clock.advance(5 * SECOND);
  await all.devices.close();
  assert.deepEqual([...all.opened.closed].sort(), ["bus", "lan"]);
  assert.equal(all.fake("meter-1").detached, 1);
  assert.equal(all.clock.next, undefined);
});

test("two hundred devices start within seconds, and each is read once a period, spread over it", async () => {
  const all = someDevices(200);
  const plan = [...all.fakes.keys()].map((id) => placed(id));
  await all.devices.apply(plan, all.links("bus"));
  await all.clock.advance(3 * SECOND);
  assert.equal(all.states.length, 200);
  for (const fake of all.fakes.values()) fake.requests.length = 0;
  let most = 0;
  for (let tick = 0, before = 0; tick < 10; tick++) {
    await all.clock.advance(SECOND);
    const total = [...all.fakes.values()].reduce((sum, { requests }) => sum + requests.length, 0);
    most = Math.max(most, total - before);
    before = total;
  }
  assert.ok([...all.fakes.values()].every(({ requests }) => requests.length === 1));
  assert.ok(most < 40, `${most} reads in one second, where 20 are the average`);
});
