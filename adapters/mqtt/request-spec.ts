/** `requests:` of a mapping: what is published so that a device does or tells something, and how its answer is known. */
import { z } from "zod";
import { type Millis, SECOND } from "../../src/adapter.ts";
import { type Complain, timeoutSchema } from "../spoken/keys.ts";
import type { NamedRequest } from "../spoken/requests.ts";
import type { JsonPath } from "./json-path.ts";
import { conditionsSchema, filterSchema, pathSchema, type Qos, qosSchema, topicSchema } from "./keys.ts";
import type { Condition } from "./router.ts";
import { bytesTemplate, jsonTemplate, type Template, takes, textTemplate } from "./template.ts";

/** What is published once. */
export interface Publication {
  readonly topic: string;
  readonly payload: Template;
  readonly qos: Qos;
  readonly retain: boolean;
}

/** How an answer is known, and what it says. */
export interface ReplySpec {
  /** The topic or filter on which it comes; undefined: the one that the request names (MQTT 5). */
  readonly filter?: string | undefined;
  /** What it must say to be this answer; the word `{id}` is the number of the request. */
  readonly match: readonly Condition[];
  /** What it says where it was done; empty: it was. */
  readonly ok: readonly Condition[];
  /** Where the reason stands, if it was not; without `ok` it was not where there is one. */
  readonly error?: JsonPath | undefined;
}

export interface RequestSpec extends NamedRequest, Publication {
  readonly reply?: ReplySpec | undefined;
  readonly timeout: Millis;
}

/** The number of a request, in `match`. */
export const ID = "{id}";

const USUAL_TIMEOUT = 5 * SECOND;

/** The keys of what is published. */
export const publicationKeys = {
  send: z
    .string()
    .optional()
    .describe('The payload as text: "{value}" is what is written, "{value:2}" with two decimals'),
  json: z
    .unknown()
    .optional()
    .describe('The payload as JSON: { state: "{value}" }; a hole alone becomes a value of JSON'),
  hex: z.string().optional().describe("The payload as bytes in hexadecimal: 02 10 00"),
  qos: qosSchema.optional().describe("Quality of service: 0, 1 or 2; default: that of `mqtt:`, else 1"),
  retain: z.boolean().default(false).describe("The broker keeps it for whoever subscribes later"),
};

const replyFields = z.strictObject({
  topic: filterSchema.describe("The topic, or filter, on which the answer comes"),
  match: conditionsSchema.default([]).describe('What tells the answer from others: { transaction: "{id}" }'),
  ok: conditionsSchema.default([]).describe("What the answer says where it was done: { status: ok }"),
  error: pathSchema.optional().describe("JSON path of the reason, where it was not done; without `ok` that tells it"),
});

export const requestSchema = z.strictObject({
  topic: topicSchema.describe("The topic to which it is published"),
  ...publicationKeys,
  reply: z
    .union([z.literal("auto"), replyFields])
    .optional()
    .describe(
      "How the answer is known; auto: by response topic and correlation data of MQTT 5. Absent: none is awaited",
    ),
  timeout: timeoutSchema.optional().describe("How long the broker, and the answer, are awaited"),
});
type RequestFields = z.output<typeof requestSchema>;

type PayloadFields = Pick<RequestFields, "send" | "json" | "hex">;

/** Undefined where something is wrong, which `complain` has heard. */
export function requestSpec(
  name: string,
  fields: RequestFields,
  fallback: { readonly qos?: Qos | undefined; readonly timeout?: Millis | undefined },
  complain: Complain,
): RequestSpec | undefined {
  const payload = templateOf(fields, complain);
  if (payload === undefined) return undefined;
  const reply = fields.reply === "auto" ? { match: [], ok: [] } : replyOf(fields.reply);
  if (reply?.match.some(({ words }) => words.includes(ID)) === true && !takes(payload, "id")) {
    complain(["reply", "match"], `the answer has the {id} of the request, and the request sends none`);
    return undefined;
  }
  const { topic, qos, retain, timeout } = fields;
  return {
    name,
    takesValue: takes(payload, "value"),
    topic,
    payload,
    qos: qos ?? fallback.qos ?? 1,
    retain,
    ...(reply === undefined ? {} : { reply }),
    timeout: timeout ?? fallback.timeout ?? USUAL_TIMEOUT,
  };
}

/** What is sent. Undefined where something is wrong, which `complain` has heard. */
export function templateOf(
  { send, json, hex }: PayloadFields,
  complain: Complain,
  holes?: readonly string[],
): Template | undefined {
  const given = [send, json, hex].filter((one) => one !== undefined);
  if (given.length !== 1) {
    complain([], "expected what is sent: one of send (text), json and hex (bytes)");
    return undefined;
  }
  if (send !== undefined) return textTemplate(send, holes);
  if (hex === undefined) return jsonTemplate(json, holes);
  const digits = hex.replace(/\s/g, "");
  if (/^(?:[\da-f]{2})*$/i.test(digits)) return bytesTemplate(Buffer.from(digits, "hex"));
  complain(["hex"], `"${hex}" are no bytes in hexadecimal; expected e.g. 02 10 00`);
  return undefined;
}

function replyOf(fields: z.output<typeof replyFields> | undefined): ReplySpec | undefined {
  if (fields === undefined) return undefined;
  const { topic, match, ok, error } = fields;
  return { filter: topic, match, ok, ...(error === undefined ? {} : { error }) };
}
