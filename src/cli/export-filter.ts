/** Which of the values that wait somebody wants to see. */
import type { UnixMillis } from "../clock.ts";
import { isUndated } from "../clock.ts";
import { parseDuration } from "../duration.ts";
import { reasonOf } from "../errors.ts";
import { pathParts, prefixOf } from "../lwm2m/path.ts";
import { meansIds, meansPrefix, type PathPattern, parsePattern } from "../lwm2m/path-pattern.ts";
import { type Arguments, type OptionHelp, UsageError } from "./command.ts";
import type { WaitingValue } from "./export-lines.ts";
import { shortServerId } from "./server-option.ts";

export const FILTER_OPTIONS: Readonly<Record<string, OptionHelp>> = {
  server: { type: "string", value: "ID", help: "What waits for this server alone. May be repeated." },
  device: { type: "string", value: "PREFIX", help: "What this device measured alone. May be repeated." },
  path: { type: "string", value: "PATH", help: "What lies at or below it; * stands for any part. May be repeated." },
  since: { type: "string", value: "TIME", help: "Measured then or later: 2h (ago), or 2026-11-22T08:00:00Z." },
  until: { type: "string", value: "TIME", help: "Measured before then." },
};

/** Throws UsageError. */
export function filterOf(args: Arguments, now: UnixMillis): (value: WaitingValue) => boolean {
  const servers = new Set(args.texts("server").map(shortServerId));
  const prefixes = new Set(args.texts("device").map(prefixText));
  const patterns = args.texts("path").map(pattern);
  const [since, until] = ["since", "until"].map((option) => timeOf(option, args.text(option), now));
  return ({ server, sample: { path, time } }) => {
    if (servers.size > 0 && !servers.has(server)) return false;
    if (prefixes.size > 0 && !prefixes.has(prefixOf(path))) return false;
    if (patterns.length > 0 && !patterns.some((each) => means(each, path))) return false;
    if (since === undefined && until === undefined) return true;
    // What has no date yet is not from any day.
    return !isUndated(time) && time >= (since ?? time) && time < (until ?? Number.POSITIVE_INFINITY);
  };
}

/** Of `--device`: as it stands in paths, with its slash or without. Throws UsageError. */
export function prefixText(text: string): string {
  const prefix = text.replace(/^\//, "");
  if (/^[A-Za-z][A-Za-z0-9_-]{0,31}$/.test(prefix)) return prefix;
  throw new UsageError(`--device ${text}: expected the first part of its paths, such as meter-1`);
}

function pattern(text: string): PathPattern {
  try {
    return parsePattern(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`--path: ${reasonOf(error)}`, { cause: error });
  }
}

function means(each: PathPattern, path: WaitingValue["sample"]["path"]): boolean {
  return meansPrefix(each, prefixOf(path)) && meansIds(each, pathParts(path));
}

const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** A duration is before now; a date without zone is UTC, as in what is exported. */
function timeOf(option: string, text: string | undefined, now: UnixMillis): UnixMillis | undefined {
  if (text === undefined) return undefined;
  const [, zone] = DATE.exec(text) ?? [];
  if (DATE.test(text)) {
    const time = Date.parse(text.includes("T") && zone === undefined ? `${text}Z` : text);
    if (!Number.isNaN(time)) return time;
  }
  try {
    return now - parseDuration(text);
  } catch {
    throw new UsageError(`--${option} ${text}: expected a time such as 2026-11-22T08:00:00Z, or how long ago: 2h, 30m`);
  }
}
