import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import { FirmwareError } from "../../../../src/errors.ts";
import { anImage, type ImageInTest } from "../../../support/an-image.ts";
import { aModbusWorld, type Played, progress } from "../../../support/modbus-bootloader.ts";

const [INDEX, BASE, SIZE, CRC, STATUS, NEXT, COMMIT] = [0x0fff, 0x1000, 0x2000, 0x2002, 0x2004, 0x2005, 0x2006];

const KEYS = {
  ...{ base: BASE, block: 50 },
  size: { holding: SIZE },
  crc: { holding: CRC, alg: "crc32" },
  status: { input: STATUS, ready: [0, 3], errors: { 2: "flash-full", 5: "crc", 6: "bad-image" }, poll: "5ms" },
  next: { holding: NEXT },
  commit: { holding: COMMIT, value: 0xb007, done: 3 },
};
const WITH_INDEX = { ...KEYS, index: { holding: INDEX } };

/** A bootloader with these registers: it is busy for two looks after each write, and checks all at the end. */
class Bootloader {
  readonly memory: number[] = [];
  readonly registers = new Map<number, number>();
  room = Infinity;
  status = 0;
  private busy = 0;
  private block = 0;

  readonly answer: Played = (pdu) => {
    const address = pdu.readUInt16BE(1);
    switch (pdu[0]) {
      case 3:
      case 4: {
        const count = pdu.readUInt16BE(3);
        const values = Array.from({ length: count }, (_, i) => this.read(address + i));
        return [pdu[0], 2 * count, ...values.flatMap((value) => [value >> 8, value & 0xff])];
      }
      case 6:
        this.write(address, [pdu.readUInt16BE(3)]);
        return [...pdu];
      case 16: {
        const count = pdu.readUInt16BE(3);
        this.write(
          address,
          Array.from({ length: count }, (_, i) => pdu.readUInt16BE(6 + 2 * i)),
        );
        return [...pdu.subarray(0, 5)];
      }
      default:
        return 1;
    }
  };

  private read(address: number): number {
    if (address === STATUS) return this.busy-- > 0 ? 1 : this.status;
    if (address === NEXT) return this.block;
    return this.registers.get(address) ?? 0;
  }

  private write(address: number, values: readonly number[]): void {
    for (const [i, value] of values.entries()) this.registers.set(address + i, value);
    this.busy = 2;
    if (address === SIZE) this.begin();
    if (address === INDEX) this.block = values[0] ?? 0;
    if (address <= BASE && address + values.length > BASE) this.take(values.slice(BASE - address));
    if (address === COMMIT && values[0] === 0xb007) this.status = this.isWhole() ? 3 : 5;
  }

  private begin(): void {
    this.memory.length = 0;
    this.block = 0;
    this.status = 0;
  }

  private take(values: readonly number[]): void {
    const at = this.block * 50;
    for (const [i, value] of values.entries()) this.memory[at + i] = value;
    this.block++;
    if (2 * this.memory.length > this.room) this.status = 2;
  }

  private isWhole(): boolean {
    const high = (address: number): number => (this.read(address) << 16) | this.read(address + 1);
    return crc32(this.bytes().subarray(0, high(SIZE))) === high(CRC) >>> 0;
  }

  bytes(): Buffer {
    return Buffer.from(this.memory.flatMap((value) => [value >> 8, value & 0xff]));
  }
}

function assertHas(bootloader: Bootloader, { bytes, size }: ImageInTest): void {
  assert.ok(bootloader.bytes().subarray(0, size).equals(bytes), "the image differs");
}

for (const [name, keys] of Object.entries({ "numbered blocks": WITH_INDEX, "blocks one after the other": KEYS })) {
  test(`${name}: size, checksum, blocks as the status lets them, and the commit; the bytes are identical`, async (t) => {
    const bootloader = new Bootloader();
    const world = await aModbusWorld(t, bootloader.answer);
    const image = anImage(4001);
    const transfer = await world.begin("modbus-registers", image, keys);
    const heard = progress();
    await transfer.send(0, heard);
    assertHas(bootloader, image);
    assert.deepEqual([heard.offsets[0], heard.offsets[1], heard.offsets.at(-1)], [0, 100, 4001]);
    assert.equal(bootloader.registers.get(COMMIT), undefined);
    await transfer.act("commit");
    assert.deepEqual([bootloader.registers.get(COMMIT), bootloader.status], [0xb007, 3]);
    await assert.rejects(transfer.act("test"), /there is no "test"/);
  });
}

test("the number right before the block goes into one request with it, another place into its own", async (t) => {
  const bootloader = new Bootloader();
  const world = await aModbusWorld(t, bootloader.answer);
  const transfer = await world.begin("modbus-registers", anImage(500), WITH_INDEX);
  await transfer.send(0, progress());
  const blocks = world.slave.requests.filter(({ pdu }) => pdu[0] === 16 && pdu.readUInt16BE(1) === INDEX);
  assert.deepEqual(
    blocks.map(({ pdu }) => [pdu.readUInt16BE(3), pdu.readUInt16BE(6)]),
    [
      [51, 0],
      [51, 1],
      [51, 2],
      [51, 3],
      [51, 4],
    ],
  );
  await transfer.close();
  const before = world.slave.requests.length;
  const index = { holding: 0x3000, as: "u32", order: "CDAB", counts: "bytes", from: 0x1_0000 };
  const other = await world.begin("modbus-registers", anImage(300), { base: BASE, block: 50, index });
  await other.send(0, progress());
  const numbers = world.slave.requests.slice(before).filter(({ pdu }) => pdu.readUInt16BE(1) === 0x3000);
  assert.deepEqual(
    numbers.map(({ pdu }) => pdu.subarray(6).toString("hex")),
    ["00000001", "00640001", "00c80001"],
  );
});

test("what broke off goes on at the block that the device expects, by another transfer with the cookie of the first", async (t) => {
  const bootloader = new Bootloader();
  const world = await aModbusWorld(t, bootloader.answer);
  const image = anImage(5000);
  const keys = { ...KEYS, ack_timeout: "100ms", retries: 0 };
  const first = await world.begin("modbus-registers", image, keys);
  const heard = progress((offset) => {
    if (offset >= 2000) world.played = () => undefined;
  });
  await assert.rejects(first.send(0, heard), { kind: "unreachable" });
  await first.close();
  world.played = bootloader.answer;
  const second = await world.begin("modbus-registers", image, keys, heard.cookies.at(-1));
  assert.deepEqual(await second.probe(), { offset: 2000 });
  const again = progress();
  await second.send(heard.offsets.at(-1) ?? 0, again);
  assert.equal(again.offsets[0], 2000);
  assertHas(bootloader, image);
  await second.act("commit");
  await second.close();
  // Of another image nothing is gone on with.
  const other = await world.begin("modbus-registers", anImage(4999), keys, heard.cookies.at(-1));
  assert.deepEqual(await other.probe(), {});
  const anew = progress();
  await other.send(2000, anew);
  assert.equal(anew.offsets[0], 0);
});

test("without a register that tells the next block it begins anew", async (t) => {
  const { next: _, ...keys } = WITH_INDEX;
  const bootloader = new Bootloader();
  const world = await aModbusWorld(t, bootloader.answer);
  const image = anImage(3000);
  const transfer = await world.begin("modbus-registers", image, keys);
  const heard = progress();
  await transfer.send(1500, heard);
  assert.equal(heard.offsets[0], 0);
  assertHas(bootloader, image);
});

test("the status says what is wrong: full in the middle, damaged at the commit, unknown, busy for too long", async (t) => {
  const bootloader = new Bootloader();
  bootloader.room = 1000;
  const world = await aModbusWorld(t, bootloader.answer);
  const transfer = await world.begin("modbus-registers", anImage(3000), WITH_INDEX);
  await assert.rejects(transfer.send(0, progress()), (error) => isCondition(error, "flash-full"));
  bootloader.room = Infinity;
  await transfer.send(0, progress());
  bootloader.memory[3] = 0;
  await assert.rejects(transfer.act("commit"), (error) => isCondition(error, "crc"));
  await transfer.close();
  const strict = { ...WITH_INDEX.status, busy: 1, timeout: "100ms" };
  const other = await world.begin("modbus-registers", anImage(300), { ...WITH_INDEX, status: strict });
  world.played = (pdu, unit) => (pdu[0] === 4 ? [4, 2, 0, 9] : bootloader.answer(pdu, unit));
  await assert.rejects(other.send(0, progress()), /status 9, which the mapping does not know/);
  world.played = (pdu, unit) => (pdu[0] === 4 ? [4, 2, 0, 1] : bootloader.answer(pdu, unit));
  await assert.rejects(other.send(0, progress()), /not ready within 100ms: its status is 1/);
});

test("a commit that nobody acknowledges is sent once, told, and no failure", async (t) => {
  const bootloader = new Bootloader();
  const world = await aModbusWorld(t, bootloader.answer);
  const transfer = await world.begin("modbus-registers", anImage(300), { ...WITH_INDEX, ack_timeout: "100ms" });
  await transfer.send(0, progress());
  const before = world.slave.requests.length;
  world.played = () => undefined;
  await transfer.act("commit");
  assert.equal(world.slave.requests.length, before + 1);
  const warned = world.log.filter(({ level, message }) => level === "warn" && /did not acknowledge/.test(message));
  assert.equal(warned.length, 1);
});

test("an image with more blocks than the device can count does not fit", async (t) => {
  const world = await aModbusWorld(t, new Bootloader().answer);
  const keys = { ...WITH_INDEX, size: { holding: SIZE, as: "u16" } };
  const transfer = await world.begin("modbus-registers", anImage(0x1_0000), keys);
  await assert.rejects(transfer.send(0, progress()), (error) => isCondition(error, "flash-full"));
});

test("a block without a number is never sent twice for want of an answer", async (t) => {
  const bootloader = new Bootloader();
  const world = await aModbusWorld(t, bootloader.answer);
  const transfer = await world.begin("modbus-registers", anImage(3000), { ...KEYS, ack_timeout: "100ms" });
  const heard = progress((offset) => {
    if (offset === 1000) world.played = (pdu) => (pdu[0] === 16 ? undefined : bootloader.answer(pdu, 1));
  });
  await assert.rejects(transfer.send(0, heard), { kind: "unreachable" });
  const lost = world.slave.requests.filter(({ pdu }) => pdu[0] === 16 && pdu.readUInt16BE(1) === BASE);
  assert.equal(lost.length, 11);
});

function isCondition(error: unknown, condition: string): boolean {
  return error instanceof FirmwareError && error.condition === condition;
}
