/** The text of a YAML file, for strangers: laid out as it was, without comments, and without what somebody else says is secret. */
import { CST, Parser } from "yaml";
import { ConfigError } from "../errors.ts";
import { parseYaml } from "./parse.ts";

/** A word, a number or a text in the file. */
export interface WrittenScalar {
  /** From the root: keys of maps; of lists nothing. */
  readonly keys: readonly string[];
  readonly text: string;
  /** E.g. "!secret". */
  readonly tag?: string;
}

export const HIDDEN = "(hidden)";

/** Undefined where it is no YAML: nobody knows what is what in it. */
export function maskedYaml(text: string, isSecret: (scalar: WrittenScalar) => boolean): string | undefined {
  if (!isYaml(text)) return undefined;
  const tokens = [...new Parser().parse(text)];
  const masking = new Masking(isSecret);
  for (const token of tokens) masking.token(token, [], undefined);
  return masking.broken ? undefined : tokens.map((token) => CST.stringify(token)).join("");
}

/** Every scalar of it; none where it is no YAML. */
export function scalarsOf(text: string): readonly WrittenScalar[] {
  const found: WrittenScalar[] = [];
  maskedYaml(text, (scalar) => {
    found.push(scalar);
    return false;
  });
  return found;
}

/** What is nested beyond measure is none. */
function isYaml(text: string): boolean {
  try {
    parseYaml(text, "");
    return true;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return false;
  }
}

type Item = CST.CollectionItem;

class Masking {
  broken = false;
  private readonly isSecret: (scalar: WrittenScalar) => boolean;

  constructor(isSecret: (scalar: WrittenScalar) => boolean) {
    this.isSecret = isSecret;
  }

  token(token: CST.Token, keys: readonly string[], tag: string | undefined): void {
    if ("end" in token) this.blank(token.end);
    if ("start" in token && Array.isArray(token.start)) this.blank(token.start);
    if ("props" in token) this.blank(token.props);
    if (token.type === "comment") token.source = "#";
    else if (token.type === "error") this.broken = true;
    else if (token.type === "document" && token.value !== undefined) {
      this.token(token.value, keys, tagOf(token.start));
    } else if ("items" in token) for (const item of token.items) this.item(item, keys);
    else if (isScalar(token)) this.scalar(token, keys, tag);
  }

  private item({ start, key, sep = [], value }: Item, keys: readonly string[]): void {
    this.blank(start);
    this.blank(sep);
    const name = isScalar(key) ? CST.resolveAsScalar(key)?.value : undefined;
    if (key !== undefined && key !== null) this.token(key, [], undefined);
    if (value === undefined) return;
    this.token(value, name === undefined ? keys : [...keys, name], tagOf(sep) ?? tagOf(start));
  }

  private scalar(token: CST.FlowScalar | CST.BlockScalar, keys: readonly string[], tag: string | undefined): void {
    const text = CST.resolveAsScalar(token)?.value ?? "";
    // A key of a map has no keys above it here.
    if (!this.isSecret({ keys, text, ...(tag === undefined ? {} : { tag }) })) return;
    CST.setScalarValue(token, HIDDEN, { type: "QUOTE_DOUBLE" });
  }

  /** What somebody noted down may be anything. */
  private blank(tokens: readonly CST.Token[] | undefined): void {
    for (const token of tokens ?? []) if (token.type === "comment") token.source = "#";
  }
}

function tagOf(tokens: readonly CST.SourceToken[]): string | undefined {
  return tokens.find(({ type }) => type === "tag")?.source;
}

function isScalar(token: CST.Token | null | undefined): token is CST.FlowScalar | CST.BlockScalar {
  return token !== null && token !== undefined && CST.isScalar(token);
}
