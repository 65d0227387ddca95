/** The way back of a request that came as a datagram: RFC 7252 §5.2 (in the acknowledgement, separate, non-confirmable). */
import type { Millis } from "../clock.ts";
import { Alarm } from "./alarms.ts";
import type { Context } from "./context.ts";
import type { Arrival, DuplicateFilter } from "./duplicates.ts";
import { encodeEmpty, encodeMessage, TYPE, type UdpMessage } from "./message.ts";
import type { CoapMessage } from "./options.ts";
import type { Transmissions } from "./reliability.ts";
import type { Reply } from "./reply.ts";

/** What all replies to one peer share. */
export interface UdpReplies {
  readonly context: Context;
  readonly transmissions: Transmissions;
  readonly duplicates: DuplicateFilter;
}

export class UdpReply implements Reply {
  readonly token: Uint8Array;
  readonly confirmable: boolean;
  private readonly messageId: number;
  private readonly arrival: Arrival;
  private readonly shared: UdpReplies;
  /** Rings when the empty ACK is due; undefined for a non-confirmable request, and until the application has it. */
  private alarm: Alarm | undefined;
  private acknowledged = false;

  /** To a request that is no repetition. */
  constructor(message: UdpMessage, arrival: Arrival, shared: UdpReplies) {
    this.token = message.token;
    this.confirmable = message.type === TYPE.con;
    this.messageId = message.messageId;
    this.arrival = arrival;
    this.shared = shared;
  }

  begin(now: Millis): void {
    if (!this.confirmable) return;
    const { alarms, times } = this.shared.context;
    this.alarm = new Alarm(() => this.acknowledge());
    alarms.set(this.alarm, now + times.ackDelay);
  }

  answer(message: CoapMessage, watched: boolean): boolean {
    this.calm();
    if (this.confirmable && !this.acknowledged) {
      this.put(encodeMessage(TYPE.ack, this.messageId, this.token, message));
      return true;
    }
    if (this.confirmable || watched) return false;
    this.shared.transmissions.sendOnce(this.token, message);
    return true;
  }

  /** RFC 7252 §5.4.1: a non-confirmable request with options that we do not understand is rejected, here in silence. */
  reject(message: CoapMessage): void {
    if (this.confirmable) this.answer(message, false);
    else this.shared.context.counters.stray++;
  }

  discard(): void {
    this.calm();
    if (!this.acknowledged) this.shared.duplicates.discard(this.arrival);
  }

  /** RFC 7252 §5.2.2: the answer takes longer, so the acknowledgement goes ahead, and the answer follows by itself. */
  private acknowledge(): void {
    this.acknowledged = true;
    this.put(encodeEmpty(TYPE.ack, this.messageId));
  }

  private calm(): void {
    if (this.alarm !== undefined) this.shared.context.alarms.clear(this.alarm);
  }

  /** What a repetition of the request gets, too. */
  private put(bytes: Uint8Array): void {
    const { context, duplicates } = this.shared;
    duplicates.answer(this.arrival, bytes);
    context.counters.sent++;
    context.emit({ type: "send", bytes });
  }
}
