/** Values that wait, as lines: CSV (RFC 4180, with a header), or JSON, one object a line. */
import { isUndated } from "../clock.ts";
import { isObjectLink, type Sample, type Value } from "../lwm2m/sample.ts";
import type { NameOf } from "./resource-names.ts";

/** One value that a server does not have. */
export interface WaitingValue {
  readonly server: number;
  readonly sample: Sample;
}

export const EXPORT_FORMATS = ["csv", "json"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportLines {
  /** Before everything else. */
  readonly header: string;
  line(value: WaitingValue): string;
}

/** Each line ends as its format has it. */
export function exportLines(format: ExportFormat, nameOf: NameOf): ExportLines {
  switch (format) {
    case "csv":
      return { header: `${COLUMNS.join(",")}\r\n`, line: (value) => csvLine(value, nameOf) };
    case "json":
      return { header: "", line: (value) => jsonLine(value, nameOf) };
  }
}

const COLUMNS = ["time", "server", "path", "name", "unit", "value"];

function csvLine({ server, sample: { path, value, time } }: WaitingValue, nameOf: NameOf): string {
  const { name = "", unit = "" } = nameOf(path) ?? {};
  const cells = [isoTime(time) ?? "", String(server), path, name, unit, plainText(value)];
  return `${cells.map(quoted).join(",")}\r\n`;
}

function jsonLine({ server, sample: { path, value, time } }: WaitingValue, nameOf: NameOf): string {
  return `${JSON.stringify({ time: isoTime(time) ?? null, server, path, ...nameOf(path), value: plainValue(value) })}\n`;
}

/** Milliseconds, UTC. Undefined: measured before anybody knew what time it was, or at a time that no calendar has. */
function isoTime(time: number): string | undefined {
  return isUndated(time) || time > LAST_DATE ? undefined : new Date(time).toISOString();
}

/** ECMA-262 §21.4.1.1 */
const LAST_DATE = 8.64e15;

/** What JSON cannot say as everywhere in this program: 64-bit integers as text, bytes as hexadecimal. */
function plainValue(value: Value): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/** Numbers with all their digits; links as "3:0". */
function plainText(value: Value): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return isObjectLink(value) ? `${value.object}:${value.instance}` : String(value);
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
