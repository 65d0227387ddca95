/** The words and marks of an expression. */
import { parseNumber } from "../scalars.ts";
import { ExpressionError } from "./syntax.ts";

export type Token =
  | { readonly kind: "number"; readonly at: number; readonly text: string; readonly value: number | bigint }
  /** `text` as it was written, quotes and all. */
  | { readonly kind: "text"; readonly at: number; readonly text: string; readonly value: string }
  | { readonly kind: "version" | "word" | "mark" | "end"; readonly at: number; readonly text: string }
  /** `name` without `$`, braces and parentheses. */
  | { readonly kind: "parameter" | "resource"; readonly at: number; readonly text: string; readonly name: string };

/** Splits an expression; the last token is "end". Throws ExpressionError. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += /^\s*/.exec(text.slice(at))?.[0].length ?? 0;
    const token = tokenAt(text, at);
    tokens.push(token);
    if (token.kind === "end") return tokens;
    at += token.text.length;
  }
}

const NUMBER = /^(?:0[xX][0-9a-fA-F]+|(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)/;
const VERSION = /^[0-9]+(?:\.[0-9]+){2,}/;
const WORD = /^[A-Za-z_][A-Za-z0-9_]*/;
const TEXT = /^(?:"([^"]*)"|'([^']*)')/;
const PARAMETER = /^\$(?:\(([A-Za-z_][A-Za-z0-9_]*)\)|([A-Za-z_][A-Za-z0-9_]*))/;
/** A map has a colon; names of resources have hardly one, and their ID will do then. */
const RESOURCE = /^\{\s*([^\s{}:"'](?:[^{}:"']*[^\s{}:"'])?)\s*\}/;
const MARK = /^(?:\*\*|==|!=|<=|>=|[-+*/%<>()[\]{},:?])/;

/** What other languages write. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ["&&", "and"],
  ["||", "or"],
  ["===", "=="],
  ["!==", "!="],
  ["<>", "!="],
  ["=", "=="],
  ["!", "not"],
  ["^", "**"],
  ["&", "and, or bit(value, n) for a bit"],
  ["|", "or"],
  [">>", "floor(a / 2 ** n)"],
  ["<<", "a * 2 ** n"],
  ["×", "*"],
  ["·", "*"],
  ["÷", "/"],
  ["−", "-"],
  ["≤", "<="],
  ["≥", ">="],
  ["≠", "!="],
]);
const FOREIGN_MARK = /^(?:&&|\|\||===|!==|<>|>>|<<|[=!^&|×·÷−≤≥≠])/;

function tokenAt(text: string, at: number): Token {
  const rest = text.slice(at);
  const [first = ""] = rest;
  if (first === "") return { kind: "end", at, text: "" };
  if (/^\.?[0-9]/.test(rest)) return numberAt(rest, at);
  if (first === ".") throw new ExpressionError(at, '"." stands in numbers only: nothing here has properties');
  const [word] = WORD.exec(rest) ?? [];
  if (word !== undefined) return { kind: "word", at, text: word };
  if (first === '"' || first === "'") return textAt(rest, at);
  const [parameter, inside, bare] = PARAMETER.exec(rest) ?? [];
  if (parameter !== undefined) return { kind: "parameter", at, text: parameter, name: inside ?? bare ?? "" };
  const [resource, name = ""] = RESOURCE.exec(rest) ?? [];
  if (resource !== undefined) return { kind: "resource", at, text: resource, name };
  const [foreign = ""] = FOREIGN_MARK.exec(rest) ?? [];
  const [mark = ""] = MARK.exec(rest) ?? [];
  if (mark.length >= foreign.length && mark !== "") return { kind: "mark", at, text: mark };
  if (foreign !== "") throw new ExpressionError(at, `"${foreign}" is not known here: write ${FOREIGN.get(foreign)}`);
  throw new ExpressionError(at, `${JSON.stringify([...rest][0])} has no meaning in an expression`);
}

function numberAt(rest: string, at: number): Token {
  const [version] = VERSION.exec(rest) ?? [];
  const [number] = NUMBER.exec(rest) ?? [];
  const text = version ?? number ?? rest.slice(0, 1);
  const [tail] = /^[A-Za-z0-9_.]+/.exec(rest.slice(text.length)) ?? [];
  if (tail !== undefined) throw new ExpressionError(at, `"${text}${tail}" is no number`);
  if (version !== undefined) return { kind: "version", at, text };
  const value = parseNumber(text);
  if (value === undefined) throw new ExpressionError(at, `"${text}" is no number`);
  if (!Number.isFinite(Number(value)) || (typeof value === "bigint" && value >= 2n ** 64n)) {
    throw new ExpressionError(at, `${text.length > 40 ? "this number" : text} is too large`);
  }
  return { kind: "number", at, text, value };
}

function textAt(rest: string, at: number): Token {
  const [text, double, single] = TEXT.exec(rest) ?? [];
  if (text === undefined) throw new ExpressionError(at, `expected a closing ${rest.slice(0, 1)}`);
  return { kind: "text", at, text, value: double ?? single ?? "" };
}
