/** SunSpec Device Information Model Specification V1.1 §6.2; offsets of models 103, 113, 160: the SunSpec Model Reference. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ReadSpan } from "../../../../adapters/modbus/block-reader.ts";
import { SunSpecReader } from "../../../../adapters/modbus/sunspec/reader.ts";
import { type SunSpecFields, toSunSpecPoint } from "../../../../adapters/modbus/sunspec/source.ts";
import { MINUTE } from "../../../../src/clock.ts";
import { DeviceError } from "../../../../src/errors.ts";
import { silentLogger } from "../../../../src/log.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { chainOf, common, foreign, inverter, SunSpecDevice } from "../../../support/sunspec-device.ts";

type Given = Readonly<Record<string, SunSpecFields>>;

function aReader(given: Given, { base, max = 125 }: { readonly base?: number; readonly max?: number } = {}) {
  const clock = new FakeClock();
  const points = new Map(Object.entries(given).map(([id, fields]) => [id, toSunSpecPoint(fields)]));
  const limits = () => ({ max, gap: 16 });
  const reader = new SunSpecReader({ points, base, max, limits, clock, log: silentLogger });
  const poll = async (readSpan: ReadSpan) => {
    const { readings, refused } = await reader.read([...points.keys()], readSpan);
    return {
      values: Object.fromEntries(readings.map(({ point, value }) => [point, value])),
      refused: new Map(refused.map(({ point, reason }) => [point, reason])),
    };
  };
  return { reader, clock, poll };
}

const INVERTER = [101, 102, 103, 111, 112, 113];
const POWER: Given = { power: { model: INVERTER, point: "W" } };
/** W 1234 with -1, PhVphA 2301 with -1. */
const RUNNING = { 10: 2301, 13: 0xffff, 14: 1234, 15: 0xffff };

for (const base of [0, 1, 39_999, 40_000, 40_001, 50_000]) {
  test(`models are found from ${base} on, with foreign ones between them`, async () => {
    const device = new SunSpecDevice(
      base,
      chainOf([common("A"), foreign(120, 26), inverter(103, RUNNING), foreign(64_001, 7)]),
    );
    const { poll } = aReader({ ...POWER, voltage: { model: 103, point: "PhVphA" }, maker: { model: 1, point: "Mn" } });
    assert.deepEqual(await poll(device.readSpan), {
      values: { power: 123.4, voltage: 230.1, maker: "A" },
      refused: new Map(),
    });
  });
}

test("the chain is walked once; a poll reads value, scale factor and head of the model in one request", async () => {
  const device = new SunSpecDevice(40_000, chainOf([common("A"), inverter(103, RUNNING)]));
  const { poll, reader } = aReader(POWER);
  await poll(device.readSpan);
  assert.deepEqual(device.asked.slice(0, 4), [
    "holding[0x9C40..0x9C41]",
    "holding[0x9C42..0x9C43]",
    "holding[0x9C86..0x9C87]",
    "holding[0x9CBA..0x9CBB]",
  ]);
  device.asked = [];
  await poll(device.readSpan);
  assert.deepEqual(device.asked, ["holding[0x9C86..0x9C95]"]);
  reader.forget();
  device.asked = [];
  await poll(device.readSpan);
  assert.equal(device.asked.length, 5);
});

test("a float model stands in for an integer one, and what is not implemented is no value", async () => {
  const content: number[] = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 0x7fc0 : 0));
  content.splice(20, 2, 0x449a, 0x4000);
  const device = new SunSpecDevice(0, chainOf([common("A"), { id: 113, content }]));
  const { poll } = aReader({ ...POWER, current: { model: INVERTER, point: "A" } });
  const { values, refused } = await poll(device.readSpan);
  assert.deepEqual(values, { power: 1234 });
  assert.match(refused.get("current") ?? "", /the device says that it has no value \(0x7fc00000\)/);
});

test("a value with a scale factor that is not implemented is no value", async () => {
  const device = new SunSpecDevice(0, chainOf([common("A"), inverter(103, { 14: 1234 })]));
  assert.match(
    (await aReader(POWER).poll(device.readSpan)).refused.get("power") ?? "",
    /scale factor is not implemented/,
  );
});

test("a model that is absent is told with those that are there", async () => {
  const device = new SunSpecDevice(40_000, chainOf([common("A"), inverter(103, RUNNING)]));
  const { poll, clock } = aReader({
    ...POWER,
    meter: { model: [201, 203], point: "W" },
    second: { model: 103, point: "W", nth: 2 },
  });
  const { values, refused } = await poll(device.readSpan);
  assert.deepEqual(values, { power: 123.4 });
  assert.equal(refused.get("meter"), "the device has none of the SunSpec models 201, 203 (it has 1, 103)");
  assert.equal(refused.get("second"), "the device has no SunSpec model 103 with nth 2 (it has 1, 103)");
  device.asked = [];
  await clock.advance(2 * MINUTE);
  await poll(device.readSpan);
  assert.equal(device.asked.length, 1, "the chain is whole: it is not walked again");
});

test("several models of one ID are told apart by nth, and each is found where it is", async () => {
  const models = [common("A"), inverter(103, RUNNING), common("B"), inverter(103, { 14: 55, 15: 0 })];
  const device = new SunSpecDevice(40_000, chainOf(models));
  const { poll } = aReader({
    second: { model: 103, point: "W", nth: 2 },
    maker: { model: 1, point: "Mn", nth: 2 },
  });
  assert.deepEqual((await poll(device.readSpan)).values, { second: 55, maker: "B" });
});

test("blocks that repeat are counted from 1; a scale factor too far away for one read is read before and after", async () => {
  const head = [0xffff, 0xffff, 0, 0, 0, 0, 8, 0];
  const block = (n: number): number[] => [
    n,
    ...Array.from({ length: 8 }, () => 0),
    100 + n,
    6000 + n,
    n,
    0,
    n,
    0,
    0,
    30,
    4,
    0,
    0,
  ];
  const content = [...head, ...Array.from({ length: 8 }, (_, i) => block(i + 1)).flat()];
  const device = new SunSpecDevice(40_000, chainOf([common("A"), { id: 160, content }]));
  const { poll } = aReader({
    first: { model: 160, point: "DCV", block: 1 },
    last: { model: 160, point: "DCV", block: 8 },
    none: { model: 160, point: "DCV", block: 9 },
  });
  const { values, refused } = await poll(device.readSpan);
  assert.deepEqual(values, { first: 600.1, last: 600.8 });
  assert.match(refused.get("none") ?? "", /model 160 of the device has 168 registers, and "DCV" is behind them/);
  const changing: ReadSpan = async (span) => {
    const bytes = await device.readSpan(span);
    if (span.address === 40_000 + 2 + 68 + 3 && span.count === 1) return Uint8Array.of(0, 1);
    return bytes;
  };
  assert.match((await poll(changing)).refused.get("last") ?? "", /its scale factor changed while it was read/);
});

test("models of a maker are read by offset, type and the offset of the scale factor", async () => {
  const device = new SunSpecDevice(40_000, chainOf([common("A"), { id: 64_110, content: [0, 0xff38, 0xfffe] }]));
  const { poll } = aReader({ own: { model: 64_110, offset: 3, type: "int16", scale: 4 } });
  assert.deepEqual((await poll(device.readSpan)).values, { own: -2 });
});

test("models that are elsewhere after an update are found again in the same read", async () => {
  const device = new SunSpecDevice(40_000, chainOf([common("A"), inverter(103, RUNNING)]));
  const { poll } = aReader(POWER);
  await poll(device.readSpan);
  device.replace(40_000, chainOf([common("A"), foreign(120, 26), inverter(103, { 14: 7, 15: 0 })]));
  assert.deepEqual((await poll(device.readSpan)).values, { power: 7 });
  device.replace(50_000, chainOf([common("A"), inverter(101, { 14: 8, 15: 0 })]));
  assert.deepEqual((await poll(device.readSpan)).values, { power: 8 });
  device.replace(50_000, [1, 2, 3]);
  assert.match((await poll(device.readSpan)).refused.get("power") ?? "", /no register of 40000, .* says "SunS"/);
});

test("a chain that is cut has what stands before, says where it breaks, and is looked at again after a minute", async () => {
  const whole = chainOf([common("A"), inverter(103, RUNNING), inverter(160, {})]);
  const device = new SunSpecDevice(40_000, whole.slice(0, 70));
  const { poll, clock } = aReader({ ...POWER, maker: { model: 1, point: "Mn" } });
  const { values, refused } = await poll(device.readSpan);
  assert.deepEqual(values, { maker: "A" });
  assert.match(refused.get("power") ?? "", /\(it has 1\); its chain of models breaks off: 40070: .*exception 2/);
  device.put(40_000, whole);
  assert.deepEqual((await poll(device.readSpan)).values, { maker: "A" });
  await clock.advance(MINUTE);
  assert.deepEqual((await poll(device.readSpan)).values, { power: 123.4, maker: "A" });
});

test("a chain that never ends is given up after 200 models", async () => {
  const endless = new SunSpecDevice(40_000, [
    0x5375,
    0x6e53,
    ...Array.from({ length: 25_000 }, (_, i) => (i % 2 === 0 ? 7 : 0)),
  ]);
  const { poll } = aReader(POWER);
  assert.match((await poll(endless.readSpan)).refused.get("power") ?? "", /there is no end behind 200 models/);
  assert.ok(endless.asked.length < 210);
});

test("the ID of the end without a length behind it is an end", async () => {
  const chain = chainOf([common("A"), inverter(103, RUNNING)]);
  const device = new SunSpecDevice(40_000, chain.slice(0, -1));
  const { poll } = aReader({ meter: { model: 203, point: "W" } });
  assert.equal(
    (await poll(device.readSpan)).refused.get("meter"),
    "the device has no SunSpec model 203 (it has 1, 103)",
  );
});

test("silence costs one request at each attempt; the next one begins at the next place", async () => {
  const device = new SunSpecDevice(50_000, chainOf([common("A"), inverter(103, RUNNING)]));
  const asked: number[] = [];
  const silent: ReadSpan = async (span) => {
    asked.push(span.address);
    if (span.address < 50_000) throw new DeviceError("unreachable", "no answer within 1s");
    return device.readSpan(span);
  };
  const { poll } = aReader(POWER);
  await assert.rejects(poll(silent), /no answer/);
  await assert.rejects(poll(silent), /no answer/);
  assert.deepEqual(asked, [40_000, 0]);
  assert.deepEqual((await poll(silent)).values, { power: 123.4 });
});

test("where the mapping says the place, no other is asked", async () => {
  const device = new SunSpecDevice(40_070, chainOf([common("A"), inverter(103, RUNNING)]));
  const { poll } = aReader(POWER, { base: 40_070 });
  assert.deepEqual((await poll(device.readSpan)).values, { power: 123.4 });
});

test("several reads at once share one walk", async () => {
  const device = new SunSpecDevice(40_000, chainOf([common("A"), inverter(103, RUNNING)]));
  const { poll } = aReader(POWER);
  await Promise.all([poll(device.readSpan), poll(device.readSpan)]);
  assert.equal(device.asked.filter((request) => request === "holding[0x9C40..0x9C41]").length, 1);
});

test("whatever stands in the registers, a read comes to an end and says something of every point", async () => {
  const word = fc.oneof(fc.constantFrom(0, 1, 2, 103, 160, 0xffff, 0x8000), fc.integer({ min: 0, max: 0xffff }));
  const given: Given = { ...POWER, string: { model: 160, point: "DCW", block: 2 }, maker: { model: 1, point: "Mn" } };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 40_000, 65_300),
      fc.array(word, { maxLength: 300 }),
      fc.nat(),
      async (base, words, turn) => {
        const device = new SunSpecDevice(base, [0x5375, 0x6e53, ...words]);
        const restless: ReadSpan = async (span) => {
          // It changes while it is read.
          if (device.asked.length % 7 === turn % 7) device.put(base + 2 + (turn % 50), [turn & 0xffff]);
          return device.readSpan(span);
        };
        const { poll } = aReader(given, { base });
        for (let i = 0; i < 3; i++) {
          const { values, refused } = await poll(restless);
          assert.deepEqual([...Object.keys(values), ...refused.keys()].sort(), ["maker", "power", "string"]);
        }
        assert.ok(device.asked.length < 3 * 2 * 250);
      },
    ),
    { numRuns: 200 },
  );
});
