/** Transmission parameters: RFC 7252 §4.8. */
import { type Millis, SECOND } from "../clock.ts";

/** What an endpoint may be told; RFC 7252 §4.8 gives the defaults. */
export interface CoapParameters {
  /** The least time before the first retransmission: 2 s. */
  readonly ackTimeout: Millis;
  /** The first timeout is random between ackTimeout and ackTimeout times this: 1.5. */
  readonly ackRandomFactor: number;
  /** How often a confirmable message is repeated: 4. */
  readonly maxRetransmit: number;
  /** How many confirmable messages may wait for their acknowledgement at once: 1 (RFC 7252 §4.7). */
  readonly nstart: number;
  /** The longest that a datagram is expected to travel: 100 s. */
  readonly maxLatency: Millis;
  /**
   * How long an answer may take before the empty ACK goes ahead of it. Default: a quarter of ackTimeout (500 ms), so that a
   * device that is read meanwhile still answers in the acknowledgement, and three quarters remain for the round trip
   * before the peer repeats itself (RFC 7252 §5.2.2).
   */
  readonly ackDelay: Millis;
  /** How long a request of ours, once acknowledged, waits for its separate response. Default: exchangeLifetime. */
  readonly responseTimeout: Millis;
}

/** The parameters and what follows from them (RFC 7252 §4.8.2). */
export interface CoapTimes extends CoapParameters {
  /** From the first transmission of a message to its last: 45 s. */
  readonly maxTransmitSpan: Millis;
  /** From the first transmission of a message until its sender gives up: 93 s. */
  readonly maxTransmitWait: Millis;
  /** How long the message ID of a confirmable message must not be used again: 247 s. */
  readonly exchangeLifetime: Millis;
  /** The same for a non-confirmable one: 145 s. */
  readonly nonLifetime: Millis;
}

/** Fills in the defaults and computes the derived times. */
export function coapTimes(given: Partial<CoapParameters> = {}): CoapTimes {
  const {
    ackTimeout = 2 * SECOND,
    ackRandomFactor = 1.5,
    maxRetransmit = 4,
    nstart = 1,
    maxLatency = 100 * SECOND,
  } = given;
  const maxTransmitSpan = ackTimeout * (2 ** maxRetransmit - 1) * ackRandomFactor;
  // PROCESSING_DELAY is taken to be ACK_TIMEOUT.
  const exchangeLifetime = maxTransmitSpan + 2 * maxLatency + ackTimeout;
  return {
    ackTimeout,
    ackRandomFactor,
    maxRetransmit,
    nstart,
    maxLatency,
    ackDelay: given.ackDelay ?? ackTimeout / 4,
    responseTimeout: given.responseTimeout ?? exchangeLifetime,
    maxTransmitSpan,
    maxTransmitWait: ackTimeout * (2 ** (maxRetransmit + 1) - 1) * ackRandomFactor,
    exchangeLifetime,
    nonLifetime: maxTransmitSpan + maxLatency,
  };
}
