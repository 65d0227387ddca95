import assert from "node:assert/strict";
import { test } from "node:test";
import { anMqttBroker } from "../../support/an-mqtt-broker.ts";
import { anMqttDevice, anMqttLink, valueAtLast } from "../../support/mqtt-world.ts";

const NOON = Date.UTC(2026, 5, 1, 12);

test("what a device says becomes readings, and each message a sign of life", async (t) => {
  const broker = await anMqttBroker(t);
  const world = await anMqttLink(t, { url: `mqtt://127.0.0.1:${broker.port}` });
  const { told } = await anMqttDevice(
    world,
    { state: "z/one", signal: { link_quality: "linkquality", rssi: "radio.rssi" } },
    {
      "3303/0/5700": { path: "temperature" },
      "3306/0/5850": { path: "state" },
      "3304/0/5700": { topic: "z/+/humidity" },
    },
  );
  await broker.subscribed.count(2);
  await broker.publish("z/one", '{"temperature":21.5,"state":"ON","linkquality":77,"radio":{"rssi":-60}}');
  assert.equal(await valueAtLast(told, "3303/0/5700"), 21.5);
  assert.equal(await valueAtLast(told, "3306/0/5850"), "ON");
  await broker.publish("z/one/humidity", "48.2");
  assert.equal(await valueAtLast(told, "3304/0/5700"), "48.2");
  await broker.publish("z/one", '{"action":"single"}');
  await told.find(({ kind }) => kind === "alive");
  const connectivity = told.all.flatMap((one) => (one.kind === "connectivity" ? [one.connectivity] : []));
  assert.deepEqual(connectivity, [{ addresses: ["127.0.0.1"] }, { rssi: -60, linkQuality: 77 }]);
});

test("a payload that makes no sense is no value, with the reason, and the next one is", async (t) => {
  const broker = await anMqttBroker(t);
  const world = await anMqttLink(t, { url: `mqtt://127.0.0.1:${broker.port}` });
  const { told } = await anMqttDevice(
    world,
    { state: "s" },
    { "3303/0/5700": { path: "t" }, "3304/0/5700": { path: "h" } },
  );
  await broker.subscribed.count(1);
  for (const payload of ["{", "", "[]", "5", '{"t":null,"h":{}}', Buffer.from([0xff, 0xfe])])
    await broker.publish("s", payload);
  await broker.publish("s", '{"t":1}');
  assert.equal(await valueAtLast(told, "3303/0/5700"), 1);
  const reasons = told.all.flatMap((one) =>
    one.kind === "refused" && one.point === "3303/0/5700" ? [one.reason] : [],
  );
  assert.deepEqual(reasons, [
    'the payload is no JSON: "{"',
    "the payload is empty, and no JSON",
    "t is null: it has no value",
    'the payload is no JSON: "\u{fffd}\u{fffd}"',
  ]);
});

test("an old retained value is no new measurement, but one that says its time counts with that", async (t) => {
  const broker = await anMqttBroker(t);
  await broker.publish("ignored", '{"v":1}', { retain: true });
  await broker.publish("accepted", '{"v":2}', { retain: true });
  await broker.publish("timed", `{"v":3,"at":${NOON}}`, { retain: true });
  const world = await anMqttLink(t, { url: `mqtt://127.0.0.1:${broker.port}` });
  const { told } = await anMqttDevice(
    world,
    { topics: { a: "ignored", b: { topic: "accepted", retained: "accept" }, c: { topic: "timed", time: "at" } } },
    { "1/0/1": { topic: "a", path: "v" }, "1/0/2": { topic: "b", path: "v" }, "1/0/3": { topic: "c", path: "v" } },
  );
  assert.equal(await valueAtLast(told, "1/0/2"), 2);
  const timed = await told.find((one) => one.kind === "value" && one.point === "1/0/3");
  assert.ok(timed.kind === "value" && timed.value === 3 && timed.time === NOON);
  await broker.publish("ignored", '{"v":4}');
  assert.equal(await valueAtLast(told, "1/0/1"), 4);
});

test("a device that comes later hears what the broker has kept of a topic that another has subscribed to", async (t) => {
  const broker = await anMqttBroker(t);
  await broker.publish("bridge", '{"state":"online"}', { retain: true });
  const world = await anMqttLink(t, { url: `mqtt://127.0.0.1:${broker.port}` });
  const section = { state: "s", availability: { topic: "bridge", path: "state" } };
  const first = await anMqttDevice(world, section, {});
  await first.told.find(({ kind }) => kind === "alive");
  const second = await anMqttDevice(world, section, {});
  await second.told.find(({ kind }) => kind === "alive");
});

test("a device is away as soon as one of those who know it says so, and there when all do", async (t) => {
  const broker = await anMqttBroker(t);
  const world = await anMqttLink(t, { url: `mqtt://127.0.0.1:${broker.port}` });
  const availability = [
    { topic: "bridge", path: "state" },
    { topic: "dev/lwt", online: ["Online", "1"], offline: "Offline" },
  ];
  const { told } = await anMqttDevice(world, { availability }, {});
  await broker.subscribed.count(2);
  const offline = (): Promise<unknown> => told.find((one) => one.kind === "reachable" && !one.reachable);
  await broker.publish("dev/lwt", "Offline");
  assert.deepEqual(await offline(), { kind: "reachable", reachable: false, reason: "dev/lwt says Offline" });
  told.forget();
  await broker.publish("dev/lwt", "1");
  await broker.publish("bridge", "offline");
  assert.deepEqual(await offline(), { kind: "reachable", reachable: false, reason: "bridge says offline" });
  assert.deepEqual(told.all.length, 1);
  await broker.publish("bridge", '{"state":"online"}');
  await told.find(({ kind }) => kind === "alive");
});

test("a write is done when the broker has it, and a step goes its way", async (t) => {
  const broker = await anMqttBroker(t);
  const world = await anMqttLink(t, { url: `mqtt://127.0.0.1:${broker.port}` });
  const requests = {
    set: { topic: "dev/set", json: { state: "{value}", transition: 1 } },
    level: { topic: "dev/level", send: "L{value:1}", qos: 0 },
    stop: { topic: "dev/stop", hex: "02 ff", retain: true },
  };
  const { device } = await anMqttDevice(
    world,
    { state: "dev", requests },
    {
      "3306/0/5850": { path: "state", write: { request: "set" } },
      "3306/0/5851": { path: "level", write: { request: "level" } },
      "3306/0/5852": { path: "stop", write: { request: "stop", when: true } },
    },
  );
  await device.write("3306/0/5850", true);
  await device.write("3306/0/5851", 12.34);
  await device.write("3306/0/5852", true);
  await device.invoke([
    { request: "set", value: "ON" },
    { wait: 1 },
    { publish: "log", payload: { kind: "pieces", pieces: [{ kind: "literal", text: "done" }] }, retain: false },
  ]);
  await broker.published.count(5);
  assert.deepEqual(
    broker.published.all.map(({ topic, payload, qos, retain }) => [topic, payload, qos, retain]),
    [
      ["dev/set", '{"state":true,"transition":1}', 1, false],
      ["dev/level", "L12.3", 0, false],
      ["dev/stop", "\u0002\ufffd", 1, true],
      ["dev/set", '{"state":"ON","transition":1}', 1, false],
      ["log", "done", 1, false],
    ],
  );
  await assert.rejects(device.write("3306/0/5852", false), /only true may be written/);
  await assert.rejects(device.write("1/0/0", 1), /does not let "1\/0\/0" be written/);
  await assert.rejects(device.invoke([{ request: "none" }]), /no request "none"/);
});

test("an answer is known by what it has of the request, and a refusal has the device's reason", async (t) => {
  const broker = await anMqttBroker(t);
  const world = await anMqttLink(t, { url: `mqtt://127.0.0.1:${broker.port}` });
  const reply = { topic: "rsp", match: { transaction: "{id}" }, ok: { status: "ok" }, error: "error" };
  const requests = {
    read: { topic: "req", json: { transaction: "{id}" }, reply },
    write: { topic: "req", json: { transaction: "{id}", v: "{value}" }, reply },
    silent: { topic: "nobody", send: "?", reply: { topic: "rsp/+" }, timeout: "30ms" },
  };
  const { device } = await anMqttDevice(
    world,
    { requests },
    {
      "3303/0/5700": { request: "read", path: "data.t", write: { request: "write" } },
      "3304/0/5700": { request: "silent", path: "." },
    },
  );
  broker.onPublished = (one) => {
    if (one.topic !== "req") return;
    const { transaction, v } = JSON.parse(one.payload);
    void broker.publish("rsp", `{"transaction":${transaction + 1},"status":"ok","data":{"t":-1}}`);
    const outcome = v === 99 ? '"status":"error","error":"too hot"' : '"status":"ok","data":{"t":21}';
    void broker.publish("rsp", `{"transaction":"${transaction}",${outcome}}`);
  };
  const { readings, refused } = await device.read(["3303/0/5700", "3304/0/5700"]);
  assert.deepEqual(
    readings.map(({ point, value }) => [point, value]),
    [["3303/0/5700", 21]],
  );
  assert.deepEqual(refused, [{ point: "3304/0/5700", reason: 'silent: no answer on "rsp/+" within 30ms' }]);
  await device.write("3303/0/5700", 50);
  await assert.rejects(device.write("3303/0/5700", 99), {
    name: "DeviceError",
    kind: "rejected",
    message: "write: too hot",
  });
  await assert.rejects(device.read(["3304/0/5700"]), { kind: "unreachable" });
});

test("what a device has said is there for who asks, and nothing is heard after it was detached", async (t) => {
  const broker = await anMqttBroker(t);
  const world = await anMqttLink(t, { url: `mqtt://127.0.0.1:${broker.port}` });
  const resources = { "3303/0/5700": { path: "t" } };
  const one = await anMqttDevice(world, { state: "s" }, resources);
  const other = await anMqttDevice(world, { state: "s" }, resources);
  await broker.subscribed.count(1);
  assert.deepEqual((await one.device.read(["3303/0/5700"])).refused, [
    { point: "3303/0/5700", reason: "the device has not said it yet" },
  ]);
  await broker.publish("s", '{"t":5}');
  await valueAtLast(one.told, "3303/0/5700");
  assert.equal((await one.device.read(["3303/0/5700"])).readings[0]?.value, 5);
  await one.device.close();
  one.told.forget();
  other.told.forget();
  await broker.publish("s", '{"t":6}');
  assert.equal(await valueAtLast(other.told, "3303/0/5700"), 6);
  assert.deepEqual(one.told.all, []);
  await assert.rejects(one.device.read(["3303/0/5700"]), /detached/);
});
