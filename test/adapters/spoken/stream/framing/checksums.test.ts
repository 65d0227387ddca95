import assert from "node:assert/strict";
import { test } from "node:test";
import { CHECKSUMS, checksumOf } from "../../../../../adapters/spoken/stream/framing/checksums.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

test("each checksum of 123456789 is the check value of the catalogue", () => {
  // https://reveng.sourceforge.io/crc-catalogue/16.htm; the others follow from their definitions.
  const CHECK: Readonly<Record<(typeof CHECKSUMS)[number], number>> = {
    "crc16-modbus": 0x4b37,
    "crc16-ccitt": 0x29b1,
    "crc16-xmodem": 0x31c3,
    "crc16-kermit": 0x2189,
    nmea: 0x31,
    xor: 0x31,
    sum: 0xdd,
    lrc: 0x23,
  };
  for (const kind of CHECKSUMS) assert.equal(checksumOf(kind, ascii("123456789")), CHECK[kind], kind);
});

test("the checksum of an NMEA sentence is that of the manual", () => {
  // https://gpsd.gitlab.io/gpsd/NMEA.html, the sentences GGA and MWV of its examples.
  assert.equal(checksumOf("nmea", ascii("GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,")), 0x47);
});

test("the CRC of a Modbus request is that of the guide", () => {
  // MODBUS over Serial Line V1.02, appendix B: 02 07 41 12.
  assert.equal(checksumOf("crc16-modbus", Uint8Array.of(0x02, 0x07)), 0x1241);
});
