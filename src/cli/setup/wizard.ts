/**
 * What `setup` asks and does, in which order: no terminal, no files. A question is asked, or a step done, as soon as all before it
 * are; going back forgets the last question that a person answered, and whatever came after it.
 */
import type { Facts } from "./facts.ts";
import type { Known, Question, QuestionId } from "./question.ts";
import { QUESTIONS } from "./questions.ts";

/** What is done between questions, by whoever runs the wizard. */
export type StepId = "reach" | "scan" | "check" | "watch" | "preview" | "save" | "follow";

export type Next =
  | { readonly kind: "ask"; readonly question: Question }
  | { readonly kind: "do"; readonly step: StepId }
  | { readonly kind: "end" };

/** What happened, in order. */
type Entry =
  /** `typed`: a person answered; others came with the command line, or are what was proposed. */
  | { readonly kind: "answer"; readonly id: QuestionId; readonly value: string; readonly typed: boolean }
  | { readonly kind: "done"; readonly step: StepId; readonly facts: Partial<Facts> };

export interface Wizard {
  /** As they were found at the start. */
  readonly facts: Facts;
  readonly trail: readonly Entry[];
}

/** Questions and steps; of steps those that have something to do. */
const ORDER: readonly (QuestionId | { readonly step: StepId; readonly applies: (known: Known) => boolean })[] = [
  "server",
  { step: "reach", applies: ({ facts }) => facts.isNew },
  "endpoint",
  "psk",
  "identity",
  "key",
  "layout",
  "kind",
  "place",
  "line",
  "user",
  "password",
  "scan",
  { step: "scan", applies: ({ answers }) => !["no", undefined].includes(answers.get("scan")) },
  "pick",
  "mapping",
  "unit",
  "params",
  "id",
  { step: "check", applies: () => true },
  { step: "watch", applies: (known) => hasDevice(known) && known.facts.watches },
  "plausible",
  { step: "preview", applies: () => true },
  "save",
  { step: "save", applies: () => true },
  "reload",
  { step: "follow", applies: ({ answers }) => answers.get("reload") === "y" },
];

export function begin(facts: Facts): Wizard {
  return { facts, trail: [] };
}

/** All that was answered, and found out. */
export function knownOf({ facts, trail }: Wizard): Known {
  const answers = trail.flatMap((entry): [QuestionId, string][] =>
    entry.kind === "answer" ? [[entry.id, entry.value]] : [],
  );
  const found = trail.flatMap((entry) => (entry.kind === "done" ? [entry.facts] : []));
  return { answers: new Map(answers), facts: Object.assign({}, facts, ...found) };
}

export function nextOf(wizard: Wizard): Next {
  const known = knownOf(wizard);
  const done = new Set(wizard.trail.flatMap((entry) => (entry.kind === "done" ? [entry.step] : [])));
  for (const item of ORDER) {
    if (typeof item !== "string") {
      if (!done.has(item.step) && item.applies(known)) return { kind: "do", step: item.step };
      continue;
    }
    const question = QUESTIONS[item];
    if (!known.answers.has(item) && question.applies(known)) return { kind: "ask", question };
  }
  return { kind: "end" };
}

/** With the answer, or what is wrong with it. An empty one is what was proposed. */
export function answered(
  wizard: Wizard,
  { id, check, proposal }: Question,
  text: string,
  typed: boolean,
): Wizard | { readonly wrong: string } {
  const known = knownOf(wizard);
  const given = text.trim() === "" ? (proposal?.(known) ?? "") : text.trim();
  const checked = check(given, known);
  if ("wrong" in checked) return checked;
  return { ...wizard, trail: [...wizard.trail, { kind: "answer", id, value: checked.value, typed }] };
}

export function did(wizard: Wizard, step: StepId, facts: Partial<Facts> = {}): Wizard {
  return { ...wizard, trail: [...wizard.trail, { kind: "done", step, facts }] };
}

/** Before the last answer that a person gave; as it is where there is none. */
export function back(wizard: Wizard): Wizard {
  const last = wizard.trail.findLastIndex((entry) => entry.kind === "answer" && entry.typed);
  return last < 0 ? wizard : { ...wizard, trail: wizard.trail.slice(0, last) };
}

function hasDevice({ answers }: Known): boolean {
  return answers.get("kind") !== "none";
}
