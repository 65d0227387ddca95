/** The list of sites: a row each, a column for each value of site.yaml. */
import { type CsvRow, parseCsv } from "../../config/csv.ts";
import { readText } from "../../config/files.ts";
import { ConfigError, type Place, type Problem } from "../../errors.ts";
import type { ScalarNode } from "../../yaml/nodes.ts";
import { parseYaml } from "../../yaml/parse.ts";
import { yamlText } from "../../yaml-text.ts";

/** What a site is called, and its folder. */
const COLUMN = "site";
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export interface SiteRow {
  readonly name: string;
  /** Where it stands in the list. */
  readonly place: Place;
  readonly values: CsvRow;
}

/** Rejects with ConfigError: every problem with its line and column. */
export async function readSites(file: string): Promise<readonly SiteRow[]> {
  const { columns, rows } = parseCsv(await readText(file), file);
  const [first] = columns;
  if (!columns.some(({ text }) => text === COLUMN)) {
    const message = `expected a column "${COLUMN}": the name of each site, and of its folder`;
    throw new ConfigError([
      { severity: "error", code: "LG620", ...(first === undefined ? {} : { place: first.place }), message },
    ]);
  }
  const problems: Problem[] = [];
  const seen = new Map<string, number>();
  const sites = rows.flatMap((values): SiteRow[] => {
    const cell = values.get(COLUMN);
    if (cell === undefined) return [];
    const { text: name, place } = cell;
    const line = seen.get(name.toLowerCase());
    if (!NAME.test(name))
      problems.push(problem(cell, `"${name}" is no name of a folder: letters, digits, ".", "_" and "-"`));
    else if (line !== undefined)
      problems.push(problem(cell, `the site "${name}" is there twice; first in line ${line}`));
    seen.set(name.toLowerCase(), place.line);
    return [{ name, place, values }];
  });
  if (sites.length === 0 && first !== undefined) problems.push(problem(first, "there is no site below the first line"));
  if (problems.length > 0) throw new ConfigError(problems);
  return sites;
}

function problem({ place }: ScalarNode, message: string): Problem {
  return { severity: "error", code: "LG620", place, message };
}

/** site.yaml: the values of the row, then those of the template that it does not have. */
export function siteText({ values }: SiteRow, template: string | undefined, file: string): string {
  const own = [...values].filter(([, { text }]) => text !== "");
  const lines = own.map(([name, cell]) => `${name}: ${valueText(cell)}`);
  const names = new Set(own.map(([name]) => name));
  return [...lines, ...(template === undefined ? [] : othersOf(template, names, file)), ""].join("\n");
}

/** Numbers stay numbers; what stands in quotes is text. */
function valueText({ text, quoted }: ScalarNode): string {
  if (quoted) return JSON.stringify(text);
  return /^-?\d+(?:\.\d+)?$|^\[.*\]$/.test(text) ? text : yamlText(text);
}

/** As they are written, with all their lines. */
function othersOf(template: string, names: ReadonlySet<string>, file: string): readonly string[] {
  const root = parseYaml(template, file);
  if (root.kind !== "map") return [];
  const lines = template.split("\n");
  const starts = root.entries.map(({ key }) => key.place.line);
  return root.entries.flatMap(({ key }, i) =>
    names.has(key.text) ? [] : lines.slice((starts[i] ?? 1) - 1, (starts[i + 1] ?? lines.length + 1) - 1),
  );
}
