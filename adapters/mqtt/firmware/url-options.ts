/** `via: url`: the device is told where the image lies, and fetches it. */
import { z } from "zod";
import { durationSchema, MINUTE, type Millis } from "../../../src/adapter.ts";
import { type ErrorWords, errorsSchema } from "./conditions.ts";
import { type Notice, noticeSchema } from "./notice.ts";
import { type ReportSpec, reportSchema } from "./reports.ts";
import { type VersionSpec, versionSchema } from "./version-watch.ts";
import { IMAGE_HOLES } from "./words.ts";

export interface UrlOptions {
  readonly way: "url";
  /** In their order. */
  readonly announce: readonly Notice[];
  readonly abort?: Notice | undefined;
  readonly reports: readonly ReportSpec[];
  /** It has the image when it has fetched the last byte, whatever it says then. */
  readonly fetched: boolean;
  readonly version?: VersionSpec | undefined;
  readonly errors: ErrorWords;
  readonly timeout: Millis;
  readonly retries: number;
}

const HOLES = [...IMAGE_HOLES, "url"];
const notice = noticeSchema(HOLES);

const fields = z.strictObject({
  announce: z
    .union([notice, z.array(notice).min(1).max(8)])
    .transform((given): readonly Notice[] => [given].flat())
    .describe("What tells the device, with {url}: { topic, send | json }, or a list of such"),
  abort: notice.optional().describe("What tells it that there is none any more: { topic, send | json }"),
  reports: z
    .union([reportSchema, z.array(reportSchema).min(1).max(8)])
    .transform((given): readonly ReportSpec[] => [given].flat())
    .default([])
    .describe("Where it says how far it is: { topic, path, done, failed, error }"),
  done: z
    .enum(["fetched", "reported"])
    .optional()
    .describe(
      "It has the image when it has fetched all of it, or when it says so; default: the latter where a report has `done`",
    ),
  version: versionSchema.optional().describe("Where the device says its version: { topic, path, ask }"),
  errors: errorsSchema.default([]).describe("What its words for errors mean: { NO_SPACE: flash-full }"),
  timeout: durationSchema
    .refine((span) => span > 0, "longer than 0")
    .default(2 * MINUTE)
    .describe("It is told again when it has fetched and said nothing for so long"),
  retries: z.int().min(0).max(100).default(3).describe("How often in a row"),
});

export const urlSchema: z.ZodType<UrlOptions> = fields.transform(({ done, ...given }): UrlOptions => {
  const isReported = given.reports.some(({ done: words }) => words.length > 0);
  return { ...given, way: "url", fetched: (done ?? (isReported ? "reported" : "fetched")) === "fetched" };
});
