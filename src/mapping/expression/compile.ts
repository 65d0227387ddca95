/** Syntax and the names that are known → closures, every type checked. */
import { didYouMean, unknownWord } from "../../yaml/issues.ts";
import { Bad, describe } from "../stage.ts";
import { calculate, negated } from "./arithmetic.ts";
import { comparing } from "./comparison.ts";
import { FOREIGN_FUNCTIONS, FUNCTIONS } from "./functions.ts";
import type { ExpressionScope } from "./scope.ts";
import { ExpressionError, type Syntax } from "./syntax.ts";
import { asNumber, asTruth, type Operand, type Run, TYPE_NAMES, type Type, typeOf } from "./types.ts";

export interface Compiled {
  readonly type: Type;
  readonly run: Run;
}

/** Compiles one expression; `inputs` are then the names that it needs, in the order in which it takes them. */
export class Compiler {
  readonly inputs: string[] = [];
  private readonly scope: ExpressionScope;

  constructor(scope: ExpressionScope) {
    this.scope = scope;
  }

  /** Throws ExpressionError. */
  compile(syntax: Syntax): Compiled {
    switch (syntax.kind) {
      case "number":
        return constant("number", syntax.value);
      case "text":
        return constant("text", syntax.value);
      case "truth":
        return constant("truth", syntax.value);
      case "version":
        throw new ExpressionError(syntax.at, `"${syntax.text}" is no number; it can only be compared with a version`);
      case "parameter":
        return this.parameter(syntax);
      case "name":
        return this.name(syntax);
      case "resource":
        return this.resource(syntax);
      case "negate":
      case "not":
        return this.unary(syntax);
      case "arithmetic":
        return this.arithmetic(syntax);
      case "comparison":
        return this.comparison(syntax);
      case "logic":
        return this.logic(syntax);
      case "choice":
        return this.choice(syntax);
      case "call":
        return this.call(syntax);
      case "lookup":
        return this.lookup(syntax);
    }
  }

  private parameter({ at, name }: Of<"parameter">): Compiled {
    const { parameters = new Map<string, never>() } = this.scope;
    const value = parameters.get(name);
    if (value === "absent")
      throw new ExpressionError(at, `$${name} is optional and not given: give the parameter a default`);
    if (value === "secret") throw new ExpressionError(at, `$${name} is a secret: nothing is computed with it`);
    if (value === undefined) throw new ExpressionError(at, unknownWord("parameter", name, parameters.keys()));
    return constant(value.type, value.value);
  }

  private name({ at, name }: Of<"name">): Compiled {
    const { names = new Map<string, Type>(), parameters, resource } = this.scope;
    const type = names.get(name);
    if (type !== undefined) return this.input(name, type);
    const why = this.scope.without?.(name);
    if (why !== undefined) throw new ExpressionError(at, why);
    if (parameters?.has(name) === true) throw new ExpressionError(at, `"${name}" is a parameter: write $${name}`);
    const { usage } = FUNCTIONS.get(name) ?? {};
    if (usage !== undefined) throw new ExpressionError(at, `"${name}" is a function: ${usage}`);
    const found = resource?.(name);
    if (found !== undefined && "key" in found) {
      throw new ExpressionError(at, `"${name}" is a resource: write {${name}}`);
    }
    const hint = didYouMean(name, names.keys()) === "" ? `; a text stands in quotes: '${name}'` : "";
    throw new ExpressionError(at, `${unknownWord("name", name, names.keys())}${hint}`);
  }

  private resource({ at, reference }: Of<"resource">): Compiled {
    const found = this.scope.resource?.(reference) ?? { wrong: "other resources have no place in this expression" };
    if ("wrong" in found) throw new ExpressionError(at, found.wrong);
    return this.input(found.key, found.type);
  }

  private input(name: string, type: Type): Compiled {
    const known = this.inputs.indexOf(name);
    const at = known === -1 ? this.inputs.push(name) - 1 : known;
    return { type, run: (inputs) => given(inputs[at], name) };
  }

  private unary({ kind, operand }: Of<"negate" | "not">): Compiled {
    if (kind === "not") {
      const run = this.of("truth", operand);
      return {
        type: "truth",
        run(inputs) {
          const value = asTruth(run(inputs));
          return value instanceof Bad ? value : !value;
        },
      };
    }
    const run = this.of("number", operand);
    return {
      type: "number",
      run(inputs) {
        const value = asNumber(run(inputs));
        return value instanceof Bad ? value : negated(value);
      },
    };
  }

  private arithmetic({ operator, left, right }: Of<"arithmetic">): Compiled {
    const [a, b] = [this.of("number", left), this.of("number", right)];
    return {
      type: "number",
      run(inputs) {
        const x = asNumber(a(inputs));
        if (x instanceof Bad) return x;
        const y = asNumber(b(inputs));
        return y instanceof Bad ? y : calculate(operator, x, y);
      },
    };
  }

  private comparison({ at, operator, left, right }: Of<"comparison">): Compiled {
    const isVersion = this.versions(left) || this.versions(right);
    const [a, b] = isVersion ? [this.version(left), this.version(right)] : [this.compile(left), this.compile(right)];
    if (a.type !== b.type) {
      const types = `${TYPE_NAMES[a.type]} and ${TYPE_NAMES[b.type]}`;
      throw new ExpressionError(at, `${types} cannot be compared`);
    }
    if ((a.type === "truth" || a.type === "text") && operator !== "==" && operator !== "!=") {
      throw new ExpressionError(at, `"${operator}" compares numbers; here stands ${TYPE_NAMES[a.type]}`);
    }
    return { type: "truth", run: comparing(operator, isVersion, [a.run, b.run]) };
  }

  /** Whether a side of a comparison makes both of them versions. */
  private versions(side: Syntax): boolean {
    return side.kind === "version" || (side.kind === "name" && this.scope.names?.get(side.name) === "version");
  }

  private version(side: Syntax): Compiled {
    if (side.kind === "version" || side.kind === "number") return constant("version", side.text);
    const { type, run } = this.compile(side);
    if (type === "version" || type === "text") return { type: "version", run };
    throw new ExpressionError(side.at, `expected a version, e.g. 2.1, found ${TYPE_NAMES[type]}`);
  }

  private logic({ operator, left, right }: Of<"logic">): Compiled {
    const [a, b] = [this.of("truth", left), this.of("truth", right)];
    const decides = operator === "or";
    return {
      type: "truth",
      run(inputs) {
        const first = asTruth(a(inputs));
        return first instanceof Bad || first === decides ? first : asTruth(b(inputs));
      },
    };
  }

  private choice({ condition, yes, no }: Of<"choice">): Compiled {
    const decide = this.of("truth", condition);
    const a = this.compile(yes);
    const b = this.of(a.type, no, " as in the first case");
    return {
      type: a.type,
      run(inputs) {
        const truth = asTruth(decide(inputs));
        if (truth instanceof Bad) return truth;
        return truth ? a.run(inputs) : b(inputs);
      },
    };
  }

  private call({ at, name, args }: Of<"call">): Compiled {
    const called = FUNCTIONS.get(name);
    if (called === undefined) {
      const instead = FOREIGN_FUNCTIONS.get(name);
      const hint = instead === undefined ? unknownWord("function", name, FUNCTIONS.keys()) : `write ${instead}`;
      throw new ExpressionError(at, instead === undefined ? hint : `there is no function "${name}": ${hint}`);
    }
    const { usage, takes, gives, least, most } = called;
    if (args.length < least || args.length > most) {
      const found = `found ${args.length} ${args.length === 1 ? "argument" : "arguments"}`;
      throw new ExpressionError(at, `expected ${usage}, ${found}`);
    }
    return { type: gives, run: called.make(args.map((arg) => this.of(takes, arg))) };
  }

  private lookup({ entries, key }: Of<"lookup">): Compiled {
    const [first] = entries;
    const keyType = typeOf(first?.key ?? "");
    const type = first === undefined ? "number" : this.compile(first.value).type;
    const values = new Map<Operand, Run>();
    for (const entry of entries) {
      if (typeOf(entry.key) !== keyType) {
        throw new ExpressionError(entry.at, `expected ${TYPE_NAMES[keyType]} as key, as the first one is`);
      }
      if (values.has(entry.key)) throw new ExpressionError(entry.at, `the key ${describe(entry.key)} stands twice`);
      values.set(entry.key, this.of(type, entry.value, " as in the first entry"));
    }
    const find = this.of(keyType, key, " as the keys are");
    return {
      type,
      run(inputs) {
        const wanted = find(inputs);
        if (wanted instanceof Bad) return wanted;
        const run = values.get(wanted);
        return run === undefined ? new Bad(`${describe(wanted)} is not among ${listed(values.keys())}`) : run(inputs);
      },
    };
  }

  /** What must be of this type; `why` ends the sentence where it is not. */
  private of(type: Type, syntax: Syntax, why = ""): Run {
    const compiled = this.compile(syntax);
    if (compiled.type === type) return compiled.run;
    throw new ExpressionError(syntax.at, `expected ${TYPE_NAMES[type]}${why}, found ${TYPE_NAMES[compiled.type]}`);
  }
}

type Of<Kind extends Syntax["kind"]> = Extract<Syntax, { readonly kind: Kind }>;

function constant(type: Type, value: Operand): Compiled {
  return { type, run: () => value };
}

/** What comes in may be the not-a-number of a float. */
function given(value: Operand | undefined, name: string): Operand | Bad {
  if (value === undefined) return new Bad(`${name} has no value`);
  return typeof value === "number" ? asNumber(value) : value;
}

function listed(keys: Iterable<Operand>): string {
  const all = [...keys].map(String);
  return all.length > 8 ? `${all.slice(0, 8).join(", ")}, …` : all.join(", ");
}
