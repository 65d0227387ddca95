/**
 * The expressions of mappings: numbers, texts and truth values, without loops, properties or anything that could call out.
 * They are parsed and type-checked once, and bounded in length and depth, so in steps too.
 */
import type { ScalarNode, YamlNode } from "../../yaml/nodes.ts";
import { describeNode, isEmpty } from "../../yaml/nodes.ts";
import { placeInside } from "../../yaml/place-inside.ts";
import { type Report, reportError } from "../../yaml/read.ts";
import type { Linear } from "../linear.ts";
import { Bad } from "../stage.ts";
import { Compiler } from "./compile.ts";
import { linearForm } from "./linear-form.ts";
import { parseExpression } from "./parse.ts";
import type { ExpressionScope } from "./scope.ts";
import { ExpressionError, type Syntax } from "./syntax.ts";
import { type Operand, TYPE_NAMES, type Type } from "./types.ts";

/** The keys whose text is an expression: `$name` in it keeps the type of its parameter, and is no text to fill in. */
export const EXPRESSION_KEYS: ReadonlySet<string> = new Set(["expr", "when", "healthy"]);

export interface Expression {
  readonly type: Type;
  /** The names and resources that it needs, each once. */
  readonly inputs: readonly string[];
  /** Of its texts and the keys of its maps: what an input is likely to be. */
  readonly words: readonly (string | number | bigint | boolean)[];
  /** The values of the inputs, in their order. Bad says why there is no value: division by zero, a key that is missing. */
  evaluate(values: readonly Operand[]): Operand | Bad;
  /** The exact map from this input, where the expression is one of degree 1 in it and has no other. */
  linearIn(input: string): Linear | undefined;
}

/** Throws ExpressionError, whose `at` is the position in the text. */
export function compileExpression(text: string, scope: ExpressionScope): Expression {
  const syntax = parseExpression(text);
  const compiler = new Compiler(scope);
  const { type, run } = compiler.compile(syntax);
  if (type === "version") throw new ExpressionError(syntax.at, "a version can only be compared");
  const { inputs } = compiler;
  if (inputs.length === 0) {
    const value = run([]);
    if (value instanceof Bad) throw new ExpressionError(syntax.at, value.bad);
  }
  return {
    type,
    inputs,
    words: wordsOf(syntax),
    evaluate: run,
    linearIn: (input) => linearForm(syntax, input, scope.parameters),
  };
}

/** The expression of a node, which must give one of these types. Undefined: reported, at the very column. */
export function readExpression(
  node: YamlNode,
  wanted: readonly Type[],
  scope: ExpressionScope,
  report: Report,
): Expression | undefined {
  if (node.kind !== "scalar") {
    reportError(report, node.place, `expected an expression, found ${describeNode(node)}: ${QUOTED}`, "LG316");
    return undefined;
  }
  if (isEmpty(node)) {
    reportError(report, node.place, "expected an expression, found nothing", "LG316");
    return undefined;
  }
  try {
    const expression = compileExpression(node.text, scope);
    if (wanted.includes(expression.type)) return expression;
    const types = wanted.map((type) => TYPE_NAMES[type]).join(" or ");
    reportError(report, node.place, `the expression gives ${TYPE_NAMES[expression.type]}, expected ${types}`, "LG316");
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    reportExpression(error, node, report);
  }
  return undefined;
}

/** YAML takes these for its own. */
export const QUOTED = "put one that has { }, [ ], a comma, a colon or # in quotes";

/** Says what is wrong with the expression of a scalar, at the very column. */
function reportExpression(error: ExpressionError, node: ScalarNode, report: Report): void {
  reportError(report, placeInside(node, error.at), error.message, "LG316");
}

function wordsOf(syntax: Syntax): readonly (string | number | bigint | boolean)[] {
  switch (syntax.kind) {
    case "text":
    case "number":
    case "truth":
      return [syntax.value];
    case "version":
    case "parameter":
    case "name":
    case "resource":
      return [];
    case "negate":
    case "not":
      return wordsOf(syntax.operand);
    case "arithmetic":
    case "comparison":
    case "logic":
      return [...wordsOf(syntax.left), ...wordsOf(syntax.right)];
    case "choice":
      return [...wordsOf(syntax.condition), ...wordsOf(syntax.yes), ...wordsOf(syntax.no)];
    case "call":
      return syntax.args.flatMap(wordsOf);
    case "lookup":
      return [...syntax.entries.flatMap(({ key, value }) => [key, ...wordsOf(value)]), ...wordsOf(syntax.key)];
  }
}
