/** What somebody typed as options of a tool or of `sim`, read; what is wrong is told with the option in which it stands. */
import type { z } from "zod";
import type { ToolArguments } from "./adapter-tools.ts";
import type { Millis } from "./clock.ts";
import { parseDuration } from "./duration.ts";
import { reasonOf } from "./errors.ts";

/** What the user, or another process, asked for makes no sense; the message says what was expected. */
export class WrongArguments extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "WrongArguments";
  }
}

/** What the schema makes of options, by their names. Throws WrongArguments. */
export function typedOptions<T>(schema: z.ZodType<T>, given: unknown): T {
  const { data, error } = schema.safeParse(given);
  if (error === undefined) return data;
  throw wrongOption(error);
}

/** The first thing that is wrong. A key of two words is an option with a dash. */
export function wrongOption(error: z.ZodError): WrongArguments {
  const [issue] = error.issues;
  const key = issue?.path[0];
  const message = issue?.message ?? error.message;
  const text = key === undefined ? message : `--${String(key).replaceAll("_", "-")}: ${message}`;
  return new WrongArguments(text, { cause: error });
}

/** A time longer than 0; undefined: the option is not given. Throws WrongArguments. */
export function typedSpan(args: ToolArguments, option: string): Millis | undefined {
  const text = args.text(option);
  if (text === undefined) return undefined;
  let span: Millis;
  try {
    span = parseDuration(text);
  } catch (error) {
    throw new WrongArguments(`--${option}: ${reasonOf(error)}`, { cause: error });
  }
  if (span > 0) return span;
  throw new WrongArguments(`--${option}: expected a time longer than 0`);
}
