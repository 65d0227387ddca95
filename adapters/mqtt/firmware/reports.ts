/** What a device says of an update that it does by itself: that it is at it, that it has it, that it will not do. */
import { z } from "zod";
import type { FirmwareError } from "../../../src/adapter.ts";
import { type JsonPath, valueAt } from "../json-path.ts";
import { filterSchema, pathSchema, wordsSchema } from "../keys.ts";
import type { Message } from "../message.ts";
import { wordOf } from "../router.ts";
import { type ErrorWords, refusal } from "./conditions.ts";

export interface ReportSpec {
  readonly topic: string;
  /** Absent: the whole payload is the word. */
  readonly path?: JsonPath | undefined;
  /** A word stands somewhere in the text, not alone. */
  readonly within: boolean;
  readonly done: readonly string[];
  readonly failed: readonly string[];
  /** Where what is wrong stands; absent: the word says it. */
  readonly error?: JsonPath | undefined;
}

export const reportSchema: z.ZodType<ReportSpec> = z.strictObject({
  topic: filterSchema.describe("The topic, or filter, on which the device says it"),
  path: pathSchema.optional().describe("JSON path of the word; absent: the whole payload"),
  within: z.boolean().default(false).describe("The words are pieces of the text that stands there"),
  done: wordsSchema.default([]).describe("Words for: it has the image, and it is good"),
  failed: wordsSchema.default([]).describe("Words for: it will not do"),
  error: pathSchema.optional().describe("JSON path of what is wrong; absent: the word itself"),
});

export type Report =
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly error: FirmwareError }
  | { readonly kind: "works" };

/** Undefined: it says nothing of that. */
export function reportOf(spec: ReportSpec, message: Message, errors: ErrorWords): Report | undefined {
  const { path, within, done, failed, error } = spec;
  const at = (where: JsonPath | undefined): unknown =>
    where === undefined || "fault" in message.json ? undefined : valueAt(message.json.value, where);
  const word = path === undefined ? message.text.trim() : wordOf(at(path));
  const isOne = (words: readonly string[]): boolean =>
    word !== undefined && words.some((one) => (within ? word.includes(one) : word === one));
  if (isOne(failed)) return { kind: "failed", error: refusal(wordOf(at(error)) ?? word, errors) };
  if (isOne(done)) return { kind: "done" };
  return word === undefined ? undefined : { kind: "works" };
}
