/** One step of the pipeline between the wire and the server, with its way back. */
import { badRequest } from "../lwm2m/refusals.ts";
import type { Value } from "../lwm2m/sample.ts";
import type { PointHistory } from "./plan-types.ts";

export interface Stage {
  /** Whether `read` looks at the history. */
  readonly looksBack?: boolean;
  /** A value that cannot be good gives Bad; never throws. No history: the reading is the first good one. */
  read(value: Value, history?: PointHistory): Value | Bad;
  /** The exact inverse. Throws Lwm2mError 4.00 where there is none. */
  write(value: Value, mode: WriteMode): Value;
}

/** `exact` is what a server's write gets; `nearest` takes the nearest that the device can hold: what a simulation wants. */
export type WriteMode = "exact" | "nearest";

/** Why there is no good value: a sentence. */
export class Bad {
  readonly bad: string;
  /** The value that is not believed after the one before: the next reading may bear it out. */
  readonly doubted: Value | undefined;

  constructor(bad: string, doubted?: Value) {
    this.bad = bad;
    this.doubted = doubted;
  }
}

/** 4.00: what LwM2M answers to a value that cannot be written. */
export function refuse(message: string): never {
  throw badRequest(message);
}

/** `expected` with its article: "a number". */
export function refuseKind(expected: string, value: Value): never {
  return refuse(`expected ${expected}, got ${describe(value)}`);
}

export function wrongKind(expected: string, value: unknown): Bad {
  return new Bad(`expected ${expected}, got ${describe(value)}`);
}

export function isNumeric(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** For a sentence: text in quotes and cut, bytes by their count. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (value instanceof Uint8Array) return `${value.length} ${value.length === 1 ? "byte" : "bytes"}`;
  if (typeof value === "object" && value !== null && "object" in value) return "a link";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
