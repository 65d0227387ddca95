/** `via: mqtt-push`: the gateway sends the image in messages, the device says after each how far it is. */
import { z } from "zod";
import { durationSchema, type Millis, SECOND } from "../../../src/adapter.ts";
import { complainTo } from "../../spoken/keys.ts";
import type { JsonPath } from "../json-path.ts";
import { filterSchema, pathSchema, type Qos, qosSchema, topicSchema, wordsSchema } from "../keys.ts";
import { jsonTemplate, type Template, textTemplate } from "../template.ts";
import { type ErrorWords, errorsSchema } from "./conditions.ts";
import { holedTopicSchema, type Notice, noticeSchema } from "./notice.ts";
import { type VersionSpec, versionSchema } from "./version-watch.ts";
import { IMAGE_HOLES } from "./words.ts";

export interface PushOptions {
  readonly way: "mqtt-push";
  readonly begin: Notice;
  /** With the hole `{offset}`. */
  readonly data: Template;
  readonly ack: string;
  readonly abort: Notice;
  readonly version: VersionSpec;
  /** Bytes of one message. */
  readonly chunk: number;
  /** So many messages are on their way at once. */
  readonly window: number;
  readonly qos: Qos;
  readonly paths: {
    readonly next: JsonPath;
    readonly state: JsonPath;
    readonly error: JsonPath;
    readonly job: JsonPath;
  };
  readonly done: readonly string[];
  readonly failed: readonly string[];
  readonly errors: ErrorWords;
  readonly timeout: Millis;
  /** How long the device may take for its first answer: it erases. */
  readonly beginTimeout: Millis;
  readonly retries: number;
}

const BEGIN_HOLES = [...IMAGE_HOLES, "chunk"];
const DATA_HOLES = [...IMAGE_HOLES, "offset"];
const BEGIN = { job: "{job}", size: "{size}", sha256: "{sha256}", version: "{version}", chunk: "{chunk}" };

const span = durationSchema.refine((millis) => millis > 0, "longer than 0");

const fields = z.strictObject({
  topic: topicSchema
    .optional()
    .describe("Where the device hears of images: begin, data/…, ack, abort and version stand below it"),
  begin: noticeSchema(BEGIN_HOLES)
    .optional()
    .describe("What announces the image: { topic, json }; {chunk} is the length of a message"),
  data: holedTopicSchema(DATA_HOLES).optional().describe("Topic of the image's bytes, with {offset}"),
  ack: filterSchema.optional().describe("Topic on which the device says how far it is, in JSON"),
  abort: noticeSchema(IMAGE_HOLES).optional().describe("What tells the device that it is over: { topic, json }"),
  version: versionSchema.optional().describe("Where the device says its version: { topic, path, ask }"),
  chunk: z.int().min(16).max(1_048_576).default(4096).describe("Bytes of the image in one message"),
  window: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe("Messages that may be on their way before the device has answered"),
  qos: qosSchema.default(1).describe("Quality of service of the image's bytes"),
  next: pathSchema.default(["next"]).describe("JSON path of the offset that the device wants next"),
  state: pathSchema.default(["state"]).describe("JSON path of how it ended"),
  error: pathSchema.default(["error"]).describe("JSON path of what is wrong"),
  job: pathSchema
    .default(["job"])
    .describe("JSON path of the job; of answers that have another one nothing is believed"),
  done: wordsSchema.default(["done", "ok"]).describe("Words of `state` for: it has the image, and it is good"),
  failed: wordsSchema.default(["error", "failed"]).describe("Words of `state` for: it will not do"),
  errors: errorsSchema.default([]).describe("What its words for errors mean: { NO_SPACE: flash-full }"),
  timeout: span.default(10 * SECOND).describe("How long an answer is awaited"),
  begin_timeout: span.default(60 * SECOND).describe("How long the first answer is awaited: the device may erase"),
  retries: z.int().min(0).max(100).default(5).describe("How often in a row it is asked again where it is"),
});

export const pushSchema: z.ZodType<PushOptions> = fields.transform((given, context): PushOptions => {
  const { topic, next, state, error, job, begin_timeout: beginTimeout, ...rest } = given;
  if (topic === undefined && [given.begin, given.data, given.ack].includes(undefined)) {
    complainTo(context)(["topic"], "expected `topic`, or begin, data and ack by themselves");
    return z.NEVER;
  }
  const base = topic ?? "";
  const told = (name: string, json: unknown, holes: readonly string[]): Notice => ({
    ...{ topic: textTemplate(`${base}/${name}`, []), payload: jsonTemplate(json, holes) },
    ...{ qos: 1, retain: false },
  });
  return {
    ...rest,
    way: "mqtt-push",
    begin: given.begin ?? told("begin", BEGIN, BEGIN_HOLES),
    data: given.data ?? textTemplate(`${base}/data/{offset}`, DATA_HOLES),
    ack: given.ack ?? `${base}/ack`,
    abort: given.abort ?? told("abort", { job: "{job}" }, IMAGE_HOLES),
    version: given.version ?? { topic: `${base}/version` },
    paths: { next, state, error, job },
    beginTimeout,
  };
});
