/**
 * What tells a good frame from a damaged one. The CRCs by the names and parameters of the catalogue of parametrised CRC
 * algorithms (reveng.sourceforge.io): CRC-16/MODBUS, CRC-16/IBM-3740 (called CCITT, beginning at FFFF), CRC-16/XMODEM (the same,
 * beginning at 0), CRC-16/KERMIT (the CCITT of the standard, its bits from the least significant on).
 */

export const CHECKSUMS = [
  "nmea",
  "crc16-modbus",
  "crc16-ccitt",
  "crc16-xmodem",
  "crc16-kermit",
  "xor",
  "sum",
  "lrc",
] as const;
export type ChecksumKind = (typeof CHECKSUMS)[number];

/** How many bytes a checksum has, before it is written. */
export function widthOf(kind: ChecksumKind): 1 | 2 {
  switch (kind) {
    case "nmea":
    case "xor":
    case "sum":
    case "lrc":
      return 1;
    case "crc16-modbus":
    case "crc16-ccitt":
    case "crc16-xmodem":
    case "crc16-kermit":
      return 2;
  }
}

/** Of all the bytes: 0 … 255, or 0 … 65535. */
export function checksumOf(kind: ChecksumKind, bytes: Uint8Array): number {
  switch (kind) {
    // NMEA 0183: the exclusive or of all between "$" and "*".
    case "nmea":
    case "xor":
      return bytes.reduce((sum, byte) => sum ^ byte, 0);
    case "sum":
      return bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
    // Bytes and checksum together make 0.
    case "lrc":
      return -checksumOf("sum", bytes) & 0xff;
    case "crc16-modbus":
      return fromLeast(bytes, 0xa001, 0xffff);
    case "crc16-kermit":
      return fromLeast(bytes, 0x8408, 0);
    case "crc16-ccitt":
      return fromMost(bytes, 0xffff);
    case "crc16-xmodem":
      return fromMost(bytes, 0);
  }
}

/** The bits of each byte from the least significant on. */
function fromLeast(bytes: Uint8Array, polynomial: number, start: number): number {
  let crc = start;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ polynomial : crc >> 1;
  }
  return crc;
}

/** From the most significant on; x^16 + x^12 + x^5 + 1. */
function fromMost(bytes: Uint8Array, start: number): number {
  let crc = start;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}
