import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { answerSignal } from "../../../../../../adapters/ble/radio/child/hci/signaling.ts";

const hex = (text: string): Buffer => Buffer.from(text, "hex");

test("a peripheral that wishes for other parameters is told yes, and gets them", () => {
  const signal = answerSignal(hex("1207080018002800000090 01".replace(" ", "")));
  assert.equal(Buffer.from(signal?.answer ?? []).toString("hex"), "130702000000");
  assert.deepEqual(signal?.wish, { interval: { min: 30, max: 50 }, latency: 0, supervision: 4000 });
});

test("parameters that cannot be are refused, and other requests rejected", () => {
  assert.equal(
    Buffer.from(answerSignal(hex("120708000000280000009001"))?.answer ?? []).toString("hex"),
    "130702000100",
  );
  assert.equal(Buffer.from(answerSignal(hex("14050000"))?.answer ?? []).toString("hex"), "010502000000");
});

test("whatever comes, it is an answer or none", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => void answerSignal(Buffer.from(bytes))));
});
