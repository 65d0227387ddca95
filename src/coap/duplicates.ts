/**
 * The memory of received messages: RFC 7252 §4.5. A repeated message is not worked on twice; a repeated confirmable one gets
 * the same answer again. Lifetimes are constants, so each kind expires in the order of arrival, without timers.
 */

import type { Millis } from "../clock.ts";
import { SparseMap } from "../sparse-map.ts";
import { Fifo } from "./fifo.ts";
import type { CoapTimes } from "./parameters.ts";
import { PassingMessages } from "./passing-messages.ts";

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

/** A message that was received. */
export interface Arrival {
  readonly messageId: number;
  readonly mark: number;
  readonly retention: Retention;
}

/** What is kept of a message that lasts. */
interface Entry extends Arrival {
  readonly lane: Lane;
  readonly expires: Millis;
  answer: Uint8Array | undefined;
  /** False once it is forgotten. */
  known: boolean;
}

interface Lane {
  readonly lifetime: Millis;
  /** Also those that were forgotten before their time: they leave when their turn comes, or when they are most of it. */
  readonly queue: Fifo<Entry>;
  /** How many of the queue are known. */
  known: number;
}

/** What an entry costs beside its answer, roughly. */
const ENTRY_BYTES = 128;
/** So many forgotten ones in a queue are not worth the search. */
const TOLERATED = 1024;

export class DuplicateFilter {
  private readonly limits: DuplicateLimits;
  private readonly lasting = new SparseMap<number, Entry>();
  private readonly passing: PassingMessages;
  private readonly lanes: Readonly<Record<"con" | "non", Lane>>;
  private bytes = 0;

  constructor(limits: DuplicateLimits, times: CoapTimes) {
    this.limits = limits;
    this.passing = new PassingMessages(limits.passingDuplicates);
    this.lanes = {
      con: { lifetime: times.exchangeLifetime, queue: new Fifo(), known: 0 },
      non: { lifetime: times.nonLifetime, queue: new Fifo(), known: 0 },
    };
  }

  /**
   * The message that this one repeats, and what a repetition gets, if anything. One with the same ID but another beginning
   * is a new one: its sender restarted.
   */
  find(messageId: number, mark: number, now: Millis): { readonly answer: Uint8Array | undefined } | undefined {
    const entry = this.lasting.get(messageId);
    if (entry !== undefined && entry.mark === mark && entry.expires > now) return entry;
    if (!this.passing.has(messageId, mark, now)) return undefined;
    return { answer: this.passing.answerOf(messageId, mark) };
  }

  /** Remembers a message; undefined where there is no room for one that must last. */
  add(message: Received, now: Millis): Arrival | undefined {
    const { messageId, mark, confirmable, retention } = message;
    this.expire(this.lanes.con, now);
    this.expire(this.lanes.non, now);
    const old = this.lasting.get(messageId);
    if (old !== undefined) this.forget(old);
    if (!this.makeRoom(retention)) return undefined;
    const lane = this.lanes[confirmable ? "con" : "non"];
    const expires = now + lane.lifetime;
    if (retention === "passing") {
      this.passing.add(messageId, mark, expires, now);
      return { messageId, mark, retention };
    }
    const entry: Entry = { messageId, mark, retention, lane, expires, answer: undefined, known: true };
    this.lasting.set(messageId, entry);
    lane.queue.push(entry);
    lane.known++;
    this.bytes += ENTRY_BYTES;
    return entry;
  }

  /** Notes what a repetition of this message gets from now on. */
  answer(arrival: Arrival, bytes: Uint8Array): void {
    if (arrival.retention === "passing") {
      this.passing.answer(arrival.messageId, arrival.mark, bytes);
      return;
    }
    const entry = this.entryOf(arrival);
    if (entry === undefined) return;
    this.bytes += bytes.length - (entry.answer?.length ?? 0);
    entry.answer = bytes;
  }

  /** Forgets a message: what repeats it is new. */
  discard(arrival: Arrival): void {
    if (arrival.retention === "passing") this.passing.discard(arrival.messageId, arrival.mark);
    const entry = this.entryOf(arrival);
    if (entry !== undefined) this.forget(entry);
  }

  /** Forgets all. */
  clear(): void {
    this.passing.clear();
    for (const entry of [...this.lasting.values()]) this.forget(entry);
  }

  /** Undefined once it is forgotten. */
  private entryOf(arrival: Arrival): Entry | undefined {
    const entry = this.lasting.get(arrival.messageId);
    return entry === arrival ? entry : undefined;
  }

  private makeRoom(retention: Retention): boolean {
    const { lastingDuplicates, duplicateBytes } = this.limits;
    if (this.bytes + this.passing.bytes >= duplicateBytes) this.passing.clear();
    if (retention === "passing") return true;
    return this.lanes.con.known + this.lanes.non.known < lastingDuplicates && this.bytes < duplicateBytes;
  }

  private expire({ queue }: Lane, now: Millis): void {
    for (let oldest = queue.peek(); oldest !== undefined && oldest.expires <= now; oldest = queue.peek()) {
      queue.shift();
      if (oldest.known) this.forget(oldest);
    }
  }

  private forget(entry: Entry): void {
    const { lane } = entry;
    entry.known = false;
    this.bytes -= ENTRY_BYTES + (entry.answer?.length ?? 0);
    entry.answer = undefined;
    this.lasting.delete(entry.messageId);
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
