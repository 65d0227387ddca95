/** What was read by `probe`, for a person: each way to read it, and lines for a mapping. */
import { type Interpretation, table } from "../../../src/adapter.ts";
import { formatAddress, formatHex, hexOf, isBits, type Span } from "../pdu.ts";
import type { ProbeTarget } from "./probe-target.ts";

export interface Read {
  readonly span: Span;
  /** Registers high byte first, or bits packed from the least significant. */
  readonly data: Uint8Array;
}

type Interpret = (bytes: Uint8Array) => readonly Interpretation[];

/** The longest value that is one number. */
const LONGEST_VALUE = 4;

/** One value in all its readings; or a row for each register. */
export function registerLines({ span, data }: Read, interpret: Interpret): readonly string[] {
  if (span.count > LONGEST_VALUE || span.count === 3) return rowLines({ span, data }, interpret);
  const all = interpret(data);
  const orders = [...new Set(all.map(({ order = "" }) => order))];
  const types = [...new Set(all.map(({ as }) => as))];
  const cell = (as: string, order: string): string => {
    const found = all.find((each) => each.as === as && (each.order ?? "") === order);
    return found === undefined ? "" : `${formatValue(found)}${found.plausible ? " *" : ""}`;
  };
  return [
    ...table([["", ...orders], ...types.map((as) => [as, ...orders.map((order) => cell(as, order))])]),
    ...wordsOf(data).map((word, i, words) => wordLine(formatAddress(span.address + i), word, words.length > 1)),
    ...notes(data, all),
  ];
}

/** Two registers may be two values: each of them alone, and its bits. */
function wordLine(address: string, word: number, isPart: boolean): string {
  if (!isPart) return `bits of ${address}: ${bitsOf(word)}`;
  const signed = word >= 0x8000 ? `, s16 ${word - 0x1_0000}` : "";
  return `${address} alone: u16 ${word}${signed}; bits ${bitsOf(word)}`;
}

export function bitLines({ span, data }: Read): readonly string[] {
  const rows = Array.from({ length: span.count }, (_, i) => [
    addressText(span.address + i),
    ((data[i >> 3] ?? 0) >> (i & 7)) & 1 ? "on" : "off",
  ]);
  return table([["ADDRESS", "VALUE"], ...rows]);
}

/** `name: { input: 0x34, as: f32, order: CDAB }` for each value that can be made out; the names are the user's to find. */
export function emitLines({ span, data }: Read, target: ProbeTarget, interpret: Interpret): readonly string[] {
  const lines: string[] = ["# names are those of the object's resources; the unit is what the device delivers"];
  if (isBits(span.table)) {
    for (let i = 0; i < span.count; i++) lines.push(entry(i, { span, target }, ""));
    return lines;
  }
  const whole = span.count === 1 || span.count === 2 || span.count === 4 ? bestOf(interpret(data)) : undefined;
  if (whole !== undefined) return [...lines, entry(0, { span, target }, keysOf(whole, span.count))];
  for (let i = 0; i < span.count; ) {
    const pair = bestOf(interpret(data.slice(2 * i, 2 * i + 4)).filter(({ as }) => as === "f32"));
    const keys = pair === undefined || i + 1 >= span.count ? "" : keysOf(pair, 2);
    lines.push(entry(i, { span, target }, keys));
    i += keys === "" ? 1 : 2;
  }
  return lines;
}

function entry(
  at: number,
  { span, target }: { readonly span: Span; readonly target: ProbeTarget },
  keys: string,
): string {
  return `name_${at + 1}: { ${span.table}: ${target.shown(span.address + at)}${keys} }`;
}

function keysOf({ as, order }: Interpretation, count: number): string {
  const length = as === "string" ? `, length: ${2 * count}` : "";
  return `${as === "u16" ? "" : `, as: ${as}`}${length}${order === undefined || order === "ABCD" ? "" : `, order: ${order}`}`;
}

/** A float that makes sense is one; else what makes sense first. */
function bestOf(all: readonly Interpretation[]): Interpretation | undefined {
  const plausible = all.filter((each) => each.plausible);
  return plausible.find(({ as }) => as.startsWith("f")) ?? plausible[0];
}

function rowLines({ span, data }: Read, interpret: Interpret): readonly string[] {
  const words = wordsOf(data);
  const pairs = pairsOf(data, interpret);
  const rows = words.map((word, i) => [
    addressText(span.address + i),
    word.toString(16).toUpperCase().padStart(4, "0"),
    String(word),
    word >= 0x8000 ? String(word - 0x1_0000) : "",
    textOf(word),
    pairs[i] ?? "",
  ]);
  return table([["ADDRESS", "HEX", "U16", "S16", "TEXT", "WITH THE NEXT ONE, IF ANYTHING"], ...rows]);
}

/** What each register could be with the next one; of a pair that makes sense the second begins no other. */
function pairsOf(data: Uint8Array, interpret: Interpret): readonly string[] {
  const pairs: string[] = [];
  for (let i = 0; 2 * i + 4 <= data.length; i++) {
    pairs.push(pairs.at(-1) ? "" : pairText(interpret(data.slice(2 * i, 2 * i + 4))));
  }
  return pairs;
}

/** Of two registers: what could be a measured value. Text is seen in its column. */
function pairText(all: readonly Interpretation[]): string {
  const plausible = all.filter((each) => each.plausible && each.as !== "string" && !each.as.startsWith("bcd"));
  const floats = plausible.filter(({ as }) => as === "f32");
  return (floats.length > 0 ? floats : plausible)
    .map((each) => `${each.as} ${each.order} ${formatValue(each)}`)
    .join("; ");
}

function notes(data: Uint8Array, all: readonly Interpretation[]): readonly string[] {
  if (data.every((byte) => byte === 0)) return ["all zero: that is 0 in every type, so it tells nothing of the type"];
  if (data.every((byte) => byte === 0xff))
    return [`all ones: devices often say so that they have no value (invalid: [0x${hexOf(data).replaceAll(" ", "")}])`];
  return all.some(({ plausible }) => plausible)
    ? ["* a measured value could look like this; the device's display decides"]
    : [];
}

/** A float has seven digits. */
function formatValue({ as, value }: Interpretation): string {
  if (typeof value === "string") return JSON.stringify(value);
  return as === "f32" ? String(Number(Number(value).toPrecision(7))) : String(value);
}

function bitsOf(word: number): string {
  const bits = word
    .toString(2)
    .padStart(16, "0")
    .replace(/....(?=.)/g, "$& ");
  const on = Array.from({ length: 16 }, (_, i) => i).filter((i) => (word >> i) & 1);
  return on.length === 0 ? `${bits}, none set` : `${bits}, set: ${on.join(", ")}`;
}

function textOf(word: number): string {
  const text = String.fromCharCode(word >> 8, word & 0xff);
  return /^[\x20-\x7e]{2}$/.test(text) ? JSON.stringify(text) : "";
}

function wordsOf(data: Uint8Array): number[] {
  return Array.from({ length: data.length >> 1 }, (_, i) => ((data[2 * i] ?? 0) << 8) | (data[2 * i + 1] ?? 0));
}

function addressText(address: number): string {
  return `${formatHex(address, 2)} = ${address}`;
}
