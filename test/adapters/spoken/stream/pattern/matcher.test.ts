import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { matcherOf } from "../../../../../adapters/spoken/stream/pattern/matcher.ts";
import { PatternError } from "../../../../../adapters/spoken/stream/pattern/syntax.ts";

const groups = (pattern: string, text: string) => {
  const found = matcherOf(pattern).match(text);
  return found === undefined ? undefined : Object.fromEntries(found);
};

test("a pattern stands for the whole of a frame, with or without its anchors", () => {
  for (const pattern of ["S [SD]", "^S [SD]", "S [SD]$", "^S [SD]$"]) {
    assert.deepEqual(groups(pattern, "S S"), {}, pattern);
    assert.equal(groups(pattern, "S S "), undefined, pattern);
    assert.equal(groups(pattern, " S S"), undefined, pattern);
  }
  assert.deepEqual(groups("a\\$", "a$"), {});
});

test("named groups are what is read", () => {
  assert.deepEqual(groups("^S (?<stable>[SD])\\s+(?<weight>-?[\\d.]+) (?<unit>mg|g|kg)$", "S S     100.00 g"), {
    stable: "S",
    weight: "100.00",
    unit: "g",
  });
  assert.deepEqual(groups("(?<a>x)?(?<b>.*)", "yz"), { b: "yz" });
});

/** Texts of a few characters, so that patterns of the same few often meet them. */
const texts = fc.array(fc.constantFrom("a", "b", "0", " ", "é", "\n"), { maxLength: 8 }).map((parts) => parts.join(""));

/** A pattern, and whether it may be empty: what may be empty is not repeated. */
interface Made {
  readonly text: string;
  readonly empty: boolean;
}

const atoms: fc.Arbitrary<Made> = fc
  .constantFrom(
    "a",
    "b",
    "0",
    " ",
    ".",
    "\\d",
    "\\D",
    "\\w",
    "\\W",
    "\\s",
    "\\S",
    "[ab]",
    "[^a]",
    "[a-b0]",
    "\\xe9",
    "[\\s\\S]",
  )
  .map((text) => ({ text, empty: false }));

const { pattern: patterns } = fc.letrec<{ pattern: Made; item: Made }>((tie) => ({
  item: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    atoms,
    tie("pattern").map(({ text, empty }) => ({ text: `(?:${text})`, empty })),
    tie("pattern").map(({ text, empty }) => ({ text: `(?<NAME>${text})`, empty })),
    fc
      .tuple(tie("item"), fc.constantFrom("*", "+", "?", "{2}", "{1,2}", "{1,}", "*?", "+?", "??"))
      .map(([{ text, empty }, times]) =>
        empty || /[*+?}]$/.test(text) ? { text, empty } : { text: text + times, empty: /^[*?]/.test(times) },
      ),
  ),
  pattern: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.array(tie("item"), { minLength: 1, maxLength: 3 }).map((items) => ({
      text: items.map(({ text }) => text).join(""),
      empty: items.every(({ empty }) => empty),
    })),
    fc.tuple(tie("pattern"), tie("pattern")).map(([a, b]) => ({
      text: `${a.text}|${b.text}`,
      empty: a.empty || b.empty,
    })),
  ),
}));

function named(text: string): string {
  let count = 0;
  return text.replace(/<NAME>/g, () => `<n${count++}>`);
}

test("matches, and their groups, are those of ECMAScript", () => {
  fc.assert(
    fc.property(patterns, texts, (made, text) => {
      const pattern = named(made.text);
      const expected = new RegExp(`^(?:${pattern})$`).exec(text);
      const wanted =
        expected === null
          ? undefined
          : Object.fromEntries(Object.entries(expected.groups ?? {}).filter(([, group]) => group !== undefined));
      const found = groups(pattern, text);
      // Of a group that is repeated this one keeps what it had last, where ECMAScript forgets it each time.
      const isRepeated = /\)[*+?{]/.test(pattern) && pattern.includes("<");
      const shown = `${pattern} on ${JSON.stringify(text)}`;
      if (isRepeated) assert.equal(found === undefined, wanted === undefined, shown);
      else assert.deepEqual(found, wanted, shown);
    }),
    { numRuns: 800 },
  );
});

test("any text is a pattern or a sentence that says why it is none", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."ab(?<n>[]^-{1,}*+|\\dxq$.:) ") }), (text) => {
      try {
        matcherOf(text).match("ab");
      } catch (error) {
        assert.ok(error instanceof PatternError, String(error));
        assert.ok(error.message.length > 10 && error.at >= 0 && error.at <= text.length);
      }
    }),
    { numRuns: 2000 },
  );
});

test("a pattern on which others never end is done with one walk over the text", () => {
  const text = "a".repeat(4096);
  for (const pattern of ["(?:a+)+b", "(?:a|a)*b", "(?:a|aa)+b", ".*.*.*.*.*b", "(?:(?:a+)+)+b"]) {
    assert.equal(groups(pattern, text), undefined, pattern);
  }
});

test("what needs backtracking, or means nothing, is refused at its place", () => {
  const refused: readonly (readonly [string, RegExp, number])[] = [
    ["(a)\\1", /\\1 is not known here/, 3],
    ["(?=a)b", /looking ahead and behind is not known/, 2],
    ["a\\b", /\\b is not known here/, 1],
    ["(?:a*)*", /may be empty/, 6],
    ["a**", /repetition is repeated/, 1],
    ["a^b", /stands for the whole frame/, 1],
    ["*a", /repeats nothing/, 0],
    ["a{2", /expected \{2\}/, 1],
    ["a{3,2}", /smaller number stands first/, 1],
    ["(ab", /not closed/, 0],
    ["[ab", /not closed/, 0],
    ["ab)", /closes nothing/, 2],
    ["[b-a]", /lower end first/, 4],
    ["(?<a>x)(?<a>y)", /two groups have the name "a"/, 9],
    ["(?:a{900}){900}", /too long/, 0],
  ];
  for (const [text, message, at] of refused) {
    assert.throws(
      () => matcherOf(text),
      (error) => error instanceof PatternError && message.test(error.message) && error.at === at,
      text,
    );
  }
});

test("a pattern run backwards gives a text that it takes, with these values", () => {
  const weigh = matcherOf("S (?<stable>[SD])\\s+(?<weight>-?[\\d.]+) (?<unit>mg|g|kg)");
  assert.equal(
    weigh.example(
      new Map<string, string | number>([
        ["stable", "D"],
        ["weight", -1.5],
      ]),
    ),
    "S D -1.5 mg",
  );
  assert.equal(weigh.example(new Map([["stable", "X"]])), undefined);
  assert.equal(matcherOf("(?<a>\\d{3}\\.\\d{2})").example(new Map([["a", 7.5]])), "007.50");
  assert.equal(matcherOf("A(?:,(?<b>\\d+))?").example(new Map([["b", 4]])), "A,4");
  assert.equal(matcherOf("A(?:,(?<b>\\d+))?").example(new Map()), "A");
});

test("whatever a pattern says, its example is one", () => {
  fc.assert(
    fc.property(patterns, (made) => {
      const pattern = matcherOf(named(made.text));
      const text = pattern.example(new Map());
      if (text !== undefined) assert.ok(pattern.match(text) !== undefined, `${pattern.text}: ${JSON.stringify(text)}`);
    }),
    { numRuns: 300 },
  );
});
