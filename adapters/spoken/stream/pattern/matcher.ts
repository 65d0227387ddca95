/** A pattern that is ready: what it makes of a text, in time that grows with the text alone. */
import { engineOf } from "./engine.ts";
import { exampleOf } from "./example.ts";
import { parsePattern } from "./parse.ts";
import { namesOf } from "./syntax.ts";

export interface Matcher {
  /** As it was written. */
  readonly text: string;
  /** Names of its groups. */
  readonly names: readonly string[];
  /** The groups that have a part in it, where the whole text is what the pattern says; else undefined. */
  match(text: string): ReadonlyMap<string, string> | undefined;
  /** A text that it takes, in which the groups are these values as far as they fit; undefined where there is none. */
  example(values: ReadonlyMap<string, string | number>): string | undefined;
}

/** Throws PatternError. */
export function matcherOf(text: string): Matcher {
  const pattern = parsePattern(text);
  const match = engineOf(pattern);
  return {
    text,
    names: namesOf(pattern),
    match,
    example: (values) => exampleOf(pattern, values, match),
  };
}
