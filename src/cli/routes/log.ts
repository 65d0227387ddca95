import { AdminRefusal } from "../../admin/errors.ts";
import { fromJson } from "../../admin/json.ts";
import { LOG_LEVELS, type LogLevel, type LogRing } from "../../admin/log-ring.ts";
import type { Route } from "../../admin/route.ts";
import { unknownWord } from "../../yaml/issues.ts";

/** The last lines of the log, each as the object that was logged. */
export function logRoutes(ring: LogRing): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/v1/log",
      answer: ({ query }) => ring.last(countOf(query.get("last")), levelOf(query.get("level"))).map(fromJson),
    },
  ];
}

function countOf(last: string | null): number | undefined {
  if (last === null) return undefined;
  if (/^\d{1,6}$/.test(last)) return Number(last);
  throw new AdminRefusal(`last: expected how many lines, e.g. 100, not "${last}"`, { code: "LG705" });
}

/** Everything that was logged, where nothing is said. Throws AdminRefusal. */
export function levelOf(name: string | null): LogLevel {
  const level = LOG_LEVELS.find((each) => each === (name ?? "debug"));
  if (level !== undefined) return level;
  throw new AdminRefusal(unknownWord("level", name ?? "", LOG_LEVELS), { code: "LG705" });
}
