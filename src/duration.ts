import { z } from "zod";
import { HOUR, MINUTE, type Millis, SECOND } from "./clock.ts";
import { reasonOf } from "./errors.ts";

const DAY: Millis = 24 * HOUR;
/** A hundred years: what is longer is a slip, and no calendar has a date for the end of it. */
const LONGEST: Millis = 36_500 * DAY;
const UNITS: Readonly<Record<string, Millis>> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY };

/**
 * Milliseconds of a duration as users write it: one number and one unit of ms, s, m, h, d, e.g. "500ms", "1.5s", "2h"; a
 * bare `0` needs no unit. Throws RangeError with a sentence for the user.
 */
export function parseDuration(text: string): Millis {
  if (text === "0") return 0;
  const [, number, unit] = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = UNITS[unit ?? ""];
  if (number === undefined || factor === undefined) {
    throw new RangeError(noDuration(text));
  }
  const duration = Math.round(Number(number) * factor);
  if (duration > LONGEST) throw new RangeError(`"${text}" is longer than ${formatDuration(LONGEST)}`);
  return duration;
}

function noDuration(found: string | number): string {
  return `"${found}" is no duration; expected a number and a unit (ms, s, m, h, d), e.g. 500ms or 5s`;
}

/** A duration in a schema: text in, milliseconds out. A bare 0 may come as a number. */
export const durationSchema: z.ZodType<Millis> = z
  .union([z.string(), z.literal(0)], {
    error: ({ input }) => (typeof input === "number" ? noDuration(input) : undefined),
  })
  .transform((text, context) => orIssue(context, () => parseDuration(String(text))));

/** The pause before the next try: it doubles from `first` to `longest`. */
export interface PauseRange {
  readonly first: Millis;
  readonly longest: Millis;
}

/** Pauses in a schema, as users write them: "1s..30s", or "5s" where all are as long. */
export const pausesSchema: z.ZodType<PauseRange> = z
  .string()
  .transform((text, context) => orIssue(context, () => parsePauses(text)));

/** The shortest text of a duration: 90000 is "90s", 3600000 is "1h". */
export function formatDuration(duration: Millis): string {
  const whole = Math.round(duration);
  const [unit, factor] = Object.entries(UNITS).findLast(([, millis]) => whole !== 0 && whole % millis === 0) ?? [
    "s",
    1,
  ];
  return `${whole / factor}${unit}`;
}

function parsePauses(text: string): PauseRange {
  const [first = "", longest = first, ...rest] = text.split("..");
  const range = { first: parseDuration(first), longest: parseDuration(longest) };
  if (rest.length === 0 && range.first > 0 && range.first <= range.longest) return range;
  throw new RangeError(`"${text}" is no range of pauses; expected the first and the longest, e.g. 1s..30s`);
}

/** What `read` returns; where it throws, an issue of the schema with its sentence. */
export function orIssue<T>(context: z.core.$RefinementCtx, read: () => T): T {
  try {
    return read();
  } catch (error) {
    context.addIssue({ code: "custom", message: reasonOf(error) });
    return z.NEVER;
  }
}
