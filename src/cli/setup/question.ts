/** What a question of `setup` is, and what is known when it is asked. */
import type { Facts, FoundDevice, MappingFact } from "./facts.ts";

export type QuestionId =
  | "server"
  | "endpoint"
  | "psk"
  | "identity"
  | "key"
  | "layout"
  | "kind"
  | "place"
  | "line"
  | "user"
  | "password"
  | "scan"
  | "pick"
  | "mapping"
  | "unit"
  | "params"
  | "id"
  | "plausible"
  | "save"
  | "reload";

export interface Known {
  readonly answers: ReadonlyMap<QuestionId, string>;
  readonly facts: Facts;
}

export interface Question {
  readonly id: QuestionId;
  /** What answers it on the command line, e.g. "--server URI". */
  readonly option: string;
  /** Nobody shall read it over a shoulder. */
  readonly secret?: true;
  applies(known: Known): boolean;
  readonly text: string;
  /** What somebody wants to know who does not know what to say. */
  readonly help: readonly string[];
  /** What can be chosen, a line each. */
  choices?(known: Known): readonly string[];
  /** What is to be seen before an answer, a line each. */
  notes?(known: Known): readonly string[];
  /** What is taken where nothing is typed; absent: something must be. */
  proposal?(known: Known): string | undefined;
  check(text: string, known: Known): Checked;
}

export type Checked = { readonly value: string } | { readonly wrong: string };

/** Of those that were found; undefined: it is named by hand. */
export function pickedOf({ answers, facts }: Known): FoundDevice | undefined {
  return facts.found?.[Number(answers.get("pick") ?? Number.NaN) - 1];
}

export function mappingOf({ answers, facts }: Known): MappingFact | undefined {
  return facts.mappings.find(({ name }) => name === answers.get("mapping"));
}
