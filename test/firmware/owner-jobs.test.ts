import assert from "node:assert/strict";
import test from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { aFirmwareWorld } from "../support/a-firmware-world.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { ScriptedDevice, ScriptedTarget } from "../support/scripted-target.ts";
import { temporaryDirectory } from "../support/temp.ts";

const IMAGE = Buffer.alloc(10_000, "image");

test("Cancel ends a transfer, and the device forgets it; an operator may stop what a server cannot", async (t) => {
  const clock = new FakeClock();
  const device = new ScriptedDevice();
  const target = new ScriptedTarget({ clock, device, plan: { stage: "before-update" } });
  const world = await aFirmwareWorld(temporaryDirectory(t), clock, [target]);
  await world.push("meter-1", IMAGE);
  await clock.advance(300);
  assert.equal(world.of("meter-1").status().progress?.phase, "transfer");
  const discarded = world.cancel("meter-1");
  await clock.advance(SECOND);
  await discarded;
  assert.equal(world.told.at(-1), "meter-1 0/10");
  assert.deepEqual([device.slot.length, device.heard.at(-1), target.held], [0, "abort", "not"]);
  assert.equal(world.kept.of("meter-1").value.history[0]?.result, 10);
  await world.push("meter-1", IMAGE);
  await clock.advance(10 * SECOND);
  assert.equal(world.told.at(-1), "meter-1 2/0");
  await world.update("meter-1");
  assert.equal(await world.engine.stop("meter-1"), false, "the activation is not given up");
  await clock.advance(MINUTE);
  assert.equal(world.told.at(-1), "meter-1 0/1");
  await world.end();
});

test("an operator gives up a transfer that servers cannot: the image is kept, and Update may be executed again", async (t) => {
  const clock = new FakeClock();
  const device = new ScriptedDevice();
  const world = await aFirmwareWorld(temporaryDirectory(t), clock, [new ScriptedTarget({ clock, device })]);
  assert.equal(await world.engine.stop("meter-1"), false);
  await world.push("meter-1", IMAGE);
  await world.update("meter-1");
  await clock.advance(300);
  await assert.rejects(world.cancel("meter-1"), /the device is being updated/);
  assert.equal(await world.engine.stop("meter-1"), true);
  await clock.advance(SECOND);
  assert.equal(world.told.at(-1), "meter-1 2/10");
  await world.update("meter-1");
  await clock.advance(MINUTE);
  assert.equal(world.told.at(-1), "meter-1 0/1");
  assert.deepEqual(
    world.kept.of("meter-1").value.history.map(({ result }) => result),
    [10, 1],
  );
  await world.end();
});

test("a server that cancels does not wait for a device that is slow to forget; the next image does", async (t) => {
  const clock = new FakeClock();
  const device = new ScriptedDevice();
  device.forgets = 30 * SECOND;
  const target = new ScriptedTarget({ clock, device, plan: { stage: "before-update" } });
  const world = await aFirmwareWorld(temporaryDirectory(t), clock, [target]);
  await world.push("meter-1", IMAGE);
  await clock.advance(300);
  await world.cancel("meter-1");
  assert.equal(world.told.at(-1), "meter-1 0/10");
  await world.push("meter-1", IMAGE);
  await clock.advance(29 * SECOND);
  assert.equal(device.heard.at(-1), "abort");
  await clock.advance(10 * SECOND);
  assert.equal(world.told.at(-1), "meter-1 2/0");
  assert.deepEqual(device.slot, IMAGE);
  await world.end();
});
