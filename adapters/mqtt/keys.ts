/** The kinds of keys that the `mqtt:` section, requests and resources have in common, as schemas. */
import { z } from "zod";
import { type JsonPath, JsonPathError, parseJsonPath } from "./json-path.ts";
import type { Condition } from "./router.ts";
import { filterFault, topicFault } from "./topic-filter.ts";

export type Qos = 0 | 1 | 2;

/** A path within a JSON document. */
export const pathSchema: z.ZodType<JsonPath> = z.string().transform((text, context) => {
  try {
    return parseJsonPath(text);
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    const message = `"${text}" is no path of JSON: ${error.message} (character ${error.at + 1})`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  }
});

export const qosSchema: z.ZodType<Qos> = z.union([z.literal(0), z.literal(1), z.literal(2)], {
  error: "expected a quality of service: 0, 1 or 2",
});

/** A topic that something is published to. */
export const topicSchema = z.string().superRefine((text, context) => {
  const message = topicFault(text);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

/** A topic, or a filter with `+` and `#`. */
export const filterSchema = z.string().superRefine((text, context) => {
  const message = filterFault(text);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

/** What is meant as it is written: `ON`, `1`, `true`. */
const word = z.union([z.string().min(1), z.number(), z.boolean()]).transform(String);

/** One word, or several of which each will do. */
export const wordsSchema = z
  .union([word, z.array(word).min(1).max(64)])
  .transform((given): readonly string[] => (typeof given === "string" ? [given] : given));

/** `{ model: Acurite, id: 1, flags.ok: [1, 2] }` */
export const conditionsSchema = z.record(z.string(), wordsSchema).transform((given, context): readonly Condition[] =>
  Object.entries(given).map(([text, words]) => {
    const path = pathSchema.safeParse(text);
    if (path.success) return { path: path.data, words };
    for (const { message } of path.error.issues) context.addIssue({ code: "custom", path: [text], message });
    return z.NEVER;
  }),
);
