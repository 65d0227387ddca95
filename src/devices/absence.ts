import { type Clock, isUndated, type Millis, SECOND, wallAt } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import type { Availability } from "./availability.ts";

/** Why a device cannot be asked, and since when, for the person behind the server. */
export function absenceOf(
  id: string,
  { state, reason }: Pick<Availability, "state" | "reason">,
  lastHeard: Millis | undefined,
  clock: Clock,
): string {
  const contact = lastHeard === undefined ? "never heard" : `last heard ${whenHeard(lastHeard, clock)}`;
  if (state === "paused" || state === "held") return `${id} is not asked: ${reason}; ${contact}`;
  return `${id} is offline (${reason}), ${contact}`;
}

/** A date, where somebody knows it. */
function whenHeard(heard: Millis, clock: Clock): string {
  const time = wallAt(clock, heard);
  if (!isUndated(time)) return new Date(time).toISOString();
  return `${formatDuration(Math.round((clock.monotonic() - heard) / SECOND) * SECOND)} ago`;
}
