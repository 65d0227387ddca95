import type { Millis } from "../clock.ts";
import type { CoapMessage } from "./options.ts";

/** The way back of one request of the peer: what RFC 7252 and RFC 8323 do differently with its answer. */
export interface Reply {
  readonly token: Uint8Array;
  /** Whether an answer that goes by itself is a confirmable message. */
  readonly confirmable: boolean;
  /** The application has the request, and takes its time. */
  begin(now: Millis): void;
  /**
   * Sends the answer with what the request is owed anyway; false: it must go as a message by itself. `watched`: somebody wants
   * to know what becomes of it.
   */
  answer(message: CoapMessage, watched: boolean): boolean;
  /** Refuses a request with options that we do not understand, where such a request is answered at all. */
  reject(message: CoapMessage, now: Millis): void;
  /** As if the request had not arrived. */
  discard(): void;
}
