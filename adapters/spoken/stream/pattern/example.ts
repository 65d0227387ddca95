/** A pattern run backwards: a text that it takes, with these values in its groups. */
import { type Engine, engineOf } from "./engine.ts";
import { type CharacterSet, contains, type Pattern } from "./syntax.ts";

export type Values = ReadonlyMap<string, string | number>;

/** `match`: the pattern forwards, against which the text is checked. */
export function exampleOf(pattern: Pattern, values: Values, match: Engine): string | undefined {
  const text = write(pattern, values);
  const groups = text === undefined ? undefined : match(text);
  if (groups === undefined) return undefined;
  const agrees = [...values].every(([name, value]) => {
    const group = groups.get(name);
    return group === undefined || sameValue(group, value);
  });
  return agrees ? text : undefined;
}

function sameValue(text: string, value: string | number): boolean {
  return typeof value === "number" ? Number(text) === value : text === value;
}

function write(pattern: Pattern, values: Values): string | undefined {
  switch (pattern.kind) {
    case "set":
      return characterOf(pattern);
    case "sequence":
      return joined(pattern.items.map((item) => write(item, values)));
    case "either":
      return pattern.options.map((option) => write(option, values)).find((text) => text !== undefined);
    case "repeat": {
      // Something that has a value is worth writing once, though it may be left out.
      const times = Math.max(pattern.least, hasValue(pattern.item, values) ? 1 : 0);
      return joined(Array.from({ length: times }, () => write(pattern.item, values)));
    }
    case "group": {
      const value = pattern.name === undefined ? undefined : values.get(pattern.name);
      return value === undefined ? write(pattern.item, values) : spelled(pattern.item, value);
    }
  }
}

function joined(parts: readonly (string | undefined)[]): string | undefined {
  return parts.includes(undefined) ? undefined : parts.join("");
}

function hasValue(pattern: Pattern, values: Values): boolean {
  switch (pattern.kind) {
    case "set":
      return false;
    case "sequence":
      return pattern.items.some((item) => hasValue(item, values));
    case "either":
      return pattern.options.some((option) => hasValue(option, values));
    case "repeat":
      return hasValue(pattern.item, values);
    case "group":
      return (pattern.name !== undefined && values.has(pattern.name)) || hasValue(pattern.item, values);
  }
}

/** The usual characters first. */
const USUAL = " 0aA";

function characterOf(set: CharacterSet): string | undefined {
  for (const usual of USUAL) if (!set.negated && contains(set, usual.charCodeAt(0))) return usual;
  const first = set.negated ? undefined : set.ranges[0]?.[0];
  if (first !== undefined) return String.fromCodePoint(first);
  for (let code = 0x78; code > 0x20; code--) if (contains(set, code)) return String.fromCharCode(code);
  return undefined;
}

const MOST_DECIMALS = 6;
const MOST_DIGITS = 12;

/** A value as the group takes it: with decimals, leading zeros or spaces, or a sign. */
function spelled(pattern: Pattern, value: string | number): string | undefined {
  const match = engineOf(pattern);
  return spellings(value).find((text) => match(text) !== undefined);
}

function spellings(value: string | number): readonly string[] {
  if (typeof value === "string") return [value];
  const plain = String(value);
  const decimals = Array.from({ length: MOST_DECIMALS + 1 }, (_, i) => value.toFixed(i)).filter(
    (text) => Number(text) === value,
  );
  const texts = [...new Set([plain, ...decimals])];
  const sign = value < 0 ? "-" : "";
  const padded = texts.flatMap((text) =>
    Array.from({ length: MOST_DIGITS }, (_, i) => [
      sign + text.slice(sign.length).padStart(i, "0"),
      sign + text.slice(sign.length).padStart(i, " "),
      text.padStart(i, " "),
    ]).flat(),
  );
  return [...new Set([...texts, ...padded])].flatMap((text) => (value < 0 ? [text] : [text, `+${text}`]));
}
