import assert from "node:assert/strict";
import { test } from "node:test";
import { DeviceError } from "../../src/adapter.ts";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { aDevice, onDevice } from "../support/a-device.ts";
import { constant, point } from "../support/device-plan.ts";

const VOLTAGE = "3316/0/5700";
const CURRENT = "3317/0/5700";
const METER = { [VOLTAGE]: point(), [CURRENT]: point(), "3316/0/5701": constant("V") };

test("a device that cannot be attached is tried again until it can", async () => {
  const { clock, fake, device, states } = aDevice(METER);
  fake.failure = new DeviceError("unreachable", "no route to host");
  fake.set(VOLTAGE, 230);
  device.start();
  await clock.advance(HOUR);
  assert.deepEqual(states, ["offline"]);
  assert.match(device.status().reason ?? "", /no route to host/);
  fake.failure = undefined;
  await clock.advance(10 * MINUTE);
  assert.equal(device.state, "online");
  assert.equal(fake.attached, 1);
});

test("a bug in an adapter is an error in the log and a failure of the request, and the device comes back", async () => {
  const { clock, fake, device, lines, states } = aDevice(METER);
  fake.set(VOLTAGE, 230);
  device.start();
  await clock.advance(5 * SECOND);
  fake.failure = new TypeError("x is undefined");
  await clock.advance(30 * SECOND);
  assert.deepEqual(states, ["online", "offline"]);
  assert.ok(lines.some(({ level, fields: { err } }) => level === "error" && err === fake.failure));
  fake.failure = undefined;
  await clock.advance(MINUTE);
  assert.equal(device.state, "online");
});

test("an adapter that never settles a request does not silence its device for ever", async () => {
  const { clock, fake, device } = aDevice(METER);
  fake.set(VOLTAGE, 230);
  device.start();
  await clock.advance(5 * SECOND);
  fake.latency = 1e9 * HOUR;
  await clock.advance(MINUTE);
  fake.latency = 0;
  await clock.advance(11 * MINUTE);
  const asked = fake.reads.length;
  await clock.advance(MINUTE);
  assert.ok(fake.reads.length >= asked + 5);
});

test("a closed device is detached and says nothing more", async () => {
  const { clock, fake, device, batches, states } = aDevice(METER);
  fake.set(VOLTAGE, 230);
  fake.latency = 100;
  device.start();
  await clock.advance(MINUTE);
  batches.length = 0;
  const asked = fake.requests.length;
  fake.set(VOLTAGE, 231);
  void device.backing.read([onDevice({ object: 3317, instance: 0, resource: 5700 })]);
  await device.close();
  fake.say(VOLTAGE, 232);
  await clock.advance(HOUR);
  assert.equal(fake.detached, 1);
  assert.deepEqual(batches, []);
  assert.deepEqual(states, ["online"]);
  assert.ok(fake.requests.length <= asked + 1);
  assert.equal(clock.next, undefined, "no timer is left");
});

test("a device that refuses a request is there: a refusal is an answer", async () => {
  const { clock, fake, device, states } = aDevice(METER);
  fake.set(VOLTAGE, 230);
  device.start();
  await clock.advance(5 * SECOND);
  fake.alive = false;
  await clock.advance(MINUTE);
  fake.alive = true;
  fake.failure = new DeviceError("rejected", "exception 6: server device busy");
  await clock.advance(10 * MINUTE);
  assert.deepEqual(states, ["online", "offline", "online"]);
  assert.equal(device.status().reason, undefined);
});
