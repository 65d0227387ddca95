import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mqtt } from "../../../adapters/mqtt/index.ts";
import { Message } from "../../../adapters/mqtt/message.ts";
import { type Heard, TopicFeed } from "../../../adapters/mqtt/topic-feed.ts";
import type { UnixMillis } from "../../../src/clock.ts";

const NOW = Date.UTC(2026, 5, 1, 12);

/** What becomes of messages on `state` of this section; the point is at `v`. */
function aFeed(section: Readonly<Record<string, unknown>>, now = NOW) {
  const device = mqtt.device.parse({ state: "s", ...section });
  const topic = device.topics.get("state");
  assert.ok(topic !== undefined);
  const heard: Heard[] = [];
  const feed = new TopicFeed(
    topic,
    [["1/0/1", mqtt.point.parse({ path: "v", device })]],
    () => now,
    (one) => heard.push(one),
  );
  const take = (payload: string, retained = false): readonly UnixMillis[] => {
    heard.length = 0;
    for (const one of feed.asFeeds()) one.take(new Message({ topic: "s", payload: Buffer.from(payload), retained }));
    return heard.flatMap(({ readings }) => readings.map(({ time }) => time));
  };
  return { take, heard };
}

test("a retained message is ignored, or taken as measured now", () => {
  assert.deepEqual(aFeed({}).take('{"v":1}', true), []);
  assert.deepEqual(aFeed({}).take('{"v":1}'), [NOW]);
  assert.deepEqual(aFeed({ retained: "accept" }).take('{"v":1}', true), [NOW]);
});

test("a retained message that says its time counts with it, once", () => {
  const { take } = aFeed({ time: "at" });
  assert.deepEqual(take(`{"v":1,"at":${NOW - 1000}}`, true), [NOW - 1000]);
  // The connection was lost, and everything is subscribed to again.
  assert.deepEqual(take(`{"v":1,"at":${NOW - 1000}}`, true), []);
  assert.deepEqual(take(`{"v":1,"at":${NOW - 5000}}`, true), []);
  assert.deepEqual(take(`{"v":2,"at":${NOW - 500}}`), [NOW - 500]);
  assert.deepEqual(take(`{"v":2,"at":${NOW - 500}}`, true), []);
  assert.deepEqual(take('{"v":2,"at":"2026-06-01T12:00:00"}', true), []);
  assert.deepEqual(take('{"v":2,"at":"2026-06-01T12:00:00"}'), [NOW]);
  assert.deepEqual(take("no JSON", true), []);
});

test("a device whose clock is ahead measures nothing in the future, and stays heard", () => {
  const { take } = aFeed({ time: "at" });
  assert.deepEqual(take(`{"v":1,"at":${NOW + 86_400_000}}`), [NOW]);
  assert.deepEqual(take('{"v":1}'), [NOW]);
});

test("a gateway that does not know the time believes the device", () => {
  const { take } = aFeed({ time: "at" }, 40_000);
  assert.deepEqual(take(`{"v":1,"at":${NOW}}`, true), [NOW]);
});

test("whatever comes, each message is a reading, a refusal, or says nothing of the point", () => {
  const payload = fc.oneof(
    fc.json({ maxDepth: 2 }),
    fc.string({ unit: "binary" }),
    fc
      .record({ v: fc.jsonValue({ maxDepth: 2 }), at: fc.jsonValue({ maxDepth: 2 }) })
      .map((one) => JSON.stringify(one)),
  );
  const { take, heard } = aFeed({ time: "at", retained: "accept" });
  fc.assert(
    fc.property(payload, fc.boolean(), (text, retained) => {
      take(text, retained);
      for (const { readings, refused } of heard) {
        assert.ok(readings.length + refused.length <= 1);
        for (const { value, time } of readings) assert.ok(Number.isSafeInteger(time) && time <= NOW && value !== null);
      }
    }),
  );
});
