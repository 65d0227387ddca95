/**
 * Reads a pattern: characters, `.`, `[a-z]`, `[^,]`, `\d \w \s` and their opposites, `(…)`, `(?:…)`, `(?<name>…)`, `|`,
 * `? * + {2} {2,} {2,5}`, each with `?` behind it for as few as will do. The words are those of ECMAScript; what would need
 * backtracking (references back, looking ahead or behind) is refused.
 */
import { type CharacterSet, mayBeEmpty, type Pattern, PatternError, type Range, type Repeat } from "./syntax.ts";

/** The whole of a frame: `^` in front and `$` at the end say nothing more, and are taken. Throws PatternError. */
export function parsePattern(text: string): Pattern {
  return new Parser(text).parse();
}

const DIGITS: readonly Range[] = [[0x30, 0x39]];
const WORD: readonly Range[] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
/** ECMA-262 §22.2.2.9: WhiteSpace and LineTerminator. */
const SPACES: readonly Range[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
/** What `.` is not. */
const LINE_ENDS: readonly Range[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];
const CLASSES: Readonly<Record<string, CharacterSet>> = {
  d: { kind: "set", ranges: DIGITS, negated: false },
  D: { kind: "set", ranges: DIGITS, negated: true },
  w: { kind: "set", ranges: WORD, negated: false },
  W: { kind: "set", ranges: WORD, negated: true },
  s: { kind: "set", ranges: SPACES, negated: false },
  S: { kind: "set", ranges: SPACES, negated: true },
};
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, "0": 0 };
const LAST_CODE = 0x10ffff;
const MOST_NESTED = 20;

class Parser {
  private readonly text: string;
  private readonly end: number;
  private at = 0;
  private depth = 0;
  private readonly names = new Set<string>();

  constructor(text: string) {
    this.text = text;
    const anchored = text.endsWith("$") && !/(?:^|[^\\])(?:\\\\)*\\\$$/.test(text);
    this.end = anchored ? text.length - 1 : text.length;
  }

  parse(): Pattern {
    this.take("^");
    const pattern = this.either();
    if (this.at < this.end) throw this.wrong(`")" closes nothing; write \\) for the character`);
    return pattern;
  }

  private either(): Pattern {
    const options = [this.sequence()];
    while (this.take("|")) options.push(this.sequence());
    const [only] = options;
    return only !== undefined && options.length === 1 ? only : { kind: "either", options };
  }

  private sequence(): Pattern {
    const items: Pattern[] = [];
    while (this.at < this.end && this.next !== "|" && this.next !== ")") items.push(this.repeated());
    const [only] = items;
    return only !== undefined && items.length === 1 ? only : { kind: "sequence", items };
  }

  private repeated(): Pattern {
    const item = this.atom();
    const at = this.at;
    const bounds = this.bounds();
    if (bounds === undefined) return item;
    if (mayBeEmpty(item)) throw new PatternError("what is repeated may be empty: there is no end to that", at);
    const lazy = this.take("?");
    if (this.bounds() !== undefined) throw new PatternError("a repetition is repeated: put the first into (?:…)", at);
    const repeat: Repeat = { kind: "repeat", item, ...bounds, lazy };
    return repeat;
  }

  private bounds(): Pick<Repeat, "least" | "most"> | undefined {
    if (this.take("*")) return { least: 0, most: Infinity };
    if (this.take("+")) return { least: 1, most: Infinity };
    if (this.take("?")) return { least: 0, most: 1 };
    if (this.next !== "{") return undefined;
    const [all, low, comma, high] = /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(this.text.slice(this.at, this.end)) ?? [];
    if (all === undefined) throw this.wrong(`expected {2}, {2,} or {2,5}; write \\{ for the character`);
    const least = Number(low);
    const most = comma === undefined ? least : high === undefined ? Infinity : Number(high);
    if (most < least || most === 0) throw this.wrong(`${all}: the smaller number stands first, and the other is not 0`);
    this.at += all.length;
    return { least, most };
  }

  private atom(): Pattern {
    switch (this.next) {
      case "(":
        return this.group();
      case "[":
        return this.set();
      case ".":
        this.at++;
        return { kind: "set", ranges: LINE_ENDS, negated: true };
      case "\\":
        return this.escape();
      case "^":
      case "$":
        throw this.wrong(`a pattern stands for the whole frame: write \\${this.next} for the character`);
      case "*":
      case "+":
      case "?":
      case "{":
        throw this.wrong(`${this.next} repeats nothing; write \\${this.next} for the character`);
      case "}":
      case "]":
        throw this.wrong(`${this.next} closes nothing; write \\${this.next} for the character`);
      default:
        return this.literal();
    }
  }

  private literal(): CharacterSet {
    const code = this.text.codePointAt(this.at) ?? 0;
    this.at += String.fromCodePoint(code).length;
    return this.character(code);
  }

  private group(): Pattern {
    const at = this.at++;
    if (++this.depth > MOST_NESTED) throw new PatternError(`more than ${MOST_NESTED} groups in each other`, at);
    const name = this.groupName();
    const item = this.either();
    if (!this.take(")")) throw new PatternError(`"(" is not closed; write \\( for the character`, at);
    this.depth--;
    return { kind: "group", ...(name === undefined ? {} : { name }), item };
  }

  private groupName(): string | undefined {
    if (!this.take("?") || this.take(":")) return undefined;
    const rest = this.text.slice(this.at, this.end);
    const [all, name] = /^<([A-Za-z_]\w{0,31})>/.exec(rest) ?? [];
    if (all === undefined || name === undefined) {
      throw this.wrong("a group is (…), (?:…) or (?<name>…); looking ahead and behind is not known here");
    }
    if (this.names.has(name)) throw this.wrong(`two groups have the name "${name}"`);
    this.names.add(name);
    this.at += all.length;
    return name;
  }

  private set(): CharacterSet {
    const at = this.at++;
    const negated = this.take("^");
    const ranges: Range[] = [];
    while (!this.take("]")) {
      if (this.at >= this.end) throw new PatternError(`"[" is not closed; write \\[ for the character`, at);
      const first = this.member();
      const ranged = this.next === "-" && this.at + 1 < this.end && this.text[this.at + 1] !== "]";
      if (!ranged) {
        ranges.push(...rangesOf(first));
        continue;
      }
      this.at++;
      ranges.push(this.range(first, this.member()));
    }
    if (ranges.length === 0) throw new PatternError("[] holds no character", at);
    return { kind: "set", ranges, negated };
  }

  private range(first: CharacterSet, last: CharacterSet): Range {
    const [[low, end] = [0, LAST_CODE]] = first.ranges;
    const [[start, high] = [0, LAST_CODE]] = last.ranges;
    if (low !== end || start !== high || low > high)
      throw this.wrong("expected a range such as a-z, the lower end first");
    return [low, high];
  }

  private member(): CharacterSet {
    return this.next === "\\" ? this.escape() : this.literal();
  }

  private escape(): CharacterSet {
    const rest = this.text.slice(this.at, this.end);
    const [all, short, long] = /^\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4}))/.exec(rest) ?? [];
    if (all !== undefined) {
      this.at += all.length;
      return this.character(Number.parseInt(short ?? long ?? "", 16));
    }
    const letter = rest.charAt(1);
    const set = CLASSES[letter];
    const control = CONTROLS[letter];
    if (set === undefined && control === undefined && (letter === "" || /[A-Za-z1-9]/.test(letter))) {
      throw this.wrong(
        `\\${letter} is not known here; expected \\d \\w \\s \\D \\W \\S \\t \\r \\n \\f \\v \\0 \\x41 \\u00b0`,
      );
    }
    this.at += 2;
    return set ?? this.character(control ?? letter.charCodeAt(0));
  }

  private character(code: number): CharacterSet {
    return { kind: "set", ranges: [[code, code]], negated: false };
  }

  private get next(): string | undefined {
    return this.at < this.end ? this.text[this.at] : undefined;
  }

  private take(mark: string): boolean {
    if (this.next !== mark) return false;
    this.at++;
    return true;
  }

  private wrong(message: string): PatternError {
    return new PatternError(message, this.at);
  }
}

/** `[\D]` holds what `\d` does not. */
function rangesOf({ ranges, negated }: CharacterSet): readonly Range[] {
  if (!negated) return ranges;
  const gaps: Range[] = [];
  let from = 0;
  for (const [first, last] of ranges) {
    if (from < first) gaps.push([from, first - 1]);
    from = last + 1;
  }
  return from > LAST_CODE ? gaps : [...gaps, [from, LAST_CODE]];
}
