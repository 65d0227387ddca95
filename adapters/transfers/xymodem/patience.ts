/** How long a sender waits for an answer, and how often it says the same again. */
import type { Millis } from "../../../src/adapter.ts";
import type { Stage } from "./failures.ts";
import type { SenderSettings } from "./sender-settings.ts";

/** Nobody acknowledges the end: so often it is said, at most. */
const MOST_ENDS = 5;
const END_TIMEOUT: Millis = 3000;
/** It has the file by then; many start it, rb ends, and what is said once more is noise to who comes after. */
const MOST_CLOSINGS = 1;

export function answerTimeout(what: Stage, { ackTimeout }: SenderSettings): Millis {
  return what === "end" || what === "closing" ? Math.min(ackTimeout, END_TIMEOUT) : ackTimeout;
}

export function mostRetries(what: Stage, { retries }: SenderSettings): number {
  if (what === "closing") return Math.min(retries, MOST_CLOSINGS);
  return what === "end" ? Math.min(retries, MOST_ENDS) : retries;
}
