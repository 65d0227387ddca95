import assert from "node:assert/strict";
import { test } from "node:test";
import { CHECKSUMS, type ChecksumName, checksum, imageChecksum } from "../../../adapters/transfers/checksums.ts";
import { anImage } from "../../support/an-image.ts";

/** Greg Cook, Catalogue of parametrised CRC algorithms: the check value of each, of the text "123456789". */
const CHECKS: Readonly<Record<ChecksumName, number>> = {
  "crc16-modbus": 0x4b37,
  "crc16-ccitt": 0x29b1,
  "crc16-xmodem": 0x31c3,
  crc32: 0xcbf4_3926,
  sum16: 477,
  sum32: 477,
};

test("each checksum has the value that the catalogue prints", () => {
  for (const name of CHECKSUMS) assert.equal(checksum(name, Buffer.from("123456789")), CHECKS[name], name);
});

test("of an image it is that of its bytes, also where it is longer than one piece", async () => {
  const image = anImage(150_001);
  for (const name of CHECKSUMS) assert.equal(await imageChecksum(name, image), checksum(name, image.bytes), name);
});

test("sums stay within their bits", () => {
  const bytes = new Uint8Array(70_000).fill(255);
  assert.equal(checksum("sum16", bytes), (70_000 * 255) & 0xffff);
  assert.equal(checksum("sum32", bytes), 70_000 * 255);
});
