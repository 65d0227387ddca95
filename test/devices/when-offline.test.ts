import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { errorCodePath } from "../../src/devices/device-model.ts";
import type { Path } from "../../src/lwm2m/path.ts";
import type { AvailabilityRule } from "../../src/mapping/plan-types.ts";
import { aDevice } from "../support/a-device.ts";
import { point } from "../support/device-plan.ts";

const TEMPERATURE = "3303/0/5700";
const INDICATOR = "3303/0/6042";
const LEVEL = "3303/0/6049";

function aSensor(whenOffline: AvailabilityRule["whenOffline"]) {
  const availability = { failures: 3, retry: { first: 5 * SECOND, longest: MINUTE }, whenOffline };
  const world = aDevice({ [TEMPERATURE]: point(), "3303/0/5601": point(), "3316/0/5700": point() }, { availability });
  world.fake.set(TEMPERATURE, 21).set("3303/0/5601", 3).set("3316/0/5700", 230);
  const goAway = async (): Promise<void> => {
    world.fake.alive = false;
    await world.clock.advance(2 * MINUTE);
    assert.equal(world.device.state, "offline");
  };
  return { ...world, goAway };
}

test("while a device is away, error answers 5.00, hold the last value with the time at which it was measured", async () => {
  const plain = aSensor("error");
  const path = plain.path(3303, 0, 5700);
  plain.device.start();
  await plain.clock.advance(15 * SECOND);
  await plain.goAway();
  await assert.rejects(plain.read(path), /meter-1 is offline \(no answer within 500 ms\), last heard 2/);

  const holding = aSensor("hold");
  holding.device.start();
  await holding.clock.advance(15 * SECOND);
  const [before] = await holding.tree.read(path);
  await holding.goAway();
  const [after] = await holding.tree.read(path);
  assert.equal(after?.value, 21);
  assert.ok(before !== undefined && after.time - before.time < 12 * SECOND, "no old value is dressed as new");
  assert.deepEqual(await holding.read(holding.path(3303, 0, 6042)).catch(() => "none"), "none");
});

test("hold has nothing of a device that was never heard, and a bad value stays bad", async () => {
  const never = aSensor("hold");
  never.fake.alive = false;
  never.device.start();
  await never.clock.advance(MINUTE);
  await assert.rejects(never.read(never.path(3303, 0, 5700)), /is offline .*, never heard/);

  const bad = aSensor("hold");
  bad.device.start();
  await bad.clock.advance(15 * SECOND);
  bad.fake.set(TEMPERATURE, -1);
  await bad.clock.advance(15 * SECOND);
  await bad.goAway();
  await assert.rejects(bad.read(bad.path(3303, 0, 5700)), /could not be read: -1 means no value/);
});

test("Error Code says 8 while the device is away, whatever becomes of its values", async () => {
  const { device, clock, tree, goAway, path } = aSensor("hold");
  device.start();
  await clock.advance(15 * SECOND);
  await goAway();
  assert.deepEqual(
    (await tree.read(`${path(3, 0, 11)}` as Path)).map(({ value }) => value),
    [8],
  );
});

test("bad-quality marks what it holds, in each object that has the resources for it, and tells observers", async () => {
  const { device, clock, fake, read, said, goAway, path } = aSensor("bad-quality");
  const quality = async () => {
    const { [INDICATOR]: indicator, [LEVEL]: level } = await read(path(3303, 0, 6042).replace("/6042", "") as Path);
    return [indicator, level];
  };
  device.start();
  assert.deepEqual([said()[INDICATOR], said()[LEVEL]], [1, 0], "nothing is known yet");
  await clock.advance(15 * SECOND);
  assert.deepEqual(await quality(), [4, 100]);
  assert.deepEqual([said()[INDICATOR], said()["3316/0/6042"]], [4, 4]);
  await goAway();
  assert.deepEqual(await quality(), [1, 0]);
  assert.deepEqual([said()[INDICATOR], said()["3316/0/6049"]], [1, 0]);
  assert.equal((await read(path(3303, 0, 5700)))[TEMPERATURE], 21);
  fake.alive = true;
  await clock.advance(2 * MINUTE);
  assert.deepEqual(await quality(), [4, 100]);
});

test("a value that is not believed marks its own instance, and no other, until it is good again", async () => {
  const { device, clock, fake, said } = aSensor("bad-quality");
  device.start();
  await clock.advance(15 * SECOND);
  fake.set(TEMPERATURE, -1);
  await clock.advance(15 * SECOND);
  assert.deepEqual([said()[INDICATOR], said()[LEVEL], said()["3316/0/6042"]], [1, 0, 4]);
  fake.set(TEMPERATURE, 22);
  await clock.advance(15 * SECOND);
  assert.deepEqual([said()[INDICATOR], said()[LEVEL]], [4, 100]);
});

test("the probe asks for the point that the mapping names", async () => {
  const availability = { failures: 1, retry: { first: 5 * SECOND, longest: MINUTE }, whenOffline: "error" } as const;
  const { device, clock, fake } = aDevice(
    { [TEMPERATURE]: point(), "3316/0/5700": point() },
    { availability: { ...availability, probe: "3316/0/5700" } },
  );
  fake.alive = false;
  device.start();
  await clock.advance(MINUTE);
  assert.ok(fake.reads.length >= 3);
  assert.deepEqual(new Set(fake.reads.flat()), new Set(["3316/0/5700"]));
});

test("what is known of a device that is away is held, and so is a value that turned bad; what the gateway knows is not", async () => {
  const { device, clock, fake, goAway, path } = aSensor("hold");
  const isHeld = (object: number, resource: number): boolean | undefined =>
    device.backing.latest(path(object, 0, resource))?.held;
  device.start();
  await clock.advance(15 * SECOND);
  assert.deepEqual([isHeld(3303, 5700), isHeld(3316, 5700)], [undefined, undefined]);
  fake.set(TEMPERATURE, -1);
  await clock.advance(15 * SECOND);
  assert.deepEqual([isHeld(3303, 5700), isHeld(3316, 5700)], [true, undefined]);
  await goAway();
  assert.deepEqual([isHeld(3316, 5700), isHeld(3, 16)], [true, undefined]);
  const error = device.backing.latest(errorCodePath("meter-1"));
  assert.deepEqual([error?.value, error?.held], [8, undefined]);
  fake.set(TEMPERATURE, 21);
  fake.alive = true;
  await clock.advance(2 * MINUTE);
  assert.deepEqual([isHeld(3303, 5700), isHeld(3316, 5700)], [undefined, undefined]);
});
