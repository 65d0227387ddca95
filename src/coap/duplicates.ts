/**
 * The memory of received messages: RFC 7252 §4.5. A repeated message is not worked on twice; a repeated confirmable one gets
 * the same answer again. Lifetimes are constants, so each kind expires in the order of arrival, without timers.
 */
import type { Millis } from "../clock.ts";
import { Fifo } from "./fifo.ts";
import type { CoapTimes } from "./parameters.ts";

export interface DuplicateLimits {
  readonly lastingDuplicates: number;
  readonly passingDuplicates: number;
  readonly duplicateBytes: number;
}

/**
 * What is remembered for its full lifetime (`lasting`: requests that change something, and observations), and what is
 * forgotten early where there is much of it (`passing`: reads, responses), since a second run of it does no harm.
 */
export type Retention = "lasting" | "passing";

/** A message that comes in for the first time. */
export interface Received {
  readonly messageId: number;
  /** The `fingerprint` of its datagram. */
  readonly mark: number;
  readonly confirmable: boolean;
  readonly retention: Retention;
}

/** A message that was received. Only the filter writes it. */
export interface Arrival {
  readonly messageId: number;
  readonly mark: number;
  readonly lane: Lane;
  readonly expires: Millis;
  /** What a repetition gets; nothing while undefined. */
  answer: Uint8Array | undefined;
  /** False once it is forgotten. */
  known: boolean;
}

interface Lane {
  readonly lifetime: Millis;
  readonly retention: Retention;
  /** Also those that were forgotten before their time: they leave when their turn comes, or when they are most of it. */
  readonly queue: Fifo<Arrival>;
  /** How many of the queue are known. */
  known: number;
}

/** What an entry costs beside its answer, roughly. */
const ENTRY_BYTES = 128;
/** So many forgotten ones in a queue are not worth the search. */
const TOLERATED = 1024;

export class DuplicateFilter {
  private readonly limits: DuplicateLimits;
  private readonly entries = new Map<number, Arrival>();
  private readonly lanes: Readonly<Record<"con" | "non", Readonly<Record<Retention, Lane>>>>;
  private bytes = 0;

  constructor(limits: DuplicateLimits, times: CoapTimes) {
    this.limits = limits;
    const lane = (lifetime: Millis, retention: Retention): Lane => ({
      lifetime,
      retention,
      queue: new Fifo(),
      known: 0,
    });
    const pair = (lifetime: Millis) => ({ lasting: lane(lifetime, "lasting"), passing: lane(lifetime, "passing") });
    this.lanes = { con: pair(times.exchangeLifetime), non: pair(times.nonLifetime) };
  }

  /** The message that this one repeats. One with the same ID but another beginning is a new one: its sender restarted. */
  find(messageId: number, mark: number, now: Millis): Arrival | undefined {
    const entry = this.entries.get(messageId);
    return entry !== undefined && entry.mark === mark && entry.expires > now ? entry : undefined;
  }

  /** Remembers a message; undefined where there is no room for one that must last. */
  add(message: Received, now: Millis): Arrival | undefined {
    const { messageId, mark, confirmable, retention } = message;
    this.expire(now);
    const lane = this.lanes[confirmable ? "con" : "non"][retention];
    const old = this.entries.get(messageId);
    if (old !== undefined) this.forget(old);
    if (!this.makeRoom(lane)) return undefined;
    const expires = now + lane.lifetime;
    const entry: Arrival = { messageId, mark, lane, expires, answer: undefined, known: true };
    this.entries.set(messageId, entry);
    lane.queue.push(entry);
    lane.known++;
    this.bytes += ENTRY_BYTES;
    return entry;
  }

  /** Notes what a repetition of this message gets from now on. */
  answer(arrival: Arrival, bytes: Uint8Array): void {
    if (!arrival.known) return;
    this.bytes += bytes.length - (arrival.answer?.length ?? 0);
    arrival.answer = bytes;
  }

  /** Forgets a message: what repeats it is new. */
  discard(arrival: Arrival): void {
    if (arrival.known) this.forget(arrival);
  }

  private makeRoom(lane: Lane): boolean {
    const { lastingDuplicates, passingDuplicates, duplicateBytes } = this.limits;
    while (lane.retention === "passing" && lane.known >= passingDuplicates) this.forgetOldest(lane);
    for (const passing of [this.lanes.con.passing, this.lanes.non.passing]) {
      while (this.bytes >= duplicateBytes && passing.known > 0) this.forgetOldest(passing);
    }
    if (lane.retention === "passing") return true;
    const lasting = this.lanes.con.lasting.known + this.lanes.non.lasting.known;
    return lasting < lastingDuplicates && this.bytes < duplicateBytes;
  }

  private expire(now: Millis): void {
    this.expireLane(this.lanes.con.lasting, now);
    this.expireLane(this.lanes.con.passing, now);
    this.expireLane(this.lanes.non.lasting, now);
    this.expireLane(this.lanes.non.passing, now);
  }

  private expireLane(lane: Lane, now: Millis): void {
    for (let oldest = lane.queue.peek(); oldest !== undefined && oldest.expires <= now; oldest = lane.queue.peek()) {
      this.forgetOldest(lane);
    }
  }

  private forgetOldest(lane: Lane): void {
    const entry = lane.queue.shift();
    if (entry?.known) this.forget(entry);
  }

  private forget(entry: Arrival): void {
    const { lane } = entry;
    entry.known = false;
    this.bytes -= ENTRY_BYTES + (entry.answer?.length ?? 0);
    entry.answer = undefined;
    if (this.entries.get(entry.messageId) === entry) this.entries.delete(entry.messageId);
    lane.known--;
    if (lane.queue.length > 2 * lane.known + TOLERATED) lane.queue.keep(({ known }) => known);
  }
}

/** A number made of the first bytes of a datagram: header and token, by which a repetition equals its original. */
export function fingerprint(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 ^ bytes.length;
  const end = Math.min(bytes.length, 12);
  for (let i = 0; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash >>> 0;
}
