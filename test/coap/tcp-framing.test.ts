import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { TokenMessage } from "../../src/coap/message.ts";
import { NO_PAYLOAD, OPTION, stringOption, uintOption } from "../../src/coap/options.ts";
import { csm, ping } from "../../src/coap/signaling.ts";
import { encodeFrame, FrameReader, roomForPayload } from "../../src/coap/tcp-framing.ts";
import { ProtocolError } from "../../src/errors.ts";
import { bodyOf, fromHex, hex, message, utf8 } from "./bench.ts";

const NO_LIMIT = Number.POSITIVE_INFINITY;

function read(bytes: Uint8Array, most = NO_LIMIT): TokenMessage[] {
  const messages: TokenMessage[] = [];
  new FrameReader(most).read(bytes, (one) => messages.push(one));
  return messages;
}

const VECTORS = [
  { name: "RFC 8323 §3.2, figure 5", bytes: "01 43 7f", token: "7f", message: message(0x43) },
  {
    name: "a CSM, laid out by hand after RFC 8323 §5.3",
    bytes: "40 e1 22 0480 20",
    token: "",
    message: csm({ maxMessageSize: 1152, blockWise: true }),
  },
  { name: "the shortest CSM", bytes: "00 e1", token: "", message: message(0xe1) },
  { name: "a Ping with Custody", bytes: "10 e2 20", token: "", message: ping() },
  {
    name: "the request of RFC 7252 Appendix A, figure 16, on a stream",
    bytes: "c0 01 bb 74656d7065726174757265",
    token: "",
    message: message(0x01, [stringOption(OPTION.uriPath, "temperature")]),
  },
  {
    name: "its response",
    bytes: "71 45 20 ff 32322e332043",
    token: "20",
    message: message(0x45, [], utf8("22.3 C")),
  },
];

for (const vector of VECTORS) {
  test(`a frame: ${vector.name}`, () => {
    const token = fromHex(vector.token);
    assert.deepEqual(read(fromHex(vector.bytes)), [{ token, ...vector.message }]);
    assert.equal(hex(encodeFrame(token, vector.message)), hex(fromHex(vector.bytes)));
  });
}

test("the length stands in the nibble up to 12 bytes, then in one, two and four bytes behind it", () => {
  for (const [inside, head] of [
    [12, "c0 45"],
    [13, "d0 00 45"],
    [268, "d0 ff 45"],
    [269, "e0 0000 45"],
    [65_804, "e0 ffff 45"],
    [65_805, "f0 00000000 45"],
    [65_806, "f0 00000001 45"],
  ] as const) {
    const sent = message(0x45, [], bodyOf(inside - 1));
    const bytes = encodeFrame(NO_PAYLOAD, sent);
    assert.equal(hex(bytes.subarray(0, fromHex(head).length)), hex(fromHex(head)));
    assert.deepEqual(read(bytes), [{ token: NO_PAYLOAD, ...sent }]);
  }
});

test("a message is refused as soon as its header says that it is too long, or its token", () => {
  assert.throws(() => read(fromHex("f0 ffffffff 45"), 2000), /a message of 4295033106 bytes; at most 2000/);
  assert.throws(() => read(fromHex("09 45")), /token length 9; at most 8/);
  assert.throws(() => read(fromHex("00 20")), /reserved code class 1/);
  assert.throws(() => read(fromHex("10 45 ff")), ProtocolError);
});

test("what is in an empty message is ignored, as RFC 8323 §3.4 has it", () => {
  assert.deepEqual(
    read(fromHex("32 00 0102 ffffff 00 e1")).map(({ code }) => code),
    [0x00, 0xe1],
  );
});

test("a payload that fits the room beside its options makes no longer message than was asked for", () => {
  for (const most of [40, 1152, 70_000]) {
    const options = [stringOption(OPTION.uriPath, "rd"), uintOption(OPTION.contentFormat, 40)];
    const room = roomForPayload(options, most);
    assert.ok(encodeFrame(bodyOf(8), message(2, options, bodyOf(room))).length <= most);
    assert.ok(encodeFrame(bodyOf(8), message(2, options, bodyOf(room))).length >= most - 4);
  }
});

const someMessage = fc.record(
  {
    token: fc.uint8Array({ maxLength: 8 }),
    code: fc.constantFrom(0x01, 0x02, 0x45, 0x84, 0xe1, 0xe5),
    options: fc
      .array(
        fc.tuple(fc.nat(600), fc.uint8Array({ maxLength: 20 })).map(([number, value]) => ({ number, value })),
        { maxLength: 4 },
      )
      .map((options) => options.sort((a, b) => a.number - b.number)),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(70_000).map((length) => bodyOf(length)),
    ),
  },
  { noNullPrototype: true },
);

test("messages arrive as they were sent, wherever the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(someMessage, { maxLength: 6 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 300 })),
      (all, cuts) => {
        const stream = Buffer.concat(all.map(({ token, ...one }) => encodeFrame(token, one)));
        const reader = new FrameReader(NO_LIMIT);
        const messages: TokenMessage[] = [];
        for (let at = 0; at < stream.length; ) {
          const length: number = cuts.next().value;
          reader.read(Uint8Array.from(stream.subarray(at, at + length)), (one) => messages.push(one));
          at += length;
        }
        assert.deepEqual(messages, all);
      },
    ),
    { numRuns: 60 },
  );
});

test("any bytes in any pieces are messages or a ProtocolError", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 }), (pieces) => {
      const reader = new FrameReader(5000);
      try {
        for (const piece of pieces) reader.read(piece, () => {});
      } catch (error) {
        assert.ok(error instanceof ProtocolError);
      }
    }),
    { numRuns: 500 },
  );
});
