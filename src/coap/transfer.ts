/** The client's side of RFC 7959: a body of ours that goes out in blocks (§2.5), an answer that comes in blocks (§2.4). */
import {
  BERT_SZX,
  type Block,
  blockOffset,
  blockOption,
  blockSize,
  isBlockLength,
  messageSize,
  readBlock,
} from "./block.ts";
import { CODE } from "./codes.ts";
import { join } from "./join.ts";
import { type CoapMessage, findOption, OPTION, sameBytes, uintOption, withOption, withoutOptions } from "./options.ts";

/** A request body on its way out. */
export class Upload {
  private readonly message: CoapMessage;
  private readonly room: number;
  private szx: number;
  private offset = 0;

  /** `szx`: the largest block that the peer takes; `room`: the longest payload. */
  constructor(message: CoapMessage, szx: number, room: number) {
    this.message = message;
    this.szx = szx;
    this.room = room;
  }

  /** The request with the block that is to go now. */
  get request(): CoapMessage {
    const { payload } = this.message;
    const block = withOption(this.message, blockOption(OPTION.block1, this.block));
    const message = this.offset === 0 ? withOption(block, uintOption(OPTION.size1, payload.length)) : block;
    return { ...message, payload: payload.subarray(this.offset, this.offset + this.size) };
  }

  /** Whether a response belongs to an earlier block. */
  isStray(response: CoapMessage): boolean {
    const block = readBlock(response, OPTION.block1, BERT_SZX);
    return response.code === CODE.continue && isBlock(block) && block.number !== this.block.number;
  }

  /** What a response means: `next`, `request` is another block now; `final`, it answers the whole request. */
  take(response: CoapMessage): "next" | "final" {
    const block = readBlock(response, OPTION.block1, BERT_SZX);
    if (!isBlock(block)) return "final";
    if (response.code === CODE.continue && this.block.more && block.number === this.block.number) {
      // RFC 7959 §2.3: the same number also where the server asks for a smaller size.
      this.offset += this.size;
      this.szx = Math.min(this.szx, block.szx);
      return "next";
    }
    // RFC 7959 §2.9.3: the block was too large, not the body.
    if (response.code !== CODE.requestEntityTooLarge || block.szx >= this.szx || this.offset > 0) return "final";
    this.szx = block.szx;
    return "next";
  }

  private get size(): number {
    return messageSize(this.szx, this.room);
  }

  private get block(): Block {
    const more = this.offset + this.size < this.message.payload.length;
    return { number: this.offset / blockSize(this.szx), more, szx: this.szx };
  }
}

/** What we take: bytes of body, and the largest size exponent. */
interface DownloadLimits {
  readonly maxBody: number;
  readonly largest: number;
}

/** A response body on its way in. */
export class Download {
  private readonly request: CoapMessage;
  private readonly maxBody: number;
  private readonly largest: number;
  private readonly first: CoapMessage;
  private readonly etag: Uint8Array | undefined;
  private readonly chunks: Uint8Array[];
  private length: number;
  private szx: number;

  /** Begins with the response that has the first block. `limits`: what we take. */
  constructor(request: CoapMessage, first: CoapMessage, block: Block, limits: DownloadLimits) {
    this.request = withoutOptions(request, REQUEST_BLOCKS);
    this.maxBody = limits.maxBody;
    this.largest = limits.largest;
    this.first = first;
    this.etag = findOption(first, OPTION.etag);
    this.chunks = [first.payload];
    this.length = first.payload.length;
    this.szx = block.szx;
  }

  /** The request for the block that is missing. Only FETCH repeats its body, where it is small (RFC 8132 §2.1). */
  get next(): CoapMessage {
    const { code, payload } = this.request;
    const repeats = code === CODE.fetch && payload.length <= blockSize(this.szx);
    const block = { number: this.length / blockSize(this.szx), more: false, szx: this.szx };
    const message = withOption(this.request, blockOption(OPTION.block2, block));
    return repeats ? message : { ...message, payload: payload.subarray(0, 0) };
  }

  /** Whether a response belongs to an earlier block. */
  isStray(response: CoapMessage): boolean {
    const block = readBlock(response, OPTION.block2, BERT_SZX);
    return response.code === this.first.code && isBlock(block) && blockOffset(block) !== this.length;
  }

  /**
   * What a response means: `more`, ask for `next`; `whole`; `changed`, it is a block of another representation; `other`, it
   * answers the request by itself; `unusable`, it does not fit, or the body is too large for us.
   */
  take(response: CoapMessage): "more" | "whole" | "changed" | "other" | "unusable" {
    const block = readBlock(response, OPTION.block2, this.largest);
    if (response.code !== this.first.code || block === undefined) return "other";
    if (block === "invalid" || blockOffset(block) !== this.length || !isBlockLength(block, response.payload.length))
      return "unusable";
    if (!sameTag(findOption(response, OPTION.etag), this.etag)) return "changed";
    this.chunks.push(response.payload);
    this.length += response.payload.length;
    this.szx = block.szx;
    if (this.length > this.maxBody) return "unusable";
    return block.more ? "more" : "whole";
  }

  /** The answer with its body whole. */
  get message(): CoapMessage {
    return { ...withoutOptions(this.first, RESPONSE_BLOCKS), payload: join(this.chunks, this.length) };
  }
}

/** The first block of an answer of which there is more; undefined for any other response. `largest`: the exponent we take. */
export function firstBlock(response: CoapMessage, largest: number): Block | "invalid" | undefined {
  const block = readBlock(response, OPTION.block2, largest);
  if (block === undefined || (block !== "invalid" && (block.number !== 0 || !block.more))) return undefined;
  return block !== "invalid" && isBlockLength(block, response.payload.length) ? block : "invalid";
}

const REQUEST_BLOCKS: ReadonlySet<number> = new Set([OPTION.block1, OPTION.block2, OPTION.size1, OPTION.observe]);
/** What the application does not see in a response. */
export const RESPONSE_BLOCKS: ReadonlySet<number> = new Set([OPTION.block1, OPTION.block2, OPTION.size2]);

function sameTag(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameBytes(a, b);
}

function isBlock(block: Block | "invalid" | undefined): block is Block {
  return block !== undefined && block !== "invalid";
}
