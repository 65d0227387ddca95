/** What an expression is made of, before anything is known of the names in it. `at`: the position in the text, from 0. */
export type Syntax =
  /** `text` as it was written: 2.10 is another version than 2.1. */
  | { readonly kind: "number"; readonly at: number; readonly text: string; readonly value: number | bigint }
  | { readonly kind: "text"; readonly at: number; readonly value: string }
  | { readonly kind: "truth"; readonly at: number; readonly value: boolean }
  /** 2.1.3: more than a number. */
  | { readonly kind: "version"; readonly at: number; readonly text: string }
  | { readonly kind: "name"; readonly at: number; readonly name: string }
  /** `$name` */
  | { readonly kind: "parameter"; readonly at: number; readonly name: string }
  /** `{/3303/0/5700}` or `{sensor_value}` */
  | { readonly kind: "resource"; readonly at: number; readonly reference: string }
  | { readonly kind: "negate" | "not"; readonly at: number; readonly operand: Syntax }
  | Binary<"arithmetic", ArithmeticOperator>
  | Binary<"comparison", ComparisonOperator>
  | Binary<"logic", "and" | "or">
  | {
      readonly kind: "choice";
      readonly at: number;
      readonly condition: Syntax;
      readonly yes: Syntax;
      readonly no: Syntax;
    }
  | { readonly kind: "call"; readonly at: number; readonly name: string; readonly args: readonly Syntax[] }
  /** `{ N: 0.514444, M: 1 }[unit]` */
  | { readonly kind: "lookup"; readonly at: number; readonly entries: readonly Entry[]; readonly key: Syntax };

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%" | "**";
export type ComparisonOperator = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** `at` is that of the operator. */
interface Binary<Kind, Operator> {
  readonly kind: Kind;
  readonly at: number;
  readonly operator: Operator;
  readonly left: Syntax;
  readonly right: Syntax;
}

export interface Entry {
  readonly at: number;
  readonly key: string | number | bigint | boolean;
  readonly value: Syntax;
}

/** An expression that cannot be; `at` is the position in its text, from 0. */
export class ExpressionError extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.name = "ExpressionError";
    this.at = at;
  }
}
