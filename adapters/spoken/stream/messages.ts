/** What a device says: how a message is known, and where its fields stand. */
import { z } from "zod";
import { nearestNames } from "../../../src/adapter.ts";
import type { Complain } from "../keys.ts";
import type { Frame } from "./framing/seal.ts";
import { type Matcher, matcherOf } from "./pattern/matcher.ts";
import { PatternError } from "./pattern/syntax.ts";

/** How the characters of a message are told from its bytes. */
export const CHARSETS = ["latin1", "utf-8"] as const;
export type Charset = (typeof CHARSETS)[number];

/** Where a field stands in the text: a column between separators, or characters from the first to the last. */
export type FieldPlace = { readonly column: number } | { readonly first: number; readonly last: number };

/** One kind of message, or of answer. */
export interface MessageSpec {
  /** What the whole text must be; absent: whatever comes. */
  readonly matcher?: Matcher | undefined;
  readonly separator?: string | undefined;
  readonly fields: ReadonlyMap<string, FieldPlace>;
  /** It is this message only where these fields are one of these words. */
  readonly only: ReadonlyMap<string, readonly string[]>;
}

/** A message that came. */
export interface Message {
  readonly frame: Frame;
  readonly text: string;
  /** Fields that it has; one that is optional may be missing. */
  readonly fields: ReadonlyMap<string, string>;
}

/** Text of the bytes. Bytes that are no UTF-8 become the replacement character. */
export function textOf(bytes: Uint8Array, charset: Charset): string {
  return charset === "latin1" ? Buffer.from(bytes).toString("latin1") : UTF8.decode(bytes);
}

/** Bytes of the text; undefined where it has characters that the charset does not know. */
export function bytesOf(text: string, charset: Charset): Uint8Array | undefined {
  if (charset === "utf-8") return new TextEncoder().encode(text);
  return /^[\0-\xff]*$/.test(text) ? Buffer.from(text, "latin1") : undefined;
}

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The frame as this kind of message; undefined where it is another. */
export function readMessage(spec: MessageSpec, frame: Frame, text: string): Message | undefined {
  const groups = spec.matcher === undefined ? new Map<string, string>() : spec.matcher.match(text);
  if (groups === undefined) return undefined;
  const columns = spec.separator === undefined ? [] : text.split(spec.separator);
  const fields = new Map(groups);
  for (const [name, place] of spec.fields) {
    const field = "column" in place ? columns[place.column] : text.slice(place.first, place.last + 1);
    if (field !== undefined && field !== "") fields.set(name, field.trim());
  }
  const meant = [...spec.only].every(([name, words]) => words.includes(fields.get(name) ?? ""));
  return meant ? { frame, text, fields } : undefined;
}

/** Names of the fields that a message can have. */
export function fieldsOf({ matcher, fields }: MessageSpec): readonly string[] {
  return [...(matcher?.names ?? []), ...fields.keys()];
}

/** A pattern of a mapping, in a schema. */
export const patternSchema: z.ZodType<Matcher> = z.string().transform((text, context) => {
  try {
    return matcherOf(text);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    context.addIssue({
      code: "custom",
      message: `"${text}" is no pattern: ${error.message} (character ${error.at + 1})`,
    });
    return z.NEVER;
  }
});

const SPAN = /^(\d{1,4})\.\.(\d{1,4})$/;
const place = z
  .union([
    z.int().min(0).max(1024),
    z.string().regex(SPAN, "expected a column, from 0, or characters from the first to the last, e.g. 3..10"),
  ])
  .transform((given): FieldPlace => {
    if (typeof given === "number") return { column: given };
    const [, first, last] = SPAN.exec(given) ?? [];
    return { first: Number(first), last: Number(last) };
  });
/** One word, or several of which each will do. */
export const wordsSchema = z
  .union([z.string(), z.array(z.string()).min(1)])
  .transform((given) => (typeof given === "string" ? [given] : given));

/** The keys that messages and answers have in common. */
export const messageKeys = {
  split: z.string().min(1).max(8).optional().describe("What stands between the columns of the text, e.g. a comma"),
  fields: z
    .record(z.string().regex(/^[A-Za-z_]\w{0,31}$/, "expected a name of letters, digits and _"), place)
    .default({})
    .describe("Fields by name: a column where `split` parts the text, from 0, else the characters 3..10"),
  only: z
    .record(z.string(), wordsSchema)
    .default({})
    .describe("It is this message only where these fields are one of these words"),
};

const keysSchema = z.object(messageKeys);

/** What these keys make, beside a pattern; `complain` hears where they do not go together. */
export function messageSpec(
  { split, fields, only }: z.output<typeof keysSchema>,
  matcher: Matcher | undefined,
  complain: Complain,
): MessageSpec {
  const spec: MessageSpec = {
    matcher,
    separator: split,
    fields: new Map(Object.entries(fields)),
    only: new Map(Object.entries(only)),
  };
  check(spec, complain);
  return spec;
}

function check(spec: MessageSpec, complain: Complain): void {
  for (const [name, given] of spec.fields) {
    const path = ["fields", name];
    if (spec.matcher?.names.includes(name) === true) complain(path, `the pattern has a group "${name}" already`);
    else if ("column" in given && spec.separator === undefined)
      complain(path, "a column needs `split`, which parts the text");
    else if ("first" in given && given.first > given.last)
      complain(path, "expected the first character first, e.g. 3..10");
  }
  const names = fieldsOf(spec);
  for (const name of spec.only.keys()) if (!names.includes(name)) complain(["only", name], unknownField(name, names));
}

/** For the user: the name is that of no field. */
export function unknownField(name: string, names: readonly string[]): string {
  if (names.length === 0) return `there is no field "${name}": the message has none`;
  const [near] = nearestNames(name, names);
  const hint = near === undefined ? `have: ${names.join(", ")}` : `did you mean "${near}"?`;
  return `there is no field "${name}" (${hint})`;
}
