/** What goes wrong between the gateway and whoever asks it, at both ends. */
import type { ErrorCode } from "../error-codes.ts";
import { systemCode, type Telling } from "../errors.ts";

/** HTTP statuses of refusals: 400 makes no sense, 404 there is no such thing, 409 not as things stand, 5xx not to be had now. */
export type RefusalStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 421 | 429 | 502 | 503 | 504;

export interface RefusalOptions extends Telling {
  /** 400 where nothing is said. */
  readonly status?: RefusalStatus;
  /** What a server would have been answered, e.g. "4.04". */
  readonly response?: string;
}

/** What was asked for makes no sense, or cannot be; the message says what was expected. At both ends. */
export class AdminRefusal extends Error {
  readonly status: RefusalStatus;
  readonly code: ErrorCode;
  /** The command to try next. */
  readonly next: string | undefined;
  readonly response: string | undefined;

  constructor(message: string, { status = 400, code = "LG745", next, response, ...options }: RefusalOptions = {}) {
    super(message, options);
    this.name = "AdminRefusal";
    this.status = status;
    this.code = code;
    this.next = next;
    this.response = response;
  }
}

/** The socket cannot be had, or nobody answers there; the message says what is in the way, for the person who can mend it. */
export class AdminSocketError extends Error {
  /** The system's word where it has one, e.g. "ENOENT". */
  readonly code: string | undefined;

  /** For a person. */
  readonly told: ErrorCode;

  constructor(message: string, { code: told = "LG744", ...options }: Omit<Telling, "next"> = {}) {
    super(message, options);
    this.name = "AdminSocketError";
    this.code = systemCode(options.cause);
    this.told = told;
  }
}
