import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import { aDevice } from "../support/a-device.ts";
import { constant, point } from "../support/device-plan.ts";

const VOLTAGE = "3316/0/5700";
const LOWEST = "3316/0/5601";
const UNITS = "3316/0/5701";
const ON_OFF = "3306/0/5850";
const DIMMER = "3306/0/5851";
const RESET = "3316/0/5605";
const at = (id: string) => parsePath(`/meter-1/${id}`);

/** A device that has been online for a while. */
async function online(...given: Parameters<typeof aDevice>) {
  const all = aDevice(...given);
  all.device.start();
  await all.clock.advance(25 * SECOND);
  all.fake.requests.length = 0;
  all.batches.length = 0;
  return all;
}

const meets = (code: number, message: RegExp) => (error: unknown) =>
  error instanceof Lwm2mError && error.code === code && message.test(error.message);

test("a value younger than its poll period is answered without asking the device", async () => {
  const { clock, fake, read } = await online({ [VOLTAGE]: point() });
  fake.set(VOLTAGE, 230);
  await clock.advance(10 * SECOND);
  fake.requests.length = 0;
  fake.set(VOLTAGE, 240);
  assert.deepEqual(await read(at(VOLTAGE)), { [VOLTAGE]: 230 });
  assert.deepEqual(fake.requests, []);
});

test("values that are read on demand only are read live, all of a request in one read", async () => {
  const { fake, read } = await online({ [VOLTAGE]: point({ poll: "never" }), [LOWEST]: point({ poll: "never" }) });
  fake.set(VOLTAGE, 230).set(LOWEST, 210);
  assert.deepEqual(await read(at("3316/0")), { [LOWEST]: 210, [VOLTAGE]: 230 });
  assert.deepEqual(fake.reads, [[LOWEST, VOLTAGE]]);
});

test("readers of the same stale value share one read", async () => {
  const { clock, fake, read } = await online({
    [VOLTAGE]: point({ poll: "never" }),
    [LOWEST]: point({ poll: "never" }),
  });
  fake.set(VOLTAGE, 230).set(LOWEST, 210);
  fake.latency = 100;
  const answers = Promise.all([read(at(VOLTAGE)), read(at("3316/0")), read(at(VOLTAGE))]);
  await clock.advance(SECOND);
  assert.deepEqual(await answers, [{ [VOLTAGE]: 230 }, { [LOWEST]: 210, [VOLTAGE]: 230 }, { [VOLTAGE]: 230 }]);
  assert.deepEqual(fake.reads, [[VOLTAGE], [LOWEST]]);
});

test("a value that is read once after each connection stays fresh for the connection", async () => {
  const { clock, fake, read } = aDeviceWithSerial();
  await clock.advance(HOUR);
  const reads = fake.reads.length;
  assert.deepEqual(await read(at("3/0/2")), { "3/0/2": "A1" });
  assert.equal(fake.reads.length, reads);
  fake.reachable(false);
  fake.set("3/0/2", "B7");
  fake.reachable(true);
  await clock.advance(10 * SECOND);
  assert.deepEqual(await read(at("3/0/2")), { "3/0/2": "B7" }, "another unit hangs there now");
});

function aDeviceWithSerial() {
  const all = aDevice({ "3/0/2": point({ poll: "connect" }), [VOLTAGE]: point() });
  all.fake.set("3/0/2", "A1").set(VOLTAGE, 230);
  all.device.start();
  return all;
}

test("a bad point alone is 5.00 with its reason, and is left out of its instance", async () => {
  const { fake, tree, read } = await online({ [VOLTAGE]: point({ poll: "never" }), [UNITS]: constant("V") });
  fake.refused.set(VOLTAGE, "exception 2");
  await assert.rejects(tree.read(at(VOLTAGE)), meets(0xa0, /could not be read: exception 2/));
  assert.deepEqual(await read(at("3316/0")), { [UNITS]: "V" });
});

test("a device that does not answer is 5.00 with the reason, and an old value is not passed off as new", async () => {
  const { clock, fake, tree } = await online({ [VOLTAGE]: point({ poll: "never" }) });
  fake.set(VOLTAGE, 230);
  await tree.read(at(VOLTAGE));
  fake.alive = false;
  const answer = assert.rejects(tree.read(at(VOLTAGE)), meets(0xa0, /no answer within 500 ms/));
  await clock.advance(SECOND);
  await answer;
});

test("an offline device answers 5.00 with the reason and the last contact, at once; its constants can still be read", async () => {
  const { clock, fake, tree, read } = await online({ [VOLTAGE]: point(), "3/0/0": constant("Eastron") });
  fake.alive = false;
  await clock.advance(HOUR);
  const asked = fake.requests.length;
  const absent = /^meter-1 is offline \(no answer within 500 ms\), last heard 2026-01-01T00:00:\d\d\.\d{3}Z$/;
  await assert.rejects(tree.read(at(VOLTAGE)), meets(0xa0, absent));
  assert.deepEqual(await read(at("3/0")), { "3/0/0": "Eastron", "3/0/11/0": 8, "3/0/16": "U" });
  assert.equal(fake.requests.length, asked);
});

test("a device that was never heard says so", async () => {
  const { clock, fake, tree, device } = aDevice({ [VOLTAGE]: point() });
  fake.alive = false;
  device.start();
  await clock.advance(MINUTE);
  await assert.rejects(tree.read(at(VOLTAGE)), meets(0xa0, /never heard/));
});

test("a write resolves when the device has confirmed, and its value is reported", async () => {
  const { clock, fake, tree, batches, read } = await online({ [ON_OFF]: point({ writable: true }) });
  fake.latency = 300;
  let done = false;
  const write = tree.write(at(ON_OFF), [{ path: at(ON_OFF), value: true }], "replace").then(() => {
    done = true;
  });
  await clock.advance(299);
  assert.equal(done, false);
  assert.deepEqual(batches, []);
  await clock.advance(1);
  await write;
  assert.deepEqual(batches, [[{ path: at(ON_OFF), value: true, time: clock.wall() }]]);
  assert.deepEqual(await read(at(ON_OFF)), { [ON_OFF]: true });
  assert.equal(fake.points.get(ON_OFF), true);
});

test("a write that the device refuses is 5.00 with its exception, and no outage", async () => {
  const { fake, tree, device, batches } = await online({ [ON_OFF]: point({ writable: true }) });
  fake.refused.set(ON_OFF, "exception 4: device failure");
  const write = tree.write(at(ON_OFF), [{ path: at(ON_OFF), value: true }], "replace");
  await assert.rejects(write, meets(0xa0, /3306\/0\/5850 was not written: exception 4: device failure/));
  assert.equal(device.state, "online");
  assert.deepEqual(batches, []);
});

test("of several values the first failure stops the rest and tells what was written", async () => {
  const { fake, tree } = await online({
    [ON_OFF]: point({ writable: true }),
    [DIMMER]: point({ writable: true }),
    "3306/0/5750": point({ writable: true }),
  });
  fake.refused.set(DIMMER, "exception 3");
  const values = [
    { path: at(ON_OFF), value: true },
    { path: at(DIMMER), value: 50 },
    { path: at("3306/0/5750"), value: "lamp" },
  ];
  await assert.rejects(
    tree.write(at("3306/0"), values, "update"),
    meets(
      0xa0,
      /5851 was not written: exception 3; written before it: \/meter-1\/3306\/0\/5850; not tried: \/meter-1\/3306\/0\/5750$/,
    ),
  );
  assert.equal(fake.requests.length, 2);
});

test("a value that cannot be converted stops the whole write before it begins", async () => {
  const { fake, device } = await online({ [ON_OFF]: point({ writable: true }), [DIMMER]: point({ writable: true }) });
  const values = [
    { path: at(ON_OFF), value: true },
    { path: at(DIMMER), value: 255 },
  ];
  assert.throws(() => device.backing.prepareWrite(values), meets(0x80, /^\/meter-1\/3306\/0\/5851: .*above 254/));
  assert.deepEqual(fake.requests, []);
});

test("what a poll read before a write that overtook it does not undo the written value", async () => {
  const { clock, fake, tree, read } = await online({ [ON_OFF]: point({ writable: true }) });
  fake.set(ON_OFF, false);
  await clock.advance(10 * SECOND);
  let answerPoll = (): void => {};
  fake.holdRead = () =>
    new Promise((resolve) => {
      answerPoll = resolve;
    });
  await clock.advance(10 * SECOND);
  assert.equal(fake.reads.length, 2, "the poll has read its value, and its answer is on the way");
  await tree.write(at(ON_OFF), [{ path: at(ON_OFF), value: true }], "replace");
  answerPoll();
  fake.holdRead = async () => {};
  await clock.advance(0);
  assert.deepEqual(await read(at(ON_OFF)), { [ON_OFF]: true });
  await clock.advance(10 * SECOND);
  assert.equal(fake.reads.length, 3, "polls go on");
});

test("a write to an offline device is tried, and brings it back when it works", async () => {
  const { clock, fake, tree, device } = await online({ [ON_OFF]: point({ writable: true }) });
  fake.alive = false;
  await clock.advance(HOUR);
  const failed = assert.rejects(
    tree.write(at(ON_OFF), [{ path: at(ON_OFF), value: true }], "replace"),
    meets(0xa0, /no answer/),
  );
  await clock.advance(SECOND);
  await failed;
  fake.alive = true;
  await tree.write(at(ON_OFF), [{ path: at(ON_OFF), value: true }], "replace");
  assert.equal(device.state, "online");
});

test("a point that can only be written is not read, not polled and not reported", async () => {
  const { clock, fake, tree, batches } = await online({
    [VOLTAGE]: point(),
    [ON_OFF]: point({ readable: false, writable: true }),
  });
  await tree.write(at(ON_OFF), [{ path: at(ON_OFF), value: true }], "replace");
  await clock.advance(MINUTE);
  await assert.rejects(tree.read(at(ON_OFF)), meets(0x85, /cannot be read/));
  assert.ok(fake.reads.flat().every((id) => id === VOLTAGE));
  assert.deepEqual(batches, []);
});

test("a constant or a point that cannot be written is 4.05", async () => {
  const { tree } = await online({ [DIMMER]: constant(50), [ON_OFF]: point() });
  for (const id of [DIMMER, ON_OFF]) {
    await assert.rejects(tree.write(at(id), [{ path: at(id), value: 1 }], "replace"), meets(0x85, /cannot be written/));
  }
});

test("an execute runs the steps for its arguments, and fails as a write does", async () => {
  const steps = (args: ReadonlyMap<number, string>): readonly unknown[] => [{ coil: 1, value: args.get(0) }];
  const { fake, tree } = await online({ [VOLTAGE]: point(), [RESET]: { kind: "execute", steps } });
  await tree.execute(at(RESET), "0='60'");
  assert.deepEqual(fake.requests, [{ type: "invoke", steps: [{ coil: 1, value: "60" }] }]);
  fake.failure = new TypeError("a bug");
  await assert.rejects(tree.execute(at(RESET), ""), meets(0xa0, /was not executed: the adapter failed/));
});

test("instances of a multiple resource are read together, and each is written by itself", async () => {
  const LEVEL = "3/0/7";
  const { fake, read, tree } = await online({
    [`${LEVEL}/0`]: point({ poll: "never" }),
    [`${LEVEL}/2`]: point({ poll: "never" }),
  });
  fake.set(`${LEVEL}/0`, 3300).set(`${LEVEL}/2`, 5000);
  assert.deepEqual(await read(at(LEVEL)), { [`${LEVEL}/0`]: 3300, [`${LEVEL}/2`]: 5000 });
  assert.deepEqual(fake.reads.at(-1), [`${LEVEL}/0`, `${LEVEL}/2`]);
  fake.refused.set(`${LEVEL}/2`, "exception 2");
  assert.deepEqual(await read(at(LEVEL)), { [`${LEVEL}/0`]: 3300 });
  assert.deepEqual(tree.discover(at(LEVEL)), [
    { path: at(LEVEL), dimension: 2 },
    { path: at(`${LEVEL}/0`) },
    { path: at(`${LEVEL}/2`) },
  ]);
});

test("what the device tells by itself is answered from what it told, and the device is never asked", async () => {
  const { clock, fake, device, read } = aDevice({
    [VOLTAGE]: point({ poll: "unasked" }),
    [LOWEST]: point({ poll: "unasked" }),
  });
  device.start();
  await clock.advance(SECOND);
  fake.say(VOLTAGE, 230);
  await clock.advance(HOUR);
  fake.requests.length = 0;
  assert.deepEqual(await read(at(VOLTAGE)), { [VOLTAGE]: 230 });
  await assert.rejects(read(at(LOWEST)), meets(0xa0, /has no value yet/));
  assert.deepEqual(fake.requests, []);
  assert.equal(device.state, "online");
});
