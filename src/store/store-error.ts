import type { ErrorCode } from "../error-codes.ts";

/**
 * Why the store did not do it.
 * - `locked`: another process has it open;
 * - `newer`: a later version of the program wrote it;
 * - `older`: an earlier one did, and who asked may not change it;
 * - `unwritable`: the directory or the disk does not take it: missing rights, read-only, full;
 * - `damaged`: the file broke while it was in use; the next start sets it aside;
 * - `failed`: the store's thread died; nothing works any more until the process starts again;
 * - `closed`: it was asked after `close()`.
 */
export type StoreErrorKind = "locked" | "newer" | "older" | "unwritable" | "damaged" | "failed" | "closed";

/** The message says what and where, for the person who runs the gateway. */
export class StoreError extends Error {
  readonly kind: StoreErrorKind;
  readonly code: ErrorCode;

  constructor(kind: StoreErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.kind = kind;
    this.code = CODES[kind];
  }
}

const CODES: Readonly<Record<StoreErrorKind, ErrorCode>> = {
  locked: "LG660",
  newer: "LG661",
  older: "LG662",
  unwritable: "LG663",
  damaged: "LG664",
  failed: "LG665",
  closed: "LG666",
};
