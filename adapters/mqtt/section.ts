/** `mqtt:` of a mapping: where a device speaks, how it is known to be there, and what it is asked. */
import { z } from "zod";
import { type Complain, complainTo, nameSchema, timeoutSchema, unknownName } from "../spoken/keys.ts";
import type { JsonPath } from "./json-path.ts";
import { conditionsSchema, filterSchema, pathSchema, type Qos, qosSchema, wordsSchema } from "./keys.ts";
import { type RequestSpec, requestSchema, requestSpec } from "./request-spec.ts";
import type { Condition } from "./router.ts";

/** What is done with a message that the broker had kept: nobody knows how old it is, unless it says so itself. */
export type RetainedPolicy = "ignore" | "accept";

/** Where a device speaks. */
export interface TopicSpec {
  /** That of the mapping, or the topic itself where a resource has it written out. */
  readonly name: string;
  /** Several where the device says the same on each of them. */
  readonly filters: readonly string[];
  readonly only: readonly Condition[];
  /** Where a message says when it was measured. */
  readonly time?: JsonPath | undefined;
  readonly retained: RetainedPolicy;
  readonly qos: Qos;
}

/** Where somebody says whether the device is there. */
export interface AvailabilitySpec {
  readonly topic: string;
  /** Absent: the whole payload. */
  readonly path?: JsonPath | undefined;
  readonly online: readonly string[];
  readonly offline: readonly string[];
}

/** What the messages of a topic say of the radio. */
export interface SignalSpec {
  /** The name of the topic. */
  readonly topic: string;
  readonly rssi?: JsonPath | undefined;
  readonly linkQuality?: JsonPath | undefined;
}

export interface MqttDevice {
  readonly topics: ReadonlyMap<string, TopicSpec>;
  readonly availability: readonly AvailabilitySpec[];
  readonly signal?: SignalSpec | undefined;
  readonly requests: ReadonlyMap<string, RequestSpec>;
  /** What is published at the beginning, so that the device tells what it otherwise tells only when it changes. */
  readonly ask: readonly RequestSpec[];
  /** For a topic that a resource has written out. */
  readonly usual: Pick<TopicSpec, "time" | "retained" | "qos">;
  /** For a step that publishes. */
  readonly commandQos: Qos;
  /** The core's: the order of bytes within a value. */
  readonly order?: unknown;
}

/** The topic of which a resource's `path:` is. */
export const STATE = "state";

const retained = z
  .enum(["ignore", "accept"])
  .describe("Messages that the broker had kept: ignore (they count with `time` alone), or accept as measured now");
const time = pathSchema.describe(
  "JSON path of when it was measured: ISO 8601 with its zone, or seconds or milliseconds of Unix",
);
const subscribedQos = qosSchema.describe("Quality of service of the subscription; default: that of `mqtt:`, else 0");

const topicFields = z.strictObject({
  topic: z
    .union([filterSchema, z.array(filterSchema).min(1).max(8)])
    .transform((given): readonly string[] => (typeof given === "string" ? [given] : given))
    .describe("The topic, or a filter with + and #; a list where the device says the same on several"),
  only: conditionsSchema.default([]).describe("The message is of this device only where it says so: { fPort: 2 }"),
  time: time.optional(),
  retained: retained.optional(),
  qos: subscribedQos.optional(),
});

const availabilityFields = z.strictObject({
  topic: filterSchema.describe("The topic that says whether it is there"),
  path: pathSchema.optional().describe("JSON path of the word; absent: the whole payload"),
  online: wordsSchema.default(["online"]).describe("The word, or words, for: it is there"),
  offline: wordsSchema.default(["offline"]).describe("The word, or words, for: it is not"),
});

const sectionFields = z.strictObject({
  state: filterSchema.optional().describe("The topic, or filter, of which a resource's `path` is"),
  topics: z
    .record(nameSchema, z.union([filterSchema, topicFields]))
    .default({})
    .describe("Further topics by name: a text, or { topic, only, time, retained, qos }"),
  only: conditionsSchema
    .default([])
    .describe("Of `state`: what the payload must say to be of this device: { id: $id }"),
  time: time.optional(),
  retained: retained.default("ignore"),
  qos: qosSchema
    .optional()
    .describe("Quality of service of subscriptions (default 0) and of what is published (default 1)"),
  availability: z
    .union([availabilityFields, z.array(availabilityFields).min(1).max(8)])
    .optional()
    .describe("Where it is said whether the device is there; of several all must say so"),
  signal: z
    .strictObject({
      topic: z.string().default(STATE).describe("Name of the topic whose messages say it; default: state"),
      rssi: pathSchema.optional().describe("JSON path of the received signal strength, in dBm"),
      link_quality: pathSchema.optional().describe("JSON path of the quality of the radio link"),
    })
    .optional()
    .describe("What messages say of the radio, for object 4"),
  requests: z.record(nameSchema, requestSchema).default({}).describe("What is published to the device, by name"),
  ask: z
    .union([z.string(), z.array(z.string()).min(1).max(8)])
    .optional()
    .describe(
      "Requests that are published when the broker is there, and when the device is back, so that it tells what is",
    ),
  timeout: timeoutSchema
    .optional()
    .describe("How long the broker, and an answer, are awaited, where a request does not say it"),
  order: z.unknown().optional().describe("Order of the bytes of a value: ABCD, CDAB, BADC or DCBA"),
});
type SectionFields = z.output<typeof sectionFields>;

export const deviceSchema: z.ZodType<MqttDevice> = sectionFields.transform((fields, context) => {
  const complain = complainTo(context);
  const { availability = [], signal, order, retained: policy } = fields;
  const usual = { retained: policy, qos: fields.qos ?? 0, ...defined({ time: fields.time }) } as const;
  const topics = topicsOf(fields, usual, complain);
  const requests = new Map<string, RequestSpec>();
  for (const [name, request] of Object.entries(fields.requests)) {
    const spec = requestSpec(name, request, fields, (path, message) => complain(["requests", name, ...path], message));
    if (spec !== undefined) requests.set(name, spec);
  }
  return {
    topics,
    availability: Array.isArray(availability) ? availability : [availability],
    ...(signal === undefined ? {} : { signal: signalOf(signal, topics, complain) }),
    requests,
    ask: [fields.ask ?? []].flat().flatMap((name) => askedOf(name, requests, complain)),
    usual,
    commandQos: fields.qos ?? 1,
    ...(order === undefined ? {} : { order }),
  };
});

function topicsOf(
  { state, topics, only }: SectionFields,
  usual: MqttDevice["usual"],
  complain: Complain,
): ReadonlyMap<string, TopicSpec> {
  const specs = new Map<string, TopicSpec>();
  if (state !== undefined) specs.set(STATE, { name: STATE, filters: [state], only, ...usual });
  else if (only.length > 0 && topics[STATE] === undefined) complain(["only"], "it is of `state`, and there is none");
  for (const [name, given] of Object.entries(topics)) {
    if (specs.has(name)) complain(["topics", name], "`state` stands beside `topics` already");
    const { topic, only: own, ...others } = typeof given === "string" ? { topic: [given], only: [] } : given;
    specs.set(name, {
      name,
      filters: topic,
      only: name === STATE ? [...only, ...own] : own,
      ...usual,
      ...defined(others),
    });
  }
  return specs;
}

function signalOf(
  { topic, rssi, link_quality: linkQuality }: NonNullable<SectionFields["signal"]>,
  topics: MqttDevice["topics"],
  complain: Complain,
): SignalSpec {
  if (!topics.has(topic)) complain(["signal", "topic"], unknownName("topic", topic, topics.keys()));
  return { topic, rssi, linkQuality };
}

function askedOf(name: string, requests: MqttDevice["requests"], complain: Complain): readonly RequestSpec[] {
  const request = requests.get(name);
  if (request === undefined) complain(["ask"], unknownName("request", name, requests.keys()));
  else if (request.takesValue) complain(["ask"], `the request "${name}" needs a value`);
  return request === undefined ? [] : [request];
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(given: T): Defined<T>;
function defined(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
