/** The section of a mapping: frames, what the device is asked, and what it says by itself. */
import { z } from "zod";
import { durationSchema, type Millis, SECOND } from "../../../src/adapter.ts";
import { type FrameSettings, frameSchema } from "./framing/frame-settings.ts";
import {
  CHARSETS,
  type Charset,
  type Complain,
  type MessageSpec,
  messageKeys,
  messageSpec,
  patternSchema,
} from "./messages.ts";
import { type Matcher, matcherOf } from "./pattern/matcher.ts";
import { PatternError } from "./pattern/syntax.ts";
import { type Template, templateOf } from "./template.ts";

/** A question, and what its answer looks like. */
export interface RequestSpec {
  readonly name: string;
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
const NAME = z.string().regex(/^[A-Za-z_][\w-]{0,31}$/, "expected a name of letters, digits, _ and -");

const timeout = durationSchema.refine((span) => span > 0, "a timeout is longer than 0");

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
  timeout: timeout.optional().describe("How long to wait for the answer"),
  ...messageKeys,
});
type RequestFields = z.output<typeof requestFields>;

const messageFields = z.strictObject({
  match: patternSchema
    .optional()
    .describe("Pattern of the whole message; its named groups are fields. Absent: any frame"),
  ...messageKeys,
});

const sectionFields = z.strictObject({
  frame: frameSchema.describe("Where a message begins and ends"),
  charset: z.enum(CHARSETS).default("latin1").describe("How characters are told from bytes"),
  timeout: timeout.default(USUAL_TIMEOUT).describe("How long to wait for an answer, where a request does not say it"),
  requests: z.record(NAME, requestFields).default({}).describe("What the device is asked, by name"),
  messages: z
    .record(
      NAME,
      messageFields.transform(({ match, ...keys }, context) =>
        messageSpec(keys, match, (path, message) => context.addIssue({ code: "custom", path: [...path], message })),
      ),
    )
    .default({})
    .describe("What the device says by itself, by name: of several that fit the first"),
  order: z.unknown().optional().describe("Order of the bytes of a value: ABCD, CDAB, BADC or DCBA"),
});
type SectionFields = z.output<typeof sectionFields>;

export const deviceSchema: z.ZodType<SpokenDevice> = sectionFields.transform((fields, context) => {
  const requests = new Map<string, RequestSpec>();
  for (const [name, request] of Object.entries(fields.requests)) {
    const spec = requestSpec(name, request, fields, (path, message) =>
      context.addIssue({ code: "custom", path: ["requests", name, ...path], message }),
    );
    if (spec !== undefined) requests.set(name, spec);
  }
  const { frame, charset, messages, order } = fields;
  return {
    frame,
    charset,
    requests,
    messages: new Map(Object.entries(messages)),
    ...(order === undefined ? {} : { order }),
  };
});

function requestSpec(
  name: string,
  request: RequestFields,
  section: SectionFields,
  complain: Complain,
): RequestSpec | undefined {
  const send = templateOf(request, section.charset, complain);
  const failures = failuresOf(request, complain);
  if (!request.answer && (request.expect !== undefined || failures.length > 0)) {
    complain(["answer"], "expect and fail are about an answer, and there is none");
  }
  const spec = messageSpec(request, request.expect, complain);
  if (send === undefined) return undefined;
  return {
    name,
    send,
    ...(request.answer ? { answer: spec } : {}),
    failures,
    timeout: request.timeout ?? section.timeout,
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
