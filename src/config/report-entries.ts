/** `report:` of a server: what the gateway tells it by itself. */
import { z } from "zod";
import { type Millis, SECOND } from "../clock.ts";
import { durationSchema, orIssue, parseDuration } from "../duration.ts";
import { type Attributes, areThresholdsConsistent } from "../lwm2m/attributes.ts";
import { type PathPattern, parsePattern } from "../lwm2m/path-pattern.ts";
import type { ReportEntry, ReportTrigger } from "../lwm2m/report-entry.ts";
import { nearestNames } from "../near-miss.ts";

export type ReportSettings = ReportEntry;

/** It stands in the id of a queue for each device. */
const LONGEST_NAME = 200;
const SHORTEST_INTERVAL: Millis = 100;
const WORDS = ["change", "sample"] as const;

const path = z
  .string()
  .transform((text, context): PathPattern => orIssue(context, () => parsePattern(text)))
  .describe("Path such as /3/0/9, /meter-1 or /*/3303/*/5700: * is any prefix, object, instance or resource");

const every = z
  .string()
  .transform((text, context): Every => orIssue(context, () => parseEvery(text)))
  .describe("An interval such as 15s, change, or sample: each measurement");

/** Those that only count for `every: change`. */
const CONDITIONS = ["pmin", "pmax", "gt", "lt", "st", "edge"] as const;

const entrySchema = z
  .strictObject({
    paths: z.array(path).min(1).max(256).describe("What is reported"),
    every: every.describe("An interval such as 15s, change, or sample: each measurement"),
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, { message: "letters, digits, _, . and - only, 64 at most" })
      .meta({ type: ["string", "number"], description: "What it is called; default: its paths" })
      .optional(),
    pmin: durationSchema.describe("With change: the least time between two reports of a value").optional(),
    pmax: durationSchema.describe("With change: after this time a value is reported that has not changed").optional(),
    gt: z.number().describe("With change: the value crosses this, upwards or downwards").optional(),
    lt: z.number().describe("With change: the value crosses this, upwards or downwards").optional(),
    st: z.number().min(0).describe("With change: the value is this far from the last reported one").optional(),
    edge: z
      .union([z.literal(0), z.literal(1)])
      .describe("With change: a boolean falls (0) or rises (1)")
      .optional(),
    keep: z
      .int()
      .min(0)
      .max(10_000_000)
      .describe("Reports that are kept of each device, as hqmax; default: hqmax of gateway.store")
      .optional(),
  })
  .superRefine((entry, context) => {
    const complain = (key: keyof typeof entry, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    for (const key of CONDITIONS) {
      if (entry[key] !== undefined && entry.every !== "change") complain(key, "only counts with every: change");
    }
    const { pmin = 0, pmax, gt, lt, st } = entry;
    if (pmax !== undefined && pmax < pmin) complain("pmax", "is shorter than pmin");
    if (!areThresholdsConsistent(asAttributes({ gt, lt, st }))) {
      complain("lt", "must be less than gt, and with two steps of st still be less");
    }
    if (entry.name === undefined && nameOf(entry.paths).length > LONGEST_NAME) {
      context.addIssue({ code: "custom", message: "its paths are too long to name it: give it a name" });
    }
  })
  .transform((entry): ReportSettings => {
    const { paths, name = nameOf(paths), keep } = entry;
    return { name, paths, when: triggerOf(entry), ...(keep === undefined ? {} : { keep }) };
  });

/** The entries of one server. */
export const reportSchema = z
  .array(entrySchema)
  .superRefine((entries, context) => {
    const names = entries.map(({ name }) => name);
    for (const [i, name] of names.entries()) {
      if (names.indexOf(name) === i) continue;
      context.addIssue({
        code: "custom",
        path: [i],
        message: `two entries are called "${name}": give this one a name`,
      });
    }
  })
  .describe("What the gateway reports by itself, by Send")
  .default([]);

type Every = (typeof WORDS)[number] | Millis;

interface Conditions {
  readonly pmin?: Millis | undefined;
  readonly pmax?: Millis | undefined;
  readonly gt?: number | undefined;
  readonly lt?: number | undefined;
  readonly st?: number | undefined;
  readonly edge?: 0 | 1 | undefined;
}

function parseEvery(text: string): Every {
  const word = WORDS.find((known) => known === text);
  if (word !== undefined) return word;
  if (!/^[0-9.]/.test(text)) {
    const [near] = nearestNames(text, WORDS, 1);
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    throw new RangeError(`expected an interval such as 15s, change or sample, found "${text}"${hint}`);
  }
  const interval = parseDuration(text);
  if (interval < SHORTEST_INTERVAL)
    throw new RangeError("an interval is at least 100ms; sample tells each measurement");
  return interval;
}

function triggerOf({ every, ...conditions }: Conditions & { readonly every: Every }): ReportTrigger {
  if (every === "sample") return { type: "sample" };
  if (every === "change") return { type: "change", attributes: asAttributes(conditions) };
  return { type: "interval", every };
}

function asAttributes({ pmin, pmax, gt, lt, st, edge }: Conditions): Attributes {
  return {
    ...(pmin === undefined ? {} : { pmin: pmin / SECOND }),
    ...(pmax === undefined ? {} : { pmax: pmax / SECOND }),
    ...(gt === undefined ? {} : { gt }),
    ...(lt === undefined ? {} : { lt }),
    ...(st === undefined ? {} : { st }),
    ...(edge === undefined ? {} : { edge }),
  };
}

function nameOf(paths: readonly PathPattern[]): string {
  return paths.map(({ text }) => text).join(",");
}
