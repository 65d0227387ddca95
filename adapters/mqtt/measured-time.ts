/** When something was measured, as payloads say it: ISO 8601 with its zone, seconds or milliseconds of Unix. */
import { isUndated, type UnixMillis } from "../../src/adapter.ts";

/** As seconds the year 5138, as milliseconds 1973: what is greater are milliseconds, and no clock means the other. */
const MILLIS_FROM = 1e11;
const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?\s?(?:Z|[+-]\d\d(?::?\d\d)?)$/i;
const NUMBER = /^\d{1,16}(?:\.\d{1,9})?$/;

/** Undefined where it says nothing that can be relied on: a time without its zone may be hours away. */
export function measuredTime(value: unknown): UnixMillis | undefined {
  if (typeof value === "number") return fromUnix(value);
  if (typeof value !== "string") return undefined;
  if (NUMBER.test(value)) return fromUnix(Number(value));
  if (!ISO.test(value)) return undefined;
  const time = Date.parse(
    value
      .replace(" ", "T")
      .replace(/\s/g, "")
      .replace(",", ".")
      // ISO 8601 lets the minutes of a zone away, and its colon.
      .replace(/([+-]\d\d)(?::?(\d\d))?$/, (_, hours: string, minutes = "00") => `${hours}:${minutes}`),
  );
  return Number.isNaN(time) ? undefined : time;
}

/**
 * The time of what came at `now` and says that it was measured at `said`. A device whose clock is ahead measures nothing in the
 * future; a gateway that does not know the time yet believes it.
 */
export function believedTime(said: UnixMillis, now: UnixMillis): UnixMillis {
  return isUndated(now) ? said : Math.min(said, now);
}

function fromUnix(number: number): UnixMillis | undefined {
  const time = Math.round(number >= MILLIS_FROM ? number : number * 1000);
  return time > 0 && !isUndated(time) && time < 8.64e15 ? time : undefined;
}
