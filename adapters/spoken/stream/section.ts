/** The section of a mapping: frames, what the device is asked, and what it says by itself. */
import { z } from "zod";
import { type Millis, SECOND } from "../../../src/adapter.ts";
import { type Complain, complainTo, nameSchema, timeoutSchema } from "../keys.ts";
import type { NamedRequest } from "../requests.ts";
import { type FrameSettings, frameSchema } from "./framing/frame-settings.ts";
import { CHARSETS, type Charset, type MessageSpec, messageKeys, messageSpec, patternSchema } from "./messages.ts";
import { type Matcher, matcherOf } from "./pattern/matcher.ts";
import { PatternError } from "./pattern/syntax.ts";
import { type Template, takesValue, templateOf } from "./template.ts";

/** A question, and what its answer looks like. */
export interface RequestSpec extends NamedRequest {
  readonly send: Template;
  /** Absent: nobody answers. */
  readonly answer?: MessageSpec | undefined;
  /** Answers that say that it is not done, each with the reason. */
  readonly failures: readonly { readonly matcher: Matcher; readonly reason: string }[];
  readonly timeout: Millis;
}

export interface SpokenDevice {
  readonly frame: FrameSettings;
  readonly charset: Charset;
  readonly requests: ReadonlyMap<string, RequestSpec>;
  readonly messages: ReadonlyMap<string, MessageSpec>;
  /** The core's: the order of bytes within a value. */
  readonly order?: unknown;
}

const USUAL_TIMEOUT = SECOND;

const requestFields = z.strictObject({
  send: z
    .string()
    .min(1)
    .optional()
    .describe('What is sent: "SI\\r\\n"; {value} is what is written, {value:2} with decimals'),
  hex: z
    .string()
    .optional()
    .describe(
      'What is sent, in hexadecimal: "02 10 00"; {value:u16} is a number that is written, {value} bytes of `as`',
    ),
  wrap: z.boolean().default(false).describe("It is sent as a frame: the marks and the checksum are added"),
  expect: patternSchema
    .optional()
    .describe("Pattern of the whole answer; its named groups are fields. Absent: any frame"),
  answer: z.boolean().default(true).describe("false: nobody answers, and none is awaited"),
  fail: z
    .record(z.string(), z.string())
    .default({})
    .describe("Patterns of answers that say that it is not done, each with the reason"),
  timeout: timeoutSchema.optional().describe("How long to wait for the answer"),
  ...messageKeys,
});
type RequestFields = z.output<typeof requestFields>;

const messageFields = z.strictObject({
  match: patternSchema
    .optional()
    .describe("Pattern of the whole message; its named groups are fields. Absent: any frame"),
  ...messageKeys,
});

/** The keys that say how a device speaks, for a section that has others beside them. */
export const spokenKeys = {
  frame: frameSchema.describe("Where a message begins and ends"),
  charset: z.enum(CHARSETS).optional().describe("How characters are told from bytes; default: latin1"),
  requests: z.record(nameSchema, requestFields).optional().describe("What the device is asked, by name"),
  messages: z
    .record(
      nameSchema,
      messageFields.transform(({ match, ...keys }, context) => messageSpec(keys, match, complainTo(context))),
    )
    .optional()
    .describe("What the device says by itself, by name: of several that fit the first"),
};

const sectionFields = z.strictObject({
  ...spokenKeys,
  timeout: timeoutSchema
    .default(USUAL_TIMEOUT)
    .describe("How long to wait for an answer, where a request does not say it"),
  order: z.unknown().optional().describe("Order of the bytes of a value: ABCD, CDAB, BADC or DCBA"),
});
type SectionFields = z.output<typeof sectionFields>;

export const deviceSchema: z.ZodType<SpokenDevice> = sectionFields.transform((fields, context) =>
  spokenDevice(fields, complainTo(context)),
);

/** What these keys make; `complain` hears where they do not go together. `timeout`: where a request does not say it. */
export function spokenDevice(fields: SectionFields, complain: Complain): SpokenDevice {
  const { frame, charset = CHARSETS[0], messages = {}, order } = fields;
  const usual = { charset, timeout: fields.timeout };
  const requests = new Map<string, RequestSpec>();
  for (const [name, request] of Object.entries(fields.requests ?? {})) {
    const spec = requestSpec(name, request, usual, (path, message) => complain(["requests", name, ...path], message));
    if (spec !== undefined) requests.set(name, spec);
  }
  return {
    frame,
    charset,
    requests,
    messages: new Map(Object.entries(messages)),
    ...(order === undefined ? {} : { order }),
  };
}

function requestSpec(
  name: string,
  request: RequestFields,
  usual: { readonly charset: Charset; readonly timeout: Millis },
  complain: Complain,
): RequestSpec | undefined {
  const send = templateOf(request, usual.charset, complain);
  const failures = failuresOf(request, complain);
  if (!request.answer && (request.expect !== undefined || failures.length > 0)) {
    complain(["answer"], "expect and fail are about an answer, and there is none");
  }
  const spec = messageSpec(request, request.expect, complain);
  if (send === undefined) return undefined;
  return {
    name,
    takesValue: takesValue(send),
    send,
    ...(request.answer ? { answer: spec } : {}),
    failures,
    timeout: request.timeout ?? usual.timeout,
  };
}

function failuresOf({ fail }: RequestFields, complain: Complain): RequestSpec["failures"] {
  return Object.entries(fail).flatMap(([pattern, reason]) => {
    try {
      return [{ matcher: matcherOf(pattern), reason }];
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      complain(["fail", pattern], `"${pattern}" is no pattern: ${error.message} (character ${error.at + 1})`);
      return [];
    }
  });
}
