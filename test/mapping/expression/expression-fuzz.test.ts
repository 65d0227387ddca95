import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compileExpression } from "../../../src/mapping/expression/expression.ts";
import type { ExpressionScope } from "../../../src/mapping/expression/scope.ts";
import { ExpressionError } from "../../../src/mapping/expression/syntax.ts";
import type { Operand, Type } from "../../../src/mapping/expression/types.ts";
import { Bad } from "../../../src/mapping/stage.ts";

const SCOPE: ExpressionScope = {
  names: new Map<string, Type>([
    ["a", "number"],
    ["b", "number"],
    ["t", "text"],
    ["v", "version"],
  ]),
  parameters: new Map([["p", { type: "number", value: 2.5 }]]),
  resource: (reference) => (reference === "x" ? { key: "x", type: "number" } : { wrong: "no" }),
};

const WORDS =
  "a b t v $p {x} {x {k:1}[t] 1 0.5 0x1F 1e5 2.1.3 'k' \"q + - * / % ** == != < <= > >= and or not ? : ( ) [ ] { } , min( abs( bit( hex( $ & é \n";

test("any text is an expression, or a mistake with a place in it", () => {
  const word = fc.constantFrom(...WORDS.split(" "));
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.array(word, { maxLength: 40 }).map((words) => words.join(" ")),
    fc.array(word, { maxLength: 40 }).map((words) => words.join("")),
  );
  fc.assert(
    fc.property(texts, fc.array(operand(), { maxLength: 4 }), (text, values) => {
      try {
        const expression = compileExpression(text, SCOPE);
        const given = expression.evaluate(values);
        assert.ok(given instanceof Bad || typeof given !== "number" || Number.isFinite(given), String(given));
      } catch (error) {
        assert.ok(error instanceof ExpressionError, String(error));
        assert.ok(error.at >= 0 && error.at <= text.length && error.message !== "");
      }
    }),
    { numRuns: 1000 },
  );
});

/** The same expression in our words and in those of JavaScript. */
interface Pair {
  readonly ours: string;
  readonly theirs: string;
}

test("random expressions give what JavaScript gives", () => {
  const number = fc.integer({ min: -1000, max: 1000 });
  fc.assert(
    fc.property(numeric(), number, number, (pair, a, b) => {
      const ours = resultOf(pair.ours, { a, b });
      const theirs: unknown = new Function("a", "b", `return ${pair.theirs}`)(a, b);
      if (ours instanceof Bad) return;
      assert.equal(typeof theirs, "number");
      assert.ok(close(Number(ours), Number(theirs)), `${pair.ours} is ${ours}, not ${String(theirs)}`);
    }),
    { numRuns: 1000 },
  );
});

/** What has no value whatever its inputs are is a mistake already. */
function resultOf(text: string, values: { readonly a: number; readonly b: number }): Operand | Bad {
  try {
    const { inputs, evaluate } = compileExpression(text, SCOPE);
    return evaluate(inputs.map((name) => (name === "a" ? values.a : values.b)));
  } catch (error) {
    assert.ok(error instanceof ExpressionError, String(error));
    return new Bad(error.message);
  }
}

function close(ours: number, theirs: number): boolean {
  return Math.abs(ours - theirs) <= 1e-12 * Math.max(1, Math.abs(theirs));
}

function numeric(): fc.Arbitrary<Pair> {
  const { number } = fc.letrec<{ readonly number: Pair; readonly truth: Pair }>((tie) => ({
    number: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(both("a"), both("b")),
      fc.integer({ min: 0, max: 99 }).map((n) => both(String(n))),
      fc
        .tuple(tie("number"), fc.constantFrom("+", "-", "*", "/", "%"), tie("number"))
        .map(([l, operator, r]) => infix(l, operator, operator, r)),
      tie("number").map((inner) => wrap("-", "-", inner)),
      fc.tuple(tie("number"), tie("number")).map(([l, r]) => call("min", "Math.min", [l, r])),
      fc.tuple(tie("number"), tie("number")).map(([l, r]) => call("max", "Math.max", [l, r])),
      tie("number").map((inner) => call("abs", "Math.abs", [inner])),
      tie("number").map((inner) => call("floor", "Math.floor", [inner])),
      fc.tuple(tie("truth"), tie("number"), tie("number")).map(([condition, yes, no]) => ({
        ours: `(${condition.ours} ? ${yes.ours} : ${no.ours})`,
        theirs: `(${condition.theirs} ? ${yes.theirs} : ${no.theirs})`,
      })),
    ),
    truth: fc.oneof(
      { depthSize: "small" },
      fc
        .tuple(tie("number"), fc.constantFrom("<", "<=", ">", ">="), tie("number"))
        .map(([l, operator, r]) => infix(l, operator, operator, r)),
      fc.tuple(tie("truth"), tie("truth")).map(([l, r]) => infix(l, "and", "&&", r)),
      fc.tuple(tie("truth"), tie("truth")).map(([l, r]) => infix(l, "or", "||", r)),
      tie("truth").map((inner) => wrap("not ", "!", inner)),
    ),
  }));
  return number;
}

function both(text: string): Pair {
  return { ours: text, theirs: text };
}

function infix(left: Pair, ours: string, theirs: string, right: Pair): Pair {
  return { ours: `(${left.ours} ${ours} ${right.ours})`, theirs: `(${left.theirs} ${theirs} ${right.theirs})` };
}

function wrap(ours: string, theirs: string, { ours: a, theirs: b }: Pair): Pair {
  return { ours: `(${ours}${a})`, theirs: `(${theirs}(${b}))` };
}

function call(ours: string, theirs: string, args: readonly Pair[]): Pair {
  return {
    ours: `${ours}(${args.map((arg) => arg.ours).join(", ")})`,
    theirs: `${theirs}(${args.map((arg) => arg.theirs).join(", ")})`,
  };
}

function operand(): fc.Arbitrary<Operand> {
  return fc.oneof(fc.double(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), fc.string(), fc.boolean());
}
