import type { Alarms } from "./alarms.ts";
import type { CoapEffect } from "./events.ts";
import type { Numbers } from "./numbers.ts";
import type { CoapMessage, CoapOption } from "./options.ts";
import type { CoapTimes } from "./parameters.ts";

/** What the parts of one endpoint share. */
export interface Context {
  readonly times: CoapTimes;
  readonly alarms: Alarms;
  readonly limits: Limits;
  readonly counters: CoapCounters;
  readonly blocks: Blocks;
  /** Whether what the peer sends arrives in the order in which it was sent: over TCP. */
  readonly ordered: boolean;
  readonly numbers: Numbers;
  /** Whether the body of this request is handed over part by part, as it arrives in blocks. */
  streams(request: CoapMessage): boolean;
  emit(effect: CoapEffect): void;
}

/** What the peer takes in one message: RFC 7959 §2.2, RFC 8323 §5.3. */
export interface Blocks {
  /** The largest size exponent that means something: 6, over TCP also 7 (RFC 8323 §6). */
  readonly largest: number;
  /** The longest payload that goes with these options. */
  room(options: readonly CoapOption[]): number;
  /** The largest size exponent of a block with these options; undefined: the peer takes no blocks. */
  szx(options: readonly CoapOption[]): number | undefined;
}

/** What a peer can make us keep. */
export interface Limits {
  /** The longest body in either direction, in bytes. */
  readonly maxBody: number;
  /** The largest block that we ask for, as the exponent of RFC 7959 §2.2: 6 is 1024 bytes, 7 is BERT (RFC 8323 §6). */
  readonly szx: number;
  /** How many bodies may be on their way to us at once. */
  readonly bodies: number;
  /** How many representations are kept for a peer that fetches them block by block. */
  readonly snapshots: number;
  /** How many requests of the peer may wait for their answers at once; more get 5.03. */
  readonly serving: number;
  /** What the duplicate filter remembers of requests that change something; beyond it such requests get 5.03. */
  readonly lastingDuplicates: number;
  /** What it remembers of the rest; beyond it the oldest are forgotten. */
  readonly passingDuplicates: number;
  /** How many bytes of answers the duplicate filter keeps. */
  readonly duplicateBytes: number;
}

/** How often what happened since the endpoint was made. */
export interface CoapCounters {
  received: number;
  sent: number;
  /** Transmissions of a confirmable message after its first. */
  retransmissions: number;
  /** Repetitions of a message that was received before. */
  duplicates: number;
  /** Datagrams that are no CoAP messages. */
  malformed: number;
  /** Messages that belong to nothing we know: stray acknowledgements, responses to nothing. */
  stray: number;
  /** Requests refused for want of room (5.03). */
  refused: number;
}
