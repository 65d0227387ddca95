import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeResponse, encodeRequest, responseLength } from "../../../adapters/modbus/codec.ts";
import { formatRequest, functionCode, type Request } from "../../../adapters/modbus/pdu.ts";
import { DeviceError } from "../../../src/errors.ts";
import { bytes, hex } from "../../support/modbus-device.ts";

/** The examples of MODBUS Application Protocol V1.1b3, by clause: request, response, and the data that is read. */
const EXAMPLES: readonly (readonly [string, Request, string, string, string])[] = [
  ["§6.1", { kind: "read", table: "coil", address: 0x13, count: 19 }, "01 0013 0013", "01 03 cd6b05", "cd6b05"],
  ["§6.2", { kind: "read", table: "discrete", address: 0xc4, count: 22 }, "02 00c4 0016", "02 03 acdb35", "acdb35"],
  [
    "§6.3",
    { kind: "read", table: "holding", address: 0x6b, count: 3 },
    "03 006b 0003",
    "03 06 022b 0000 0064",
    "022b00000064",
  ],
  ["§6.4", { kind: "read", table: "input", address: 8, count: 1 }, "04 0008 0001", "04 02 000a", "000a"],
  ["§6.5", { kind: "writeCoil", address: 0xac, value: true }, "05 00ac ff00", "05 00ac ff00", ""],
  ["§6.6", { kind: "writeRegister", address: 1, bytes: bytes("0003") }, "06 0001 0003", "06 0001 0003", ""],
  [
    "§6.11",
    { kind: "writeCoils", address: 0x13, values: [..."1011001110"].map((bit) => bit === "1") },
    "0f 0013 000a 02 cd01",
    "0f 0013 000a",
    "",
  ],
  [
    "§6.12",
    { kind: "writeRegisters", address: 1, bytes: bytes("000a 0102") },
    "10 0001 0002 04 000a 0102",
    "10 0001 0002",
    "",
  ],
  [
    "§6.14",
    { kind: "readFile", file: 4, record: 1, count: 2 },
    "14 07 06 0004 0001 0002",
    "14 06 05 06 0dfe 0020",
    "0dfe0020",
  ],
  [
    "§6.15",
    { kind: "writeFile", file: 4, record: 7, bytes: bytes("06af 04be 100d") },
    "15 0d 06 0004 0007 0003 06af 04be 100d",
    "15 0d 06 0004 0007 0003 06af 04be 100d",
    "",
  ],
  ["§6.16", { kind: "maskRegister", address: 4, and: 0xf2, or: 0x25 }, "16 0004 00f2 0025", "16 0004 00f2 0025", ""],
  [
    "§6.17",
    { kind: "readWrite", read: { address: 3, count: 6 }, address: 14, bytes: bytes("00ff 00ff 00ff") },
    "17 0003 0006 000e 0003 06 00ff 00ff 00ff",
    "17 0c 00fe 0acd 0001 0003 000d 00ff",
    "00fe0acd00010003000d00ff",
  ],
  [
    "§6.21",
    { kind: "identify", access: "basic", object: 0 },
    "2b 0e 01 00",
    "2b 0e 01 01 00 00 01 00 02 4142",
    "010100000100024142",
  ],
];

for (const [clause, request, asked, answered, data] of EXAMPLES) {
  test(`${clause}: ${formatRequest(request)} is encoded and its answer decoded as in the specification`, () => {
    assert.equal(hex(encodeRequest(request)), hex(bytes(asked)));
    const response = bytes(answered);
    assert.equal(hex(decodeResponse(request, response)), hex(bytes(data)));
    assert.equal(responseLength(request) ?? response.length, response.length);
  });

  test(`${clause}: any answer of the function is data of the right length or malformed`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (rest) => {
        const response = Uint8Array.of(functionCode(request), ...rest);
        try {
          const read = decodeResponse(request, response);
          if (request.kind !== "identify") assert.equal(read.length, bytes(data).length);
        } catch (error) {
          assert.ok(error instanceof DeviceError && error.kind === "malformed");
        }
      }),
    );
  });
}

test("an answer with one byte changed, too many or too few is not taken", () => {
  for (const [clause, request, , answered, data] of EXAMPLES) {
    if (request.kind === "identify") continue;
    const response = bytes(answered);
    const head = response.length - bytes(data).length;
    for (let at = 1; at < head; at++) {
      const wrong = response.map((byte, i) => (i === at ? byte ^ 1 : byte));
      assert.throws(() => decodeResponse(request, wrong), { kind: "malformed" }, `${clause} byte ${at}`);
    }
    assert.throws(() => decodeResponse(request, Uint8Array.of(...response, 0)), { kind: "malformed" });
    assert.throws(() => decodeResponse(request, response.slice(0, -1)), { kind: "malformed" });
  }
});
