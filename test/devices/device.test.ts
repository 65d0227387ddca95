import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { aDevice, onDevice } from "../support/a-device.ts";
import { constant, point } from "../support/device-plan.ts";

const VOLTAGE = "3316/0/5700";
const CURRENT = "3317/0/5700";
const METER = { [VOLTAGE]: point(), [CURRENT]: point(), "3316/0/5701": constant("V") };

test("a device that answers is online within seconds, and what it says changes arrive in one call for each read", async () => {
  const { clock, fake, device, batches, states } = aDevice(METER);
  fake.set(VOLTAGE, 230).set(CURRENT, 5);
  device.start();
  await clock.advance(3 * SECOND);
  assert.equal(device.state, "online");
  assert.deepEqual(states, ["online"]);
  batches.length = 0;
  fake.set(VOLTAGE, 231).set(CURRENT, 6);
  await clock.advance(10 * SECOND);
  assert.deepEqual(
    batches.map((samples) => samples.map(({ path, value }) => [path, value])),
    [
      [
        ["/meter-1/3316/0/5700", 231],
        ["/meter-1/3317/0/5700", 6],
      ],
    ],
  );
});

test("values that stay the same are read and not reported", async () => {
  const { clock, fake, device, batches } = aDevice(METER);
  fake.set(VOLTAGE, 230).set(CURRENT, 5);
  device.start();
  await clock.advance(12 * SECOND);
  batches.length = 0;
  const reads = fake.reads.length;
  await clock.advance(HOUR);
  assert.deepEqual(batches, []);
  assert.equal(fake.reads.length - reads, 360);
});

test("a dead unit is offline after three failures, probed ever more rarely, and back at once when it answers", async () => {
  const { clock, fake, device, states, lines } = aDevice(METER);
  fake.set(VOLTAGE, 230).set(CURRENT, 5);
  device.start();
  await clock.advance(MINUTE);
  fake.alive = false;
  await clock.advance(30 * SECOND);
  assert.deepEqual(states, ["online", "offline"]);
  const asked = fake.requests.length;
  await clock.advance(2 * HOUR);
  const probes = fake.reads.slice(asked);
  assert.ok(probes.length <= 20, `${probes.length} probes in two hours`);
  assert.ok(probes.every((points) => points.length === 1));
  fake.alive = true;
  await clock.advance(10 * MINUTE + SECOND);
  assert.deepEqual(states, ["online", "offline", "online"]);
  assert.deepEqual(
    lines.map(({ level, message }) => [level, message]),
    [
      ["info", "the device is online"],
      ["warn", "the device is offline"],
      ["info", "the device is online"],
    ],
  );
  assert.ok(lines.every(({ level, fields: { until } }) => level !== "warn" || typeof until === "string"));
  assert.equal(device.status().counters.outages, 1);
});

test("a link that goes and comes is an outage at once and over at once", async () => {
  const { clock, fake, device, states } = aDevice(METER);
  fake.set(VOLTAGE, 230);
  device.start();
  await clock.advance(MINUTE);
  fake.reachable(false);
  assert.deepEqual(states, ["online", "offline"]);
  fake.reachable(true);
  await clock.advance(0);
  assert.deepEqual(states, ["online", "offline", "online"]);
});

test("an exception on one point marks it bad and leaves the others; one line tells when it begins and ends", async () => {
  const { clock, fake, device, lines, read } = aDevice(METER);
  fake.set(VOLTAGE, 230).set(CURRENT, 5);
  device.start();
  await clock.advance(MINUTE);
  lines.length = 0;
  fake.refused.set(CURRENT, "exception 2: illegal data address");
  fake.set(VOLTAGE, 240);
  await clock.advance(HOUR);
  assert.equal(device.state, "online");
  assert.deepEqual(await read(onDevice({ object: 3316, instance: 0, resource: 5700 })), { [VOLTAGE]: 240 });
  const bad = device.status().values.find(({ path }) => path === `/meter-1/${CURRENT}`);
  assert.equal(bad?.bad, "exception 2: illegal data address");
  assert.equal(bad?.value, 5, "the last good value is kept");
  fake.refused.clear();
  await clock.advance(MINUTE);
  assert.deepEqual(
    lines.map(({ level, fields: { points } }) => [level, points]),
    [
      ["warn", { [CURRENT]: "exception 2: illegal data address" }],
      ["info", [CURRENT]],
    ],
  );
});

test("a value that means no value keeps the last good one with its time", async () => {
  const { clock, fake, device, batches } = aDevice({ [VOLTAGE]: point() });
  fake.set(VOLTAGE, 230);
  device.start();
  await clock.advance(MINUTE);
  batches.length = 0;
  fake.set(VOLTAGE, -1);
  await clock.advance(HOUR);
  const [status] = device.status().values.filter(({ path }) => path === `/meter-1/${VOLTAGE}`);
  assert.equal(status?.value, 230);
  assert.equal(status?.bad, "-1 means no value");
  assert.ok((status?.time ?? Infinity) <= clock.epoch + MINUTE);
  assert.deepEqual(batches, []);
});

test("a bug in a conversion costs its point, is logged once, and nothing else", async () => {
  const broken = point({
    toValue() {
      throw new TypeError("undefined is not a function");
    },
  });
  const { clock, fake, device, lines, said } = aDevice({ [VOLTAGE]: point(), [CURRENT]: broken });
  fake.set(VOLTAGE, 230).set(CURRENT, 5);
  device.start();
  await clock.advance(HOUR);
  assert.equal(said()[VOLTAGE], 230);
  assert.equal(lines.filter(({ level }) => level === "error").length, 1);
});

test("what a device says unasked is a sample, and a sign of life", async () => {
  const { clock, fake, device, said, states } = aDevice(
    { [VOLTAGE]: point({ poll: "never" }) },
    {
      availability: { silence: 15 * MINUTE, retry: { first: 5 * SECOND, longest: HOUR }, whenOffline: "error" },
    },
  );
  device.start();
  await clock.advance(MINUTE);
  assert.equal(device.state, "connecting");
  assert.deepEqual(fake.requests, []);
  fake.say(VOLTAGE, 229);
  assert.equal(device.state, "online");
  assert.equal(said()[VOLTAGE], 229);
  await clock.advance(15 * MINUTE);
  assert.deepEqual(states, ["online", "offline"]);
  assert.equal(device.status().reason, "nothing heard for 15m");
  fake.say(VOLTAGE, 229);
  assert.deepEqual(states, ["online", "offline", "online"]);
});

test("a poll that takes longer than its period is skipped, and nothing piles up", async () => {
  const { clock, fake, device } = aDevice({ [VOLTAGE]: point({ poll: { every: SECOND } }) });
  fake.set(VOLTAGE, 230);
  fake.latency = 2500;
  device.start();
  await clock.advance(20 * MINUTE);
  const { reads, skippedPolls } = device.status().counters;
  assert.ok(Math.abs(reads - 400) <= 2, String(reads));
  assert.ok(Math.abs(skippedPolls - 800) <= 4, String(skippedPolls));
});

test("the status says all that a person asks: state, since when, values with unit and age", async () => {
  const { clock, fake, device } = aDevice(METER);
  fake.set(VOLTAGE, 230);
  assert.equal(device.status().state, "connecting");
  device.start();
  await clock.advance(MINUTE);
  const status = device.status();
  assert.equal(status.since, clock.epoch);
  assert.ok((status.lastHeard ?? 0) > clock.epoch + 49 * SECOND);
  const [voltage] = status.values.filter(({ path }) => path === `/meter-1/${VOLTAGE}`);
  const { age = Infinity, ...rest } = voltage ?? assert.fail();
  assert.ok(age < 10 * SECOND);
  assert.deepEqual(rest, {
    path: `/meter-1/${VOLTAGE}`,
    name: "Sensor Value",
    value: 230,
    time: clock.wall() - age,
    unit: "V",
    source: "test-meter.yaml:3",
  });
  fake.alive = false;
  await clock.advance(MINUTE);
  const offline = device.status();
  assert.equal(offline.state, "offline");
  assert.equal(offline.reason, "no answer within 500 ms");
  assert.ok((offline.nextTry ?? 0) > clock.wall());
});
