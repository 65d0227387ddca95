/** What devices do otherwise than the protocol says: a closed list, each with its sentence for the reader. */
import { z } from "zod";
import { MAX_READ_BITS, type Span } from "./pdu.ts";

const NAMES = [
  /** Answers coils wrong unless the read begins at coil 0: every read of coils does, and the rest is cut off. */
  "first-coil-zero",
  /** Answers one value at a time: no read spans two points. */
  "one-value-per-request",
  /** Answers at most 40 registers in one read, as `block: { max: 40 }` says. */
  "max-block-40",
  /** Does not know FC 5 and 6: single registers are written by FC 16, single coils by FC 15. */
  "write-multiple-only",
  /** Does not know FC 15 and 16: registers are written one after the other by FC 6, coils by FC 5. */
  "write-single-only",
  /** Answers a write with something else than its echo: any answer without an exception confirms it. */
  "loose-echo",
] as const;

export type Quirk = (typeof NAMES)[number];

/** What a user may look for here, and where it is. */
const ECHO =
  "an adapter that hears what it sends is a matter of its link (echo: true); for a device that answers writes wrongly it is loose-echo";

const quirk = z.enum(NAMES, { error: ({ input }) => (input === "echo" ? ECHO : undefined) });

export const quirksSchema: z.ZodType<readonly Quirk[]> = z
  .array(quirk)
  .refine(
    (quirks) => !(quirks.includes("write-multiple-only") && quirks.includes("write-single-only")),
    "write-multiple-only and write-single-only exclude each other",
  )
  .default([])
  .describe("What the device does otherwise than the protocol says");

/** What must be asked for, to have this span. Coils that no read from 0 reaches are refused where the point is made. */
export function requestedSpan(span: Span, quirks: readonly Quirk[]): Span {
  if (span.table !== "coil" || !quirks.includes("first-coil-zero")) return span;
  return { table: "coil", address: 0, count: span.address + span.count };
}

/** The last coil that a read from 0 reaches. */
export const LAST_FROM_ZERO = MAX_READ_BITS - 1;

/** The bits of `span` out of the data of `requested`. Registers are as they are. */
export function cutOut(span: Span, requested: Span, data: Uint8Array): Uint8Array {
  const skip = span.address - requested.address;
  if (skip === 0) return data;
  const bits = new Uint8Array(Math.ceil(span.count / 8));
  for (let i = 0; i < span.count; i++) {
    const from = i + skip;
    if (((data[from >> 3] ?? 0) & (1 << (from & 7))) !== 0) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  }
  return bits;
}
