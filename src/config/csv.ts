/** RFC 4180: comma-separated values with a header line; `;` and tabs as separators too, as spreadsheets write them. */
import { ConfigError, type Place, type Problem } from "../errors.ts";
import type { ScalarNode } from "../yaml/nodes.ts";

/** One line of the file by column name. */
export type CsvRow = ReadonlyMap<string, ScalarNode>;

export interface Csv {
  /** The names of the first line. */
  readonly columns: readonly ScalarNode[];
  readonly rows: readonly CsvRow[];
}

/** Throws ConfigError with every problem. */
export function parseCsv(text: string, file: string): Csv {
  const separator = separatorOf(text);
  const [header, ...lines] = cellsOf(text, separator, file).filter((line) => line.some((cell) => cell.text !== ""));
  if (header === undefined)
    throw new ConfigError([problem({ file, line: 1, column: 1 }, "expected a line with the names of the columns")]);
  const problems = headerProblems(header);
  for (const line of lines) {
    const [first] = line;
    if (first === undefined || line.length === header.length) continue;
    problems.push(problem(first.place, `${line.length} columns; the first line has ${header.length}`));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { columns: header, rows: lines.map((line) => new Map(line.map((cell, i) => [header[i]?.text ?? "", cell]))) };
}

function headerProblems(header: readonly ScalarNode[]): Problem[] {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  for (const { text, place } of header) {
    if (seen.has(text)) problems.push(problem(place, `the column "${text}" is there twice`));
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(text)) {
      problems.push(problem(place, `"${text}" is no name of a column: letters, digits and _ only`));
    }
    seen.add(text);
  }
  return problems;
}

/** Whichever of `,` `;` and tab stands most in the first line. */
function separatorOf(text: string): string {
  const [first = ""] = text.split("\n", 1);
  const count = (separator: string): number => first.split(separator).length;
  return [",", ";", "\t"].reduce((best, separator) => (count(separator) > count(best) ? separator : best));
}

function cellsOf(text: string, separator: string, file: string): readonly (readonly ScalarNode[])[] {
  const lines: ScalarNode[][] = [[]];
  const source = text.replaceAll("\r\n", "\n");
  let offset = 0;
  let lineStart = 0;
  let lineNumber = 1;
  while (offset <= source.length) {
    const place = { file, line: lineNumber, column: offset - lineStart + 1 };
    const cell = cellAt(source, offset, separator);
    if (cell === undefined)
      throw new ConfigError([problem(place, 'a quote is not closed, or something follows it: write "" for one')]);
    lines.at(-1)?.push({ kind: "scalar", place, text: cell.text, quoted: cell.quoted });
    const crossed = source.slice(offset, cell.end).split("\n").length - 1;
    lineNumber += crossed;
    if (crossed > 0) lineStart = source.lastIndexOf("\n", cell.end - 1) + 1;
    if (source[cell.end] === "\n") {
      lines.push([]);
      lineNumber++;
      lineStart = cell.end + 1;
    }
    offset = cell.end + 1;
  }
  return lines;
}

interface Cell {
  readonly text: string;
  readonly quoted: boolean;
  /** Where the separator, the line end or the end of the text stands. */
  readonly end: number;
}

function cellAt(source: string, offset: number, separator: string): Cell | undefined {
  if (source[offset] === '"') return quotedCellAt(source, offset, separator);
  let end = offset;
  while (end < source.length && source[end] !== separator && source[end] !== "\n") end++;
  return { text: source.slice(offset, end).trim(), quoted: false, end };
}

/** Undefined where the quote is not closed, or something stands between it and the next separator. */
function quotedCellAt(source: string, offset: number, separator: string): Cell | undefined {
  let end = source.indexOf('"', offset + 1);
  while (end >= 0 && source[end + 1] === '"') end = source.indexOf('"', end + 2);
  if (end < 0) return undefined;
  const next = source[end + 1];
  if (next !== undefined && next !== separator && next !== "\n") return undefined;
  return { text: source.slice(offset + 1, end).replaceAll('""', '"'), quoted: true, end: end + 1 };
}

function problem(place: Place, message: string): Problem {
  return { severity: "error", code: "LG219", place, message };
}
