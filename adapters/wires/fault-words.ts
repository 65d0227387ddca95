/** `--faults late:2%,dead:30s`: what is to go wrong with devices that are played, as a person types it. */
import { type Millis, parseDuration, WrongArguments } from "../../src/adapter.ts";

/** Faults by the way in which they are said. */
export interface FaultKinds<Chance extends string, Span extends string> {
  /** Of each message: `late:2%`, or `late` for all of them. */
  readonly chances: readonly Chance[];
  /** For so long, and then not for as long: `dead:30s`. */
  readonly spans: readonly Span[];
}

export interface FaultWords<Chance extends string, Span extends string> {
  /** 0 … 1 */
  readonly chances: ReadonlyMap<Chance, number>;
  readonly spans: ReadonlyMap<Span, Millis>;
}

/** Throws WrongArguments. */
export function faultWords<Chance extends string, Span extends string>(
  text: string,
  kinds: FaultKinds<Chance, Span>,
): FaultWords<Chance, Span> {
  const chances = new Map<Chance, number>();
  const spans = new Map<Span, Millis>();
  const [chance, span] = [kinds.chances[0] ?? "", kinds.spans[0] ?? ""];
  const expected = `expected e.g. ${chance}:5%, ${span}:30s; the faults are ${[...kinds.chances, ...kinds.spans].join(", ")}`;
  for (const word of text.split(",").map((part) => part.trim())) {
    if (word === "") continue;
    const [, name, how] = /^([a-z]+)(?::(.+))?$/.exec(word) ?? [];
    const kind = kinds.chances.find((known) => known === name);
    const lasting = kinds.spans.find((known) => known === name);
    if (kind !== undefined) chances.set(kind, chanceOf(word, how ?? "100%", expected));
    else if (lasting !== undefined) spans.set(lasting, spanOf(word, how ?? ""));
    else throw new WrongArguments(`fault "${word}": ${expected}`);
  }
  return { chances, spans };
}

/** Whether it goes wrong now: for a span after a span in which all was well, again and again. */
export function isBad(span: Millis | undefined, age: Millis): boolean {
  return span !== undefined && Math.floor(age / span) % 2 === 1;
}

function chanceOf(word: string, text: string, expected: string): number {
  const [, percent] = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text) ?? [];
  if (percent === undefined || Number(percent) > 100) throw new WrongArguments(`fault "${word}": ${expected}`);
  return Number(percent) / 100;
}

function spanOf(word: string, text: string): Millis {
  const [name = ""] = word.split(":");
  try {
    const span = parseDuration(text);
    if (span > 0) return span;
  } catch (error) {
    throw new WrongArguments(`fault "${word}": expected how long, e.g. ${name}:30s`, { cause: error });
  }
  throw new WrongArguments(`fault "${word}": expected how long, e.g. ${name}:30s`);
}
