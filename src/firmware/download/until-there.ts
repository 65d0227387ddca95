/** One file, asked for again and again: what breaks off goes on where it was, until nothing has come for too long. */
import { type Clock, MINUTE, type Millis, paused, SECOND } from "../../clock.ts";
import type { Logger } from "../../log.ts";
import { UPDATE_RESULT } from "../../lwm2m/firmware/update-result.ts";
import { DownloadError } from "../download.ts";
import type { Arrival } from "./arrival.ts";

/** It broke off, or is not to be had now: another time it may go better. */
export class BrokenOff extends Error {
  /** There is somebody who says no: as long as nothing has come, that is not waited out. */
  readonly refused: boolean;
  /** For so long nobody is to ask again. */
  readonly wait: Millis;

  constructor(
    message: string,
    {
      refused = false,
      wait = 0,
      ...options
    }: ErrorOptions & { readonly refused?: boolean; readonly wait?: Millis } = {},
  ) {
    super(message, options);
    this.name = "BrokenOff";
    this.refused = refused;
    this.wait = wait;
  }
}

/** What is there is of another file. */
export class Changed extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Changed";
  }
}

export interface Patience {
  readonly clock: Clock;
  /** So long without a byte is the end. */
  readonly patience: Millis;
  readonly log: Logger;
}

const FIRST_PAUSE: Millis = SECOND;
const LONGEST_PAUSE: Millis = MINUTE;
/** About a minute, with pauses of 1 s, 2 s, and so on. */
const MOST_REFUSALS = 7;
/** A file that is another one each time, or a server that begins at 0 each time. */
const MOST_RESTARTS = 16;
/** Less is no progress: who sends a byte a minute is given up, too. */
const PROGRESS = 1024;

/** `attempt` resolves when all is there, and rejects with BrokenOff, Changed, or what is final. Rejects with DownloadError. */
export async function untilThere(
  attempt: () => Promise<void>,
  arrival: Arrival,
  { clock, patience, log }: Patience,
  signal: AbortSignal,
): Promise<void> {
  let since = clock.monotonic();
  let reached = arrival.furthest;
  let pause = FIRST_PAUSE;
  let refusals = 0;
  for (;;) {
    const failure = await failureOf(attempt);
    if (signal.aborted) throw ended();
    if (failure === undefined) return;
    await arrival.sync();
    if (arrival.furthest >= reached + PROGRESS) {
      since = clock.monotonic();
      reached = arrival.furthest;
      pause = FIRST_PAUSE;
      refusals = 0;
    }
    if (failure instanceof Changed) await arrival.anew();
    if (arrival.restarts > MOST_RESTARTS) throw lost(`begun anew ${MOST_RESTARTS} times: ${failure.message}`, failure);
    refusals = isRefusal(failure) ? refusals + 1 : 0;
    const over = clock.monotonic() - since >= patience;
    if (over || (arrival.furthest === 0 && refusals >= MOST_REFUSALS)) throw givenUp(arrival, failure);
    const wait = Math.min(Math.max(pause, failure instanceof BrokenOff ? failure.wait : 0), patience);
    const fields = { bytes: arrival.length, reason: failure.message, pause: wait };
    log.warn({ code: "LG585", ...fields }, "a download broke off, and is tried again");
    await paused(clock, wait, signal);
    if (signal.aborted) throw ended();
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  }
}

/** Rejects with what is final. */
async function failureOf(attempt: () => Promise<void>): Promise<BrokenOff | Changed | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (error instanceof BrokenOff || error instanceof Changed) return error;
    throw error;
  }
}

function isRefusal(failure: BrokenOff | Changed): boolean {
  return failure instanceof BrokenOff && failure.refused;
}

/** Who has sent something was there once; of who never did the URI is not right. */
function givenUp({ furthest }: Arrival, cause: Error): DownloadError {
  if (furthest > 0) return lost(cause.message, cause);
  return new DownloadError(UPDATE_RESULT.invalidUri, cause.message, { cause });
}

function lost(message: string, cause: Error): DownloadError {
  return new DownloadError(UPDATE_RESULT.connectionLost, message, { cause });
}

function ended(): DownloadError {
  return new DownloadError(UPDATE_RESULT.connectionLost, "it was ended here");
}
