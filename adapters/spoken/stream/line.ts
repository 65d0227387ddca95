/** What carries the bytes of a device, be it a wire or a radio, as the device that speaks over it needs it. */
import { type Clock, DeviceError, formatDuration, type Millis } from "../../../src/adapter.ts";
import type { Urgency } from "../../wires/bus.ts";
import { withDeadline } from "../../wires/deadline.ts";
import type { ConnectionListener } from "../../wires/kept-connection.ts";
import type { Message } from "./messages.ts";

export interface SpokenLine {
  /** Hears everything that comes from now on; returns what ends it. */
  hear(hearer: Hearer): () => void;
  /** Hears when the line is lost (false) and there again (true). Called at once where it is lost now. */
  listen(listener: ConnectionListener): () => void;
  /** A device has said something: the line is well. */
  spoke(unit: number): void;
  /**
   * Sends in its turn, and resolves with the answer; without one to await, when it is sent. Rejects with DeviceError
   * `rejected` where the device says no, `malformed` where only something else came, else `unreachable`.
   */
  ask<Answer = Message>(urgency: Urgency, question: Question<Answer>): Promise<Answer | undefined>;
  /** The IP address of the other end, while it is connected to one. */
  readonly peer?: string | undefined;
}

/** Who hears what comes. */
export interface Hearer {
  opened(): void;
  push(bytes: Uint8Array): void;
}

/** An answer that is awaited. */
export interface Awaited<Answer = Message> {
  /** Rejects with DeviceError `rejected` where the device says that it is not done. May never settle. */
  readonly answer: Promise<Answer>;
  /** What came meanwhile that is no answer, in words that end the sentence "no answer …"; undefined: nothing. */
  heard(): string | undefined;
  /** It is awaited no longer. */
  forget(): void;
}

/** One request, ready to be sent. */
export interface Question<Answer = Message> {
  /** Of whom, for the turns: devices on one line take theirs one after the other. */
  readonly unit: number;
  /** For people. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly timeout: Millis;
  /** Begins to await the answer; absent: nobody answers. */
  readonly expect?: (() => Awaited<Answer>) | undefined;
}

/** Sends, and resolves with what is awaited. Rejects with DeviceError, when the time is over at the latest. */
export function exchanged<Answer>(
  send: () => Promise<void>,
  awaited: Awaited<Answer> | undefined,
  { timeout, clock }: { readonly timeout: Millis; readonly clock: Clock },
): Promise<Answer | undefined> {
  const answered = async (): Promise<Answer | undefined> => {
    await send();
    return awaited?.answer;
  };
  const late = (): DeviceError => {
    const heard = awaited?.heard();
    const within = `no answer within ${formatDuration(timeout)}`;
    return heard === undefined
      ? new DeviceError("unreachable", within)
      : new DeviceError("malformed", `${within}; ${heard}`);
  };
  return withDeadline(answered(), { clock, span: timeout, late });
}
