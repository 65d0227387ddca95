/** Payloads that no device should send: after each, the next good message is heard, and nothing of it stays. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { mqtt } from "../../../adapters/mqtt/index.ts";
import { Message } from "../../../adapters/mqtt/message.ts";
import { readingsOf } from "../../../adapters/mqtt/topic-feed.ts";
import type { Heard } from "../../support/heard.ts";
import { anMqttDevice, anMqttLink, type Told, valueAtLast } from "../../support/mqtt-world.ts";
import { aRawMqttBroker, publication, type RawConnection } from "../../support/raw-mqtt-broker.ts";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

const LIMIT = { timeout: 60_000 };
const POINT = "3303/0/5700";
const KEYS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  [POINT]: { path: "t" },
  "3303/0/5701": { path: "a.b[0].c" },
  "3325/0/5700": { path: "data", encoding: "base64", at: 2, length: 2 },
  "3325/1/5700": { path: "t", quality: { path: "good", good: true } },
  "3325/2/5700": { path: "t", scale_by: { path: "unit", g: 0.001 } },
};
const RAW = { "3326/0/5700": { topic: "raw", at: 2, length: 2 }, "3326/1/5700": { topic: "raw" } };

async function aRoom(t: TestContext) {
  const broker = await aRawMqttBroker(t);
  const world = await anMqttLink(t, { url: `mqtt://127.0.0.1:${broker.port}`, max: "64KiB" });
  const { told } = await anMqttDevice(world, { state: "room", topics: { raw: "raw" } }, { ...KEYS, ...RAW });
  return { connection: await broker.listener(1), told };
}

async function hears(connection: RawConnection, told: Heard<Told>, value: number): Promise<void> {
  told.forget();
  await connection.send(publication("room", JSON.stringify({ t: value })));
  assert.equal(await valueAtLast(told, POINT), value);
}

const deep = (open: string, close: string): string => `{"t":${open.repeat(20_000)}1${close.repeat(20_000)}}`;

const PAYLOADS: Readonly<Record<string, string | Uint8Array>> = {
  nothing: "",
  "half a document": '{"t":666',
  "two documents": '{"t":666}{"t":666}',
  "a number": "666",
  "a list": '[{"t":666}]',
  null: "null",
  "bytes that are no UTF-8": Buffer.from([0x7b, 0x22, 0x74, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x80]),
  "UTF-16": Buffer.from('{"t":666}', "utf16le"),
  zeros: Buffer.alloc(10_000),
  "lists in lists": deep("[", "]"),
  "objects in objects": deep('{"t":', "}"),
  "the prototype as a member": '{"__proto__":{"t":666},"constructor":{"prototype":{"t":666}}}',
  "the value in a list": '{"t":[666]}',
  "an object for the value": '{"t":{"toString":1}}',
  "more than 64 KiB": JSON.stringify({ t: 666, x: "x".repeat(65_536) }),
};

for (const [what, payload] of Object.entries(PAYLOADS)) {
  test(`a payload is ${what}: it is no value of the point, and the next good one is`, LIMIT, async (t) => {
    const { connection, told } = await aRoom(t);
    await connection.send(publication("room", payload));
    await connection.send(publication("raw", payload));
    await connection.send(publication("room", '{"t":21}'));
    assert.equal(await valueAtLast(told, POINT), 21);
    assert.equal("t" in Object.prototype, false);
    await hears(connection, told, 22);
  });
}

test(
  "of a name that stands twice the last one counts, and numbers beyond a double are told in full",
  LIMIT,
  async (t) => {
    const { connection, told } = await aRoom(t);
    for (const [payload, value] of [
      ['{"t":1,"t":2}', 2],
      ['{"t":18446744073709551615}', 18_446_744_073_709_551_615n],
      ['{"t":1e400}', "1e400"],
      ['{"t":-0.0}', -0],
    ] as const) {
      told.forget();
      await connection.send(publication("room", payload));
      assert.equal(await valueAtLast(told, POINT), value);
    }
  },
);

test("whatever a device says: values or reasons, and nothing else", () => {
  const device = mqtt.device.parse({ state: "room", topics: { raw: "raw" } });
  const points = Object.entries({ ...KEYS, ...RAW }).map(
    ([id, keys]) => [id, mqtt.point.parse({ ...keys, device })] as const,
  );
  const near = fc.record(
    { t: fc.jsonValue(), data: fc.oneof(fc.base64String(), fc.string()), good: fc.jsonValue(), unit: fc.jsonValue() },
    { requiredKeys: [] },
  );
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
    near.map((document) => Buffer.from(JSON.stringify(document))),
    fc.tuple(near, fc.nat(60)).map(([document, length]) => Buffer.from(JSON.stringify(document).slice(0, length))),
  );
  fc.assert(
    fc.property(payload, (bytes) => {
      const message = new Message({ topic: "room", payload: Buffer.from(bytes), retained: false });
      const { readings, refused } = readingsOf(points, message, 0);
      assert.ok(readings.length + refused.length <= points.length);
      for (const { value } of readings) assert.ok(value instanceof Uint8Array || typeof value !== "object");
    }),
    { numRuns: 2000 },
  );
});

test("a flood of topics that nobody has heard of leaves nothing behind", { timeout: 120_000 }, async (t) => {
  const { connection, told } = await aRoom(t);
  const flood = async (round: number): Promise<number> => {
    for (let i = 0; i < 100; i++) {
      const messages = Array.from({ length: 500 }, (_, n) => publication(`room/${round}/${i}/${n}`, '{"t":666}'));
      await connection.send(Buffer.concat(messages));
    }
    await hears(connection, told, round);
    collect();
    return process.memoryUsage().heapUsed;
  };
  const first = await flood(1);
  await flood(2);
  const third = await flood(3);
  // A topic that stays takes more than 100 bytes: of those hundred thousand that would be 10 MB. Some are remembered on purpose.
  assert.ok(third - first < 5_000_000, `${first} bytes, then ${third}`);
});
