/** Where a value stands in a JSON document: `a.b[0].c`, `a["x y"]`, `["switch:0"].output`; `.` is the whole. */

/** Names of members, and numbers of items. */
export type JsonPath = readonly (string | number)[];

/** A path that cannot be read; `at` counts characters from 0. */
export class JsonPathError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.name = "JsonPathError";
    this.at = at;
  }
}

/** More levels are no measured value. */
const DEEPEST = 32;

const STEP = /(?:^|\.)([^\s.[\]"']+)|\[(\d{1,6})\]|\[("(?:[^"\\]|\\.)*"|'[^']*')\]/y;

/** Throws JsonPathError. */
export function parseJsonPath(text: string): JsonPath {
  if (text === ".") return [];
  const path: (string | number)[] = [];
  let at = 0;
  do {
    STEP.lastIndex = at;
    const [step, name, index, quoted] = STEP.exec(text) ?? [];
    if (step === undefined) throw new JsonPathError('expected a name, [number] or ["name"], as in a.b[0].c', at);
    path.push(name ?? (index === undefined ? unquoted(quoted ?? "", at) : Number(index)));
    at += step.length;
  } while (at < text.length);
  if (path.length > DEEPEST) throw new JsonPathError(`a path has at most ${DEEPEST} steps`, at);
  return path;
}

/** What stands at the path; undefined: nothing does. Names are only what the document itself has, whatever they are called. */
export function valueAt(document: unknown, path: JsonPath): unknown {
  let value = document;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    if (Array.isArray(value) !== (typeof step === "number") || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

/** The shortest text of a path. */
export function formatJsonPath(path: JsonPath): string {
  if (path.length === 0) return ".";
  return path
    .map((step, i) => {
      if (typeof step === "number") return `[${step}]`;
      if (/[\s.[\]"']/.test(step) || step === "") return `[${JSON.stringify(step)}]`;
      return i === 0 ? step : `.${step}`;
    })
    .join("");
}

function unquoted(text: string, at: number): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  try {
    return String(JSON.parse(text));
  } catch {
    throw new JsonPathError(`${text} is no text in quotes`, at);
  }
}
