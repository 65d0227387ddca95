/** `every:` and `poll:`: when a point is read, and how far a server may change that. */
import { z } from "zod";
import { type Millis, SECOND } from "../clock.ts";
import { durationSchema, parseDuration } from "../duration.ts";
import { reasonOf } from "../errors.ts";
import { isEmpty, type YamlNode } from "../yaml/nodes.ts";
import { type Report, readNode, reportError } from "../yaml/read.ts";
import type { Poll } from "./plan-types.ts";

const periodSchema = durationSchema.refine((period) => period > 0, { message: "a period is longer than 0" });

export const everySchema = z
  .object({
    limit: periodSchema
      .describe("The shortest period that a server may ask for by epmax; else a point's own")
      .optional(),
  })
  .catchall(periodSchema);

/** The poll groups, and how far a server may go beyond them. */
export interface PollGroups {
  /** By name; `normal` is there where the mapping does not say otherwise. */
  readonly periods: ReadonlyMap<string, Millis>;
  /** The shortest period to which a server may push a point. */
  readonly limit?: Millis;
  /** Something of `every:` is wrong, and was reported: of a group that is not there nothing more is said. */
  readonly wrong?: true;
}

const NORMAL: Millis = 10 * SECOND;
const NOT_GROUPS: readonly string[] = ["connect", "never"];

export function readEvery(node: YamlNode | undefined, report: Report): PollGroups {
  if (node === undefined || isEmpty(node)) return { periods: new Map() };
  const keys = node.kind === "map" ? node.entries.map(({ key }) => key) : [];
  for (const key of keys) {
    if (NOT_GROUPS.includes(key.text))
      reportError(report, key.place, `"${key.text}" has a meaning of its own in poll:`, "LG326");
  }
  const read = readNode(node, everySchema, report);
  if (read === undefined) return { periods: new Map(), wrong: true };
  const { limit, ...periods } = read;
  return { periods: new Map(Object.entries(periods)), ...(limit === undefined ? {} : { limit }) };
}

/** What `poll:` says; a sentence where it says nothing that we know. */
export function pollOf(text: string, { periods, wrong }: PollGroups): Poll | { readonly wrong: string } {
  if (text === "connect" || text === "never") return text;
  if (text === "limit") return { wrong: '"limit" is no poll group: it bounds what a server may ask for' };
  const period = periods.get(text) ?? (text === "normal" ? NORMAL : undefined);
  if (period !== undefined) return { every: period };
  if (/^[0-9]/.test(text)) {
    try {
      const every = parseDuration(text);
      return every > 0 ? { every } : { wrong: "a period is longer than 0" };
    } catch (error) {
      return { wrong: reasonOf(error) };
    }
  }
  if (wrong === true) return { every: NORMAL };
  return { wrong: `poll group "${text}" is not in every: {${[...periods.keys()].join(", ")}}` };
}

/**
 * The shortest period to which a server may push a point: `every.limit`; without it the point's own, so that nobody but the
 * mapping can load a bus, and that of `normal` for a point that has none.
 */
export function fastestOf(poll: Poll, { periods, limit }: PollGroups): Millis {
  const own = typeof poll === "object" ? poll.every : (periods.get("normal") ?? NORMAL);
  return typeof poll === "object" ? Math.min(limit ?? own, own) : (limit ?? own);
}
