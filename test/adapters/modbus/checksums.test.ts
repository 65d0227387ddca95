import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { crc16, lrc8 } from "../../../adapters/modbus/checksums.ts";
import { bytes } from "../../support/modbus-device.ts";

test("the CRC is that of the specification's example, and of published frames", () => {
  const vectors: readonly (readonly [frame: string, crc: number, source: string])[] = [
    ["02 07", 0x1241, "MODBUS over Serial Line V1.02 §6.2.2: the frame ends with 41 12"],
    ["31 32 33 34 35 36 37 38 39", 0x4b37, "CRC RevEng catalogue: the check value of CRC-16/MODBUS"],
    ["11 03 00 6B 00 03", 0x8776, "simplymodbus.ca, FC 3: the frame ends with 76 87"],
  ];
  for (const [frame, crc, source] of vectors) assert.equal(crc16(bytes(frame)), crc, source);
});

test("a frame with its CRC behind it, low byte first, has the CRC 0", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (data) => {
      const crc = crc16(data);
      assert.equal(crc16(Uint8Array.of(...data, crc & 0xff, crc >> 8)), 0);
    }),
  );
});

test("the LRC is that of a published frame, and makes the sum 0", () => {
  assert.equal(lrc8(bytes("F7 03 13 89 00 0A")), 0x60, "Modbus ASCII frame :F7031389000A60");
  fc.assert(
    fc.property(fc.uint8Array(), (data) => {
      assert.equal([...data, lrc8(data)].reduce((sum, byte) => sum + byte, 0) & 0xff, 0);
    }),
  );
});

test("a part of the bytes has a checksum of its own", () => {
  const all = bytes("FF 02 07 FF");
  assert.deepEqual([crc16(all, 1, 3), lrc8(all, 1, 3)], [0x1241, lrc8(bytes("02 07"))]);
});
