import type { LinkReport, UnitReport } from "../adapter.ts";
import { table } from "../table.ts";

const HEADING = [
  "LINK",
  "LINE",
  "LOAD",
  "WAITING",
  "UNIT",
  "REQUESTS",
  "TIMEOUTS",
  "EXCEPTIONS",
  "MALFORMED",
  "MEDIAN",
  "P95",
];

/** A row for each unit on each line of the links; none for links of which nothing is known. */
export function linkLines(links: readonly (LinkReport & { readonly id: string })[]): readonly string[] {
  if (links.every(({ lines }) => lines.length === 0)) return [];
  const rows = links.flatMap(({ id, lines }) =>
    lines.flatMap(({ name, load, waiting, units }) => {
      const line = [id, name, `${load} %`, String(waiting)];
      const [first, ...others] = units.length === 0 ? [[]] : units.map(unitCells);
      return [[...line, ...(first ?? [])], ...others.map((cells) => ["", "", "", "", ...cells])];
    }),
  );
  const notes = links.flatMap(({ id, notes = [] }) => notes.map((note) => `    ${id}: ${note}`));
  return [...table([HEADING, ...rows]), ...notes];
}

function unitCells({ unit, requests, timeouts, exceptions, malformed, turnaround }: UnitReport): string[] {
  const times = turnaround === undefined ? ["-", "-"] : [turnaround.median, turnaround.p95].map(milliseconds);
  return [unit, ...[requests, timeouts, exceptions, malformed].map(String), ...times];
}

function milliseconds(time: number): string {
  return `${time < 10 ? Number(time.toFixed(1)) : Math.round(time)} ms`;
}
