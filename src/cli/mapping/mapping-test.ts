import { ConfigError, formatProblem, type Problem } from "../../errors.ts";
import { readConfig } from "../../gateway/read-config.ts";
import type { PreparedMapping } from "../../mapping/prepare.ts";
import { runVectors } from "../../mapping/vectors.ts";
import { type Arguments, type Command, EXIT } from "../command.ts";
import { CONFIG_OPTION, configFile } from "../config-option.ts";
import { counted } from "../counted.ts";
import { type Progress, withProgress } from "../progress.ts";
import { shelfOf } from "./mapping-shelf.ts";

/** The vectors of mappings, run as `check` does, for those who write one. */
export const mappingTest: Command = {
  name: "mapping test",
  summary: "Runs the test vectors of mappings: of those that are named, or of those that the configuration uses.",
  positionals: "[NAME|FILE...]",
  options: {
    config: CONFIG_OPTION,
    json: { type: "boolean", help: "Prints the outcome as JSON." },
  },
  async run(args) {
    const outcomes = await withProgress(!args.flag("json"), (progress) =>
      args.positionals.length === 0 ? ofConfig(args, progress) : named(args, progress),
    );
    process.stdout.write(`${args.flag("json") ? asJson(outcomes) : asText(outcomes)}\n`);
    return outcomes.every(isRight) ? EXIT.ok : EXIT.wrong;
  },
};

interface Outcome {
  readonly mapping: string;
  readonly file: string | undefined;
  readonly vectors: number;
  readonly problems: readonly Problem[];
}

async function named(args: Arguments, progress: Progress): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const text of args.positionals) {
    progress.show(() => testing(outcomes, args.positionals.length));
    const { shelf, name } = await shelfOf(text, args);
    const { prepared, problems } = await shelf.find(name);
    outcomes.push(outcomeOf(name, prepared, problems));
  }
  return outcomes;
}

function testing(outcomes: readonly Outcome[], all: number): string {
  return `tested ${outcomes.length} of ${counted(all, "mapping")}`;
}

/** Devices that are off, their mapping being wrong, are a failure too. */
async function ofConfig(args: Arguments, progress: Progress): Promise<readonly Outcome[]> {
  progress.show(() => "reading the configuration");
  const config = await readConfig(configFile(args));
  const usable: Outcome[] = [];
  for (const { name, prepared } of config.mappings.values()) {
    progress.show(() => testing(usable, config.mappings.size));
    usable.push(outcomeOf(name, prepared, []));
  }
  const off = config.disabled.filter(({ problems }) => problems.length > 0);
  if (usable.length === 0 && off.length === 0) {
    throw new ConfigError([
      { severity: "error", code: "LG322", message: `${config.file} uses no mapping; name one: mapping test NAME` },
    ]);
  }
  return [
    ...usable,
    ...off.map(({ id, problems }) => ({ mapping: `of device ${id}`, file: undefined, vectors: 0, problems })),
  ];
}

function outcomeOf(mapping: string, prepared: PreparedMapping | undefined, said: readonly Problem[]): Outcome {
  if (prepared === undefined) return { mapping, file: undefined, vectors: 0, problems: said };
  const { file, tests, inheritedTests } = prepared.file;
  const known = new Set(said.map(formatProblem));
  const found = runVectors(prepared).filter((problem) => {
    const isNew = !known.has(formatProblem(problem));
    known.add(formatProblem(problem));
    return isNew;
  });
  return { mapping, file, vectors: tests.length + inheritedTests.length, problems: [...said, ...found] };
}

function isRight({ problems }: Outcome): boolean {
  return problems.every(({ severity }) => severity === "warning");
}

function asText(outcomes: readonly Outcome[]): string {
  const failed = outcomes.filter((outcome) => !isRight(outcome)).length;
  const vectors = outcomes.reduce((sum, outcome) => sum + outcome.vectors, 0);
  return [
    ...outcomes.flatMap((outcome) => [...outcome.problems.map(formatProblem), lineOf(outcome)]),
    `${counted(vectors, "test vector")} of ${counted(outcomes.length, "mapping")}: ${failed === 0 ? "all as expected" : `${failed} failed`}`,
  ].join("\n");
}

function lineOf(outcome: Outcome): string {
  const { mapping, vectors } = outcome;
  if (!isRight(outcome)) return `failed  ${mapping}`;
  const none = vectors === 0 ? "; a vector is a line of test: with raw and expect (docs/mapping.md)" : "";
  return `ok      ${mapping}: ${counted(vectors, "test vector")}${none}`;
}

function asJson(outcomes: readonly Outcome[]): string {
  const mappings = outcomes.map((outcome) => ({
    mapping: outcome.mapping,
    file: outcome.file ?? null,
    vectors: outcome.vectors,
    ok: isRight(outcome),
    problems: outcome.problems.map((problem) => ({ ...problem, text: formatProblem(problem) })),
  }));
  return JSON.stringify({ ok: outcomes.every(isRight), mappings }, undefined, 2);
}
