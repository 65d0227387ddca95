/** `availability:` says when a device counts as gone, how it is looked for, and what servers see meanwhile. */
import { z } from "zod";
import type { PointId } from "../adapter.ts";
import { MINUTE, type Millis, SECOND } from "../clock.ts";
import { durationSchema, orIssue, parseDuration, pausesSchema } from "../duration.ts";
import { slug } from "../lwm2m/objects/slug.ts";
import { didYouMean } from "../yaml/issues.ts";
import { childOf, isEmpty, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";
import { type Report, readNode, reportError } from "../yaml/read.ts";
import { titleOf } from "./mapped-resource.ts";
import type { AvailabilityRule, DevicePlan, ObjectPlan, ResourceIdentity, ResourcePlan } from "./plan-types.ts";

/** Measurement Quality Indicator and Measurement Quality Level: sensors of the registry have them, from some version on. */
export const QUALITY = { indicator: 6042, level: 6049 } as const;

type Limits = Pick<AvailabilityRule, "failures" | "silence">;

const limit = z.string().transform((text, context): Limits => orIssue(context, () => limitOf(text)));

export const availabilitySchema = z.strictObject({
  offline_after: z
    .union([limit, z.array(limit).min(1).max(2)])
    .describe("3 failures in a row, or a time without a sign of life: 15m; [3 failures, 15m]: whichever comes first")
    .transform((given, context): Limits => orIssue(context, () => together(Array.isArray(given) ? given : [given])))
    .optional(),
  retry: pausesSchema
    .describe("The first and the longest pause before an offline device is asked again: 5s..10m")
    .optional(),
  probe: z.string().describe("The resource that is read to see whether the device is back: 3303/0/5700").optional(),
  when_offline: z
    .enum(["error", "hold", "bad-quality"])
    .describe(
      "What reads get of a device that is away: 5.00 (error), or the last values (hold; bad-quality marks them)",
    )
    .optional(),
  deregister_after: z
    .union([z.literal("never"), durationSchema])
    .describe(
      "Layout clients: how long it is away before it is de-registered, so that servers see it gone; never: it stays registered",
    )
    .optional(),
});

/** What devices say of themselves on a topic is the protocol's to hear. */
const OF_MQTT: ReadonlySet<string> = new Set(["topic", "path", "online", "offline"]);

const DEFAULT_RULE: AvailabilityRule = {
  failures: 3,
  retry: { first: 5 * SECOND, longest: 10 * MINUTE },
  deregisterAfter: 5 * MINUTE,
  whenOffline: "error",
};

/** What the rule of `node` says; `probe` comes with completeRule. */
export function readAvailability(node: YamlNode | undefined, report: Report): AvailabilityRule {
  if (node === undefined || isEmpty(node)) return DEFAULT_RULE;
  const misplaced = node.kind === "map" ? node.entries.filter(({ key }) => OF_MQTT.has(key.text)) : [];
  for (const { key } of misplaced) {
    const where = "write mqtt: { availability: { topic: …, online: …, offline: … } }";
    reportError(report, key.place, `"${key.text}" belongs to the section of the protocol: ${where}`, "LG210");
  }
  const read = readNode(node, availabilitySchema, report, { without: OF_MQTT });
  const { failures, deregisterAfter, ...others } = DEFAULT_RULE;
  const after = read?.offline_after ?? (failures === undefined ? {} : { failures });
  return {
    ...others,
    ...after,
    ...goneAfter(read?.deregister_after ?? deregisterAfter),
    ...(read?.retry === undefined ? {} : { retry: read.retry }),
    ...(read?.when_offline === undefined ? {} : { whenOffline: read.when_offline }),
  };
}

function goneAfter(given: Millis | "never" | undefined): Pick<AvailabilityRule, "deregisterAfter"> {
  return given === undefined || given === "never" ? {} : { deregisterAfter: given };
}

/** The rule with the point that `probe:` names; what cannot be asked, and what cannot be marked, is reported. */
export function completeRule(
  rule: AvailabilityRule,
  node: YamlNode | undefined,
  {
    objects,
    resources,
    mapped,
  }: Pick<DevicePlan, "objects" | "resources"> & { readonly mapped: readonly ResourceIdentity[] },
  report: Report,
): AvailabilityRule {
  const place = childOf(node, "when_offline")?.place;
  if (place !== undefined && rule.whenOffline === "bad-quality" && ![...objects.values()].some(hasQuality)) {
    report({ severity: "warning", code: "LG325", place, message: NOTHING_TO_MARK });
  }
  const written = childOf(node, "probe");
  const probe = written?.kind === "scalar" ? probeOf(written, resources, mapped, report) : undefined;
  return probe === undefined ? rule : { ...rule, probe };
}

export function hasQuality({ definition }: ObjectPlan): boolean {
  return definition.resources.has(QUALITY.indicator) || definition.resources.has(QUALITY.level);
}

/** A rule that marks nothing was meant otherwise. */
const NOTHING_TO_MARK = `bad-quality: no object of this mapping has Measurement Quality (${QUALITY.indicator}, ${QUALITY.level}) in its version; sensors have it from 1.1 on: write version: "1.1" beside their resources`;

function probeOf(
  written: ScalarNode,
  resources: ReadonlyMap<PointId, ResourcePlan>,
  mapped: readonly ResourceIdentity[],
  report: Report,
): PointId | undefined {
  const text = written.text.replace(/^\//, "");
  const found = findResource(text, resources);
  if ("wrong" in found) {
    // Another one is read.
    const isElsewhere = isLeftOut(text, resources, mapped);
    if (!isElsewhere) reportError(report, written.place, `probe: ${found.wrong}`, "LG325");
  } else if (found.source.kind === "point" && found.source.readable && found.source.poll !== "unasked") {
    return found.point;
  } else reportError(report, written.place, `probe: ${titleOf(found)} is not read from the device`, "LG325");
  return undefined;
}

/** Whether a resource of the mapping is meant that this device does not have, or not yet, because of a `when`. */
export function isLeftOut(
  text: string,
  resources: ReadonlyMap<PointId, ResourcePlan>,
  mapped: readonly ResourceIdentity[],
): boolean {
  const isMeant = ({ point, definition }: ResourceIdentity): boolean => [point, slug(definition.name)].includes(text);
  return mapped.some(isMeant) && ![...resources.values()].some(isMeant);
}

/** By its IDs, or by its name where that stands once in the mapping. */
export function findResource(
  text: string,
  resources: ReadonlyMap<PointId, ResourcePlan>,
): ResourcePlan | { readonly wrong: string } {
  const exact = resources.get(text);
  if (exact !== undefined) return exact;
  const all = [...resources.values()];
  const [first, ...others] = all.filter(({ definition }) => slug(definition.name) === text);
  if (first === undefined) {
    const names = all.map(({ definition }) => slug(definition.name));
    return { wrong: `no resource "${text}" in this mapping${didYouMean(text, [...names, ...resources.keys()])}` };
  }
  if (others.length === 0) return first;
  const points = [first, ...others].map(({ point }) => point);
  return { wrong: `the name "${text}" stands here for ${points.join(" and ")}: write the IDs` };
}

function limitOf(text: string): Limits {
  const [, failures] = /^([1-9][0-9]{0,3}) failures?$/.exec(text) ?? [];
  if (failures !== undefined) return { failures: Number(failures) };
  const silence = durationOf(text);
  if (silence !== undefined && silence > 0) return { silence };
  throw new RangeError(
    `"${text}" is neither a number of failures nor a duration; expected e.g. 3 failures, 15m or [3 failures, 15m]`,
  );
}

function durationOf(text: string): Millis | undefined {
  try {
    return parseDuration(text);
  } catch {
    // Said by the caller, with both spellings.
    return undefined;
  }
}

function together(limits: readonly Limits[]): Limits {
  const [first = {}, second] = limits;
  if (second === undefined) return first;
  if ("failures" in first === "failures" in second) {
    throw new RangeError("a list has one number of failures and one duration, e.g. [3 failures, 15m]");
  }
  return { ...first, ...second };
}
