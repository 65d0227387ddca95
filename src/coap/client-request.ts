/** One request of ours, and what a message that comes in means to it: RFC 7252 §5.3.2, RFC 7641 §3.2, §3.4. */
import { type Millis, SECOND } from "../clock.ts";
import type { Alarm } from "./alarms.ts";
import { BERT_SZX, blockOption, LARGEST_SZX, readBlock } from "./block.ts";
import { CODE, isSuccess } from "./codes.ts";
import type { ExchangeId } from "./events.ts";
import { type CoapMessage, findOption, OPTION, uintValue, withOption, withoutOptions } from "./options.ts";
import type { Transmission } from "./reliability.ts";
import type { Download, Upload } from "./transfer.ts";

/** A request of ours that is not answered to its end. */
export interface Request {
  readonly exchange: ExchangeId;
  readonly message: CoapMessage;
  readonly confirmable: boolean;
  /** See the event. */
  readonly single: boolean;
  readonly token: Uint8Array;
  /** The observation whose notification this request completes. */
  readonly parent: Request | undefined;
  /** Rings when an answer that could still come has not come. */
  readonly alarm: Alarm;
  transmission: Transmission | undefined;
  upload: Upload | undefined;
  download: Download | undefined;
  /** How often a representation that changed midway made us begin again. */
  restarts: number;
  /** Of an observation: the newest notification. */
  newest: { readonly sequence: number; readonly time: Millis } | undefined;
  /** Of an observation: the request that fetches the rest of the newest notification. */
  fetch: Request | undefined;
}

/** Whether an acknowledgement with this message ID acknowledges this message. */
export function isAnswerTo(transmission: Transmission | undefined, messageId: number): boolean {
  return transmission?.state === "outstanding" && transmission.messageId === messageId;
}

/** Whether a response that came by itself belongs to an earlier message of this request. */
export function isStray(request: Request, response: CoapMessage): boolean {
  if (request.upload?.isStray(response) || request.download?.isStray(response)) return true;
  // A notification that crossed our request to end the observation.
  return uintValue(request.message, OPTION.observe) === 1 && findOption(response, OPTION.observe) !== undefined;
}

/** Whether this response (also the first) makes its request an observation, or goes on with it. */
export function isNotification(request: Request, response: CoapMessage): boolean {
  const observes = uintValue(request.message, OPTION.observe) === 0;
  return observes && isSuccess(response.code) && findOption(response, OPTION.observe) !== undefined;
}

/** RFC 7641 §3.4. */
export function isNewer(
  sequence: number,
  newest: { readonly sequence: number; readonly time: Millis },
  now: Millis,
): boolean {
  const ahead = (sequence - newest.sequence) & 0xffffff;
  return (ahead > 0 && ahead < 0x800000) || now > newest.time + 128 * SECOND;
}

/** RFC 7959 §2.4: who wants smaller blocks says so in the first request. */
export function withBlockSize(message: CoapMessage, szx: number): CoapMessage {
  const reads = message.code === CODE.get || message.code === CODE.fetch;
  if (szx >= LARGEST_SZX || !reads || findOption(message, OPTION.block2) !== undefined) return message;
  return withOption(message, blockOption(OPTION.block2, { number: 0, more: false, szx }));
}

/**
 * RFC 8323 §6: blocks of BERT are asked of those alone that have it; the numbers of blocks of 1024 are the same. `largest`: what
 * the peer takes; undefined: no blocks, so that its answer is whole.
 */
export function withKnownBlocks(message: CoapMessage, largest: number | undefined): CoapMessage {
  const block = readBlock(message, OPTION.block2, BERT_SZX);
  if (block === undefined || block === "invalid" || block.szx <= (largest ?? -1)) return message;
  if (largest === undefined) return withoutOptions(message, BLOCK2);
  return block.szx === BERT_SZX
    ? withOption(message, blockOption(OPTION.block2, { ...block, szx: LARGEST_SZX }))
    : message;
}

const BLOCK2: ReadonlySet<number> = new Set([OPTION.block2]);
