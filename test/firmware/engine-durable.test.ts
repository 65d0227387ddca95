/** What a server is answered is on the disk by then: the disk is slow, or the process is gone right after. */
import assert from "node:assert/strict";
import test from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { DeviceError } from "../../src/errors.ts";
import type { FirmwarePlan } from "../../src/mapping/firmware-plan.ts";
import { aFirmwareWorld, type FirmwareWorld } from "../support/a-firmware-world.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { ScriptedDevice, ScriptedTarget } from "../support/scripted-target.ts";
import { temporaryDirectory } from "../support/temp.ts";

const IMAGE = Buffer.alloc(10_000, "image");
const CLOSED = { from: 22 * 60, to: 4 * 60, zone: "UTC" };
const NOON = Date.UTC(2026, 5, 1, 12);

/** Not answered while the disk is held; resolves when it is, and the disk was let go. */
async function answeredOnceKept(world: FirmwareWorld, before: string, work: () => Promise<void>): Promise<void> {
  const letGo = world.hold();
  let answered = false;
  const done = work().then(() => {
    answered = true;
  });
  for (let i = 0; i < 20; i++) await settle();
  assert.equal(answered, false, "it was answered before it was on the disk");
  assert.equal(world.onDisk("meter-1"), before);
  letGo();
  await done;
}

async function aWorld(t: test.TestContext, plan: Partial<FirmwarePlan> = {}, isOpen = true) {
  const clock = new FakeClock(NOON);
  const device = new ScriptedDevice();
  const directory = temporaryDirectory(t);
  const window = isOpen ? {} : { window: CLOSED };
  const begin = () => aFirmwareWorld(directory, clock, [new ScriptedTarget({ clock, device, plan })], window);
  return { clock, device, begin, world: await begin() };
}

test("Update is answered once the state Updating is on the disk, and at once seen there", async (t) => {
  const { clock, begin, world } = await aWorld(t);
  await world.push("meter-1", IMAGE);
  await answeredOnceKept(world, "2/0", () => world.execute("meter-1"));
  assert.equal(world.onDisk("meter-1"), "3/0 executed");
  assert.equal(world.of("meter-1").object.record.state, 3);
  await world.kill();
  const next = await begin();
  await clock.advance(MINUTE);
  assert.equal(next.onDisk("meter-1"), "0/1");
  await next.end();
});

test("Update that has to wait is answered once that is on the disk", async (t) => {
  const { clock, device, begin, world } = await aWorld(t, {}, false);
  await world.push("meter-1", IMAGE);
  await answeredOnceKept(world, "2/0", () => world.execute("meter-1"));
  assert.equal(world.onDisk("meter-1"), "2/11 executed");
  await world.execute("meter-1");
  await world.kill();
  const next = await begin();
  assert.deepEqual(device.heard, []);
  await clock.advance(11 * 60 * MINUTE);
  assert.equal(next.onDisk("meter-1"), "0/1");
  await next.end();
});

test("Update of an image that lies in the device already is one write: that it was executed, and the state", async (t) => {
  const { clock, device, begin, world } = await aWorld(t, { stage: "before-update" });
  await world.push("meter-1", IMAGE);
  await clock.advance(10 * SECOND);
  assert.equal(world.onDisk("meter-1"), "2/0 job");
  await answeredOnceKept(world, "2/0 job", () => world.execute("meter-1"));
  assert.equal(world.onDisk("meter-1"), "3/0 executed");
  await world.kill();
  const next = await begin();
  await clock.advance(MINUTE);
  assert.equal(next.onDisk("meter-1"), "0/1");
  assert.equal(device.heard.filter((word) => word.startsWith("send")).length, 1);
  await next.end();
});

test("the last block of a Package is answered once Downloaded is on the disk, or the job that carries it", async (t) => {
  const { world } = await aWorld(t);
  await answeredOnceKept(world, "undefined/undefined", () => world.write("meter-1", "5/0/0", IMAGE));
  assert.equal(world.onDisk("meter-1"), "2/0");
  await world.end();
  const staged = await aWorld(t, { stage: "before-update" });
  await staged.world.write("meter-1", "5/0/0", IMAGE);
  assert.equal(staged.world.onDisk("meter-1"), "1/0 job");
  await staged.world.end();
});

test("a Package URI is answered once Downloading is on the disk", async (t) => {
  const { world } = await aWorld(t);
  const uri = "http://127.0.0.1:9/image";
  await answeredOnceKept(world, "undefined/undefined", () => world.write("meter-1", "5/0/1", uri));
  assert.equal(world.onDisk("meter-1"), "1/0");
  await world.end();
});

test("Cancel is answered once Idle is on the disk, and the job is not there any more", async (t) => {
  const { world } = await aWorld(t, {}, false);
  await world.push("meter-1", IMAGE);
  await world.execute("meter-1");
  await answeredOnceKept(world, "2/11 executed", () => world.cancel("meter-1"));
  assert.equal(world.onDisk("meter-1"), "0/10");
  await world.end();
});

test("a process that ends between Idle and the end of the job was cancelled all the same", async (t) => {
  const { begin, world } = await aWorld(t, {}, false);
  await world.push("meter-1", IMAGE);
  await world.execute("meter-1");
  const { update, job } = world.kept.of("meter-1").value;
  await world.cancel("meter-1");
  await world.kept.of("meter-1").change({ update: { ...update, state: 0, result: 10 }, job });
  assert.equal(world.onDisk("meter-1"), "0/10 executed");
  await world.kill();
  const next = await begin();
  assert.equal(next.onDisk("meter-1"), "0/10");
  assert.deepEqual(next.lines, []);
  await next.end();
});

test("Update again, while a device that is away is told to forget the image of before, is not lost", async (t) => {
  const { clock, device, world } = await aWorld(t, { retries: 0 });
  device.forgets = 30 * SECOND;
  device.failures = [{ at: 5000, error: new DeviceError("unreachable", "no answer") }];
  await world.push("meter-1", IMAGE);
  await world.execute("meter-1");
  await clock.advance(5 * SECOND);
  assert.equal(world.onDisk("meter-1"), "2/8");
  assert.equal(device.heard.at(-1), "abort");
  await world.execute("meter-1");
  await world.execute("meter-1");
  assert.equal(world.onDisk("meter-1"), "2/8 executed");
  await clock.advance(2 * MINUTE);
  assert.equal(world.onDisk("meter-1"), "0/1");
  assert.equal(device.heard.filter((word) => word === "reset").length, 1);
  await world.end();
});

test("one that is cancelled before it could begin leaves nothing", async (t) => {
  const { clock, device, world } = await aWorld(t, { retries: 0 });
  device.forgets = 30 * SECOND;
  device.failures = [{ at: 5000, error: new DeviceError("unreachable", "no answer") }];
  await world.push("meter-1", IMAGE);
  await world.execute("meter-1");
  await clock.advance(5 * SECOND);
  await world.execute("meter-1");
  const cancelled = world.cancel("meter-1");
  await clock.advance(2 * MINUTE);
  await cancelled;
  assert.equal(world.onDisk("meter-1"), "0/10");
  assert.equal(device.heard.filter((word) => word.startsWith("send")).length, 1);
  await world.end();
});
