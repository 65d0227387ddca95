/** Checksums that devices want of an image, or of a block of it; each can be gone on with. */
import type { FirmwareImage } from "../../src/adapter.ts";

/** One that is under way: bytes go in, in order. */
interface Running {
  add(bytes: Uint8Array): void;
  readonly value: number;
}

/** `bytes`: how long it is. Names as catalogues of checksums have them. */
const ALGORITHMS = {
  "crc16-modbus": { bytes: 2, begin: () => reflected(CRC16_MODBUS, 0xffff, 0) },
  /** Also known as CRC-16/IBM-3740, and by many simply as CCITT. */
  "crc16-ccitt": { bytes: 2, begin: () => straight(0xffff) },
  "crc16-xmodem": { bytes: 2, begin: () => straight(0) },
  crc32: { bytes: 4, begin: () => reflected(CRC32, 0xffff_ffff, 0xffff_ffff) },
  /** The sum of the bytes, as far as it fits. */
  sum16: { bytes: 2, begin: () => sum(0xffff) },
  sum32: { bytes: 4, begin: () => sum(0xffff_ffff) },
} as const satisfies Readonly<Record<string, { readonly bytes: 2 | 4; begin(): Running }>>;

export type ChecksumName = keyof typeof ALGORITHMS;

export const CHECKSUMS: readonly ChecksumName[] = Object.keys(ALGORITHMS).filter(isChecksum);

export function isChecksum(name: string): name is ChecksumName {
  return Object.hasOwn(ALGORITHMS, name);
}

export function checksumBytes(name: ChecksumName): 2 | 4 {
  return ALGORITHMS[name].bytes;
}

export function checksum(name: ChecksumName, bytes: Uint8Array): number {
  const running = ALGORITHMS[name].begin();
  running.add(bytes);
  return running.value;
}

/** So much of an image is in memory at a time. */
const PIECE = 64 * 1024;

/** Of the whole file. */
export async function imageChecksum(name: ChecksumName, image: FirmwareImage, signal?: AbortSignal): Promise<number> {
  const running = ALGORITHMS[name].begin();
  for (let offset = 0; offset < image.size; ) {
    signal?.throwIfAborted();
    const bytes = await image.read(offset, Math.min(PIECE, image.size - offset));
    running.add(bytes);
    offset += bytes.length;
  }
  return running.value;
}

/** Polynomials of CRCs whose bits go from the least significant on. */
const CRC16_MODBUS = tableOf(0xa001);
const CRC32 = tableOf(0xedb8_8320);

function tableOf(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc;
  });
}

/** x^16 + x^12 + x^5 + 1, its bits from the most significant on. */
const CCITT = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});

function reflected(table: Uint32Array, first: number, last: number): Running {
  let crc = first;
  return {
    add(bytes) {
      for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
    },
    get value() {
      return (crc ^ last) >>> 0;
    },
  };
}

function straight(first: number): Running {
  let crc = first;
  return {
    add(bytes) {
      for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ (CCITT[(crc >> 8) ^ byte] ?? 0);
    },
    get value() {
      return crc;
    },
  };
}

function sum(mask: number): Running {
  let total = 0;
  return {
    add(bytes) {
      for (const byte of bytes) total = (total + byte) & mask;
    },
    get value() {
      return total >>> 0;
    },
  };
}
