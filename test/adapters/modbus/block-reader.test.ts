import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BlockReader, type ReadSpan } from "../../../adapters/modbus/block-reader.ts";
import { ModbusException } from "../../../adapters/modbus/errors.ts";
import { formatSpan, type Span } from "../../../adapters/modbus/pdu.ts";
import type { RegisterPoint } from "../../../adapters/modbus/points.ts";
import { MINUTE } from "../../../src/clock.ts";
import { DeviceError, type DeviceErrorKind } from "../../../src/errors.ts";
import { silentLogger } from "../../../src/log.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type LogLine, recordingLogger } from "../../support/recording-logger.ts";

/** A device of holding registers, each of which holds its own address; these addresses it does not have. */
function aDevice(addresses: readonly number[], missing: readonly number[], gap = 20) {
  const clock = new FakeClock();
  const asked: string[] = [];
  const holes = new Set(missing);
  const points = new Map(
    addresses.map((address): [string, RegisterPoint] => [`p${address}`, { table: "holding", address, count: 1 }]),
  );
  const lines: LogLine[] = [];
  const reader = new BlockReader({ points, limits: () => ({ max: 125, gap }), clock, log: recordingLogger(lines) });
  const readSpan: ReadSpan = async (span) => {
    asked.push(formatSpan(span));
    const registers = Array.from({ length: span.count }, (_, i) => span.address + i);
    if (registers.some((register) => holes.has(register))) throw new ModbusException(2, "read");
    return Uint8Array.from(registers.flatMap((register) => [register >> 8, register & 0xff]));
  };
  const poll = async (span = readSpan): Promise<{ readings: string[]; refused: string[]; asked: string[] }> => {
    asked.length = 0;
    const { readings, refused } = await reader.read([...points.keys()], span);
    for (const { point, value } of readings) {
      assert.ok(value instanceof Uint8Array && `p${(value[0] ?? 0) * 256 + (value[1] ?? 0)}` === point);
    }
    return {
      readings: readings.map(({ point }) => point).sort(),
      refused: refused.map(({ point }) => point).sort(),
      asked: [...asked],
    };
  };
  return { clock, reader, holes, poll, readSpan, lines };
}

test("where a device refuses to be read over a hole, all points still arrive, and the next poll reads around it", async () => {
  const { poll } = aDevice([0, 1, 5, 6, 20], [10]);
  const first = await poll();
  assert.deepEqual(first.readings, ["p0", "p1", "p20", "p5", "p6"]);
  assert.deepEqual(first.asked, ["holding[0x0..0x14]", "holding[0x0..0x6]", "holding[0x14..0x14]"]);
  assert.deepEqual((await poll()).asked, ["holding[0x0..0x6]", "holding[0x14..0x14]"]);
});

test("a point that the device does not have is named, and its neighbours do not suffer", async () => {
  const { poll } = aDevice([0, 1, 2, 3], [2]);
  assert.deepEqual((await poll()).refused, ["p2"]);
  const next = await poll();
  assert.deepEqual(next.readings, ["p0", "p1", "p3"]);
  assert.deepEqual(next.asked, ["holding[0x0..0x1]", "holding[0x2..0x2]", "holding[0x3..0x3]"]);
});

test("a range refused in every part is asked for once in each later poll", async () => {
  const addresses = [0, 1, 2, 3, 4, 5, 6, 7];
  const { poll } = aDevice(addresses, addresses);
  assert.equal((await poll()).refused.length, 8);
  const next = await poll();
  assert.deepEqual(next.asked, ["holding[0x0..0x7]"]);
  assert.equal(next.refused.length, 8);
});

test("what the device does not have gets another chance after ten minutes", async () => {
  const { clock, holes, poll } = aDevice([0, 1, 2], [1]);
  await poll();
  assert.equal((await poll()).asked.length, 3);
  holes.clear();
  await clock.advance(10 * MINUTE);
  assert.deepEqual((await poll()).asked, ["holding[0x0..0x2]"]);
});

test("a hole is read around as long as the device stays there, since nothing is missed by that", async () => {
  const { clock, reader, holes, poll } = aDevice([0, 5], [3]);
  await poll();
  holes.clear();
  await clock.advance(24 * 60 * MINUTE);
  assert.deepEqual((await poll()).asked, ["holding[0x0..0x0]", "holding[0x5..0x5]"]);
  reader.forget();
  assert.deepEqual((await poll()).asked, ["holding[0x0..0x5]"]);
});

test("a hole is told once, however often it is found again, with the line of the mapping that saves the search", async () => {
  const { reader, poll, lines } = aDevice([0, 5], [3]);
  for (let i = 0; i < 5; i++) {
    await poll();
    reader.forget();
  }
  const advice = "modbus: { block: { gap: 3 } }";
  const fields = { request: "holding[0x0..0x5]", hole: "holding[0x1..0x4]", advice };
  assert.deepEqual(lines, [
    { level: "info", fields, message: "the device refuses a hole in this read; it is read around" },
  ]);
  const advised = aDevice([0, 5], [3], 3);
  assert.deepEqual((await advised.poll()).asked, ["holding[0x0..0x0]", "holding[0x5..0x5]"]);
});

test("what a device lacks is told without advice: no line of the mapping reads it", async () => {
  const { poll, lines } = aDevice([0, 1, 2], [1]);
  await poll();
  assert.deepEqual(lines, [
    { level: "info", fields: { request: "holding[0x0..0x2]" }, message: "the device refuses a part of this read" },
  ]);
});

test("with any holes, every point that the device has is read, in the end with no refused request but those of the others", async () => {
  const small = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(small, small, async (addresses, missing) => {
      const { poll } = aDevice(addresses, missing, 5);
      const expected = addresses.filter((address) => !missing.includes(address)).map((address) => `p${address}`);
      let last: readonly string[] = [];
      for (let i = 0; i < 14; i++) {
        const { readings, refused, asked } = await poll();
        assert.deepEqual(readings, expected.sort());
        assert.equal(refused.length, addresses.length - expected.length);
        last = asked;
      }
      assert.ok(last.length <= addresses.length);
    }),
  );
});

test("with any holes, the search ends: no request more than point by point, and without missing points none is refused", async () => {
  const addresses = fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 40 });
  const holes = fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(addresses, holes, fc.integer({ min: 0, max: 30 }), async (points, around, gap) => {
      const missing = around.filter((address) => !points.includes(address));
      const device = aDevice(points, missing, gap);
      // A refused block is halved until its parts are read: twice as many requests as there are points, at most.
      assert.ok((await device.poll()).asked.length < 2 * points.length);
      let refused = 0;
      const counting: ReadSpan = (span) =>
        device.readSpan(span).catch((error) => {
          refused++;
          throw error;
        });
      await device.poll(counting);
      await device.poll(counting);
      refused = 0;
      const { readings, asked } = await device.poll(counting);
      assert.equal(readings.length, points.length);
      assert.equal(refused, 0);
      assert.ok(asked.length <= points.length);
    }),
  );
});

const failing =
  (kind: DeviceErrorKind | number, when: (span: Span) => boolean, otherwise: ReadSpan): ReadSpan =>
  (span) => {
    if (!when(span)) return otherwise(span);
    return Promise.reject(typeof kind === "number" ? new ModbusException(kind, "read") : new DeviceError(kind, "bad"));
  };

test("a device that does not answer at all is an error, after one request", async () => {
  const { poll, readSpan } = aDevice([0, 100], [], 4);
  let requests = 0;
  const deaf = failing("unreachable", () => ++requests > 0, readSpan);
  await assert.rejects(poll(deaf), { kind: "unreachable" });
  assert.equal(requests, 1);
});

test("what a gateway says of a silent device is the same as silence", async () => {
  for (const code of [10, 11]) {
    const { poll, readSpan } = aDevice([0], []);
    await assert.rejects(poll(failing(code, () => true, readSpan)), { kind: "unreachable", code });
  }
});

test("a device that falls silent in the middle keeps what it gave, and is not asked for the rest", async () => {
  const { poll, readSpan } = aDevice([0, 100, 110, 200], [], 4);
  const result = await poll(failing("unreachable", ({ address }) => address === 100, readSpan));
  assert.deepEqual(result.readings, ["p0"]);
  assert.deepEqual(result.refused, ["p100", "p110", "p200"]);
  assert.deepEqual(result.asked, ["holding[0x0..0x0]"]);
});

test("an answer that is none costs its own block only, and nothing is learned from a busy device", async () => {
  for (const kind of ["malformed", 1, 4, 6] as const) {
    const { poll, readSpan } = aDevice([0, 5, 100], []);
    const result = await poll(failing(kind, ({ address }) => address === 0, readSpan));
    assert.deepEqual([result.readings, result.refused], [["p100"], ["p0", "p5"]]);
    assert.deepEqual((await poll()).asked, ["holding[0x0..0x5]", "holding[0x64..0x64]"]);
  }
});

test("a device from which nothing comes but what is no answer has not answered", async () => {
  const { poll, readSpan } = aDevice([0, 5, 100], []);
  await assert.rejects(poll(failing("malformed", () => true, readSpan)), { kind: "malformed" });
});

test("bits are counted from the least significant of the first byte", async () => {
  // MODBUS Application Protocol V1.1b3 §6.1, the example: coils 20-38 (addresses 19-37), CD 6B 05.
  const points = new Map(
    Array.from({ length: 19 }, (_, i): [string, RegisterPoint] => [
      `${20 + i}`,
      { table: "coil", address: 19 + i, count: 1 },
    ]),
  );
  const reader = new BlockReader({
    points,
    limits: () => ({ max: 125, gap: 0 }),
    clock: new FakeClock(),
    log: silentLogger,
  });
  const { readings } = await reader.read([...points.keys()], async () => Uint8Array.of(0xcd, 0x6b, 0x05));
  const on = readings.filter(({ value }) => value === true).map(({ point }) => Number(point));
  assert.deepEqual(on, [20, 22, 23, 26, 27, 28, 29, 31, 33, 34, 36, 38]);
});
