/** The kinds of keys that mappings of several protocols have, as schemas; and how what is wrong with one is told. */
import { z } from "zod";
import { durationSchema, type Millis, nearestNames } from "../../src/adapter.ts";

/** Hears what is wrong, and at which key. */
export type Complain = (path: readonly string[], message: string) => void;

/** Within a transform of a schema. */
export function complainTo(context: z.core.$RefinementCtx): Complain {
  return (path, message) => context.addIssue({ code: "custom", path: [...path], message });
}

/** Of a request, a message, a topic. */
export const nameSchema = z.string().regex(/^[A-Za-z_][\w-]{0,31}$/, "expected a name of letters, digits, _ and -");

/** How long something is awaited. */
export const timeoutSchema: z.ZodType<Millis> = durationSchema.refine((span) => span > 0, "a timeout is longer than 0");

/** For the user: the mapping has nothing of that name. */
export function unknownName(what: string, name: string, known: Iterable<string>): string {
  const names = [...known];
  const [near] = nearestNames(name, names);
  const have = names.length === 0 ? "it has none" : `have: ${names.join(", ")}`;
  return `the mapping has no ${what} "${name}" (${near === undefined ? have : `did you mean "${near}"?`})`;
}
