/** What the options of a request mean: RFC 7252 §5.4.1 (critical options), §5.4.3 (lengths), §5.4.5 (repetition), §5.10.2; RFC 7641 §2. */
import { readBlock } from "./block.ts";
import { CODE, isSuccess } from "./codes.ts";
import {
  type CoapMessage,
  type CoapOption,
  findOption,
  OPTION,
  uintValue,
  withoutObserve,
  withoutOptions,
} from "./options.ts";
import { optionName, refusal } from "./refusals.ts";

/** The critical options that the endpoint itself, or any application, understands: the lengths allowed, and whether it repeats. */
const CRITICAL: ReadonlyMap<number, { readonly min: number; readonly max: number; readonly repeats: boolean }> =
  new Map([
    [OPTION.uriHost, { min: 1, max: 255, repeats: false }],
    [OPTION.uriPort, { min: 0, max: 2, repeats: false }],
    [OPTION.uriPath, { min: 0, max: 255, repeats: true }],
    [OPTION.uriQuery, { min: 0, max: 255, repeats: true }],
    [OPTION.accept, { min: 0, max: 2, repeats: false }],
    [OPTION.block2, { min: 0, max: 3, repeats: false }],
    [OPTION.block1, { min: 0, max: 3, repeats: false }],
  ]);

/** In a response only the Block options are critical ones that mean something. */
const CRITICAL_IN_RESPONSE: ReadonlySet<number> = new Set([OPTION.block1, OPTION.block2]);

const BLOCKS: ReadonlySet<number> = new Set([OPTION.block1, OPTION.block2, OPTION.size1, OPTION.size2]);

/** The error that this request earns by its options; undefined where they are fine. */
export function optionError(request: CoapMessage): CoapMessage | undefined {
  let previous = -1;
  let error: CoapMessage | undefined;
  for (const option of request.options) {
    if ((option.number & 1) === 1) {
      // RFC 7252 §5.10.2: who is no proxy says so.
      if (option.number === OPTION.proxyUri || option.number === OPTION.proxyScheme) {
        return refusal(CODE.proxyingNotSupported, `${optionName(option.number)}: this is no proxy`);
      }
      const misunderstood = misunderstanding(option, previous);
      if (misunderstood !== undefined) {
        error ??= refusal(CODE.badOption, `${optionName(option.number)} ${misunderstood}`);
      }
    }
    previous = option.number;
  }
  return error;
}

/** Whether a response has a critical option that we do not know, and so must be rejected. */
export function hasUnknownCritical(response: CoapMessage): boolean {
  return response.options.some(({ number }) => (number & 1) === 1 && !CRITICAL_IN_RESPONSE.has(number));
}

/**
 * Whether running the request twice does harm: it changes something, or begins or ends an observation. A block that is not
 * the last changes nothing yet, and who puts the blocks together knows a repeated one.
 */
export function changesSomething(request: CoapMessage): boolean {
  const block = readBlock(request, OPTION.block1);
  if (block !== undefined && block !== "invalid" && block.more) return false;
  if (request.code !== CODE.get && request.code !== CODE.fetch) return true;
  return findOption(request, OPTION.observe) !== undefined;
}

/** 0 or 1 where the request is one that can observe (RFC 7641 §2; RFC 8132 §2.4). */
export function observeValue(request: CoapMessage): 0 | 1 | undefined {
  if (request.code !== CODE.get && request.code !== CODE.fetch) return undefined;
  const value = uintValue(request, OPTION.observe);
  return value === 0 || value === 1 ? value : undefined;
}

/** Whether this answer makes its request an observation. */
export function beginsObservation(request: CoapMessage, answer: CoapMessage): boolean {
  return observeValue(request) === 0 && isSuccess(answer.code) && findOption(answer, OPTION.observe) !== undefined;
}

/**
 * The options that the application sees: no Block options; no Observe in a request for a later block (RFC 7959 §2.6); no
 * elective one whose value is longer than it can be (RFC 7252 §5.4.3).
 */
export function servedOptions(message: CoapMessage, blocks: boolean, laterBlock: boolean): readonly CoapOption[] {
  const plain = blocks ? withoutOptions(message, BLOCKS) : message;
  const { options } = laterBlock ? withoutObserve(plain) : plain;
  return options.some(isTooLong) ? options.filter((option) => !isTooLong(option)) : options;
}

/** The longest values of the elective options that the application asks for. */
const ELECTIVE: ReadonlyMap<number, number> = new Map([
  [OPTION.observe, 3],
  [OPTION.contentFormat, 2],
]);

function isTooLong({ number, value }: CoapOption): boolean {
  const longest = ELECTIVE.get(number);
  return longest !== undefined && value.length > longest;
}

/** What is wrong with a critical option; undefined: nothing. */
function misunderstanding({ number, value }: CoapOption, previous: number): string | undefined {
  const rule = CRITICAL.get(number);
  if (rule === undefined) return "is not supported";
  if (number === previous && !rule.repeats) return "may stand there once only";
  if (value.length >= rule.min && value.length <= rule.max) return undefined;
  return `has ${value.length} bytes: expected ${rule.min} to ${rule.max}`;
}
