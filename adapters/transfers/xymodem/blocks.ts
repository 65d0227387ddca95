/** What a sender says. Chuck Forsberg, XMODEM/YMODEM Protocol Reference (1988), chapters 3 to 7. */
import { checksum } from "../checksums.ts";

export const SOH = 0x01;
export const STX = 0x02;
export const EOT = 0x04;
export const ACK = 0x06;
export const NAK = 0x15;
export const CAN = 0x18;
/** A receiver's wish for CRC-16; NAK instead of it is the wish for a sum. */
export const CRC_WISH = 0x43;
/** Behind the last byte of the file, up to the end of its block: CP/M's end of a file. */
export const PADDING = 0x1a;

/** What tells a good block from a damaged one. */
export type Check = "crc" | "sum";
export type BlockSize = 128 | 1024;

/** Receivers want two in a row, and one may be lost. */
export const CANCELS: Uint8Array = new Uint8Array(8).fill(CAN);

/** Where the rest of a file is shorter than this, short blocks hold it with less padding. */
const WORTH_1K = 1024 - 128;

/** The size of the next block, where so much is left. Receivers that know sums alone know blocks of 128 bytes alone. */
export function blockSize(left: number, most: BlockSize, check: Check): BlockSize {
  return most === 1024 && check === "crc" && left > WORTH_1K ? 1024 : 128;
}

/** A block of the file; `data` is filled up. */
export function dataBlock(number: number, data: Uint8Array, size: BlockSize, check: Check): Uint8Array {
  const bytes = new Uint8Array(3 + size + (check === "crc" ? 2 : 1)).fill(PADDING, 3, 3 + size);
  bytes.set([size === 1024 ? STX : SOH, number & 0xff, ~number & 0xff]);
  bytes.set(data, 3);
  return sealed(bytes, size, check);
}

/** YMODEM: block 0 has name and size of the file; without them it ends the batch. */
export function headerBlock(file?: { readonly name: string; readonly size: number }): Uint8Array {
  const text = file === undefined ? new Uint8Array(0) : Buffer.from(`${file.name}\0${file.size}`);
  // The NUL behind the size belongs to it.
  const size = text.length < 128 ? 128 : 1024;
  const bytes = new Uint8Array(3 + size + 2);
  bytes.set([size === 1024 ? STX : SOH, 0, 0xff]);
  bytes.set(text, 3);
  return sealed(bytes, size, "crc");
}

function sealed(bytes: Uint8Array, size: number, check: Check): Uint8Array {
  const data = bytes.subarray(3, 3 + size);
  if (check === "sum") bytes[3 + size] = checksum("sum16", data) & 0xff;
  else new DataView(bytes.buffer).setUint16(3 + size, checksum("crc16-xmodem", data));
  return bytes;
}
