import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { modbus } from "../../../adapters/modbus/index.ts";
import { tcpOptionsSchema } from "../../../adapters/modbus/options.ts";
import { FakeClock, settleUntil } from "../../support/fake-clock.ts";
import { aContext, aDeviceOf, aSimulation, bytes, pointsOf, portOf } from "../../support/modbus-device.ts";
import { answerZeros, type Behaviour, exception, frame, ScriptedSlave } from "../../support/scripted-slave.ts";

/** A device of the adapter, at a real socket; the clock stands still. */
async function aLink(t: TestContext, port: number, keys: Readonly<Record<string, object>>, section: object = {}) {
  const clock = new FakeClock();
  const context = aContext({ clock });
  const link = await modbus.open(tcpOptionsSchema.parse({ host: "127.0.0.1", port }), context);
  const parsed = modbus.device.parse({ unit_id: 1, ...section });
  const device = await link.attach(parsed, pointsOf(keys, parsed), { onReadings() {}, onReachable() {} });
  t.after(async () => {
    await device.close();
    await link.close();
  });
  return { clock, device };
}

const KEYS = {
  voltage: { input: 0, length: 4 },
  running: { coil: 0, write: true },
  contact: { discrete: 3 },
  level: { holding: 10, write: true },
  energy: { holding: 12, length: 4, write: true },
  mode: { holding: 20, write: { mask: "fc22" } },
  flags: { holding: 21, write: { mask: "rmw" } },
};

async function aMeter(t: TestContext) {
  const meter = aDeviceOf(KEYS);
  meter.values.set("voltage", bytes("43 66 80 00")).set("running", false).set("contact", true);
  for (const id of ["level", "mode", "flags"]) meter.values.set(id, bytes("12 34"));
  meter.values.set("energy", bytes("00 00 00 01"));
  const simulation = await aSimulation([meter]);
  t.after(() => simulation.close());
  return { meter, ...(await aLink(t, portOf(simulation), KEYS)) };
}

async function aSlave(t: TestContext, keys: Readonly<Record<string, object>>, section: object = {}) {
  const slave = await ScriptedSlave.listen();
  t.after(() => slave.close());
  return { slave, ...(await aLink(t, slave.port, keys, section)) };
}

test("points of all four tables are read, each with the time of its answer", async (t) => {
  const { device, clock } = await aMeter(t);
  const { readings, refused } = await device.read(["voltage", "running", "contact", "energy"]);
  assert.deepEqual(refused, []);
  assert.deepEqual(
    new Map(readings.map(({ point, value }) => [point, value])),
    new Map<string, unknown>([
      ["voltage", bytes("43 66 80 00")],
      ["energy", bytes("00 00 00 01")],
      ["running", false],
      ["contact", true],
    ]),
  );
  assert.ok(readings.every(({ time }) => time === clock.wall()));
});

test("a coil, one register and several are written, and the device has them", async (t) => {
  const { device, meter } = await aMeter(t);
  await device.write("running", true);
  await device.write("level", bytes("00 2a"));
  await device.write("energy", bytes("01 02 03 04"));
  assert.equal(meter.values.get("running"), true);
  assert.deepEqual(meter.values.get("level"), bytes("00 2a"));
  assert.deepEqual(meter.values.get("energy"), bytes("01 02 03 04"));
});

test("part of a register is written by FC 22 or by reading, changing and writing; the rest stays", async (t) => {
  const { device, meter } = await aMeter(t);
  for (const id of ["mode", "flags"]) {
    await device.write(id, bytes("00 50"), bytes("00 f0"));
    assert.deepEqual(meter.values.get(id), bytes("12 54"), id);
  }
});

test("the function codes on the wire are the ones that fit, or those that the mapping names", async (t) => {
  const keys = {
    coil: { coil: 0, write: true },
    coils: { coil: 0, write: { fc: 15 } },
    one: { holding: 0, write: true },
    several: { holding: 0, write: { fc: 16 } },
    two: { holding: 0, length: 4, write: true },
    masked: { holding: 0, write: true },
    changed: { holding: 0, write: { mask: "rmw" } },
    wide: { holding: 0, length: 4, write: true },
  };
  const { slave, device } = await aSlave(t, keys);
  await device.write("coil", true);
  await device.write("coils", true);
  await device.write("one", bytes("00 01"));
  await device.write("several", bytes("00 01"));
  await device.write("two", bytes("00 01 00 02"));
  await device.write("masked", bytes("00 01"), bytes("00 0f"));
  await device.write("changed", bytes("00 01"), bytes("00 0f"));
  await device.write("wide", bytes("00 01 00 00"), bytes("00 0f 00 00"));
  await device.write("masked", bytes("00 01"), bytes("ff ff"));
  assert.deepEqual(
    slave.requests.map(({ pdu }) => pdu[0]),
    [5, 15, 6, 16, 16, 22, 3, 6, 22, 6],
  );
  assert.equal(slave.requests[5]?.pdu.toString("hex"), "160000fff00001");
});

test("a write that is echoed wrongly did not happen", async (t) => {
  const { slave, device } = await aSlave(t, { one: { holding: 1, write: true } });
  const other: Behaviour = (request, socket) => socket.write(frame(request, 6, 0, 1, 9, 9));
  slave.next(other, exception(3));
  await assert.rejects(device.write("one", bytes("00 01")), { kind: "malformed", message: /write holding 0x1 .*echo/ });
  await assert.rejects(device.write("one", bytes("00 01")), {
    kind: "rejected",
    message: /exception 3 \(illegal data value\)/,
  });
  await device.write("one", bytes("00 01"));
});

test("a verified write is done once the value is read back, and fails where it is not", async (t) => {
  const { slave, device, clock } = await aSlave(t, { valve: { coil: 2, write: { verify: "1s" } } });
  const closed: Behaviour = answerZeros;
  const opened: Behaviour = (request, socket) => socket.write(frame(request, 1, 1, 1));
  slave.next(answerZeros, closed, closed, opened);
  const done = device.write("valve", true);
  for (let count = 2; count <= 4; count++) {
    await slave.received(count);
    await nextTimer(clock, count < 4);
  }
  await done;
  const failed = assert.rejects(device.write("valve", true), {
    kind: "rejected",
    message: "wrote true to coil 0x2, but read false back",
  });
  for (let count = 6; count <= 16; count++) {
    await slave.received(count);
    await nextTimer(clock, count < 16);
  }
  await failed;
});

/** Moves to the pause between two read-backs, once the exchange that now has its answer is done. */
async function nextTimer(clock: FakeClock, more: boolean): Promise<void> {
  const start = clock.monotonic();
  if (!more) return;
  await settleUntil("the next read-back is planned", () => clock.next === start + 100);
  await clock.advance(100);
}

test("steps run in order, counted as the device counts, and wait in between", async (t) => {
  const { slave, device, clock } = await aSlave(t, {}, { addressing: "modicon" });
  const steps = [{ holding: 40_100, value: bytes("a5 a5") }, { wait: "3s" }, { coil: 5, value: true }];
  const done = device.invoke(steps.map((step) => modbus.step.parse(step)));
  await slave.received(1);
  await settleUntil("the wait has begun", () => clock.next === 3000);
  assert.equal(slave.requests.length, 1);
  await clock.advance(3000);
  await done;
  assert.deepEqual(
    slave.requests.map(({ pdu }) => pdu.toString("hex")),
    ["060063a5a5", "050004ff00"],
  );
});

test("coils in a row are one request, or one each for a device that knows FC 5 only", async (t) => {
  const step = modbus.step.parse({ coil: 3, value: [true, false, true] });
  const several = await aSlave(t, {});
  await several.device.invoke([step]);
  const single = await aSlave(t, {}, { quirks: ["write-single-only"] });
  await single.device.invoke([step]);
  const sent = ({ requests }: ScriptedSlave) => requests.map(({ pdu }) => pdu.toString("hex"));
  assert.deepEqual(sent(several.slave), ["0f000300030105"]);
  assert.deepEqual(sent(single.slave), ["050003ff00", "0500040000", "050005ff00"]);
});

test("a step outside its table fails before anything is sent", async (t) => {
  const { slave, device } = await aSlave(t, {}, { addressing: "modicon" });
  const step = modbus.step.parse({ holding: 99, value: bytes("00 01") });
  await assert.rejects(device.invoke([step]), { kind: "rejected", message: /address 99 is outside 40001/ });
  assert.equal(slave.requests.length, 0);
});

test("a failed step ends the list", async (t) => {
  const { slave, device } = await aSlave(t, {});
  slave.next(exception(6));
  const steps = [1, 2].map((holding) => modbus.step.parse({ holding, value: bytes("00 01") }));
  await assert.rejects(device.invoke(steps), { kind: "rejected", message: /exception 6/ });
  assert.equal(slave.requests.length, 1);
});

test("a detached device asks nothing more, and what waits in it ends", async (t) => {
  const { slave, device } = await aSlave(t, { level: { holding: 1 } });
  const waits = assert.rejects(device.invoke([modbus.step.parse({ wait: "1h" })]), { kind: "unreachable" });
  await device.close();
  await waits;
  await assert.rejects(device.read(["level"]), { kind: "unreachable", message: "the device was detached" });
  assert.equal(slave.requests.length, 0);
});

test("a point that the mapping does not let be written is refused", async (t) => {
  const { device } = await aSlave(t, { level: { holding: 1 } });
  await assert.rejects(device.write("level", bytes("00 01")), { kind: "rejected" });
});
