import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mqtt } from "../../../adapters/mqtt/index.ts";
import { DeviceError } from "../../../src/errors.ts";

const device = mqtt.device.parse({
  state: "s",
  only: { kind: "climate" },
  topics: { up: "up/+", raw: "raw" },
  requests: { ask: { topic: "q", send: "", reply: { topic: "a" } } },
});

function delivered(keys: Readonly<Record<string, unknown>>, text: string): unknown {
  return mqtt.delivered?.(mqtt.point.parse({ ...keys, device }), text);
}

test("a value is what stands at its path, or the whole payload", () => {
  assert.equal(delivered({ path: "a.b[1]" }, '{"kind":"climate","a":{"b":[0,21.5]}}'), 21.5);
  assert.equal(delivered({ topic: "raw" }, "ON"), "ON");
  assert.equal(delivered({ topic: "raw", path: "." }, "-3"), -3);
  assert.equal(delivered({ request: "ask", path: "v" }, '{"v":true}'), true);
  assert.throws(() => delivered({ path: "v" }, '{"kind":"plug","v":1}'), /another device's/);
  assert.throws(() => delivered({ topic: "up", path: "v" }, '{"w":1}'), /does not have it/);
  assert.throws(() => delivered({ topic: "up", path: "v" }, '{"v":[1]}'), /v is a list: it has no value/);
});

test("bytes stand in the payload, or in text within it", () => {
  const bytes = (keys: Readonly<Record<string, unknown>>, text: string): string => {
    const value = delivered(keys, text);
    return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value);
  };
  assert.equal(bytes({ topic: "raw", at: 1, length: 2 }, "hex 01 02 03 04"), "0203");
  assert.equal(bytes({ topic: "raw", at: 2 }, "hex 01 02 03 04"), "0304");
  assert.equal(bytes({ topic: "up", path: "d", encoding: "base64", at: 0, length: 2 }, '{"d":"CGcw"}'), "0867");
  assert.equal(bytes({ topic: "up", path: "d", encoding: "base64" }, '{"d":"-_8="}'), "fbff");
  assert.equal(bytes({ topic: "up", path: "d", encoding: "hex" }, '{"d":"0a FF"}'), "0aff");
  assert.equal(bytes({ topic: "raw", encoding: "hex" }, "0aff"), "0aff");
  assert.throws(() => bytes({ topic: "raw", at: 1, length: 4 }, "hex 01 02"), /it has 2 bytes only/);
  assert.throws(() => bytes({ topic: "up", path: "d", encoding: "hex" }, '{"d":"xyz"}'), /d is no hex/);
  assert.throws(() => bytes({ topic: "up", path: "d", encoding: "base64" }, '{"d":5}'), /d is no base64/);
});

test("a number is scaled by the word beside it, and believed where the message says so", () => {
  const keys = {
    topic: "up",
    path: "w",
    scale_by: { path: "unit", g: 0.001, kg: 1 },
    quality: { path: "ok", good: [true, "yes"] },
  };
  assert.equal(delivered(keys, '{"w":12.3,"unit":"g","ok":true}'), 0.0123);
  assert.equal(delivered(keys, '{"w":"12.3","unit":"kg","ok":"yes"}'), 12.3);
  assert.throws(() => delivered(keys, '{"w":1,"unit":"lb","ok":true}'), /unit is "lb": expected g or kg/);
  assert.throws(() => delivered(keys, '{"w":1,"unit":"g","ok":false}'), /ok is "false": expected true or yes/);
  assert.throws(() => delivered(keys, '{"w":1,"unit":"g"}'), /ok is nothing: expected true or yes/);
});

// Dragino LHT65, uplink payload: byte 6 says what the others are.
test("a byte may say whether a value is to be believed", () => {
  const keys = { topic: "up", path: "d", encoding: "hex", at: 0, length: 2 };
  const quality = { path: "d", encoding: "hex", at: 2, good: [1, 0x81] };
  const bytes = (text: string): unknown => delivered({ ...keys, quality }, text);
  assert.deepEqual(bytes('{"kind":"climate","d":"cbf601"}'), Uint8Array.of(0xcb, 0xf6));
  assert.deepEqual(bytes('{"kind":"climate","d":"cbf681"}'), Uint8Array.of(0xcb, 0xf6));
  assert.throws(() => bytes('{"kind":"climate","d":"cbf641"}'), /byte 2 is "65": expected 1 or 129/);
  assert.throws(() => bytes('{"kind":"climate","d":"cbf6"}'), /it has 2 bytes only/);
  const raw = { topic: "raw", at: 1, length: 1, quality: { at: 0, good: 7 } };
  assert.deepEqual(delivered(raw, "hex 07 2a"), Uint8Array.of(0x2a));
  assert.throws(() => delivered(raw, "hex 08 2a"), /byte 0 is "8": expected 7/);
});

test("what says whether a value is to be believed stands at a path, or in a byte", () => {
  const read = (quality: object): unknown => mqtt.point.parse({ path: "v", quality, device });
  assert.throws(() => read({ good: 1 }), /at a `path` of JSON, or by `at` in which byte/);
  assert.throws(() => read({ path: "d", encoding: "hex", good: 1 }), /by `at` in which byte/);
  assert.throws(() => read({ path: "d", at: 1, good: 1 }), /by which `encoding`, base64 or hex/);
});

test("messages are called by their topics and requests", () => {
  const name = (keys: Readonly<Record<string, unknown>>): unknown =>
    mqtt.messageName?.(mqtt.point.parse({ ...keys, device }));
  assert.deepEqual(
    [name({ path: "v" }), name({ topic: "up" }), name({ topic: "t/x" }), name({ request: "ask", path: "v" })],
    ["state", "up", "t/x", "ask"],
  );
});

test("whatever a message is, it delivers a value or a DeviceError", () => {
  const points = [
    { path: "v" },
    { topic: "raw" },
    { topic: "raw", at: 3, length: 2 },
    { topic: "up", path: "v[0]", encoding: "base64" },
  ];
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json({ maxDepth: 2 }),
    fc.record({ kind: fc.constant("climate"), v: fc.jsonValue({ maxDepth: 2 }) }).map((one) => JSON.stringify(one)),
  );
  fc.assert(
    fc.property(fc.constantFrom(...points), text, (keys, message) => {
      try {
        const value = delivered(keys, message);
        assert.ok(value instanceof Uint8Array || ["string", "number", "bigint", "boolean"].includes(typeof value));
      } catch (error) {
        assert.ok(error instanceof DeviceError);
      }
    }),
  );
});
