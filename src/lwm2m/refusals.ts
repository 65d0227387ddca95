/** Why a server does not get what it asked for: the response codes of Transport 1.2 §6.4 that more than one place needs. */
import { CODE } from "../coap/codes.ts";
import { Lwm2mError, type Words } from "../errors.ts";
import type { Path } from "./path.ts";

/** Security, OSCORE and COSE are the business of bootstrap alone: 4.01 (Core 1.2 §6.3). */
export const PROTECTED_OBJECTS: ReadonlySet<number> = new Set([0, 21, 23]);

/** 4.00: what was asked makes no sense. */
export function badRequest(words: Words, options?: ErrorOptions): Lwm2mError {
  return new Lwm2mError(CODE.badRequest, words, options);
}

/** 4.04 */
export function notFound(path: Path): Lwm2mError {
  return new Lwm2mError(CODE.notFound, (as) => `there is no ${as(path)}`);
}

/** 4.05: it is there, but not for this operation. */
export function notAllowed(words: Words): Lwm2mError {
  return new Lwm2mError(CODE.methodNotAllowed, words);
}

/** 4.13: more than is taken there. */
export class TooLarge extends Lwm2mError {
  /** In bytes, for Size1 (RFC 7959 §2.9.3). */
  readonly limit: number;

  constructor(limit: number) {
    super(CODE.requestEntityTooLarge, `the body is too large: expected at most ${limit} bytes`);
    this.limit = limit;
  }
}

/** 5.00: no other code fits a device, or a gateway, that does not do it. */
export function notDone(words: Words, options?: ErrorOptions): Lwm2mError {
  return new Lwm2mError(CODE.internalServerError, words, options);
}
