/** Adds items to a list of a file that a person wrote: nothing else of it changes, comments and columns least of all. */
import { isMap, isScalar, isSeq, type Node, parseDocument } from "yaml";

/**
 * The text with these lines at the end of the list behind a key of the top, each at the list's indentation; the list is made
 * where it is missing. Throws RangeError with a sentence where there is no place for them.
 */
export function appendToList(text: string, key: string, lines: readonly string[]): string {
  const { contents } = parseDocument(text, { schema: "core", logLevel: "error" });
  if (!isMap(contents) || contents.flow === true)
    throw new RangeError("expected keys at the top, each on a line of its own");
  const pair = contents.items.find(({ key: found }) => isScalar(found) && found.value === key);
  if (pair === undefined) return `${text.trimEnd()}\n\n${key}:\n${indented(lines, 2)}`;
  const list = pair.value;
  if (isScalar(list) && list.value === null)
    throw new RangeError(`"${key}" is empty: take it out, or give it its first item`);
  if (!isSeq(list) || list.flow === true)
    throw new RangeError(`"${key}" is no list with an item a line: add them by hand`);
  const [start] = rangeOf(list);
  const last = list.items.at(-1);
  const end = lineEnd(text, isNode(last) ? rangeOf(last)[1] : rangeOf(list)[1]);
  const before = text.slice(0, end);
  return `${before}${before.endsWith("\n") ? "" : "\n"}${indented(lines, columnOf(text, start))}${text.slice(end)}`;
}

/** The same for a map behind a key of the top, each line being `key: …` of one entry. */
export function appendToMap(text: string, key: string, lines: readonly string[]): string {
  const { contents } = parseDocument(text, { schema: "core", logLevel: "error" });
  if (!isMap(contents) || contents.flow === true)
    throw new RangeError("expected keys at the top, each on a line of its own");
  const pair = contents.items.find(({ key: found }) => isScalar(found) && found.value === key);
  if (pair === undefined) return `${text.trimEnd()}\n\n${key}:\n${indented(lines, 2)}`;
  const map = pair.value;
  if (isScalar(map) && map.value === null)
    throw new RangeError(`"${key}" is empty: take it out, or give it its first entry`);
  if (!isMap(map) || map.flow === true)
    throw new RangeError(`"${key}" is no map with an entry a line: add them by hand`);
  const [start] = rangeOf(map);
  const last = map.items.at(-1)?.value;
  const end = lineEnd(text, isNode(last) ? rangeOf(last)[1] : rangeOf(map)[1]);
  const before = text.slice(0, end);
  return `${before}${before.endsWith("\n") ? "" : "\n"}${indented(lines, columnOf(text, start))}${text.slice(end)}`;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "range" in value;
}

function rangeOf({ range }: Node): readonly [start: number, end: number] {
  if (range === undefined || range === null) throw new RangeError("the list has no place in the text");
  return [range[0], range[1]];
}

/** Behind the line in which the last character of a value stands: its comment goes with it. */
function lineEnd(text: string, end: number): number {
  // The end of a block value may be the beginning of the line behind it.
  const last = text.slice(0, end).trimEnd().length;
  const at = text.indexOf("\n", last);
  return at < 0 ? text.length : at + 1;
}

function columnOf(text: string, at: number): number {
  return at - (text.lastIndexOf("\n", at - 1) + 1);
}

function indented(lines: readonly string[], column: number): string {
  return lines.map((line) => `${" ".repeat(column)}${line}\n`).join("");
}
