/** What tells a good frame from noise on a serial line. MODBUS over Serial Line V1.02 §6.2.1 (LRC) and §6.2.2 (CRC). */

/** x^16 + x^15 + x^2 + 1, its bits from the least significant on. */
const POLYNOMIAL = 0xa001;

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ POLYNOMIAL : crc >> 1;
  return crc;
});

/** Of the bytes from `start` to `end`; in an RTU frame the low byte goes first. */
export function crc16(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let crc = 0xffff;
  for (let i = start; i < end; i++) crc = (crc >> 8) ^ (TABLE[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0);
  return crc;
}

/** Of the bytes from `start` to `end`: their sum and the LRC make 0. */
export function lrc8(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum += bytes[i] ?? 0;
  return -sum & 0xff;
}
