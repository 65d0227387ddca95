import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { DeviceError, FirmwareError } from "../../src/errors.ts";
import { aFirmwareWorld } from "../support/a-firmware-world.ts";
import { FakeClock, settleUntil } from "../support/fake-clock.ts";
import { ScriptedDevice, ScriptedTarget } from "../support/scripted-target.ts";
import { temporaryDirectory } from "../support/temp.ts";

const IMAGE = Buffer.alloc(10_000, "image");

test("a device is updated: the image arrives, Update is executed, the device is back with another version", async (t) => {
  const clock = new FakeClock();
  const device = new ScriptedDevice();
  const target = new ScriptedTarget({ clock, device });
  const world = await aFirmwareWorld(temporaryDirectory(t), clock, [target]);
  await world.push("meter-1", IMAGE);
  assert.deepEqual(world.told, ["meter-1 1/0", "meter-1 2/0"]);
  await world.update("meter-1");
  assert.equal(world.told.at(-1), "meter-1 3/0");
  await clock.advance(500);
  assert.equal(target.held, "line");
  const { progress } = world.of("meter-1").status();
  assert.equal(progress?.phase, "transfer");
  assert.ok((progress?.bytes ?? 0) > 1000);
  assert.deepEqual([progress?.speed, progress?.remaining], [undefined, undefined], "nobody knows yet");
  await clock.advance(5 * SECOND);
  assert.equal(target.held, "device", "the others of its link go on while it starts");
  await clock.advance(MINUTE);
  assert.deepEqual(device.slot, IMAGE);
  assert.deepEqual(device.heard, ["probe", "send 0", "test", "reset", "confirm"]);
  assert.equal(world.told.at(-1), "meter-1 0/1");
  assert.equal(target.held, "not");
  assert.equal(world.of("meter-1").status().progress, undefined);
  const [record] = world.kept.of("meter-1").value.history;
  assert.deepEqual([record?.before, record?.after, record?.result, record?.size], ["1.0.0", "2.0.0", 1, IMAGE.length]);
  await world.end();
});

test("a device lost in the middle goes on where it was; one that refuses says why", async (t) => {
  const clock = new FakeClock();
  const device = new ScriptedDevice();
  device.failures = [{ at: 5000, error: new DeviceError("unreachable", "no answer") }];
  const world = await aFirmwareWorld(temporaryDirectory(t), clock, [new ScriptedTarget({ clock, device })]);
  await world.push("meter-1", IMAGE);
  await world.update("meter-1");
  await clock.advance(MINUTE);
  assert.deepEqual(device.heard, ["probe", "send 0", "probe", "send 5000", "test", "reset", "confirm"]);
  device.failures = [{ at: 0, error: new FirmwareError("flash-full", "no room") }];
  device.slot = new Uint8Array();
  await world.push("meter-1", IMAGE);
  await world.update("meter-1");
  await clock.advance(MINUTE);
  assert.equal(world.told.at(-1), "meter-1 0/2");
  assert.equal(device.heard.at(-1), "abort");
  await world.end();
});

test("of a transfer it is told how fast it is, and how long it takes still, once that is known", async (t) => {
  const clock = new FakeClock();
  const target = new ScriptedTarget({ clock, device: new ScriptedDevice(), chunk: 500, latency: 500 });
  const world = await aFirmwareWorld(temporaryDirectory(t), clock, [target]);
  await world.push("meter-1", IMAGE);
  await world.update("meter-1");
  await clock.advance(5 * SECOND);
  const { bytes = 0, ...progress } = world.of("meter-1").status().progress ?? {};
  assert.deepEqual(progress, { phase: "transfer", total: IMAGE.length, speed: 1000, remaining: IMAGE.length - bytes });
  await clock.advance(MINUTE);
  await world.end();
});

test("of a download, too", async (t) => {
  const clock = new FakeClock();
  const world = await aFirmwareWorld(temporaryDirectory(t), clock, [
    new ScriptedTarget({ clock, device: new ScriptedDevice() }),
  ]);
  const shown = () => world.of("meter-1").status().progress;
  await world.write("meter-1", "5/0/1", "http://127.0.0.1/image");
  await settleUntil("it is fetched", () => shown() !== undefined);
  assert.deepEqual(shown(), { phase: "download", bytes: 0, total: 10_000 });
  await clock.advance(4 * SECOND);
  assert.deepEqual(shown(), { phase: "download", bytes: 4000, total: 10_000, speed: 1000, remaining: 6 * SECOND });
  await world.cancel("meter-1");
  assert.equal(shown(), undefined);
  await world.write("meter-1", "5/0/1", "http://127.0.0.1/another");
  await settleUntil("it is fetched", () => shown() !== undefined);
  assert.deepEqual(shown(), { phase: "download", bytes: 0, total: 10_000 }, "nothing is known of the next one");
  await world.end();
});

test("one job at a time on a link: critical ones first, then as they came", async (t) => {
  const clock = new FakeClock();
  const ids = ["a", "b", "c"];
  const devices = new Map(ids.map((id) => [id, new ScriptedDevice()]));
  const targets = ids.map((id) => new ScriptedTarget({ id, clock, device: devices.get(id) ?? new ScriptedDevice() }));
  const world = await aFirmwareWorld(temporaryDirectory(t), clock, targets);
  for (const id of ids) await world.push(id, IMAGE);
  await world.write("c", "5/0/11", 0);
  for (const id of ids) await world.update(id);
  assert.match(world.of("b").status().waits ?? "", /firmware of a is being updated on link "bus"/);
  assert.deepEqual(world.told.slice(6), ["a 3/0", "b 2/11", "c 2/11"]);
  await clock.advance(5 * MINUTE);
  assert.deepEqual(world.told.slice(9), ["a 0/1", "c 3/0", "c 0/1", "b 3/0", "b 0/1"]);
  await world.end();
});

for (const [what, at, told] of [
  ["in the transfer", 520, "meter-1 0/1"],
  ["in verify", 3000, "meter-1 0/1"],
  ["before it began", 0, "meter-1 0/1"],
] as const) {
  test(`a process that is killed ${what} is gone on with by the next one`, async (t) => {
    const clock = new FakeClock();
    const directory = temporaryDirectory(t);
    const device = new ScriptedDevice();
    device.boot = 20 * SECOND;
    const first = await aFirmwareWorld(directory, clock, [new ScriptedTarget({ clock, device })]);
    await first.push("meter-1", IMAGE);
    await first.update("meter-1");
    await clock.advance(at);
    await first.kill();
    const sent = device.slot.length;
    const world = await aFirmwareWorld(directory, clock, [new ScriptedTarget({ clock, device })]);
    await clock.advance(2 * MINUTE);
    assert.equal(world.told.at(-1), told);
    if (at === 520) assert.ok(sent > 1000 && device.heard.includes(`send ${sent}`), `resumed at ${sent}`);
    assert.deepEqual(device.slot, IMAGE);
    assert.equal(world.kept.of("meter-1").value.history.length, 1);
    await world.end();
  });
}

test("while an image is on its way the wire is its own: the version is read, and steps are done, between", async (t) => {
  const clock = new FakeClock();
  const device = new ScriptedDevice();
  const activate = [
    { type: "transfer", word: "test" },
    { type: "device", step: { coil: 7 } },
    { type: "transfer", word: "reset" },
  ] as const;
  const target = new ScriptedTarget({ clock, device, plan: { activate } });
  const world = await aFirmwareWorld(temporaryDirectory(t), clock, [target]);
  await world.push("meter-1", IMAGE);
  await world.update("meter-1");
  await clock.advance(MINUTE);
  assert.deepEqual(device.heard, ["probe", "send 0", "test", '{"coil":7}', "reset", "confirm"]);
  const [record] = world.kept.of("meter-1").value.history;
  assert.deepEqual([record?.before, record?.after, record?.result], ["1.0.0", "2.0.0", 1]);
  await world.end();
});

test("an image that is not for the device goes nowhere", async (t) => {
  const clock = new FakeClock();
  const device = new ScriptedDevice();
  const accept = { maxSize: 100_000, magic: { offset: 0, bytes: Buffer.from("3db8f396", "hex") } };
  const world = await aFirmwareWorld(temporaryDirectory(t), clock, [
    new ScriptedTarget({ clock, device, plan: { accept } }),
  ]);
  await world.push("meter-1", IMAGE);
  assert.equal(world.told.at(-1), "meter-1 0/6");
  assert.deepEqual(device.heard, []);
  await world.end();
});

test("an image that was lost while the gateway did not run ends its job", async (t) => {
  const clock = new FakeClock();
  const directory = temporaryDirectory(t);
  const device = new ScriptedDevice();
  const first = await aFirmwareWorld(directory, clock, [new ScriptedTarget({ clock, device })]);
  await first.push("meter-1", IMAGE);
  await first.update("meter-1");
  await clock.advance(500);
  await first.end();
  rmSync(join(directory, "firmware"), { recursive: true });
  const world = await aFirmwareWorld(directory, clock, [new ScriptedTarget({ clock, device })]);
  await clock.advance(SECOND);
  assert.equal(world.told.at(-1), "meter-1 0/5");
  assert.equal(world.kept.of("meter-1").value.job, undefined);
  await world.end();
});
