import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeMessage, encodeEmpty, encodeMessage, type MessageType, TYPE } from "../../src/coap/message.ts";
import { NO_PAYLOAD, OPTION, stringOption, uintOption, uintValue } from "../../src/coap/options.ts";
import { ProtocolError } from "../../src/errors.ts";
import { fromHex, hex, message, utf8 } from "./bench.ts";

/** RFC 7252 Appendix A, figures 16 and 17. */
const VECTORS = [
  {
    name: "figure 16, the request",
    bytes: "40 01 7d34 bb 74656d7065726174757265",
    ...{
      type: TYPE.con,
      messageId: 0x7d34,
      token: "",
      message: message(0x01, [stringOption(OPTION.uriPath, "temperature")]),
    },
  },
  {
    name: "figure 16, the response",
    bytes: "60 45 7d34 ff 32322e332043",
    ...{ type: TYPE.ack, messageId: 0x7d34, token: "", message: message(0x45, [], utf8("22.3 C")) },
  },
  {
    name: "figure 17, the request",
    bytes: "41 01 7d35 20 bb 74656d7065726174757265",
    ...{
      type: TYPE.con,
      messageId: 0x7d35,
      token: "20",
      message: message(0x01, [stringOption(OPTION.uriPath, "temperature")]),
    },
  },
  {
    name: "figure 17, the response",
    bytes: "61 45 7d35 20 ff 32322e332043",
    ...{ type: TYPE.ack, messageId: 0x7d35, token: "20", message: message(0x45, [], utf8("22.3 C")) },
  },
];

for (const vector of VECTORS) {
  test(`RFC 7252 Appendix A, ${vector.name}`, () => {
    const bytes = fromHex(vector.bytes);
    const token = fromHex(vector.token);
    assert.deepEqual(decodeMessage(bytes), {
      ...{ type: vector.type, messageId: vector.messageId, token },
      ...vector.message,
    });
    assert.equal(hex(encodeMessage(vector.type, vector.messageId, token, vector.message)), hex(bytes));
  });
}

test("an empty message has four bytes", () => {
  assert.equal(hex(encodeEmpty(TYPE.rst, 0x1234)), "70001234");
  assert.deepEqual(decodeMessage(fromHex("60001234")), {
    ...{ type: TYPE.ack, messageId: 0x1234, token: NO_PAYLOAD, code: 0, options: [], payload: NO_PAYLOAD },
  });
});

/** RFC 7252 §3: deltas and lengths of 13 and more stand in one more byte, of 269 and more in two. */
test("option numbers and lengths beyond 12 and 268 take one and two more bytes", () => {
  const options = [12, 13, 268, 269].map((length, i) => ({
    number: [12, 25, 293, 562][i] ?? 0,
    value: new Uint8Array(length),
  }));
  const bytes = encodeMessage(TYPE.con, 1, NO_PAYLOAD, message(1, options));
  assert.equal(hex(bytes.subarray(4, 5)), "cc");
  assert.equal(hex(bytes.subarray(17, 20)), "dd0000");
  assert.equal(hex(bytes.subarray(33, 36)), "ddffff");
  assert.equal(hex(bytes.subarray(304, 309)), "ee00000000");
  assert.deepEqual(decodeMessage(bytes).options, options);
});

test("options that are not in order are put in order", () => {
  const options = [
    uintOption(OPTION.accept, 112),
    stringOption(OPTION.uriPath, "a"),
    stringOption(OPTION.uriPath, "b"),
  ];
  const bytes = encodeMessage(TYPE.con, 1, NO_PAYLOAD, { code: 1, options, payload: NO_PAYLOAD });
  assert.deepEqual(
    decodeMessage(bytes).options.map(({ number }) => number),
    [11, 11, 17],
  );
});

const MALFORMED: readonly (readonly [string, string])[] = [
  ["no bytes at all", ""],
  ["less than a header", "400112"],
  ["version 0", "00011234"],
  ["version 2", "80011234"],
  ["version 3", "c0011234"],
  ["token length 9", "4901 1234 000000000000000000"],
  ["token length 13, which RFC 8974 extends", "4d01 1234 00 00000000000000000000000000"],
  ["token length 15", "4f01 1234 0000000000000000000000000000000000"],
  ["a token longer than the datagram", "4401 1234 aabb"],
  ["an option longer than the datagram", "4001 1234 b5 61"],
  ["option delta 15 that is no payload marker", "4001 1234 f1 61"],
  ["option length 15", "4001 1234 bf 61"],
  ["an option header without its extended delta", "4001 1234 d0"],
  ["an option header without its extended length", "4001 1234 1e 00"],
  ["an option number over 65535", "4001 1234 e0 ffff"],
  ["a payload marker without payload", "4001 1234 ff"],
  ["an empty message with a token", "4100 1234 aa"],
  ["an empty message with a payload", "4000 1234 ff 00"],
  ["code class 1", "4020 1234"],
  ["code class 6", "40c0 1234"],
  ["code class 7, which is signalling over TCP", "40e1 1234"],
];

for (const [name, bytes] of MALFORMED) {
  test(`refused as malformed: ${name}`, () => {
    assert.throws(() => decodeMessage(fromHex(bytes)), ProtocolError);
  });
}

const optionArbitrary = fc
  .tuple(
    fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 65535 })),
    fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 200, maxLength: 600 })),
  )
  .map(([number, value]) => ({ number, value }));
const messageArbitrary = fc
  .tuple(
    fc.oneof(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 64, max: 191 })),
    fc.array(optionArbitrary, { maxLength: 8 }),
    fc.uint8Array({ maxLength: 100 }),
  )
  .map(([code, options, payload]) => ({ code, options, payload }));

test("what was encoded is decoded the same", () => {
  fc.assert(
    fc.property(
      ...([fc.constantFrom(0, 1, 2, 3), fc.nat(65535), fc.uint8Array({ maxLength: 8 }), messageArbitrary] as const),
      (type, messageId, token, plain) => {
        const sorted = message(plain.code, plain.options, plain.payload);
        const decoded = decodeMessage(encodeMessage(type as MessageType, messageId, token, plain));
        assert.deepEqual(decoded, { type, messageId, token, ...sorted });
      },
    ),
  );
});

test("any bytes are a message or a ProtocolError, and a message is encoded to the same meaning again", () => {
  const header = fc.tuple(fc.integer({ min: 0x40, max: 0x78 }), fc.integer({ min: 0, max: 0xff }));
  const near = fc
    .tuple(header, fc.uint8Array({ maxLength: 40 }))
    .map(([[first, code], rest]) => Uint8Array.of(first, code, 0, 1, ...rest));
  fc.assert(
    fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      try {
        const { type, messageId, token, ...plain } = decodeMessage(bytes);
        const again = decodeMessage(encodeMessage(type, messageId, token, plain));
        assert.deepEqual(again, { type, messageId, token, ...plain });
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test("a Buffer decodes to plain bytes, as a Uint8Array does", () => {
  const bytes = fromHex("41 01 7d35 20 bb 74656d7065726174757265 ff 01");
  assert.deepEqual(decodeMessage(Buffer.from(bytes)), decodeMessage(bytes));
});

/** RFC 7252 §3.2: the shortest form; zero has no bytes. */
test("unsigned integer options take as few bytes as they can", () => {
  const spelled = [0, 1, 255, 256, 65535, 65536, 0xffffffff].map((value) => hex(uintOption(14, value).value));
  assert.deepEqual(spelled, ["", "01", "ff", "0100", "ffff", "010000", "ffffffff"]);
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      assert.equal(uintValue(message(1, [uintOption(14, value)]), 14), value);
    }),
  );
});
