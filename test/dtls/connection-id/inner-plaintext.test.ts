import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeInnerPlaintext, encodeInnerPlaintext } from "../../../src/dtls/connection-id/inner-plaintext.ts";

const aContent = fc.record({ type: fc.constantFrom(21, 22, 23), bytes: fc.uint8Array({ maxLength: 200 }) });

test("the content is what is before its type, however much padding follows", () => {
  fc.assert(
    fc.property(aContent, fc.nat({ max: 100 }), (content, padding) => {
      const found = decodeInnerPlaintext(Buffer.concat([encodeInnerPlaintext(content), new Uint8Array(padding)]));
      assert.deepEqual([found?.type, [...(found?.bytes ?? [])]], [content.type, [...content.bytes]]);
    }),
  );
});

test("padding alone, nothing, an unknown type, ChangeCipherSpec and a CID within are no content", () => {
  for (const inner of [[], [0], [0, 0, 0], [1, 2, 24], [1, 20], [1, 25], [1, 255, 0]])
    assert.equal(decodeInnerPlaintext(Uint8Array.from(inner)), undefined, String(inner));
});

test("content, type and padding together have 16,384 bytes at most (RFC 9146 §5)", () => {
  const padded = (length: number) => decodeInnerPlaintext(new Uint8Array(length).fill(23, 0, 1));
  assert.equal(padded(16384)?.bytes.length, 0);
  assert.equal(padded(16385), undefined);
});
