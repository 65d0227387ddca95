import assert from "node:assert/strict";
import { test } from "node:test";
import { DeviceError, FirmwareError, type Transfer, type TransferContext } from "../../src/adapter.ts";
import { HOUR, MINUTE, SECOND } from "../../src/clock.ts";
import { Devices, type LinkPlan, type PlacedDevice } from "../../src/devices/devices.ts";
import type { FirmwareTarget } from "../../src/firmware/target.ts";
import type { Sample } from "../../src/lwm2m/sample.ts";
import { onDevice } from "../support/a-device.ts";
import { aFirmwarePlan, aPlan, constant, definitionOf, type PlanOptions, point } from "../support/device-plan.ts";
import { FakeClock, fakeRandom, settle } from "../support/fake-clock.ts";
import { FakeDevice, type FakeLinks, fakeAdapter } from "../support/fake-device.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";

const VOLTAGE = "3316/0/5700";
const ENERGY = "3305/0/5805";
const VERSION = "3/0/3";
const METER = {
  [VOLTAGE]: point(),
  [ENERGY]: point({ looksBack: true, counts: true }),
  [VERSION]: point({ poll: "connect" }),
  "3316/0/5701": constant("V"),
};
const CONTEXT: TransferContext = {
  ...{ way: "test", options: {}, job: "job-1" },
  image: { size: 4, sha256: new Uint8Array(32), read: async () => new Uint8Array(4) },
};

/** A transfer of which each call lasts until the test ends it. */
class OpenTransfer implements Transfer {
  readonly calls: string[] = [];
  closed = 0;
  acknowledge: (offset: number) => void = () => {};
  finish: () => void = () => {};
  fail: (reason: unknown) => void = () => {};

  async probe() {
    this.calls.push("probe");
    return { version: "1.0" };
  }
  send(offset: number, listener: Parameters<Transfer["send"]>[1]): Promise<void> {
    this.calls.push(`send ${offset}`);
    this.acknowledge = (acknowledged) => listener.onAcknowledged(acknowledged);
    return this.pending();
  }
  act(word: string): Promise<void> {
    this.calls.push(word);
    return this.pending();
  }
  async abort() {
    this.calls.push("abort");
  }
  async close() {
    this.closed++;
  }

  private pending(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
  }
}

function aLine(count = 2) {
  const clock = new FakeClock();
  const fakes = new Map<string, FakeDevice>();
  for (let i = 1; i <= count; i++) {
    const fake = new FakeDevice(clock)
      .set(VOLTAGE, 229 + i)
      .set(ENERGY, 500)
      .set(VERSION, "1.0");
    fakes.set(`meter-${i}`, fake);
  }
  const links: FakeLinks = { opened: [], closed: [] };
  const bus: LinkPlan = { id: "bus", adapter: fakeAdapter(fakes, links), options: "bus" };
  const states: string[] = [];
  const samples: Sample[] = [];
  const users: string[] = [];
  const lines: LogLine[] = [];
  const devices = new Devices(
    { deviceObject: definitionOf(3), clock, random: fakeRandom(), log: recordingLogger(lines) },
    {
      onSamples: (_device, batch) => samples.push(...batch),
      onStateChange: (device, state) => states.push(`${device.plan.id} ${state}`),
      onDevicesChanged: () => {},
      onLinkPaused: async (link, reason) => void users.push(`${link}: ${reason}`),
      onLinkResumed: (link) => users.push(`${link} goes on`),
    },
  );
  const placed = (id: string, options: PlanOptions = {}): PlacedDevice => ({
    plan: aPlan(METER, { firmware: aFirmwarePlan(), ...options, id }),
    prefix: id,
  });
  const all = [...fakes.keys()].map((id) => placed(id));
  const apply = (some: readonly PlacedDevice[] = all) => devices.apply(some, new Map([["bus", bus]]));
  const fake = (id: string): FakeDevice => fakes.get(id) ?? assert.fail();
  const target = (id: string): FirmwareTarget => devices.target(id) ?? assert.fail();
  const carry = (id: string): OpenTransfer => {
    const transfer = new OpenTransfer();
    fake(id).carry = async () => transfer;
    return transfer;
  };
  return { clock, fake, devices, states, samples, users, lines, placed, all, apply, target, carry };
}

async function started(t: { after(work: () => Promise<void>): void }, count = 2) {
  const world = aLine(count);
  const transfer = world.carry("meter-1");
  t.after(() => world.devices.close());
  await world.apply();
  await world.clock.advance(15 * SECOND);
  for (let i = 1; i <= count; i++) world.fake(`meter-${i}`).requests.length = 0;
  return { ...world, transfer };
}

test("a device that is held is not polled, and its silence is no outage", async (t) => {
  const { clock, devices, fake, target, states, samples } = await started(t);
  const end = target("meter-1").hold("firmware update", false);
  fake("meter-1").alive = false;
  samples.length = 0;
  await clock.advance(HOUR);
  assert.deepEqual(fake("meter-1").requests, []);
  assert.ok(fake("meter-2").reads.length > 300, "the other one is asked");
  const status = devices.get("meter-1")?.status();
  assert.deepEqual([status?.state, status?.reason, status?.counters.outages], ["held", "firmware update", 0]);
  assert.deepEqual(states, ["meter-1 online", "meter-2 online"]);
  assert.ok(!samples.some(({ path }) => path.startsWith("/meter-1/3/0/11")), "no error code");
  fake("meter-1").alive = true;
  end();
  end();
  await clock.advance(SECOND);
  assert.equal(devices.get("meter-1")?.state, "online");
  assert.deepEqual(states.slice(2), ["meter-1 online"]);
});

test("a device that does not come back after it was held goes offline as any other", async (t) => {
  const { clock, devices, fake, target } = await started(t);
  const end = target("meter-1").hold("firmware update", false);
  fake("meter-1").alive = false;
  await clock.advance(MINUTE);
  end();
  await clock.advance(MINUTE);
  assert.equal(devices.get("meter-1")?.state, "offline");
});

test("one that was away before is away after, until it answers", async (t) => {
  const { clock, devices, fake, target, states } = await started(t);
  fake("meter-1").alive = false;
  await clock.advance(MINUTE);
  const end = target("meter-1").hold("firmware update", false);
  assert.equal(target("meter-1").online, false);
  end();
  assert.equal(devices.get("meter-1")?.status().reason, "not heard since it was held");
  fake("meter-1").alive = true;
  await clock.advance(MINUTE);
  assert.deepEqual(states.slice(2), ["meter-1 offline", "meter-1 online"]);
});

test("servers that read and write meanwhile are told why not", async (t) => {
  const { devices, fake, target } = await started(t);
  const meter = devices.get("meter-1") ?? assert.fail();
  target("meter-1").hold("firmware update", false);
  const [outcome] = await meter.backing.read([onDevice({ object: 3316, instance: 0, resource: 5700 })]);
  assert.match(String(meter.backing.absence()), /^meter-1 is not asked: firmware update; last heard 2026-/);
  assert.ok(outcome !== undefined && "words" in outcome);
  assert.deepEqual(fake("meter-1").requests, []);
});

test("held with its line the others on it stand still too, and whoever else uses the link", async (t) => {
  const { clock, devices, fake, target, users } = await started(t);
  const end = target("meter-1").hold("firmware update", true);
  await clock.advance(HOUR);
  assert.deepEqual(fake("meter-2").requests, []);
  const reason = "firmware update of meter-1, which has link bus for itself";
  assert.deepEqual([devices.get("meter-2")?.state, devices.get("meter-2")?.status().reason], ["held", reason]);
  assert.deepEqual(users, [`bus: ${reason}`]);
  assert.equal(target("meter-2").online, true, "it was there, and a job for it may wait for its turn");
  end();
  await clock.advance(SECOND);
  assert.deepEqual(users.slice(1), ["bus goes on"]);
  assert.equal(devices.get("meter-2")?.state, "online");
});

test("its holder alone may ask it: values as they are now, steps, and the transfer", async (t) => {
  const { clock, fake, target, transfer, samples } = await started(t);
  const meter = target("meter-1");
  meter.hold("firmware update", false);
  fake("meter-1").set(VERSION, "1.1").set(VOLTAGE, -1);
  assert.deepEqual(await meter.read([VERSION, VOLTAGE]), new Map([[VERSION, "1.1"]]));
  assert.ok(samples.some(({ path, value }) => path === "/meter-1/3/0/3" && value === "1.1"));
  await meter.invoke([{ coil: 1 }]);
  assert.deepEqual(fake("meter-1").requests.at(-1), { type: "invoke", steps: [{ coil: 1 }] });
  const carried = await meter.transfer(CONTEXT);
  assert.deepEqual(await carried.probe(), { version: "1.0" });
  fake("meter-1").alive = false;
  const asked = assert.rejects(meter.read([VERSION]), { name: "DeviceError", kind: "unreachable" });
  await clock.advance(SECOND);
  await asked;
  await carried.close();
  assert.equal(transfer.closed, 1);
});

test("a transfer lasts as long as it moves; one in which nothing moves is given up", async (t) => {
  const { clock, target, transfer, lines } = await started(t);
  const meter = target("meter-1");
  meter.hold("firmware update", false);
  const carried = await meter.transfer(CONTEXT);
  const offsets: number[] = [];
  const sending = carried.send(0, { onAcknowledged: (offset) => offsets.push(offset), onCookie: () => {} });
  for (let i = 1; i <= 60; i++) {
    await clock.advance(5 * MINUTE);
    transfer.acknowledge(i);
  }
  assert.equal(offsets.length, 60);
  const failed = assert.rejects(sending, DeviceError);
  await clock.advance(11 * MINUTE);
  await failed;
  assert.ok(
    lines.some(({ level, fields: { err } }) => level === "error" && /nothing .* moved for 10m/.test(String(err))),
  );
  transfer.acknowledge(61);
  assert.equal(offsets.length, 60, "nobody listens any more");
});

test("what the device says is wrong with an image gets through; a bug of the adapter does not", async (t) => {
  const { target, transfer } = await started(t);
  const meter = target("meter-1");
  meter.hold("firmware update", false);
  const carried = await meter.transfer(CONTEXT);
  const full = new FirmwareError("flash-full", "the slot is too small");
  const first = assert.rejects(carried.act("test"), (error) => error === full);
  transfer.fail(full);
  await first;
  const second = assert.rejects(carried.act("test"), { name: "DeviceError", kind: "malformed" });
  transfer.fail(new TypeError("x is undefined"));
  await second;
});

test("a link that is paused ends a transfer and lets go of the wire, and the hold goes on", async (t) => {
  const { clock, devices, target, transfer } = await started(t);
  const meter = target("meter-1");
  const end = meter.hold("firmware update", false);
  const carried = await meter.transfer(CONTEXT);
  const sending = assert.rejects(carried.send(0, { onAcknowledged() {}, onCookie() {} }), /link bus is paused until/);
  await devices.pauseLink("bus", 10 * MINUTE);
  await sending;
  assert.equal(transfer.closed, 1);
  await assert.rejects(carried.probe(), /link bus is paused until/);
  await assert.rejects(meter.transfer(CONTEXT), /link bus is paused until/);
  assert.deepEqual([devices.get("meter-1")?.state, meter.online], ["paused", false]);
  await devices.resumeLink("bus");
  assert.equal(devices.get("meter-1")?.state, "held");
  assert.deepEqual(await (await meter.transfer(CONTEXT)).probe(), { version: "1.0" });
  end();
  await clock.advance(SECOND);
  assert.equal(devices.get("meter-1")?.state, "online");
});

test("a reload that makes it another device ends a transfer; the new one is held, and found by the same target", async (t) => {
  const { clock, devices, target, transfer, all, placed, apply } = await started(t);
  const meter = target("meter-1");
  const end = meter.hold("firmware update", false);
  const carried = await meter.transfer(CONTEXT);
  const sending = assert.rejects(carried.send(0, { onAcknowledged() {}, onCookie() {} }), DeviceError);
  const other = placed("meter-1", { fingerprint: "other", firmware: aFirmwarePlan({ retries: 7 }) });
  await apply([other, ...all.slice(1)]);
  await sending;
  assert.equal(transfer.closed, 1);
  await clock.advance(MINUTE);
  assert.deepEqual([devices.get("meter-1")?.state, meter.plan.retries], ["held", 7]);
  assert.deepEqual(await meter.read([VERSION]), new Map([[VERSION, "1.0"]]));
  end();
  await clock.advance(SECOND);
  assert.equal(devices.get("meter-1")?.state, "online");
});

test("a device that is gone lets its line go, and refuses whatever its job still asks", async (t) => {
  const { clock, devices, target, all, apply, users } = await started(t);
  const meter = target("meter-1");
  const end = meter.hold("firmware update", true);
  await apply(all.slice(1));
  await clock.advance(SECOND);
  assert.equal(devices.get("meter-2")?.state, "online");
  assert.equal(users.at(-1), "bus goes on");
  await assert.rejects(meter.read([VERSION]), DeviceError);
  await assert.rejects(meter.transfer(CONTEXT), DeviceError);
  end();
});

test("a protocol that carries no firmware says so", async (t) => {
  const { target } = await started(t);
  const meter = target("meter-2");
  meter.hold("firmware update", false);
  await assert.rejects(meter.transfer(CONTEXT), { kind: "rejected", message: "this protocol carries no firmware" });
});

test("a counter may begin anew after it was held", async (t) => {
  const { clock, devices, target } = await started(t);
  const end = target("meter-1").hold("firmware update", false);
  let renewed = 0;
  const meter = devices.get("meter-1") ?? assert.fail();
  t.mock.method(meter, "replaced", () => renewed++);
  end();
  await clock.advance(SECOND);
  assert.equal(renewed, 1);
});

test("nothing is left of a hold when everything is closed", async () => {
  const { clock, devices, apply, target, carry } = aLine();
  carry("meter-1");
  await apply();
  await clock.advance(15 * SECOND);
  target("meter-1").hold("firmware update", true);
  const carried = await target("meter-1").transfer(CONTEXT);
  const acting = assert.rejects(carried.act("reset"), DeviceError);
  await devices.close();
  await acting;
  await settle();
  assert.equal(clock.next, undefined, "no timer is left");
});
