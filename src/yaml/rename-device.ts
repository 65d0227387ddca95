/** Another id for a device of a file that a person wrote; the rest of the file stays as it is, to the last space. */
import { isMap, isScalar, isSeq, parseDocument, type Scalar, type YAMLMap } from "yaml";

/** A change of some characters, by their place in the text. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The text with the id changed and `was:` behind it, by which the store finds the device's prefix and history; undefined where
 * no entry under `devices:` has this id in so many words.
 */
export function renameDevice(text: string, from: string, to: string): string | undefined {
  const { contents } = parseDocument(text, { schema: "core", logLevel: "error" });
  const devices = isMap(contents) ? contents.get("devices", true) : undefined;
  if (!isSeq(devices)) return undefined;
  const entry = devices.items.find((item): item is YAMLMap => isMap(item) && scalarAt(item, "id")?.source === from);
  const id = entry === undefined ? undefined : scalarAt(entry, "id");
  if (entry === undefined || id === undefined || entry.has("each")) return undefined;
  const place = rangeOf(id);
  const was = scalarAt(entry, "was");
  if (place === undefined) return undefined;
  const between = entry.flow === true ? ", " : `\n${" ".repeat(columnOfKey(text, place.start))}`;
  const renamed = { ...place, text: was === undefined ? `${to}${between}was: ${from}` : to };
  const before = was === undefined ? undefined : rangeOf(was);
  const edits = before === undefined ? [renamed] : [renamed, { ...before, text: from }];
  return edits.toSorted((a, b) => b.start - a.start).reduce(apply, text);
}

function apply(text: string, { start, end, text: replacement }: Edit): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

function scalarAt(map: YAMLMap, key: string): Scalar | undefined {
  const value = map.get(key, true);
  return isScalar(value) ? value : undefined;
}

function rangeOf({ range }: Scalar): { readonly start: number; readonly end: number } | undefined {
  return range === undefined || range === null ? undefined : { start: range[0], end: range[1] };
}

/** Of the key in whose line a value stands: behind the dash, where there is one. */
function columnOfKey(text: string, at: number): number {
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  return /^[ -]*/.exec(line)?.[0].length ?? 0;
}
