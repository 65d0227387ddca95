/** Kept configurations, and what going back to one changes, for a person. */
import { formatProblem } from "../errors.ts";
import type { KeptConfiguration } from "../gateway/reload/kept-configurations.ts";
import type { PutBack } from "../gateway/reload/put-back.ts";
import { table } from "../table.ts";
import { unifiedDiff } from "./line-diff.ts";

/** The newest last, where the eye is. */
export function keptList(all: readonly KeptConfiguration[]): string {
  if (all.length === 0) return "nothing is kept yet: the gateway keeps each configuration that it has run with";
  const rows = all.map(({ number, time, by, taken, files, summary }) => [
    String(number),
    new Date(time).toISOString().replace(/\.\d+Z$/, "Z"),
    by,
    taken ? "yes" : "no",
    String(files.length),
    summary,
  ]);
  return table([["NUMBER", "TIME", "KEPT BY", "RUNS", "FILES", "WHAT"], ...rows]).join("\n");
}

/** One line a file. */
export function changesText({ changes, foreign }: PutBack): string {
  return [
    ...changes.map(({ path, before, after }) => {
      if (after === undefined) return `- ${path}`;
      return `${before === undefined ? "+" : "~"} ${path}`;
    }),
    ...foreignLines(foreign),
  ].join("\n");
}

/** From what stands there now to what would. */
export function differenceText({ changes, foreign, problems, runs }: PutBack): string {
  if (changes.length === 0) return [...foreignLines(foreign), "no difference"].join("\n");
  const lines = changes.flatMap(({ path, before, after }) => unifiedDiff(path, before, after));
  const verdict = runs ? [] : ["it would not be taken now"];
  return [...lines, ...foreignLines(foreign), ...problems.map(formatProblem), ...verdict].join("\n");
}

function foreignLines(foreign: readonly string[]): readonly string[] {
  return foreign.map((path) => `! ${path} lies outside, and stays as it is`);
}
