/**
 * One file from one CoAP server, block by block onto the disk: RFC 7959 §2.4, over TCP RFC 8323 §6. Whatever size of block the
 * server chooses, the next question is for the block that has the first byte that is missing.
 */
import { type Millis, SECOND } from "../../clock.ts";
import { type Block, blockOffset, blockOption, blockSize, isBlockLength, readBlock } from "../../coap/block.ts";
import { CODE, formatCode } from "../../coap/codes.ts";
import {
  type CoapMessage,
  type CoapOption,
  findOption,
  NO_PAYLOAD,
  OPTION,
  sortOptions,
  uintOption,
  uintValue,
} from "../../coap/options.ts";
import type { Arrival } from "./arrival.ts";
import { BrokenOff, Changed } from "./until-there.ts";
import { invalid } from "./uri.ts";

/** Asked of the server; the answer as it came. */
export type AskBlock = (message: CoapMessage) => Promise<CoapMessage>;

export interface Blockwise {
  /** Names the file. */
  readonly options: readonly CoapOption[];
  /** The greatest exponent of a block that means something: 6, over TCP 7. */
  readonly largest: number;
}

/** A Max-Age is there by default, and as long. */
const USUAL_WAIT: Millis = 60 * SECOND;

/** Resolves when all is there. Rejects with BrokenOff, Changed or DownloadError. */
export async function takeBlocks(ask: AskBlock, arrival: Arrival, { options, largest }: Blockwise): Promise<void> {
  if (arrival.length > 0 && arrival.mark === undefined) await arrival.anew();
  let state: Asking = { options, largest, szx: largest, echo: undefined };
  let first = true;
  for (;;) {
    // The last byte once more where it goes on: the block is there, also where there is nothing behind it.
    const missing = first ? Math.max(0, arrival.length - 1) : arrival.length;
    const answer = await ask(question(state, missing, first));
    const echo = answer.code === CODE.unauthorized ? findOption(answer, OPTION.echo) : undefined;
    if (echo !== undefined && state.echo === undefined) {
      // RFC 9175 §2.3: it wants to know that we are where we say.
      state = { ...state, echo };
      continue;
    }
    checkCode(answer, first && arrival.length > 0);
    const block = blockOf(answer, largest);
    await takeBlock(answer, block, { arrival, first });
    if (!block.more) return;
    state = { ...state, szx: block.szx };
    first = false;
  }
}

interface Asking extends Blockwise {
  /** Of the block that is asked for. */
  readonly szx: number;
  readonly echo: Uint8Array | undefined;
}

function question({ options, szx, echo }: Asking, missing: number, first: boolean): CoapMessage {
  const number = Math.floor(missing / blockSize(szx));
  const all = [
    ...options,
    blockOption(OPTION.block2, { number, more: false, szx }),
    // RFC 7959 §4: how long is it?
    ...(first ? [uintOption(OPTION.size2, 0)] : []),
    ...(echo === undefined ? [] : [{ number: OPTION.echo, value: echo }]),
  ];
  return { code: CODE.get, options: sortOptions(all), payload: NO_PAYLOAD };
}

/** An answer without the option is all there is. */
function blockOf(answer: CoapMessage, largest: number): Block {
  const block = readBlock(answer, OPTION.block2, largest);
  if (block === "invalid" || (block !== undefined && !isBlockLength(block, answer.payload.length)))
    throw new BrokenOff("the server answers with a block that is none");
  return block ?? { number: 0, more: false, szx: largest };
}

async function takeBlock(
  answer: CoapMessage,
  block: Block,
  { arrival, first }: { readonly arrival: Arrival; readonly first: boolean },
): Promise<void> {
  const etag = findOption(answer, OPTION.etag);
  const mark = etag === undefined ? undefined : Buffer.from(etag).toString("hex");
  if (arrival.length > 0 && mark !== arrival.mark) throw new Changed("the file was changed meanwhile");
  const offset = blockOffset(block);
  const overlap = arrival.length - offset;
  const fresh = answer.payload.length - overlap;
  // Only where it goes on there may be nothing new in a block: smaller ones than asked for begin where that would.
  const isNew = fresh > 0 || (fresh === 0 && !block.more) || first;
  if (overlap < 0 || !isNew) throw new BrokenOff("the server answers with another block than it was asked for");
  if (fresh < 0 && !block.more) throw new Changed("the file is shorter than what has come of it");
  arrival.describe({ total: uintValue(answer, OPTION.size2) ?? arrival.total, mark });
  await arrival.take(answer.payload.subarray(Math.min(overlap, answer.payload.length)));
}

/** `resumes`: it was asked for something in the middle that may not be there any more. */
function checkCode(answer: CoapMessage, resumes: boolean): void {
  const { code } = answer;
  if (code === CODE.content) return;
  const said = `the server answers ${formatCode(code)}`;
  if (resumes && GONE.includes(code)) throw new Changed(`${said}: the file is another one`);
  if (code >> 5 === 5 || code === CODE.tooManyRequests) {
    const wait = (uintValue(answer, OPTION.maxAge) ?? USUAL_WAIT / SECOND) * SECOND;
    throw new BrokenOff(said, code === CODE.serviceUnavailable || code === CODE.tooManyRequests ? { wait } : {});
  }
  if (code === CODE.requestEntityIncomplete) throw new Changed(said);
  throw invalid(said);
}

/** What servers say to the number of a block that they do not have. */
const GONE: readonly number[] = [CODE.badRequest, CODE.badOption, CODE.requestEntityIncomplete];
