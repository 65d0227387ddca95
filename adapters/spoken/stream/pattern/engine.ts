/**
 * A pattern as the library runs it (RE2: one walk over the text, however the pattern is made), written out of what ours says: so a set
 * holds what it holds in ECMAScript, and nothing is known that the mapping language does not know.
 */
import { RE2JS, RE2JSException } from "re2js";
import { type CharacterSet, namesOf, type Pattern, PatternError, type Repeat } from "./syntax.ts";

/** The groups that have a part in it, by name, where the whole text is what the pattern says; else undefined. */
export type Engine = (text: string) => ReadonlyMap<string, string> | undefined;

/** Throws PatternError where the pattern is too large. */
export function engineOf(pattern: Pattern): Engine {
  const compiled = compiledOf(pattern);
  const names = namesOf(pattern);
  return (text) => {
    const matcher = compiled.matcher(text);
    if (!matcher.matches()) return undefined;
    const groups = new Map<string, string>();
    for (const name of names) {
      const group = matcher.group(name);
      if (group !== null) groups.set(name, group);
    }
    return groups;
  };
}

function compiledOf(pattern: Pattern): RE2JS {
  try {
    return RE2JS.compile(written(pattern));
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    // All else was refused where it was read, at its place.
    throw new PatternError("the pattern is too long, its repetitions written out", 0);
  }
}

function written(pattern: Pattern): string {
  switch (pattern.kind) {
    case "set":
      return setText(pattern);
    case "sequence":
      return pattern.items.map(written).join("");
    case "either":
      return `(?:${pattern.options.map(written).join("|")})`;
    case "repeat":
      return `(?:${written(pattern.item)})${times(pattern)}`;
    case "group":
      return pattern.name === undefined
        ? `(?:${written(pattern.item)})`
        : `(?<${pattern.name}>${written(pattern.item)})`;
  }
}

function setText({ ranges, negated }: CharacterSet): string {
  const members = ranges.map(([first, last]) => (first === last ? code(first) : `${code(first)}-${code(last)}`));
  return `[${negated ? "^" : ""}${members.join("")}]`;
}

function code(character: number): string {
  return `\\x{${character.toString(16)}}`;
}

function times({ least, most, lazy }: Repeat): string {
  const bounds = most === Infinity ? `{${least},}` : least === most ? `{${least}}` : `{${least},${most}}`;
  return lazy ? `${bounds}?` : bounds;
}
