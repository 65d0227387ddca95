import type { Place } from "../errors.ts";
import type { ScalarNode } from "./nodes.ts";

/** Where the character at `index` of a scalar's text stands in its file: behind quotes, escapes, line ends and `|`. */
export function placeInside({ place, text, quoted, written }: ScalarNode, index: number): Place {
  if (written === undefined) return { ...place, column: place.column + (quoted ? 1 : 0) + index };
  const at = positionIn(written, text, index);
  const lines = written.slice(0, at).split("\n");
  const last = lines.at(-1)?.length ?? 0;
  return lines.length === 1
    ? { ...place, column: place.column + last }
    : { ...place, line: place.line + lines.length - 1, column: last + 1 };
}

/**
 * The two texts are walked together: YAML changes white space, and puts marks of its own before and between characters (quotes,
 * backslashes, the head of a block), but leaves the others in their order.
 */
function positionIn(written: string, text: string, index: number): number {
  let at = (/^[|>][^\n]*\n/.exec(written)?.[0] ?? "").length;
  for (let i = 0; i < Math.min(index, text.length); i++) {
    const character = text[i] ?? "";
    if (/\s/.test(character)) continue;
    const found = written.indexOf(character, at);
    if (found === -1) return at;
    at = found + 1;
  }
  const wanted = text[index] ?? "";
  const found = /\S/.test(wanted) ? written.indexOf(wanted, at) : -1;
  return found === -1 ? at : found;
}
