/** Every type in every order, from every table, over a real Modbus TCP server: what is read, and what is written. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { ResourceType, Value } from "../../../src/lwm2m/sample.ts";
import { conversion, good, write } from "../../mapping/specs.ts";
import { aDeviceOf, aSimulation, bytes, hex, portOf } from "../../support/modbus-device.ts";
import { aReader } from "../../support/modbus-reader.ts";

interface Case {
  readonly as: string;
  readonly type: ResourceType;
  readonly value: Value;
  /** As in the order ABCD; whole registers. */
  readonly raw: string;
  readonly length?: number;
}

/** Numbers as IEEE 754 and two's complement have them; the floats of IEEE are those of its examples: 1, -2, 230.5. */
const CASES: readonly Case[] = [
  { as: "u8", type: "integer", value: 200, raw: "00c8" },
  { as: "s8", type: "integer", value: -2, raw: "fffe" },
  { as: "u16", type: "integer", value: 0xfedc, raw: "fedc" },
  { as: "s16", type: "integer", value: -292, raw: "fedc" },
  { as: "u24", type: "integer", value: 0x123456, raw: "00123456" },
  { as: "s24", type: "integer", value: -2, raw: "fffffffe" },
  { as: "u32", type: "integer", value: 0x12345678, raw: "12345678" },
  { as: "s32", type: "integer", value: -2, raw: "fffffffe" },
  { as: "u48", type: "integer", value: 0x123456789abc, raw: "123456789abc" },
  { as: "u64", type: "integer", value: 0x1234567890abcdefn, raw: "1234567890abcdef" },
  { as: "s64", type: "integer", value: -2, raw: "fffffffffffffffe" },
  { as: "f16", type: "float", value: -2, raw: "c000" },
  { as: "f32", type: "float", value: 230.5, raw: "43668000" },
  { as: "f64", type: "float", value: 230.5, raw: "406cd00000000000" },
  { as: "bcd16", type: "integer", value: 1234, raw: "1234" },
  { as: "bcd32", type: "integer", value: 12345678, raw: "12345678" },
  { as: "time32", type: "time", value: 1_700_000_000, raw: "6553f100" },
  { as: "bool", type: "boolean", value: true, raw: "0001" },
  { as: "string", type: "string", value: "SDM630", raw: "53444d3633300000", length: 8 },
  { as: "bytes", type: "opaque", value: Uint8Array.of(1, 2, 3, 4), raw: "01020304", length: 4 },
];

const ORDERS = ["ABCD", "CDAB", "BADC", "DCBA"] as const;

/** Text and bytes have no most significant word: of an order they keep the bytes within the words. */
function arranged({ as, raw }: Case, order: (typeof ORDERS)[number]): Uint8Array {
  const words = raw.match(/..../g) ?? [];
  const swapped = order === "BADC" || order === "DCBA" ? words.map((word) => word.slice(2) + word.slice(0, 2)) : words;
  const isText = as === "string" || as === "bytes";
  return bytes((order === "CDAB" || order === "DCBA") && !isText ? swapped.toReversed().join("") : swapped.join(""));
}

/** One device with the raw value in every kind of place that holds registers. */
async function aDevice(t: TestContext, raw: Uint8Array) {
  const { length } = raw;
  const keys = {
    input: { input: 100, length },
    holding: { holding: 100, length, write: true },
    both: { holding: 200, length, write: { fc: 23 } },
    file: { file: { number: 3, record: 5 }, length, write: true },
  };
  const played = aDeviceOf(keys);
  for (const id of Object.keys(keys)) played.values.set(id, raw);
  const simulation = await aSimulation([played]);
  t.after(() => simulation.close());
  return { played, ids: Object.keys(keys), device: await aReader(t, portOf(simulation), keys) };
}

for (const one of CASES) {
  const { as, type, value, length } = one;
  test(`${as} is read from every table and written back, in every order`, async (t) => {
    for (const order of ORDERS) {
      // Three bytes stand in two registers, and are ordered like those.
      const raw = arranged(one, order);
      const converted = conversion({ as, order, writable: true, ...(length === undefined ? {} : { length }) }, type);
      assert.equal(converted.length, raw.length);
      const { played, ids, device } = await aDevice(t, raw);
      const { readings, refused } = await device.read(ids);
      assert.deepEqual(refused, []);
      assert.equal(readings.length, ids.length);
      for (const { point, value: read } of readings)
        assert.deepEqual(good(converted, read), value, `${point} ${order}`);
      for (const id of ids.slice(1)) {
        played.values.set(id, new Uint8Array(raw.length));
        await device.write(id, write(converted, value));
        assert.equal(hex(played.values.get(id) as Uint8Array), hex(raw), `${id} ${order}`);
      }
      await device.close();
    }
  });
}

test("64 bits have orders of eight letters, and of words and bytes apart", async (t) => {
  const raw = bytes("90ab cdef 1234 5678");
  const { device } = await aDevice(t, raw);
  const [reading] = (await device.read(["input"])).readings;
  assert.ok(reading !== undefined);
  const read = (order: string | { readonly words: "big" | "little"; readonly bytes: "big" | "little" }): Value =>
    good(conversion({ as: "u64", order }, "integer"), reading.value);
  assert.equal(read("EFGHABCD"), 0x1234567890abcdefn);
  assert.equal(read({ words: "little", bytes: "big" }), 0x56781234cdef90abn);
});

test("coils and discrete inputs are bits, also across bytes", async (t) => {
  const keys = Object.fromEntries(
    [0, 7, 8, 15, 16].flatMap((at) => [
      [`c${at}`, { coil: at, write: true }],
      [`d${at}`, { discrete: at }],
    ]),
  );
  const played = aDeviceOf(keys);
  for (const id of Object.keys(keys)) played.values.set(id, id === "c8" || id === "d15");
  const simulation = await aSimulation([played]);
  t.after(() => simulation.close());
  const device = await aReader(t, portOf(simulation), keys);
  const { readings } = await device.read(Object.keys(keys));
  const on = readings.filter(({ value }) => value === true).map(({ point }) => point);
  assert.deepEqual(on.sort(), ["c8", "d15"]);
  await device.write("c16", true);
  assert.equal(played.values.get("c16"), true);
});
