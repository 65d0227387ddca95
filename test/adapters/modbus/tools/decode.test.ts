import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { decode, decodeText } from "../../../../adapters/modbus/tools/decode.ts";
import { explainFrame, FRAMINGS } from "../../../../adapters/modbus/tools/explain-frame.ts";
import { explainPdu } from "../../../../adapters/modbus/tools/explain-pdu.ts";
import { WrongArguments } from "../../../../src/adapter.ts";
import { bytes } from "../../../support/modbus-device.ts";
import { aToolContext, theArguments } from "../../../support/tool-context.ts";

/** The examples of MODBUS Application Protocol V1.1b3 §6, function by function, as they stand there. */
const SPECIFICATION: readonly (readonly [hex: string, kind: string, fields: Readonly<Record<string, string>>])[] = [
  ["01 00 13 00 13", "request", { address: "0x13 = 19; vendors print 00020", quantity: "19 bits, the last at 0x25" }],
  [
    "01 03 CD 6B 05",
    "response",
    { bits: "on: 0, 2, 3, 6, 7, 8, 9, 11, 13, 14, 16, 18 (the first asked for is 0), the others off" },
  ],
  ["02 00 C4 00 16", "request", { address: "0xC4 = 196; vendors print 10197" }],
  [
    "03 00 6B 00 03",
    "request",
    { address: "0x6B = 107; vendors print 40108", quantity: "3 registers, the last at 0x6D" },
  ],
  ["03 06 02 2B 00 00 00 64", "response", { "register 1": "0x022B = 555", "register 3": "0x0064 = 100" }],
  ["04 00 08 00 01", "request", { address: "0x8 = 8; vendors print 30009" }],
  ["04 02 00 0A", "response", { "register 1": "0x000A = 10" }],
  ["05 00 AC FF 00", "echo", { address: "0xAC = 172; vendors print 00173", value: "on" }],
  ["06 00 01 00 03", "echo", { address: "0x1 = 1; vendors print 40002", value: "0x0003 = 3" }],
  ["07", "request", {}],
  ["07 6D", "response", { status: "0b01101101: eight exception status outputs, of the vendor's choice" }],
  ["08 00 00 A5 37", "echo", { "sub-function": "0: return query data: the answer repeats it" }],
  ["0B", "request", {}],
  ["0B FF FF 01 08", "response", { status: "a command is still being done", "event count": "264" }],
  ["0C 08 00 00 01 08 01 21 20 00", "response", { "byte count": "8 bytes" }],
  ["0F 00 13 00 0A 02 CD 01", "request", { quantity: "10 bits, the last at 0x1C" }],
  ["0F 00 13 00 0A", "response", { quantity: "10 bits, the last at 0x1C" }],
  ["10 00 01 00 02 04 00 0A 01 02", "request", { "register 2": "0x0102 = 258" }],
  ["10 00 01 00 02", "response", { quantity: "2 registers, the last at 0x2" }],
  ["11", "request", {}],
  ["14 0E 06 00 04 00 01 00 02 06 00 03 00 09 00 02", "request", { file: "3", record: "9", length: "2 registers" }],
  ["14 0C 05 06 0D FE 00 20 05 06 33 CD 00 40", "response", { "register 1": "0x33CD = 13261" }],
  ["15 0D 06 00 04 00 07 00 03 06 AF 04 BE 10 0D", "echo", { file: "4", record: "7", "register 3": "0x100D = 4109" }],
  ["16 00 04 00 F2 00 25", "echo", { "AND mask": "keeps the bits of 0b0000000011110010" }],
  ["17 00 03 00 06 00 0E 00 03 06 00 FF 00 FF 00 FF", "request", { "read quantity": "6 registers, the last at 0x8" }],
  ["17 0C 00 FE 0A CD 00 01 00 03 00 0D 00 FF", "response", { "register 2": "0x0ACD = 2765" }],
  ["18 04 DE", "request", { "FIFO address": "0x4DE = 1246; vendors print 41247" }],
  ["18 00 06 00 02 01 B8 12 84", "response", { "FIFO count": "2 registers", "register 2": "0x1284 = 4740" }],
  ["2B 0E 01 00", "request", { "read code": "1: basic", "first object": "0: VendorName" }],
];

test("every example of the specification is told for what it is, and agrees with it", () => {
  for (const [hex, kind, fields] of SPECIFICATION) {
    const [reading, ...others] = explainPdu(bytes(hex));
    assert.deepEqual([reading?.kind, reading?.problems, others], [kind, [], []], hex);
    for (const [name, meaning] of Object.entries(fields)) {
      assert.equal(reading?.fields.findLast((field) => field.name === name)?.meaning, meaning, `${hex}: ${name}`);
    }
  }
});

test("the fields are the frame: together they have every byte once, in order", () => {
  for (const [hex] of SPECIFICATION) {
    const [reading] = explainPdu(bytes(hex));
    assert.equal(reading?.fields.map((field) => field.hex).join(" "), hex);
  }
});

test("the framing is told by the checksum, the header or the length", () => {
  const cases: readonly (readonly [text: string, framing: string, problems: readonly string[]])[] = [
    ["11 03 00 6B 00 03 76 87", "rtu", []],
    ["11 03 00 6B 00 03 76 88", "rtu", ["the CRC is wrong: expected 76 87"]],
    ["11 03 00 6B 00 03", "rtu", ["the CRC is missing; it would be 76 87"]],
    // simplymodbus.ca, Modbus TCP.
    ["00 01 00 00 00 06 11 03 00 6B 00 03", "tcp", []],
    ["00 01 00 00 00 07 11 03 00 6B 00 03", "tcp", ["length: says 7, and 6 follow"]],
    [":F7031389000A60", "ascii", []],
    [":F7031389000A61", "ascii", ["the LRC is wrong: expected 60"]],
    ["03 06 02 2B 00 00 00 64", "pdu", []],
  ];
  for (const [text, framing, problems] of cases) {
    const { readings } = decodeText(text);
    assert.deepEqual([readings[0]?.framing, readings[0]?.problems], [framing, problems], text);
  }
});

test("bytes are taken as people write them", () => {
  const wanted = bytes("01 03 00 00 00 0A C5 CD");
  for (const text of [
    "010300000 00AC5CD".replace(" ", ""),
    "01:03:00:00:00:0A:C5:CD",
    "0x01, 0x03, 0x0 0 0 0xA c5 cd",
    "01h 03h 00h 00h 00h 0Ah C5h CDh",
  ]) {
    assert.deepEqual(decodeText(text).bytes, wanted, text);
  }
});

test("what is no frame is told with what was expected", () => {
  const cases: readonly (readonly [text: string, message: RegExp])[] = [
    ["01 03 zz", /^"zz" is not hexadecimal; expected bytes such as 01 03 00 0A$/],
    ["01030", /^"01030" has 5 digits; a byte has two$/],
    ["", /^expected 1 to 1024 bytes, found 0; one frame a line$/],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => decodeText(text),
      (error) => error instanceof WrongArguments && message.test(error.message),
    );
  }
  assert.throws(() => decodeText("0103", "tcp"), /^WrongArguments: too few bytes for a frame of tcp: 2 bytes$/);
});

test("of several frames the line is told that is none", async () => {
  const context = aToolContext({ input: async () => "01 83 02 C0 F1\n\n01 8x 02\n" });
  await assert.rejects(decode.run(theArguments([]), context), /^WrongArguments: line 3: "8x" is not hexadecimal/);
});

test("an exception is explained, with what to try next", async () => {
  const { lines, ok } = await decode.run(theArguments(["01 83 02 C0 F1"]), aToolContext());
  assert.equal(ok, true);
  assert.deepEqual(lines, [
    "Modbus RTU, exception response: read holding registers (FC 3)",
    "  01     unit       1",
    "  83     function   the exception mark 0x80, and FC 3: read holding registers",
    "  02     exception  2: illegal data address",
    "  C0 F1  CRC        right",
    "  what to do: no such address, or the range reaches beyond what the device has: ask for fewer, for one less (manuals count from 1) or in the other table",
  ]);
});

test("standard input may hold many frames, one a line; a value of two registers is read together", async () => {
  const input = async () => "04 04 43 66 80 00\n\n01 03 00 00 00 0A C5 CE\n";
  const { lines, data, ok } = await decode.run(theArguments([]), aToolContext({ input }));
  assert.equal(ok, false);
  assert.ok(lines.includes("  could be f32 ABCD 230.5"), lines.join("\n"));
  assert.ok(lines.includes("  wrong: the CRC is wrong: expected C5 CD"), lines.join("\n"));
  assert.equal(JSON.parse(JSON.stringify(data)).length, 2);
  await assert.rejects(decode.run(theArguments([]), aToolContext({ input: async () => "\n" })), WrongArguments);
  const wrong = theArguments(["01"], { framing: "rtuu" });
  await assert.rejects(
    decode.run(wrong, aToolContext()),
    /^WrongArguments: --framing rtuu: expected one of rtu, tcp, ascii, pdu$/,
  );
});

test("any bytes, in any framing, are explained, and the fields of what was chosen are all of them", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.constantFrom(undefined, ...FRAMINGS),
      (data, framing) => {
        for (const { fields } of explainFrame(data, framing)) {
          assert.equal(
            fields.map(({ hex }) => hex).join(" "),
            Buffer.from(data)
              .toString("hex")
              .toUpperCase()
              .replace(/..(?=.)/g, "$& "),
          );
        }
      },
    ),
  );
});

test("any text is explained or refused", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        decodeText(text);
      } catch (error) {
        if (!(error instanceof WrongArguments)) throw error;
      }
    }),
  );
});
