/** Whether a job may begin now: the operator's window, against what the server says of how urgent it is. */
import { type Clock, datedBy, isUndated, type UnixMillis } from "../clock.ts";
import type { UpdateRecord } from "../lwm2m/firmware/firmware-update.ts";
import type { UpdateWindow } from "./windows.ts";

export interface BeginCase {
  readonly window: UpdateWindow | undefined;
  readonly update: Pick<UpdateRecord, "severity" | "deferPeriod">;
  /** Since when it waits. */
  readonly since: UnixMillis;
  /** An operator wants it not before. */
  readonly until?: UnixMillis | undefined;
}

export type MayBegin =
  | { readonly now: true }
  /** `again`: when to ask again, by the wall; undefined: when somebody has set the clock. */
  | { readonly now: false; readonly reason: string; readonly again: UnixMillis | undefined };

/**
 * Object 5: a deferral of 0 s is not allowed, and at the end of Maximum Defer Period it is installed whatever anybody says. One that
 * is critical (Severity 0) does not wait for a window either; both are the server's word against the operator's convenience. What the
 * device itself says, that it is busy, is not asked here.
 */
export function mayBegin({ window, update, since, until }: BeginCase, clock: Clock): MayBegin {
  const { severity, deferPeriod } = update;
  if (severity === 0 || deferPeriod === 0) return { now: true };
  if (window === undefined && until === undefined) return { now: true };
  const now = clock.wall();
  const last = deferPeriod === undefined ? undefined : datedBy(clock, since) + deferPeriod * 1000;
  if (last !== undefined && isUndated(last) === isUndated(now) && last <= now) return { now: true };
  if (isUndated(now)) {
    return {
      now: false,
      reason: "it may begin at certain times only, and nobody knows what time it is",
      again: undefined,
    };
  }
  const wait = waitUntil(window, until === undefined ? undefined : datedBy(clock, until), now);
  if (wait === undefined) return { now: true };
  const again = last === undefined || isUndated(last) ? wait.again : Math.min(last, wait.again ?? last);
  return { now: false, reason: wait.reason, again };
}

function waitUntil(
  window: UpdateWindow | undefined,
  until: UnixMillis | undefined,
  now: UnixMillis,
): { readonly reason: string; readonly again: UnixMillis | undefined } | undefined {
  if (until !== undefined && !isUndated(until) && until > now)
    return { reason: `deferred until ${new Date(until).toISOString()}`, again: until };
  const state = window?.at(now);
  if (state === undefined || state.open) return undefined;
  const opens = state.until === undefined ? "" : `, which opens at ${new Date(state.until).toISOString()}`;
  return { reason: `outside the window${opens}`, again: state.until };
}
