import assert from "node:assert/strict";
import test from "node:test";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { aFirmwareWorld } from "../support/a-firmware-world.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { ScriptedDevice, ScriptedTarget } from "../support/scripted-target.ts";
import { temporaryDirectory } from "../support/temp.ts";

const IMAGE = Buffer.alloc(10_000, "image");

test("outside the window it waits, and begins when the window opens", async (t) => {
  const clock = new FakeClock(Date.UTC(2026, 5, 1, 12));
  const device = new ScriptedDevice();
  const window = { from: 22 * 60, to: 4 * 60, zone: "Europe/Berlin" };
  const world = await aFirmwareWorld(temporaryDirectory(t), clock, [new ScriptedTarget({ clock, device })], { window });
  await world.push("meter-1", IMAGE);
  await world.update("meter-1");
  assert.equal(world.told.at(-1), "meter-1 2/11");
  assert.match(world.of("meter-1").status().waits ?? "", /outside the window, which opens at 2026-06-01T20:00/);
  await clock.advance(8 * HOUR - SECOND);
  assert.deepEqual(device.heard, []);
  await clock.advance(2 * SECOND);
  assert.equal(world.told.at(-1), "meter-1 3/0");
  await world.end();
});

test("another window counts at once, for a job that waits, too", async (t) => {
  const clock = new FakeClock(Date.UTC(2026, 5, 1, 12));
  const device = new ScriptedDevice();
  const window = { from: 22 * 60, to: 4 * 60, zone: "UTC" };
  const world = await aFirmwareWorld(temporaryDirectory(t), clock, [new ScriptedTarget({ clock, device })], { window });
  await world.push("meter-1", IMAGE);
  await world.update("meter-1");
  world.engine.follow({ ...window, from: 13 * 60 });
  await clock.advance(HOUR - SECOND);
  assert.deepEqual(device.heard, []);
  assert.match(world.of("meter-1").status().waits ?? "", /which opens at 2026-06-01T13:00/);
  world.engine.follow(undefined);
  await clock.advance(SECOND / 2);
  assert.equal(world.told.at(-1), "meter-1 3/0");
  await world.end();
});

test("an operator defers what waits, over a restart too; the server's Maximum Defer Period ends it", async (t) => {
  const clock = new FakeClock();
  const directory = temporaryDirectory(t);
  const device = new ScriptedDevice();
  device.online = false;
  const world = await aFirmwareWorld(directory, clock, [new ScriptedTarget({ clock, device })]);
  await world.write("meter-1", "5/0/13", 4 * 3600);
  await world.push("meter-1", IMAGE);
  await world.update("meter-1");
  assert.equal(world.told.at(-1), "meter-1 2/11");
  assert.ok(await world.engine.defer("meter-1", 24 * HOUR));
  device.online = true;
  world.of("meter-1").presence(true);
  await clock.advance(MINUTE);
  assert.match(world.of("meter-1").status().waits ?? "", /deferred until/);
  await world.end();
  const next = await aFirmwareWorld(directory, clock, [new ScriptedTarget({ clock, device })]);
  await clock.advance(3 * HOUR);
  assert.deepEqual(device.heard, []);
  await clock.advance(HOUR);
  assert.equal(next.told.at(-1), "meter-1 0/1");
  await next.end();
});
