/** Topics of which holes are whole levels, read backwards: which filter means them, and what stands in the holes. */
import type { Template } from "../template.ts";
import { fits } from "../topic-filter.ts";

/** `v2/fw/request/+/chunk/+` of `v2/fw/request/{request}/chunk/{chunk}`. */
export function filterOf(template: Template): string {
  return levelsOf(template)
    .map((level) => (typeof level === "string" ? level : "+"))
    .join("/");
}

/** What stands in the holes of this topic, by their names; undefined: it is another one. */
export function heldBy(template: Template, topic: string): ReadonlyMap<string, string> | undefined {
  if (!fits(filterOf(template), topic)) return undefined;
  const words = topic.split("/");
  return new Map(
    levelsOf(template).flatMap((level, i): [string, string][] =>
      typeof level === "string" ? [] : [[level.hole, words[i] ?? ""]],
    ),
  );
}

function levelsOf(template: Template): readonly (string | { readonly hole: string })[] {
  const pieces = template.kind === "pieces" ? template.pieces : [];
  const levels: (string | { readonly hole: string })[] = [""];
  for (const piece of pieces) {
    if (piece.kind === "hole") {
      levels[levels.length - 1] = { hole: piece.name };
      continue;
    }
    const [first = "", ...more] = piece.text.split("/");
    const last = levels.at(-1);
    if (typeof last === "string") levels[levels.length - 1] = last + first;
    levels.push(...more);
  }
  return levels;
}

/** Whether each hole is a whole level: nothing stands beside it. */
export function holesAreLevels(template: Template): boolean {
  const text =
    template.kind === "pieces"
      ? template.pieces.map((piece) => (piece.kind === "hole" ? "{}" : piece.text)).join("")
      : "";
  return text.split("/").every((level) => level === "{}" || !level.includes("{}"));
}
