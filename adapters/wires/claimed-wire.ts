/** A wire that one has for itself, for as long as something larger than a request is on its way: an image. */
import type { Millis } from "../../src/adapter.ts";

/** What a wire is claimed with. */
export interface ClaimTerms {
  /** Why others are refused meanwhile, as a sentence. */
  readonly reason: string;
  /** The speed of the line until it is given back; absent: as it is. */
  readonly baudRate?: number | undefined;
}

/** Who has the wire. */
export interface ClaimListener {
  /** What came, without what the adapter repeats of our own; valid during the call only. */
  push(bytes: Uint8Array): void;
  /** The port, or the connection, was opened anew: what comes from now on goes on with nothing that came before. */
  opened(): void;
}

export interface ClaimedWire {
  /** Resolves when the system has taken the bytes. Rejects with DeviceError `unreachable`, at once where the wire is away. */
  send(bytes: Uint8Array): Promise<void>;
  /** Once: the end of what came between the last request and the claim. Who had been told to say something may have said it. */
  before(): Uint8Array;
  /** How long so many bytes are on the wire, as far as that is known; 0 where it is not. */
  time(bytes: number): Millis;
  /** Gives it back; once is enough. Nothing is heard afterwards. */
  release(): void;
}

export interface ClaimableWire {
  /**
   * Resolves when what runs on it is over and the wire was silent. From the call on all others are refused as `unreachable`, and hear
   * nothing. Rejects with DeviceError `unreachable` where the wire is away, `rejected` where somebody has it, or its speed cannot be set.
   */
  claim(terms: ClaimTerms, listener: ClaimListener): Promise<ClaimedWire>;
}
