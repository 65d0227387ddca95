/** Packaged mappings, played backwards at a broker and read by the adapter: every value arrives, and is a good one. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { loadAdapters } from "../../../../adapters/index.ts";
import { mqtt } from "../../../../adapters/mqtt/index.ts";
import type { MqttPoint } from "../../../../adapters/mqtt/points.ts";
import type { MqttDevice } from "../../../../adapters/mqtt/section.ts";
import type { PointId, RawValue } from "../../../../src/adapter.ts";
import { simulateCabinet } from "../../../../src/cli/simulated-cabinet.ts";
import { systemClock, systemRandom } from "../../../../src/clock.ts";
import { AdapterShelf } from "../../../../src/config/adapter-shelf.ts";
import { knownMappings } from "../../../../src/config/known-mappings.ts";
import { MappingLibrary } from "../../../../src/config/mapping-library.ts";
import { locateData } from "../../../../src/locate.ts";
import { silentLogger } from "../../../../src/log.ts";
import { catalogue } from "../../../../src/lwm2m/objects/index.ts";
import { exampleDevice } from "../../../../src/mapping/example-device.ts";
import type { DevicePlan } from "../../../../src/mapping/plan-types.ts";
import { anMqttBroker, type PlayedBroker } from "../../../support/an-mqtt-broker.ts";
import { Heard } from "../../../support/heard.ts";
import { anMqttLink } from "../../../support/mqtt-world.ts";

/** Nothing here waits for a clock: this is for what would never end. */
const timeout = 60_000;
const directories = [locateData("mappings")];
const MAPPINGS = (await knownMappings(directories, "mqtt")).map(({ name }) => name);
const context = { clock: systemClock, random: systemRandom, log: silentLogger };

async function planOf(mapping: string): Promise<DevicePlan> {
  const library = new MappingLibrary({ adapters: AdapterShelf.of(await loadAdapters()), catalogue, directories });
  const place = { file: "test", line: 1, column: 1 };
  const { prepared } = await library.find({ kind: "scalar", text: mapping, quoted: true, place });
  return exampleDevice(prepared ?? assert.fail(mapping), () => {})?.plan ?? assert.fail(mapping);
}

type Told =
  | { readonly point: PointId; readonly value: RawValue }
  | { readonly point: PointId; readonly bad: string }
  | { readonly reachable: boolean };

/** A link and the device of this plan on it. */
async function attached(t: TestContext, plan: DevicePlan, broker: PlayedBroker) {
  const { link } = await anMqttLink(t, { url: `mqtt://127.0.0.1:${broker.port}` });
  const points = new Map<PointId, MqttPoint>();
  for (const { point, source } of plan.resources.values())
    if (source.kind === "point") points.set(point, source.point as MqttPoint);
  const told = new Heard<Told>();
  const device = await link.attach(plan.device as MqttDevice, points, {
    onReadings: (readings, refused = []) => {
      for (const { point, value } of readings) told.push({ point, value });
      for (const { point, reason } of refused) told.push({ point, bad: reason });
    },
    onReachable: (reachable) => told.push({ reachable }),
  });
  // What is said before somebody listens is heard a second later: too late for a test.
  const spoken = [...points.values()].flatMap(({ source }) => (source.kind === "topic" ? source.topic.filters : []));
  const lives = (plan.device as MqttDevice).availability.map(({ topic }) => topic);
  for (const wanted of [...spoken, ...lives]) await broker.subscribed.find((filter) => filter === wanted);
  return { device, told };
}

async function played(t: TestContext, plan: DevicePlan, broker: PlayedBroker, faults = ""): Promise<void> {
  const options = { url: `mqtt://127.0.0.1:${broker.port}`, faults };
  const simulation = await simulateCabinet([plan], mqtt, options, context);
  t.after(() => simulation.close());
}

for (const mapping of MAPPINGS) {
  test(`${mapping} is played, and every value of it is heard`, { timeout }, async (t) => {
    const plan = await planOf(mapping);
    const broker = await anMqttBroker(t);
    const { device, told } = await attached(t, plan, broker);
    await played(t, plan, broker);
    for (const { point, source } of plan.resources.values()) {
      if (source.kind !== "point" || !source.readable) continue;
      const [asked] = source.poll === "unasked" ? [] : (await device.read([point])).readings;
      const first = asked ?? (await told.find((one) => "point" in one && one.point === point));
      assert.ok("value" in first, JSON.stringify(first));
      const converted = source.toValue(first.value);
      assert.ok("good" in converted, `${point}: ${JSON.stringify(converted)}`);
      if (!source.writable) continue;
      await device.write(point, source.toRaw(converted.good).raw);
    }
    if ((plan.device as MqttDevice).availability.length > 0) {
      await told.find((one) => "reachable" in one && one.reachable);
    }
  });
}

test("a device that is played says good-bye, and one that is cut off leaves its last will", { timeout }, async (t) => {
  const plan = await planOf("tasmota-plug");
  const broker = await anMqttBroker(t);
  const options = { url: `mqtt://127.0.0.1:${broker.port}` };
  const simulation = await simulateCabinet([plan], mqtt, options, context);
  const life = (plan.device as MqttDevice).availability[0]?.topic ?? assert.fail();
  await broker.published.find(({ topic, payload, retain }) => topic === life && payload === "Online" && retain);
  await simulation.close();
  await broker.published.find(({ topic, payload }) => topic === life && payload === "Offline");
  const another = await simulateCabinet([plan], mqtt, options, context);
  broker.published.forget();
  broker.drop();
  await broker.published.find(({ topic, payload }) => topic === life && payload === "Offline");
  await another.close();
});

test("what is written to a device is what it says from then on", { timeout }, async (t) => {
  const plan = await planOf("z2m-plug");
  const broker = await anMqttBroker(t);
  const { device, told } = await attached(t, plan, broker);
  await played(t, plan, broker);
  const isSwitch = (one: Told): boolean => "value" in one && one.point === "3312/0/5850";
  const first = await told.find(isSwitch);
  assert.ok("value" in first);
  const other = first.value === "ON" ? "OFF" : "ON";
  told.forget();
  await device.write("3312/0/5850", other);
  const next = await told.find((one) => isSwitch(one) && "value" in one && one.value === other);
  assert.ok("value" in next);
});

test("what is to go wrong goes wrong, and the adapter says so", { timeout }, async (t) => {
  const plan = await planOf("z2m-climate");
  const reasons: Readonly<Record<string, RegExp>> = {
    garbage: /is no JSON/,
    malformed: /is no JSON/,
    wrong: /^n\/a$/,
  };
  for (const [fault, reason] of Object.entries(reasons)) {
    const broker = await anMqttBroker(t);
    const { told } = await attached(t, plan, broker);
    await played(t, plan, broker, fault);
    const one = await told.find((each) => "point" in each);
    assert.match("bad" in one ? one.bad : "value" in one ? String(one.value) : "", reason, fault);
  }
});

test("a message twice is one that the broker keeps, and a huge one is more than links read", { timeout }, async (t) => {
  const plan = await planOf("z2m-climate");
  const broker = await anMqttBroker(t);
  await played(t, plan, broker, "twice");
  const state = (plan.device as MqttDevice).topics.get("state")?.filters[0];
  await broker.published.find(({ topic, retain }) => topic === state && !retain);
  await broker.published.find(({ topic, retain }) => topic === state && retain);
  const another = await anMqttBroker(t);
  await played(t, plan, another, "huge");
  const { payload } = await another.published.find(({ topic }) => topic === state);
  assert.ok(payload.length > 1024 * 1024);
});

test("faults that are none, and a broker that is none, are told", async (t) => {
  const plan = await planOf("z2m-climate");
  const broker = await anMqttBroker(t);
  for (const faults of ["crc:1%", "drop:200%", "dead", "late:often", "flapping:0s"]) {
    await assert.rejects(played(t, plan, broker, faults), /fault ".*": expected/);
  }
  await assert.rejects(simulateCabinet([plan], mqtt, {}, context), { message: /^which broker\?/ });
  await assert.rejects(simulateCabinet([plan], mqtt, { url: "mqtt://127.0.0.1:1" }, context), { name: "DeviceError" });
  await assert.rejects(simulateCabinet([plan], mqtt, { host: "x", port: 1 }, context), { name: "WrongArguments" });
});
