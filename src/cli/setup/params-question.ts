import { readParameter } from "../../mapping/parameters.ts";
import type { ParameterFact } from "./facts.ts";
import { type Known, mappingOf, pickedOf, type Question } from "./question.ts";

/** One question for all: most devices have nothing to say here. */
export const paramsQuestion: Question = {
  id: "params",
  option: "--param NAME=VALUE",
  text: "Parameters, NAME=VALUE with spaces between them (empty: as shown)",
  help: ["What differs from device to device of a type: ratios of transformers, addresses, topics."],
  applies: (known) => openOf(known).length > 0,
  notes: (known) => openOf(known).map(lineOf),
  proposal: (known) => (openOf(known).some(({ required }) => required) ? undefined : ""),
  check(text, known) {
    const open = openOf(known);
    const given = paramsIn(text);
    for (const [name, value] of given) {
      const wrong = wrongOf(name, value, open);
      if (wrong !== undefined) return { wrong };
    }
    const missing = open.filter(({ name, required }) => required && !given.has(name)).map(({ name }) => `${name}=…`);
    return missing.length > 0 ? { wrong: `still missing: ${missing.join(" ")}` } : { value: text };
  },
};

/** By name, in the order given; a value may hold spaces. */
export function paramsIn(text: string): ReadonlyMap<string, string> {
  const parts = text.split(/\s+(?=[A-Za-z_]\w*=)/).filter((part) => part.trim() !== "");
  return new Map(
    parts.map((part) => {
      const at = part.indexOf("=");
      return at < 1 ? [part.trim(), ""] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    }),
  );
}

/** Those that nothing has answered yet. */
function openOf(known: Known): readonly ParameterFact[] {
  const told = new Set(pickedOf(known)?.parameters.map(([name]) => name));
  return (mappingOf(known)?.parameters ?? []).filter(({ name }) => name !== "unit_id" && !told.has(name));
}

function lineOf({ name, spec, preset, required }: ParameterFact): string {
  const value = preset ?? (required ? "(required)" : "(none)");
  return `${name}=${value}${spec.description === undefined ? "" : `  ${spec.description}`}`;
}

/** A secret is typed here, and stands in secrets.yaml. */
function wrongOf(name: string, value: string, open: readonly ParameterFact[]): string | undefined {
  const parameter = open.find((each) => each.name === name);
  if (parameter === undefined) {
    return `there is no parameter "${name}"; expected ${open.map((each) => each.name).join(", ")}`;
  }
  const wrongs: string[] = [];
  const place = { file: "", line: 1, column: 1 };
  const secret = parameter.spec.type === "secret" ? ({ secret: true } as const) : {};
  const node = { kind: "scalar", place, text: value, quoted: false, ...secret } as const;
  readParameter(name, parameter.spec, node, ({ message }) => wrongs.push(message));
  return wrongs[0];
}
