/**
 * The Block options and what names a block-wise operation: RFC 7959 §2.1, §2.2; RFC 8323 §6 (BERT); RFC 7252 §5.4.6 (cache
 * key); RFC 9175 §3.
 */
import { type CoapMessage, type CoapOption, findOption, OPTION, readUint, uintOption } from "./options.ts";

/** The value of a Block1 or Block2 option. */
export interface Block {
  /** Number of the block, counted in blocks of this size. */
  readonly number: number;
  /** Whether more blocks follow. */
  readonly more: boolean;
  /** Size exponent: 0 is 16 bytes, 6 is 1024; 7 is BERT, any number of blocks of 1024 in one message. */
  readonly szx: number;
}

/** 1024 bytes, the largest block over UDP. */
export const LARGEST_SZX = 6;
/** RFC 8323 §6: over TCP, between two that both have it. */
export const BERT_SZX = 7;

/** The size in which block numbers count. */
export function blockSize(szx: number): number {
  return 1 << (Math.min(szx, LARGEST_SZX) + 4);
}

/** How many bytes go in one message that has room for so many. */
export function messageSize(szx: number, room: number): number {
  return szx === BERT_SZX ? Math.max(1, Math.floor(room / 1024)) * 1024 : blockSize(szx);
}

/** Whether a payload of this length can be this block: one that is not the last is full (RFC 7959 §2.2; RFC 8323 §6). */
export function isBlockLength({ szx, more }: Block, length: number): boolean {
  const size = blockSize(szx);
  if (szx === BERT_SZX) return !more || (length > 0 && length % size === 0);
  return more ? length === size : length <= size;
}

/** The exponent of the largest block of at most so many bytes; never below that of 16 bytes. */
export function szxOf(bytes: number): number {
  let szx = LARGEST_SZX;
  while (szx > 0 && blockSize(szx) > bytes) szx--;
  return szx;
}

/** Where the block begins in the body. */
export function blockOffset(block: Block): number {
  return block.number * blockSize(block.szx);
}

/** Undefined where the option is absent; "invalid" where it is too long or has a larger exponent than may be. */
export function readBlock(message: CoapMessage, option: number, largest = LARGEST_SZX): Block | "invalid" | undefined {
  const bytes = findOption(message, option);
  if (bytes === undefined) return undefined;
  const value = readUint(bytes);
  const szx = value & 0x07;
  if (bytes.length > 3 || szx > largest) return "invalid";
  return { number: value >> 4, more: (value & 0x08) !== 0, szx };
}

export function blockOption(number: number, block: Block): CoapOption {
  return uintOption(number, block.number * 16 + (block.more ? 8 : 0) + block.szx);
}

/** Options that differ between the blocks of one operation, or say nothing of what it is about. */
const NOT_IN_KEY: ReadonlySet<number> = new Set([OPTION.block1, OPTION.block2, OPTION.observe, OPTION.etag]);

/** Method and cache key: equal for all blocks of one operation, and only for them where the peer uses Request-Tag. */
export function operationKey(request: CoapMessage): string {
  let key = String.fromCharCode(request.code);
  for (const { number, value } of request.options) {
    // RFC 7252 §5.4.6: such option numbers are NoCacheKey; Size1 and Size2 are among them.
    if (NOT_IN_KEY.has(number) || (number & 0x1e) === 0x1c) continue;
    key += String.fromCharCode(number, value.length, ...value);
  }
  return key;
}
