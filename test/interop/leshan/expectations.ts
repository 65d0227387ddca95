/** What the tests of the layouts at Leshan have in common. */
import assert from "node:assert/strict";
import {
  type Answer,
  type LeshanNode,
  type LeshanValue,
  type Notification,
  valuesOf,
  valuesOfAll,
} from "./messages.ts";

export const FORMATS = ["TLV", "SENML_JSON", "SENML_CBOR"] as const;
export const COMPOSITE_FORMATS = ["SENML_JSON", "SENML_CBOR"] as const;

/** Checks how Leshan was answered, and returns the answer. */
export async function expect(answer: Promise<Answer>, status: string): Promise<Answer> {
  const given = await answer;
  assert.equal(given.status, status, given.errormessage);
  return given;
}

/** Of object 3306, for a Write. */
export function dimmer(value: number): LeshanNode {
  return { kind: "singleResource", id: 5851, type: "INTEGER", value: String(value) };
}

/** Of each path the newest, whether or not the format has times. */
export function newest(notification: Notification): Readonly<Record<string, LeshanValue>> {
  const { res, val, timestamped = [], vals = {}, timestampedVals = [] } = notification;
  // Newest first where there is one path, oldest first where there are several.
  const single = [...timestamped.map((one) => one.val).reverse(), ...(val === undefined ? [] : [val])];
  const several = [vals, ...timestampedVals.map((one) => one.vals)];
  return Object.assign({}, ...single.map((node) => valuesOf(node, res)), ...several.map((nodes) => valuesOfAll(nodes)));
}
