/** What a mapping says of one value: on which topic, or in which answer, it comes, and where it stands there. */
import { z } from "zod";
import type { PointShape } from "../../src/adapter.ts";
import { type Complain, complainTo, unknownName } from "../spoken/keys.ts";
import { requestOf } from "../spoken/requests.ts";
import type { Factors } from "../spoken/words.ts";
import { type WriteSpec, writeOf, writeSchema } from "../spoken/write.ts";
import type { JsonPath } from "./json-path.ts";
import { filterSchema, pathSchema, wordsSchema } from "./keys.ts";
import type { RequestSpec } from "./request-spec.ts";
import { type MqttDevice, STATE, type TopicSpec } from "./section.ts";

/** The keys of which a resource has one, and `path` beside the others. */
export const SOURCES = ["topic", "request", "path"] as const;

/** Those that say which part of another is meant. */
export const PARTS = ["path"] as const;

const ENCODINGS = ["base64", "hex"] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** What a value is of its message. */
export interface Part {
  /** Absent: the whole payload, as it is. */
  readonly path?: JsonPath | undefined;
  /** How bytes are written in what stands there. */
  readonly encoding?: Encoding | undefined;
  /** The value is these bytes; `length` absent: all from there on. */
  readonly bytes?: { readonly at: number; readonly length?: number | undefined } | undefined;
}

export interface MqttPoint {
  readonly source:
    | { readonly kind: "topic"; readonly topic: TopicSpec }
    | { readonly kind: "request"; readonly request: RequestSpec };
  readonly part: Part;
  /** The number is multiplied by what stands behind the word that is at this path. */
  readonly scaleBy?: { readonly path: JsonPath; readonly factors: Factors } | undefined;
  /** It is believed only where this part is one of these words; a byte is the word of its number. */
  readonly quality?: { readonly part: Part; readonly good: readonly string[] } | undefined;
  readonly write?: WriteSpec<RequestSpec> | undefined;
}

const byteNumber = z.int().min(0).max(1_048_575);

const pointFields = z.strictObject({
  topic: z
    .string()
    .optional()
    .describe("The topic that has the value: a name of `topics`, or written out; default: state"),
  request: z.string().optional().describe("Name of the request whose answer has the value"),
  path: pathSchema
    .optional()
    .describe('JSON path of the value: a.b[0], a["x y"]; "." is the whole; absent: the payload as text'),
  encoding: z.enum(ENCODINGS).optional().describe("How bytes are written in that text; then `as` says what they are"),
  at: byteNumber.optional().describe("Byte at which the value begins, from 0; with `as`"),
  scale_by: z
    .object({ path: pathSchema.describe("JSON path of the word, e.g. of the unit") })
    .catchall(z.number())
    .optional()
    .describe("What the number is multiplied by, for each word at a path: { path: unit, g: 0.001, kg: 1 }"),
  quality: z
    .strictObject({
      path: pathSchema.optional().describe("JSON path of what tells whether the value is good"),
      encoding: z.enum(ENCODINGS).optional().describe("How bytes are written in that text, of which `at` is one"),
      at: byteNumber.optional().describe("The byte that tells it, from 0"),
      good: wordsSchema.describe("The words, or the numbers of the byte, for a good one"),
    })
    .optional()
    .describe("The value is believed only where the message says so: { path: valid, good: true }"),
  write: writeSchema.optional(),
  length: z.int().min(1).optional().describe("Bytes that the value takes"),
  device: z.custom<MqttDevice>((value) => typeof value === "object" && value !== null),
});
type PointFields = z.output<typeof pointFields>;
type PartFields = Pick<PointFields, "path" | "encoding" | "at" | "length">;

export const pointSchema: z.ZodType<MqttPoint> = pointFields.transform((fields, context) => {
  return toPoint(fields, complainTo(context)) ?? z.NEVER;
});

export function shape({ request, at, encoding }: Readonly<Record<string, unknown>>): PointShape {
  const asked = request !== undefined;
  const unasked = asked ? {} : { unasked: true as const };
  return at === undefined && encoding === undefined
    ? { kind: "scalar", writable: asked, ...unasked }
    : { kind: "bytes", wordBytes: 1, writable: asked, ...unasked };
}

/** Undefined where something is wrong, which `complain` has heard. */
function toPoint(fields: PointFields, complain: Complain): MqttPoint | undefined {
  const { scale_by: scaleBy } = fields;
  const source = sourceOf(fields, complain);
  const part = partOf(fields, complain);
  const own = source?.kind === "request" ? source.request : undefined;
  const writable = { requests: fields.device.requests, own, unasked: "a topic" };
  const write = source === undefined ? undefined : writeOf(fields.write, writable, complain);
  const quality = qualityOf(fields.quality, complain);
  if (source === undefined || part === undefined || write === undefined) return undefined;
  const { path: scalePath, ...factors } = scaleBy ?? {};
  return {
    source,
    part,
    ...(scalePath === undefined ? {} : { scaleBy: { path: scalePath, factors: new Map(Object.entries(factors)) } }),
    ...(quality === undefined ? {} : { quality }),
    ...(write === "no" ? {} : { write }),
  };
}

/** Undefined where none is given, and where something is wrong. */
function qualityOf(quality: PointFields["quality"], complain: Complain): MqttPoint["quality"] {
  if (quality === undefined) return undefined;
  const { good, ...where } = quality;
  const isByte = where.at !== undefined;
  if (!isByte && (where.path === undefined || where.encoding !== undefined)) {
    complain(["quality"], "say where it stands: at a `path` of JSON, or by `at` in which byte");
    return undefined;
  }
  const within: Complain = (path, message) => complain(["quality", ...path], message);
  const part = partOf(isByte ? { ...where, length: 1 } : where, within);
  return part === undefined ? undefined : { part, good };
}

function partOf({ path, encoding, at, length }: PartFields, complain: Complain): Part | undefined {
  if (at !== undefined && path !== undefined && encoding === undefined) {
    complain(["at"], "bytes within JSON are written as text: say by which `encoding`, base64 or hex");
    return undefined;
  }
  const isBytes = at !== undefined || encoding !== undefined;
  return {
    ...(path === undefined ? {} : { path }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(isBytes ? { bytes: { at: at ?? 0, length } } : {}),
  };
}

function sourceOf(fields: PointFields, complain: Complain): MqttPoint["source"] | undefined {
  const { device, topic, request } = fields;
  if (topic !== undefined && request !== undefined) {
    complain(["request"], "a value is on a topic, or in the answer to a request, not both");
    return undefined;
  }
  if (request !== undefined) {
    const found = requestOf(device.requests, request, ["request"], complain);
    if (found === undefined) return undefined;
    if (found.reply === undefined && !isWrittenOnly(fields)) {
      complain(["request"], `the request "${request}" has no \`reply\`: nothing can be read of it`);
      return undefined;
    }
    return { kind: "request", request: found };
  }
  const spec = topicOf(device, topic, complain);
  return spec === undefined ? undefined : { kind: "topic", topic: spec };
}

/** The core keeps `read: false` to itself: a request that takes a value is there to write. */
function isWrittenOnly({ path, write }: PointFields): boolean {
  return path === undefined && write !== undefined;
}

function topicOf(device: MqttDevice, topic: string | undefined, complain: Complain): TopicSpec | undefined {
  const named = device.topics.get(topic ?? STATE);
  if (named !== undefined) return named;
  if (topic === undefined) {
    complain(["path"], "`path` alone is of `state:` of the section `mqtt:`, and there is none");
    return undefined;
  }
  if (!/[/+#]/.test(topic)) {
    complain(["topic"], unknownName("topic", topic, device.topics.keys()));
    return undefined;
  }
  const filter = filterSchema.safeParse(topic);
  if (filter.success) return { name: topic, filters: [topic], only: [], ...device.usual };
  for (const { message } of filter.error.issues) complain(["topic"], message);
  return undefined;
}
