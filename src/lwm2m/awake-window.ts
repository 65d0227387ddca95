/**
 * Queue mode: when the client listens and when it sleeps. Core 1.2 §6.5 (Queue Mode Operation): it listens for some time,
 * MAX_TRANSMIT_WAIT where nobody says otherwise, after its last message in either direction.
 */
import type { Millis } from "../clock.ts";
import type { Machine, Timeout } from "../machine.ts";

/** A message was sent or received. */
export interface Traffic {
  readonly type: "traffic";
}

/** `until` moves on with each message; it is told when the sleep ends, and when it begins. */
export type AwakeEffect = { readonly type: "awake" } | { readonly type: "asleep" };

export class AwakeWindow implements Machine<Traffic, AwakeEffect> {
  private readonly length: Millis;
  private readonly busy: () => boolean;
  private end: Millis | undefined;

  /** `busy` is asked at the end of a window: who waits for an acknowledgement, or owes an answer, listens for another one. */
  constructor(length: Millis, busy: () => boolean = () => false) {
    this.length = length;
    this.busy = busy;
  }

  /** When it falls asleep; undefined: it sleeps. */
  get deadline(): Millis | undefined {
    return this.end;
  }

  handle(event: Traffic | Timeout, now: Millis): AwakeEffect[] {
    switch (event.type) {
      case "traffic": {
        const slept = this.end === undefined;
        this.end = now + this.length;
        return slept ? [{ type: "awake" }] : [];
      }
      case "timeout":
        if (this.end === undefined || now < this.end) return [];
        this.end = this.busy() ? now + this.length : undefined;
        return this.end === undefined ? [{ type: "asleep" }] : [];
    }
  }
}
