/** `via`, `hold_down` and `budget` of a server: which of the machine's networks it is reached by, and how much may go there. */
import { isIP } from "node:net";
import { z } from "zod";
import { MINUTE, type Millis, SECOND } from "../clock.ts";
import { durationSchema } from "../duration.ts";
import type { Budget, BudgetRule } from "../lwm2m/budget.ts";
import { nearestNames } from "../near-miss.ts";
import { percentSchema, sizeSchema } from "../sizes.ts";
import { childOf, nodeAt, type YamlNode } from "../yaml/nodes.ts";
import { type Report, reportError } from "../yaml/read.ts";

export interface UplinkSettings {
  /** Interfaces, or addresses of this machine, the most wanted first; absent: as the machine's routes say. */
  readonly via?: readonly string[];
  /** How long an earlier one must have been up before it is gone back to; present exactly where `via` is. */
  readonly holdDown?: Millis;
  readonly budget?: Budget;
}

const hold = z.literal("hold", { error: 'expected "hold"' });

const degradeSchema = z
  .strictObject({
    at: percentSchema("the budget").describe("Once this part of the budget is spent, e.g. 70%"),
    pmin: durationSchema
      .refine((millis) => millis >= SECOND && millis % SECOND === 0, { message: "expected whole seconds, at least 1s" })
      .describe("The least time between two reports of a value, whatever the server asked for")
      .optional(),
    history: hold.describe("What waited for the server stays on the disk").optional(),
    reports: hold.describe("Every report stays on the disk; registration and answers go on").optional(),
  })
  .refine(({ pmin, history, reports }) => pmin !== undefined || history !== undefined || reports !== undefined, {
    message: "says what holds from there on: expected pmin, history or reports",
  })
  .transform(
    ({ at, pmin, history, reports }): BudgetRule => ({
      at,
      ...(pmin === undefined ? {} : { pmin }),
      ...(history === undefined ? {} : { history }),
      ...(reports === undefined ? {} : { reports }),
    }),
  );

const DEFAULT_RULES: readonly BudgetRule[] = [
  { at: 0.7, pmin: 5 * MINUTE },
  { at: 0.9, pmin: 60 * MINUTE, history: "hold" },
  { at: 1, reports: "hold" },
];

const entry = z.string().refine(isUplink, {
  message: "expected an interface such as eth0, or an address of this machine",
});

const budgetSchema = z
  .strictObject({
    month: sizeSchema("10KB", "1024GB").describe("Bytes of a calendar month, both ways, with all headers; e.g. 50MB"),
    via: z.array(entry).min(1).describe("Entries of via to which it applies; default: all").optional(),
    degrade: z
      .array(degradeSchema)
      .min(1)
      .superRefine((rules, context) => {
        for (const [i, { at }] of rules.entries()) {
          // One that is none was told already.
          if (!(at <= (rules[i - 1]?.at ?? 0))) continue;
          const message = "expected more than in the rule before";
          context.addIssue({ code: "custom", path: [i, "at"], message });
        }
      })
      .describe("What holds as the budget is spent")
      .default([...DEFAULT_RULES]),
  })
  .transform(({ via, ...rest }): Budget => ({ ...rest, ...(via === undefined ? {} : { via }) }));

/** Keys of a server. */
export const uplinkKeys = {
  via: z
    .array(entry)
    .min(1)
    .max(16)
    .describe("Interfaces or local addresses to leave by, the most wanted first; default: as the routes say")
    .optional(),
  hold_down: durationSchema
    .refine((millis) => millis >= 10 * SECOND, { message: "at least 10s" })
    .describe("How long an earlier entry of via must be up before it is gone back to")
    .default(5 * MINUTE),
  budget: budgetSchema.describe("Bytes that may go to this server in a month").optional(),
};

interface UplinkKeys {
  readonly via?: readonly string[] | undefined;
  readonly hold_down: Millis;
  readonly budget?: Budget | undefined;
}

export function uplinksOf({ via, hold_down: holdDown, budget }: UplinkKeys): UplinkSettings {
  return { ...(via === undefined ? {} : { via, holdDown }), ...(budget === undefined ? {} : { budget }) };
}

/** What only the keys together show. `node`: the map of the server. */
export function checkUplinks({ via = [], budget }: UplinkKeys, node: YamlNode, report: Report): void {
  const given = childOf(node, "via");
  for (const [i, name] of via.entries()) {
    if (via.indexOf(name) === i) continue;
    reportError(report, nodeAt(given ?? node, [i])?.place ?? node.place, `via: "${name}" is there twice`, "LG208");
  }
  if (given === undefined && childOf(node, "hold_down") !== undefined) {
    reportError(report, childOf(node, "hold_down")?.place ?? node.place, "hold_down: only counts with via:", "LG209");
  }
  const limited = nodeAt(node, ["budget", "via"]);
  for (const [i, name] of (budget?.via ?? []).entries()) {
    if (via.includes(name)) continue;
    const place = nodeAt(limited ?? node, [i])?.place ?? node.place;
    const [near] = nearestNames(name, via, 1);
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    const why = given === undefined ? "the server has no via: to choose from" : `via: has no "${name}"${hint}`;
    reportError(report, place, `budget: via: ${why}`, "LG209");
  }
}

/** The names of Linux have at most 15 bytes, no white space and no "/"; digits and dots alone are an address. */
function isUplink(text: string): boolean {
  if (isIP(text) !== 0) return true;
  return /^[^\s/]{1,15}$/.test(text) && !/^[0-9.]+$|:.*:/.test(text);
}
