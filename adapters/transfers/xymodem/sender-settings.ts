/** What a sender is given: the file, and what its receiver needs. */
import type { Millis } from "../../../src/adapter.ts";
import type { BlockSize } from "./blocks.ts";

export interface SenderSettings {
  readonly protocol: "xmodem" | "ymodem";
  /** The name is YMODEM's; size in bytes, 1 at least. */
  readonly file: { readonly name: string; readonly size: number };
  /** The longest block. */
  readonly block: BlockSize;
  /** How long the receiver may need to ask for the file. */
  readonly startTimeout: Millis;
  readonly ackTimeout: Millis;
  /** How often one block is sent again. */
  readonly retries: number;
  /** A transfer before this one broke off: the receiver may still wait for its rest. */
  readonly hangs?: boolean;
  /** In a transfer before this one the receiver cancelled when it had so many bytes. */
  readonly cancelledAt?: number | undefined;
}
