/** `every:` and `poll:` (when a point is read) and `availability:` (when a device counts as gone). */
import { z } from "zod";
import { MINUTE, type Millis, SECOND } from "../clock.ts";
import { durationSchema, parseDuration, pausesSchema } from "../duration.ts";
import { reasonOf } from "../errors.ts";
import { notSupported } from "../yaml/issues.ts";
import { isEmpty, type YamlNode } from "../yaml/nodes.ts";
import { type Report, readNode, reportError } from "../yaml/read.ts";
import type { AvailabilityRule, Poll } from "./plan-types.ts";

export const everySchema = z.record(
  z.string(),
  durationSchema.refine((period) => period > 0, { message: "a period is longer than 0" }),
);

/** The poll groups by name; `normal` is there where the mapping does not say otherwise. */
export type PollGroups = ReadonlyMap<string, Millis>;

const NORMAL: Millis = 10 * SECOND;
const NOT_GROUPS: readonly string[] = ["connect", "never"];

export function readEvery(node: YamlNode | undefined, report: Report): PollGroups {
  const groups = new Map<string, Millis>();
  if (node === undefined || isEmpty(node)) return groups;
  const keys = node.kind === "map" ? node.entries.map(({ key }) => key) : [];
  for (const key of keys) {
    if (key.text === "limit") reportError(report, key.place, notSupported("every.limit"));
    if (NOT_GROUPS.includes(key.text))
      reportError(report, key.place, `"${key.text}" has a meaning of its own in poll:`);
  }
  const periods = readNode(node, everySchema, report, { without: new Set(["limit"]) }) ?? {};
  for (const [name, period] of Object.entries(periods)) groups.set(name, period);
  return groups;
}

/** What `poll:` says; a sentence where it says nothing that we know. */
export function pollOf(text: string, groups: PollGroups): Poll | { readonly wrong: string } {
  if (text === "connect" || text === "never") return text;
  const period = groups.get(text) ?? (text === "normal" ? NORMAL : undefined);
  if (period !== undefined) return { every: period };
  if (/^[0-9]/.test(text)) {
    try {
      const every = parseDuration(text);
      return every > 0 ? { every } : { wrong: "a period is longer than 0" };
    } catch (error) {
      return { wrong: reasonOf(error) };
    }
  }
  return { wrong: `poll group "${text}" is not in every: {${[...groups.keys()].join(", ")}}` };
}

export const availabilitySchema = z.strictObject({
  offline_after: z
    .string()
    .describe("3 failures in a row, or a time without a sign of life: 15m")
    .transform((text, context) => offlineAfter(text, (message) => context.addIssue({ code: "custom", message })))
    .optional(),
  retry: pausesSchema
    .describe("The first and the longest pause before an offline device is asked again: 5s..10m")
    .optional(),
});

const LATER: readonly string[] = ["probe", "when_offline", "topic", "online"];

const DEFAULT_RULE: AvailabilityRule = { failures: 3, retry: { first: 5 * SECOND, longest: 10 * MINUTE } };

export function readAvailability(node: YamlNode | undefined, report: Report): AvailabilityRule {
  if (node === undefined || isEmpty(node)) return DEFAULT_RULE;
  const read = readNode(node, availabilitySchema, report, { later: LATER });
  return { ...DEFAULT_RULE, ...read?.offline_after, ...(read?.retry === undefined ? {} : { retry: read.retry }) };
}

function offlineAfter(
  text: string,
  refuse: (message: string) => void,
): { readonly failures?: number; readonly silence?: Millis } {
  const [, failures] = /^([1-9][0-9]{0,3}) failures?$/.exec(text) ?? [];
  if (failures !== undefined) return { failures: Number(failures) };
  try {
    const silence = parseDuration(text);
    if (silence > 0) return { silence };
  } catch {
    // Said below, with both spellings.
  }
  refuse(`"${text}" is neither a number of failures nor a duration; expected e.g. 3 failures or 15m`);
  return {};
}
