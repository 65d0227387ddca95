import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PacketLimit } from "../../../../adapters/mqtt/broker/packet-limit.ts";

const MOST = 100;

interface Sent {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly identifier: number;
}

function lengthBytes(length: number): readonly number[] {
  return length < 0x80 ? [length] : [(length % 0x80) | 0x80, ...lengthBytes(Math.floor(length / 0x80))];
}

/** MQTT 3.1.1 §3.3. */
function publish({ topic, payload, qos, identifier }: Sent): Buffer {
  const id = qos === 0 ? [] : [identifier >> 8, identifier & 0xff];
  const name = Buffer.from(topic);
  const body = Buffer.concat([Buffer.from([name.length >> 8, name.length & 0xff]), name, Buffer.from(id), payload]);
  return Buffer.concat([Buffer.from([0x30 | (qos << 1), ...lengthBytes(body.length)]), body]);
}

const PING = Buffer.from([0xd0, 0]);

test("what is too large is let past wherever it is cut, and all else is as it came", () => {
  const sent = fc.record({
    topic: fc.string({ maxLength: 20 }),
    payload: fc
      .oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ minLength: 200, maxLength: 20_000 }))
      .map((bytes) => Buffer.from(bytes)),
    qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
    identifier: fc.integer({ min: 1, max: 65_535 }),
  });
  fc.assert(
    fc.property(fc.array(sent, { maxLength: 8 }), fc.array(fc.nat(30_000)), (messages, cuts) => {
      const dropped: (readonly [string, number])[] = [];
      const limit = new PacketLimit(MOST, "3.1.1", (topic, bytes) => dropped.push([topic, bytes]));
      const stream = Buffer.concat(messages.flatMap((one) => [publish(one), PING]));
      const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
      const read = places.slice(1).flatMap((end, i) => limit.push(stream.subarray(places[i], end)));
      const large = messages.filter(({ payload }) => payload.length >= 200);
      const expected = messages.flatMap((one) => {
        if (!large.includes(one)) return [publish(one), PING];
        return one.qos === 0 ? [PING] : [publish({ ...one, payload: Buffer.alloc(0) }), PING];
      });
      assert.deepEqual(Buffer.concat(read), Buffer.concat(expected));
      assert.deepEqual(
        dropped,
        large.map(({ topic, payload }) => [topic, payload.length]),
      );
      for (const { qos, identifier } of large) if (qos > 0) limit.isHollow(identifier);
      for (const { identifier } of messages) assert.equal(limit.isHollow(identifier), false);
    }),
  );
});

test("of MQTT 5 a message without its payload has no properties", () => {
  const limit = new PacketLimit(MOST, "5", () => {});
  const message = { topic: "t", payload: Buffer.alloc(200), qos: 1, identifier: 0x1234 } as const;
  assert.deepEqual(Buffer.concat(limit.push(publish(message))), Buffer.from([0x32, 6, 0, 1, 0x74, 0x12, 0x34, 0]));
  assert.deepEqual([limit.isHollow(0x1234), limit.isHollow(0x1234)], [true, false]);
});

test("nothing of what is let past is held", () => {
  const limit = new PacketLimit(MOST, "3.1.1", () => {});
  const head = Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x74]);
  assert.deepEqual(limit.push(head), []);
  const chunk = Buffer.alloc(65_536);
  for (let i = 0; i < 4096; i++) for (const piece of limit.push(chunk)) assert.ok(piece.length < 5);
});

test("whatever comes, it ends, and nothing comes twice", () => {
  // The header of a PUBLISH that is too large, and what may stand behind it.
  const begins = fc.tuple(fc.integer({ min: 0x30, max: 0x3f }), fc.integer({ min: 0x80, max: 0xff }), fc.nat(0x7f));
  const some = fc.uint8Array({ maxLength: 300 });
  const chunk = fc.oneof(
    some,
    fc.tuple(begins, some).map(([head, bytes]) => Uint8Array.from([...head, ...bytes])),
  );
  fc.assert(
    fc.property(fc.array(chunk), (chunks) => {
      const limit = new PacketLimit(MOST, "3.1.1", () => {});
      const read = chunks.flatMap((chunk) => limit.push(Buffer.from(chunk)));
      const count = (all: readonly Uint8Array[]): number => all.reduce((sum, one) => sum + one.length, 0);
      assert.ok(count(read) <= count(chunks));
    }),
  );
});
