/** Whose an advertisement is: `match:` of a mapping. */
import { z } from "zod";
import type { Decoded, FieldValue } from "./decoders/decoder.ts";
import { fieldKind } from "./decoders/index.ts";
import { addressSchema, type Complain, unknownName, wordsSchema } from "./keys.ts";
import type { DecodeSpec } from "./section.ts";

/** All that is given must fit; at least one is. */
export interface MatchSpec {
  /** As `Advertisement` has it. */
  readonly address?: string | undefined;
  /** How its name is, or with `*` at the end how it begins. */
  readonly name?: string | undefined;
  /** What decoded fields must say. */
  readonly only: readonly Condition[];
}

export interface Condition {
  readonly field: string;
  /** In lower case; one of them. */
  readonly words: readonly string[];
}

export const matchSchema = z.strictObject({
  address: addressSchema.optional().describe("Its address: A4:C1:38:8F:19:E9"),
  name: z
    .string()
    .min(1)
    .max(248)
    .regex(/^[^*]+\*?$/, "expected a name, or its beginning and *: ATC_8F19E9, LYWSD*")
    .optional()
    .describe("The name that it advertises, or its beginning and *"),
  only: z
    .record(z.string(), wordsSchema)
    .default({})
    .describe("What decoded fields must say: { uuid: $uuid, major: 1, minor: [7, 8] }"),
});

export function matchSpec(
  { address, name, only }: z.output<typeof matchSchema>,
  decode: DecodeSpec | "wrong" | undefined,
  complain: Complain,
): MatchSpec {
  const conditions = Object.entries(only).map(([field, words]): Condition => {
    const at = ["match", "only", field];
    if (decode === undefined) complain(at, "`only` is of decoded fields: say by `decode` what the advertisement is");
    else if (decode !== "wrong" && fieldKind(decode.decoder.fields, field) === undefined)
      complain(at, unknownName("field", field, decode.decoder.name, decode.decoder.fields.keys()));
    return { field, words: words.map((word) => word.toLowerCase()) };
  });
  if (address === undefined && name === undefined && conditions.length === 0)
    complain(["match"], "say whose advertisements they are: by address, name or only");
  return {
    ...(address === undefined ? {} : { address }),
    ...(name === undefined ? {} : { name }),
    only: conditions,
  };
}

/** Whether a name is the one that is meant. */
export function isNamed(pattern: string, name: string | undefined): boolean {
  if (name === undefined) return false;
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

export function holds(conditions: readonly Condition[], { fields }: Decoded): boolean {
  return conditions.every(({ field, words }) => {
    const value = fields.get(field);
    return value !== undefined && words.includes(wordOf(value));
  });
}

function wordOf(value: FieldValue): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value).toLowerCase();
}

/** For people: its address, its name, or what its advertisements say. */
export function titleOfMatch({ address, name, only }: MatchSpec): string {
  return address ?? name ?? only.map(({ field, words }) => `${field} ${words.join(" or ")}`).join(", ");
}
