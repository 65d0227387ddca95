import assert from "node:assert/strict";
import { test } from "node:test";
import { modbus } from "../../../../adapters/modbus/index.ts";
import { FirmwareError } from "../../../../src/errors.ts";
import { anImage } from "../../../support/an-image.ts";
import { aFileStore, aModbusWorld, bytesOf, progress } from "../../../support/modbus-bootloader.ts";

test("an image goes into files, each block read back; the bytes are identical, over the borders of files too", async (t) => {
  const store = aFileStore({ perFile: 1000 });
  const world = await aModbusWorld(t, store.answer);
  const image = anImage(9001);
  const transfer = await world.begin("modbus-file", image, { file: 7, records_per_file: 1000 });
  const heard = progress();
  await transfer.send(0, heard);
  assert.deepEqual(bytesOf(store.records), Buffer.concat([image.bytes, Buffer.from([0xff])]));
  assert.deepEqual(
    [store.records.has("7.0"), store.records.has("11.500"), store.records.has("11.501")],
    [true, true, false],
  );
  assert.deepEqual([heard.offsets[0], heard.offsets[1], heard.offsets.at(-1)], [0, 238, 9001]);
  const codes = new Set(world.slave.requests.map(({ pdu }) => pdu[0]));
  assert.deepEqual([...codes], [21, 20]);
  const longest = Math.max(...world.slave.requests.map(({ pdu }) => (pdu[0] === 21 ? pdu.readUInt16BE(7) : 0)));
  assert.equal(longest, 119);
});

test("order: BA puts the first byte of each pair into the low half; verify: false reads nothing back", async (t) => {
  const store = aFileStore();
  const world = await aModbusWorld(t, store.answer);
  const image = anImage(400);
  const transfer = await world.begin("modbus-file", image, { order: "BA", verify: false, block: 20, record: 5 });
  await transfer.send(0, progress());
  assert.deepEqual(bytesOf(store.records).swap16(), image.bytes);
  assert.ok(world.slave.requests.every(({ pdu }) => pdu[0] === 21));
  assert.ok(store.records.has("1.5") && !store.records.has("1.4"));
});

test("what broke off is gone on with by another transfer: its last block is compared, and nothing before it is sent again", async (t) => {
  const store = aFileStore({ perFile: 1000 });
  const world = await aModbusWorld(t, store.answer);
  const image = anImage(9000);
  const keys = { records_per_file: 1000, ack_timeout: "100ms", retries: 0 };
  const first = await world.begin("modbus-file", image, keys);
  const heard = progress((offset) => {
    if (offset >= 4000) world.played = () => undefined;
  });
  await assert.rejects(first.send(0, heard), { name: "DeviceError", kind: "unreachable" });
  await first.close();
  world.played = store.answer;
  const offset = heard.offsets.at(-1) ?? 0;
  const before = world.slave.requests.length;
  const second = await world.begin("modbus-file", image, keys);
  const again = progress();
  await second.send(offset, again);
  assert.equal(again.offsets[0], offset);
  assert.deepEqual(bytesOf(store.records), image.bytes);
  const [asked, ...writes] = world.slave.requests.slice(before).map(({ pdu }) => pdu);
  assert.equal(asked?.[0], 20);
  assert.ok((writes.length - 1) / 2 < 9000 / 238 - 15);
});

test("a device that has lost what it had, or has something else, gets it from the beginning", async (t) => {
  for (const left of ["nothing", "something else"]) {
    const store = aFileStore();
    const world = await aModbusWorld(t, store.answer);
    if (left !== "nothing") for (let record = 0; record < 500; record++) store.records.set(`1.${record}`, 0x5555);
    const image = anImage(1000);
    const transfer = await world.begin("modbus-file", image, {});
    const heard = progress();
    await transfer.send(476, heard);
    assert.equal(heard.offsets[0], 0, left);
    assert.deepEqual(bytesOf(store.records), image.bytes);
  }
});

test("a request without an answer is sent again; exceptions 5 and 6 are waited for", async (t) => {
  const store = aFileStore();
  let count = 0;
  const world = await aModbusWorld(t, (pdu, unit) => {
    count++;
    if (count === 3) return undefined;
    return count === 6 ? 6 : count === 7 ? 5 : store.answer(pdu, unit);
  });
  const image = anImage(2000);
  const transfer = await world.begin("modbus-file", image, { ack_timeout: "100ms" });
  await transfer.send(0, progress());
  assert.deepEqual(bytesOf(store.records), image.bytes);
});

test("a device that is full says so by exception 2; other exceptions mean what the mapping says", async (t) => {
  const store = aFileStore({ room: 500 });
  const world = await aModbusWorld(t, store.answer);
  const full = await world.begin("modbus-file", anImage(2000), {});
  await assert.rejects(full.send(0, progress()), (error) => isCondition(error, "flash-full"));
  await full.close();
  world.played = () => 3;
  const wrong = await world.begin("modbus-file", anImage(2000), { exceptions: { 3: "bad-image" } });
  await assert.rejects(wrong.send(0, progress()), (error) => isCondition(error, "bad-image"));
  await wrong.close();
  world.played = () => 4;
  const unknown = await world.begin("modbus-file", anImage(2000), {});
  await assert.rejects(unknown.send(0, progress()), { kind: "rejected", message: /exception 4/ });
});

test("a block that reads back otherwise is written again; one that never holds is damaged on its way: crc", async (t) => {
  const store = aFileStore();
  let bad = 2;
  const world = await aModbusWorld(t, (pdu, unit) => {
    const answer = store.answer(pdu, unit);
    if (pdu[0] === 21 && bad-- > 0) store.records.set(`1.${pdu.readUInt16BE(5)}`, 0x1234);
    return answer;
  });
  const image = anImage(700);
  const transfer = await world.begin("modbus-file", image, {});
  await transfer.send(0, progress());
  assert.deepEqual(bytesOf(store.records), image.bytes);
  bad = Infinity;
  await assert.rejects(transfer.send(0, progress()), (error) => isCondition(error, "crc"));
});

test("while an image is on its way the device is not asked for anything else; afterwards it is", async (t) => {
  const world = await aModbusWorld(t, aFileStore().answer);
  const transfer = await world.begin("modbus-file", anImage(100), {});
  await assert.rejects(world.device.read([]), { kind: "unreachable", message: "an image is on its way to the device" });
  await assert.rejects(world.begin("modbus-file", anImage(100), {}), { kind: "rejected" });
  await transfer.close();
  assert.deepEqual(await world.device.read([]), { readings: [], refused: [] });
  await assert.rejects(transfer.send(0, progress()), /the transfer was closed/);
});

test("abort and close end what runs at once", async (t) => {
  const store = aFileStore();
  const world = await aModbusWorld(t, store.answer);
  for (const how of ["abort", "close"] as const) {
    const transfer = await world.begin("modbus-file", anImage(100_000), { verify: false });
    let ended: Promise<void> | undefined;
    const heard = progress((offset) => {
      if (offset >= 2380) ended ??= transfer[how]();
    });
    await assert.rejects(transfer.send(0, heard), /the transfer was (given up|closed)/);
    await ended;
    await transfer.close();
    assert.ok((heard.offsets.at(-1) ?? 0) < 5000);
  }
});

test("in the bootloader it has another address: unit_id; a speed of its own needs a serial port", async (t) => {
  const store = aFileStore();
  const world = await aModbusWorld(t, (pdu, unit) => (unit === 247 ? store.answer(pdu, unit) : 1));
  const transfer = await world.begin("modbus-file", anImage(500), { unit_id: 247 });
  await transfer.send(0, progress());
  assert.equal(bytesOf(store.records).length, 500);
  await transfer.close();
  const other = await world.begin("modbus-file", anImage(500), { baud_rate: 57_600 });
  await assert.rejects(other.send(0, progress()), /baud_rate is for serial ports/);
});

test("what a mapping may say is checked, with its device", () => {
  const { "modbus-file": file, "modbus-registers": registers } = modbus.firmware ?? {};
  assert.throws(() => file?.transfer.parse({ block: 122 }), /121/);
  assert.throws(() => file?.transfer.parse({ record: 100, records_per_file: 100 }), /behind its file/);
  assert.throws(() => file?.transfer.parse({ status: { input: 1, holding: 2 } }), /one of holding and input/);
  assert.throws(() => registers?.transfer.parse({ base: 1, crc: { holding: 3, alg: "md5" } }), /crc16-modbus/);
  assert.throws(() => registers?.transfer.parse({ base: 1, exceptions: { 3: "broken" } }), /flash-full/);
  const one = modbus.device.parse({ unit_id: 1, addressing: "modicon" });
  const fault = (keys: object): string | undefined => registers?.fault?.(registers.transfer.parse(keys), one);
  assert.match(fault({ base: 100 }) ?? "", /^base: address 100 is outside 40001/);
  assert.match(fault({ base: 465_536, block: 2 }) ?? "", /^base: it ends behind the last register/);
  assert.match(fault({ base: 40_001, status: { input: 40_002 } }) ?? "", /^status: /);
  assert.equal(fault({ base: 40_001, status: { input: 30_002 } }), undefined);
});

function isCondition(error: unknown, condition: string): boolean {
  return error instanceof FirmwareError && error.condition === condition;
}
