/** The keys that stand beside a resource in a mapping, whatever its protocol. */
import { z } from "zod";
import { durationSchema } from "../duration.ts";
import { QUOTED } from "./expression/expression.ts";
import { LINK_FACTS } from "./plan-types.ts";
import { RAW_TYPE_NAMES } from "./raw-types.ts";

const number = z.number();
const positive = number.positive();
const bounds = z
  .tuple([number, number])
  .refine(([low, high]) => low <= high, { message: "the lower end stands first" });

/** For editors: a word of ours may look like a number to them. */
const looksLikeNumber = { type: ["string", "number", "boolean"] };

const expression = z
  .string({ error: `expected an expression; ${QUOTED}` })
  .meta({ type: ["string", "number", "boolean"] });

const BITS = /^([0-9]+)(?:\.\.([0-9]+))?$/;
const bits = z
  .string()
  .regex(BITS, { message: "expected one bit or a range of bits, e.g. 3 or 4..7" })
  .meta({ type: ["string", "integer"] })
  .transform((text): readonly [number, number] => {
    const [, low = "0", high = low] = BITS.exec(text) ?? [];
    return [Number(low), Number(high)];
  })
  .refine(([low, high]) => low <= high, { message: "the lower bit stands first" });

const end = z.enum(["big", "little"]);

/** What the core reads of a resource; the rest are the adapter's source keys. */
export const resourceKeys = z.strictObject({
  as: z.string().describe("Type of the raw value").meta({ enum: RAW_TYPE_NAMES }).optional(),
  length: z.int().min(1).max(1024).describe("Bytes, for `string` and `bytes`").optional(),
  order: z
    .union([z.string(), z.strictObject({ words: end, bytes: end })])
    .describe("Byte order: ABCD (default), CDAB, BADC, DCBA")
    .optional(),
  mask: z.union([z.number(), z.bigint()]).describe("Keeps these bits of the raw number").optional(),
  bits: bits.describe("One bit or a range of bits of the raw number: 3 or 4..7").optional(),
  invalid: z
    .union([z.literal(["nan", "sunspec"]), z.array(z.union([z.number(), z.bigint(), z.string()]))])
    .describe("Raw values that mean that there is no value")
    .optional(),
  scale: number.describe("The raw number is multiplied by it").optional(),
  offset: number.describe("Added after `scale`").optional(),
  expr: expression
    .describe("After `scale` and `offset`, from `value`; alone a source of its own: {/3303/0/5700} * 2")
    .optional(),
  enum: z.record(z.string(), z.string().meta(looksLikeNumber)).describe("Raw value: value").optional(),
  unit: z.string().describe("What the device delivers; converted to the unit of the registry").optional(),
  valid: bounds.describe("[lowest, highest] value that is believed, in the unit of the resource").optional(),
  max_step: positive
    .describe("The greatest change from one reading to the next that is believed, in the unit of the resource")
    .optional(),
  monotonic: z
    .union([z.boolean(), z.strictObject({ wraps_at: positive })])
    .describe("A counter, which never falls but begins anew; { wraps_at: 100000 } where its display says when")
    .optional(),
  deadband: positive
    .describe("A smaller change is not reported, unless the server says what is; in the unit of the resource")
    .optional(),
  max_age: durationSchema
    .refine((age) => age > 0, { message: "a value is always older than that" })
    .describe("What was reported is reported again after so long, also unchanged, unless the server says when")
    .optional(),
  accept: bounds.describe("[lowest, highest] value that may be written, in the unit of the resource").optional(),
  poll: z.string().describe("A group of `every:`, a duration, `connect` or `never`").optional(),
  read: z
    .union([z.boolean(), z.literal("last")])
    .describe("false: can be written only; last: what was written last is read, the device is not asked")
    .optional(),
  write: z
    .union([
      z.boolean(),
      z.looseObject({
        expr: expression.describe("From `value`, what the server wrote, to what `expr` takes: its inverse").optional(),
      }),
    ])
    .describe("true, or how it is written")
    .optional(),
  when: z.string().describe("It is there only where this holds: $phases == 3, firmware_version >= 2.1").optional(),
  const: z.union([z.string(), z.number(), z.boolean()]).describe("A value that never changes").optional(),
  param: z.string().describe("The value of this parameter").optional(),
  link: z.enum(LINK_FACTS).describe("What the link knows of the device's connection, for object 4").optional(),
  do: z.array(z.record(z.string(), z.unknown())).describe("The steps of an executable resource").optional(),
});

export type ResourceKeys = z.output<typeof resourceKeys>;

/** The sources that need no protocol. */
export const CORE_SOURCES: readonly string[] = ["const", "param", "link", "do"];

/** Keys of the language that stand beside a resource and are not built yet. */
export const LATER_RESOURCE_KEYS: readonly string[] = ["quality"];

export const CORE_RESOURCE_KEYS: readonly string[] = Object.keys(resourceKeys.shape);
