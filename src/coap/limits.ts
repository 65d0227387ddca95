import { szxOf } from "./block.ts";
import type { Limits } from "./context.ts";

/** What an endpoint may be told of its limits. */
export interface LimitOptions {
  readonly maxBody?: number;
  readonly blockSize?: number;
  readonly limits?: Partial<Omit<Limits, "maxBody" | "szx">>;
}

/** The limits with their defaults. */
export function limitsOf(options: LimitOptions): Limits {
  return {
    maxBody: options.maxBody ?? 1_048_576,
    szx: szxOf(options.blockSize ?? 1024),
    bodies: 4,
    snapshots: 8,
    serving: 1024,
    // Every message ID there is: a peer that keeps to RFC 7252 §4.4 is never refused for their number.
    lastingDuplicates: 65_536,
    passingDuplicates: 1024,
    duplicateBytes: 16_777_216,
    ...options.limits,
  };
}
