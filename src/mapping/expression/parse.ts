/** The text of an expression → its syntax, by the precedence of its operators (Pratt). */
import {
  type ArithmeticOperator,
  type ComparisonOperator,
  type Entry,
  ExpressionError,
  type Syntax,
} from "./syntax.ts";
import { type Token, tokensOf } from "./tokens.ts";

/** Far more than a person reads at one glance; with it the nodes, and so the steps, are bounded too. */
const MAX_LENGTH = 1000;
const MAX_DEPTH = 32;

/** Throws ExpressionError, which says what was expected where. */
export function parseExpression(text: string): Syntax {
  if (text.length > MAX_LENGTH) {
    throw new ExpressionError(0, `an expression has at most ${MAX_LENGTH} characters, this one ${text.length}`);
  }
  return new Parser(tokensOf(text)).whole();
}

type Infix =
  | { readonly kind: "arithmetic"; readonly operator: ArithmeticOperator; readonly binds: number }
  | { readonly kind: "comparison"; readonly operator: ComparisonOperator; readonly binds: number }
  | { readonly kind: "logic"; readonly operator: "and" | "or"; readonly binds: number }
  | { readonly kind: "choice"; readonly binds: number };

const CHOICE = 1;
const NOT = 4;
const COMPARISON = 5;
const NEGATE = 8;
const POWER = 9;

const INFIX: ReadonlyMap<string, Infix> = new Map<string, Infix>([
  ["?", { kind: "choice", binds: CHOICE }],
  ["or", { kind: "logic", operator: "or", binds: 2 }],
  ["and", { kind: "logic", operator: "and", binds: 3 }],
  ...(["==", "!=", "<", "<=", ">", ">="] as const).map((operator): [string, Infix] => [
    operator,
    { kind: "comparison", operator, binds: COMPARISON },
  ]),
  ...(["+", "-"] as const).map((operator): [string, Infix] => [operator, { kind: "arithmetic", operator, binds: 6 }]),
  ...(["*", "/", "%"] as const).map((operator): [string, Infix] => [
    operator,
    { kind: "arithmetic", operator, binds: 7 },
  ]),
  ["**", { kind: "arithmetic", operator: "**", binds: POWER }],
]);

class Parser {
  private readonly tokens: readonly Token[];
  private next = 0;
  private depth = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  whole(): Syntax {
    const syntax = this.expression(0);
    if (this.token.kind !== "end") throw this.unexpected("an operator or the end");
    return syntax;
  }

  /** An expression of operators that bind more strongly than `above`. */
  private expression(above: number): Syntax {
    if (++this.depth > MAX_DEPTH) {
      throw new ExpressionError(this.token.at, `nested more than ${MAX_DEPTH} levels deep`);
    }
    let left = this.operand();
    for (;;) {
      const infix = this.infix();
      if (infix === undefined || infix.binds <= above) break;
      left = this.binary(left, infix);
    }
    this.depth--;
    return left;
  }

  private infix(): Infix | undefined {
    const { kind, text } = this.token;
    return kind === "mark" || kind === "word" ? INFIX.get(text) : undefined;
  }

  private binary(left: Syntax, infix: Infix): Syntax {
    const { at } = this.advance();
    switch (infix.kind) {
      case "choice": {
        const yes = this.expression(0);
        this.expect(":");
        return { kind: "choice", at, condition: left, yes, no: this.expression(CHOICE - 1) };
      }
      case "arithmetic":
        // To the right: 2 ** 3 ** 2 is 2 ** 9, and 2 ** -1 needs no parentheses.
        return { ...infix, at, left, right: this.expression(infix.operator === "**" ? NEGATE - 1 : infix.binds) };
      case "logic":
        return { ...infix, at, left, right: this.expression(infix.binds) };
      case "comparison": {
        const right = this.expression(infix.binds);
        if (this.infix()?.kind === "comparison") {
          throw new ExpressionError(this.token.at, 'comparisons cannot follow each other: write "a < b and b < c"');
        }
        return { ...infix, at, left, right };
      }
    }
  }

  private operand(): Syntax {
    const { token } = this;
    const { at } = token;
    switch (token.kind) {
      case "number":
        this.advance();
        return { kind: "number", at, text: token.text, value: token.value };
      case "text":
        this.advance();
        return { kind: "text", at, value: token.value };
      case "version":
        this.advance();
        return { kind: "version", at, text: token.text };
      case "parameter":
        this.advance();
        return { kind: "parameter", at, name: token.name };
      case "resource":
        this.advance();
        return { kind: "resource", at, reference: token.name };
      case "word":
        return this.word(token);
      case "mark":
        return this.marked(token);
      case "end":
        throw this.unexpected("a value");
    }
  }

  private word({ at, text }: Token): Syntax {
    if (text === "not") {
      this.advance();
      return { kind: "not", at, operand: this.expression(NOT - 1) };
    }
    if (INFIX.has(text)) throw this.unexpected("a value");
    this.advance();
    if (text === "true" || text === "false") return { kind: "truth", at, value: text === "true" };
    return this.isMark("(") ? this.call(at, text) : { kind: "name", at, name: text };
  }

  private marked({ at, text }: Token): Syntax {
    if (text === "{") return this.lookup();
    if (text === "-") {
      this.advance();
      return { kind: "negate", at, operand: this.expression(NEGATE) };
    }
    if (text !== "(") throw this.unexpected("a value");
    this.advance();
    const inner = this.expression(0);
    this.expect(")");
    return inner;
  }

  private call(at: number, name: string): Syntax {
    this.expect("(");
    const args: Syntax[] = [];
    while (!this.isMark(")")) {
      if (args.length > 0) this.expect(",", ')" or ",');
      args.push(this.expression(0));
    }
    this.advance();
    return { kind: "call", at, name, args };
  }

  private lookup(): Syntax {
    const { at } = this.advance();
    const entries: Entry[] = [];
    while (entries.length === 0 || !this.isMark("}")) {
      if (entries.length > 0) this.expect(",", '}" or ",');
      entries.push(this.entry());
    }
    this.advance();
    this.expect("[", "[", " behind a map: {a: 1, b: 2}[key]");
    const key = this.expression(0);
    this.expect("]");
    return { kind: "lookup", at, entries, key };
  }

  private entry(): Entry {
    const { at } = this.token;
    const negative = this.isMark("-");
    if (negative) this.advance();
    const { token } = this;
    const key = negative ? negativeKey(token) : keyOf(token);
    if (key === undefined) throw this.unexpected("a key: a word, a text or a number");
    this.advance();
    this.expect(":");
    return { at, key, value: this.expression(0) };
  }

  private get token(): Token {
    return this.tokens[this.next] ?? { kind: "end", at: 0, text: "" };
  }

  private advance(): Token {
    const { token } = this;
    this.next++;
    return token;
  }

  private isMark(text: string): boolean {
    return this.token.kind === "mark" && this.token.text === text;
  }

  private expect(mark: string, wanted = mark, why = ""): void {
    if (!this.isMark(mark)) throw this.unexpected(`"${wanted}"${why}`);
    this.advance();
  }

  private unexpected(wanted: string): ExpressionError {
    const { kind, at, text } = this.token;
    return new ExpressionError(at, `expected ${wanted}, found ${kind === "end" ? "the end" : JSON.stringify(text)}`);
  }
}

function keyOf(token: Token): Entry["key"] | undefined {
  switch (token.kind) {
    case "word":
      return token.text === "true" || token.text === "false" ? token.text === "true" : token.text;
    case "number":
    case "text":
      return token.value;
    case "version":
    case "parameter":
    case "resource":
    case "mark":
    case "end":
      return undefined;
  }
}

function negativeKey(token: Token): Entry["key"] | undefined {
  return token.kind === "number" ? -token.value : undefined;
}
