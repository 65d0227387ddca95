/** Which requests can be worked on: RFC 7252 §5.4.1 (critical options), §5.4.3 (lengths), §5.4.5 (repetition), §5.10.2. */
import { CODE } from "./codes.ts";
import { type CoapMessage, type CoapOption, findOption, OPTION } from "./options.ts";

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

/** The code of the error that this request earns by its options; undefined where they are fine. */
export function optionError(request: CoapMessage): number | undefined {
  let previous = -1;
  let error: number | undefined;
  for (const option of request.options) {
    if ((option.number & 1) === 1 && !isUnderstood(option, previous)) {
      // RFC 7252 §5.10.2: who is no proxy says so.
      const forProxy = option.number === OPTION.proxyUri || option.number === OPTION.proxyScheme;
      if (forProxy) return CODE.proxyingNotSupported;
      error = CODE.badOption;
    }
    previous = option.number;
  }
  return error;
}

/** Whether a response has a critical option that we do not know, and so must be rejected. */
export function hasUnknownCritical(response: CoapMessage): boolean {
  return response.options.some(({ number }) => (number & 1) === 1 && !CRITICAL_IN_RESPONSE.has(number));
}

/** Whether running the request twice does harm: it changes something, or begins or ends an observation. */
export function changesSomething(request: CoapMessage): boolean {
  if (request.code !== CODE.get && request.code !== CODE.fetch) return true;
  return findOption(request, OPTION.observe) !== undefined;
}

function isUnderstood(option: CoapOption, previous: number): boolean {
  const rule = CRITICAL.get(option.number);
  if (rule === undefined) return false;
  if (option.number === previous && !rule.repeats) return false;
  return option.value.length >= rule.min && option.value.length <= rule.max;
}
