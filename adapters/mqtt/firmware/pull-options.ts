/** `via: mqtt-pull`: the device hears of an image by attributes, and asks for its chunks; names and shapes are ThingsBoard's. */
import { z } from "zod";
import { durationSchema, MINUTE, type Millis } from "../../../src/adapter.ts";
import { complainTo } from "../../spoken/keys.ts";
import type { JsonPath } from "../json-path.ts";
import { filterSchema, pathSchema, wordsSchema } from "../keys.ts";
import { jsonTemplate, type Template, takes, textTemplate } from "../template.ts";
import { type ErrorWords, errorsSchema } from "./conditions.ts";
import { holesAreLevels } from "./level-holes.ts";
import { holedTopicSchema, type Notice, noticeSchema } from "./notice.ts";
import { IMAGE_HOLES } from "./words.ts";

/** Where a device asks, and where it is answered. `{request}` and `{chunk}` are levels of both topics. */
export interface Exchange {
  readonly request: Template;
  readonly response: Template;
}

export interface PullOptions {
  readonly way: "mqtt-pull";
  readonly announce: Notice;
  readonly abort: Notice;
  readonly chunks: Exchange;
  /** Absent: devices do not ask what they were told. */
  readonly attributes?: Exchange;
  readonly error: string | undefined;
  readonly telemetry: readonly string[];
  readonly paths: { readonly state: JsonPath; readonly error: JsonPath; readonly version: JsonPath };
  readonly done: readonly string[];
  /** Of these the ones in which it runs what it says that it runs. */
  readonly updated: readonly string[];
  readonly failed: readonly string[];
  readonly errors: ErrorWords;
  /** Bytes of a chunk, where the device does not say. */
  readonly chunk: number;
  readonly silence: Millis;
  readonly retries: number;
}

const CHUNK_HOLES = ["request", "chunk"];
const ATTRIBUTE_HOLES = ["request"];
const BASE = "v1/devices/me";
const ANNOUNCED = {
  ...{ fw_title: "{name}", fw_version: "{version}", fw_size: "{size}" },
  ...{ fw_checksum: "{sha256}", fw_checksum_algorithm: "SHA256" },
};

const fields = z.strictObject({
  announce: noticeSchema(IMAGE_HOLES)
    .optional()
    .describe(
      "What tells the device of the image: { topic, json }; default: the attributes fw_… on v1/devices/me/attributes",
    ),
  abort: noticeSchema(IMAGE_HOLES)
    .optional()
    .describe("What tells it that there is none any more; default: that these attributes were deleted"),
  request: holedTopicSchema(CHUNK_HOLES)
    .optional()
    .describe(
      "Topic on which it asks for a chunk; {chunk}, and {request} if it has one, are levels of it; the payload is the length",
    ),
  response: holedTopicSchema(CHUNK_HOLES).optional().describe("Topic on which it gets the chunk"),
  attributes: z
    .union([
      z.literal(false),
      z.strictObject({
        request: holedTopicSchema(ATTRIBUTE_HOLES).describe("Topic on which it asks, with {request}"),
        response: holedTopicSchema(ATTRIBUTE_HOLES).describe("Topic on which it is told, with {request}"),
      }),
    ])
    .optional()
    .describe("Where it asks what was announced, e.g. after a restart; false: it does not"),
  error: z
    .union([z.literal(false), holedTopicSchema([])])
    .optional()
    .describe("Topic for what is wrong with a request; false: none"),
  telemetry: z
    .union([filterSchema, z.array(filterSchema).min(1).max(8)])
    .default(["v1/devices/me/telemetry", "v1/devices/me/attributes"])
    .describe("Topics on which it says its state and its version, in JSON"),
  state: pathSchema.default(["fw_state"]).describe("JSON path of its state"),
  problem: pathSchema.default(["fw_error"]).describe("JSON path of what is wrong"),
  version: pathSchema.default(["current_fw_version"]).describe("JSON path of the version that it runs"),
  done: wordsSchema
    .default(["VERIFIED", "UPDATING", "UPDATED"])
    .describe("States in which it has the image, and it is good"),
  updated: wordsSchema.default(["UPDATED"]).describe("States in which the version is no longer the one before"),
  failed: wordsSchema.default(["FAILED"]).describe("States in which it will not do"),
  errors: errorsSchema.default([]).describe("What its words for errors mean: { NO_SPACE: flash-full }"),
  chunk: z.int().min(16).max(1_048_576).default(4096).describe("Length of a chunk where the request has none"),
  timeout: durationSchema
    .refine((span) => span > 0, "longer than 0")
    .default(MINUTE)
    .describe("It is told again when it has said nothing for so long"),
  retries: z.int().min(0).max(100).default(5).describe("How often in a row"),
});

export const pullSchema: z.ZodType<PullOptions> = fields.transform((given, context): PullOptions => {
  const { state, problem, version, timeout: silence, error, attributes, request, response, telemetry, ...rest } = given;
  const chunks = {
    request: request ?? textTemplate("v2/fw/request/{request}/chunk/{chunk}", CHUNK_HOLES),
    response: response ?? textTemplate("v2/fw/response/{request}/chunk/{chunk}", CHUNK_HOLES),
  };
  const complain = complainTo(context);
  for (const [key, topic] of [["request", chunks.request], ...askedAt(attributes)] as const) {
    if (!holesAreLevels(topic)) complain([key], "a hole is a whole level of the topic: fw/{request}/chunk/{chunk}");
  }
  if (!takes(chunks.request, "chunk"))
    complain(["request"], "expected {chunk}: it says which part of the image is wanted");
  if (takes(chunks.response, "request") && !takes(chunks.request, "request")) {
    complain(["response"], "the topic of the request has no {request}");
  }
  const told = (json: unknown): Notice => ({
    ...{ topic: textTemplate(`${BASE}/attributes`, []), payload: jsonTemplate(json, IMAGE_HOLES) },
    ...{ qos: 1, retain: false },
  });
  const asked = {
    request: textTemplate(`${BASE}/attributes/request/{request}`, ATTRIBUTE_HOLES),
    response: textTemplate(`${BASE}/attributes/response/{request}`, ATTRIBUTE_HOLES),
  };
  return {
    ...rest,
    way: "mqtt-pull",
    announce: given.announce ?? told(ANNOUNCED),
    abort: given.abort ?? told({ deleted: Object.keys(ANNOUNCED) }),
    chunks,
    ...(attributes === false ? {} : { attributes: attributes ?? asked }),
    error: error === false ? undefined : (plainTopic(error) ?? "v2/fw/error"),
    telemetry: [telemetry].flat(),
    paths: { state, error: problem, version },
    silence,
  };
});

function askedAt(attributes: Exchange | false | undefined): readonly (readonly ["attributes", Template])[] {
  return attributes === undefined || attributes === false ? [] : [["attributes", attributes.request]];
}

/** Of a topic without holes. */
function plainTopic(template: Template | undefined): string | undefined {
  if (template?.kind !== "pieces") return undefined;
  return template.pieces.map((piece) => (piece.kind === "literal" ? piece.text : "")).join("");
}
