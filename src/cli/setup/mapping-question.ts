import { nearestNames } from "../../near-miss.ts";
import { protocolOf } from "./device-places.ts";
import type { MappingFact } from "./facts.ts";
import { type Known, pickedOf, type Question } from "./question.ts";

const MOST_SHOWN = 12;

export const mappingQuestion: Question = {
  id: "mapping",
  option: "--mapping NAME",
  text: "Its mapping, or words to look for (vendor, model, what it measures)",
  help: [
    "A mapping says what a device has and where. lwm2m-gateway mapping list shows all of them.",
    "None is for yours? lwm2m-gateway mapping new begins one; sunspec-* fit any SunSpec device.",
  ],
  applies: ({ answers }) => answers.get("kind") !== "none",
  choices: (known) => pickedOf(known)?.mappings ?? [],
  proposal(known) {
    const fitting = pickedOf(known)?.mappings[0];
    if (fitting !== undefined) return fitting;
    const own = ofProtocol(known);
    return own.length === 1 ? own[0]?.name : undefined;
  },
  check(text, known) {
    const fitting = pickedOf(known)?.mappings ?? [];
    const name = /^\d{1,2}$/.test(text) ? (fitting[Number(text) - 1] ?? text) : text;
    const all = ofProtocol(known);
    if (all.some((mapping) => mapping.name === name)) return { value: name };
    const other = known.facts.mappings.find((mapping) => mapping.name === name);
    if (other !== undefined)
      return { wrong: `${name} is of protocol ${other.protocol}, and not of ${protocolOf(known)}` };
    return { wrong: hintFor(name, all) };
  },
};

function ofProtocol(known: Known): readonly MappingFact[] {
  const protocol = protocolOf(known);
  return known.facts.mappings.filter((mapping) => mapping.protocol === protocol);
}

function hintFor(text: string, all: readonly MappingFact[]): string {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = words.length === 0 ? [] : all.filter((mapping) => words.every((word) => mapping.text.includes(word)));
  if (fitting.length > 0) {
    const shown = fitting.slice(0, MOST_SHOWN).map(({ name, vendor, model }) => {
      return `  ${name}  ${[vendor, model].filter(Boolean).join(" ")}`.trimEnd();
    });
    const more = fitting.length - shown.length;
    return [`one of these?`, ...shown, ...(more > 0 ? [`  and ${more} more`] : [])].join("\n");
  }
  const [near] = nearestNames(
    text,
    all.map(({ name }) => name),
  );
  return `there is no mapping "${text}"${near === undefined ? "; lwm2m-gateway mapping list shows all" : `; did you mean "${near}"?`}`;
}
