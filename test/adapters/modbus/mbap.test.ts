import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Frame, FrameReader, frameOf } from "../../../adapters/modbus/mbap.ts";

const frames = fc.array(
  fc.record(
    {
      transaction: fc.integer({ min: 0, max: 0xffff }),
      unit: fc.integer({ min: 0, max: 255 }),
      pdu: fc.uint8Array({ minLength: 1, maxLength: 253 }),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 5 },
);

test("a frame is laid out as the implementation guide shows", () => {
  // MODBUS Messaging on TCP/IP Implementation Guide V1.0b §3.1.3 table, and its example of FC 4 in §4.3.
  const bytes = frameOf({ transaction: 0x1501, unit: 0xff, pdu: Uint8Array.of(4, 0, 0, 0, 1) });
  assert.equal(Buffer.from(bytes).toString("hex"), "150100000006ff0400000001");
});

test("however a stream is cut, the same frames come out", () => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sent, sizes) => {
      const stream = Buffer.concat(sent.map(frameOf));
      const reader = new FrameReader();
      const got: Frame[] = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = sizes[i % sizes.length] ?? 1;
        got.push(...(reader.push(stream.subarray(at, at + size)) ?? assert.fail("not understood")));
        at += size;
      }
      assert.deepEqual(got, sent);
    }),
  );
});

test("what is no Modbus TCP is found at its header", () => {
  const wrong = [
    "GET / HTTP/1.1\r\n",
    "\x00\x01\x00\x00\x00\x00",
    "\x00\x01\x00\x00\x00\x01\x01",
    "\x00\x01\x00\x01\x00\x06",
  ];
  for (const text of wrong) assert.equal(new FrameReader().push(Buffer.from(text, "latin1")), undefined, text);
});

test("any bytes are frames or refused, and what is kept is less than a frame", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void new FrameReader().push(bytes)));
});
