/** Ways in which what was heard could be framed: each is tried afterwards, so one too many costs time only. */
import { burstsOf, type Heard, isText, joined, shareOf } from "./bursts.ts";
import type { FrameFields } from "./frame-fields.ts";

export interface Candidate {
  readonly fields: FrameFields;
  /** Bytes behind the end mark that belong to the frame: then it is nothing without a checksum that fills them. */
  readonly behind: number;
}

/** Carriage return and line feed, end of text, end of transmission, nothing: with what lines and telegrams end. */
const ENDS = [0x0a, 0x0d, 0x03, 0x04, 0x00];
/** Signs and letters are data; these are not. */
const START_SIGNS = "$!:#/@%&~>";
const LONGEST_MARK = 3;
/** Of frames, or of pieces between silences: the others are damaged, or torn. */
const MOST = 0.9;

export function candidatesOf(heard: readonly Heard[]): readonly Candidate[] {
  const bytes = joined(heard);
  const bursts = burstsOf(heard).map((burst) => Buffer.from(burst.bytes));
  // Whoever writes text ends it with a mark.
  const binary = shareOf(bytes, isText) < MOST ? byStart(bytes, bursts) : [];
  return [...byEnd(bytes, bursts), ...binary, ...byIdle(bursts)];
}

function byEnd(bytes: Buffer, bursts: readonly Buffer[]): readonly Candidate[] {
  const text = shareOf(bytes, (byte) => isText(byte) || byte < 0x20) >= MOST;
  const marks = new Set<string>();
  for (const base of ENDS) {
    const at = Buffer.of(base);
    const ending = bursts.filter((burst) => burst.includes(at) && burst.at(-1) === base).length;
    const known = base === 0x00 ? bursts.length >= 3 && ending >= MOST * bursts.length : text;
    if (known && bytes.includes(at)) marks.add(widened(bytes, at).toString("latin1"));
  }
  const common = bursts.length >= 3 ? commonEnd(bursts) : "";
  if (common !== "") marks.add(common);
  return [...marks].flatMap((end) => withStarts(end, bytes));
}

/** The mark, with the control characters that stand before each of them, and behind each. */
function widened(bytes: Buffer, mark: Buffer): Buffer {
  let wide = mark;
  while (wide.length < LONGEST_MARK) {
    const places = placesOf(bytes, wide);
    const before = sole(places.map((at) => bytes[at - 1]));
    const after = sole(places.flatMap((at) => bytes[at + wide.length] ?? []));
    if (isEnding(before)) wide = Buffer.from([before, ...wide]);
    else if (isEnding(after)) wide = Buffer.from([...wide, after]);
    else break;
  }
  return wide;
}

function isEnding(byte: number | undefined): byte is number {
  return byte === 0x0d || byte === 0x0a || byte === 0x03;
}

function commonEnd(bursts: readonly Buffer[]): string {
  const longest = Math.min(LONGEST_MARK, ...bursts.map(({ length }) => length - 1));
  for (let length = longest; length > 0; length--) {
    const ends = bursts.map((burst) => burst.subarray(burst.length - length).toString("latin1"));
    const [end = ""] = ends;
    if (!/[\w .+-]/.test(end) && ends.every((other) => other === end)) return end;
  }
  return "";
}

function withStarts(end: string, bytes: Buffer): readonly Candidate[] {
  const parts = bytes.toString("latin1").split(end);
  const frames = parts.slice(1, -1).filter((part) => part !== "");
  const plain: Candidate = { fields: { end }, behind: 0 };
  if (frames.length === 0) return [plain, ...startOfOne(parts[0] ?? "", end)];
  const behind = [0, 1, 2, 4].flatMap((count) => {
    const start = commonStart(frames.map((frame) => frame.slice(count)));
    return start === "" ? [] : [{ fields: { start, end }, behind: count }];
  });
  return [plain, ...behind];
}

/** A line alone begins with its own mark. */
function startOfOne(frame: string, end: string): readonly Candidate[] {
  const start = frame.slice(0, 1);
  return isMark(start) ? [{ fields: { start, end }, behind: 0 }] : [];
}

function commonStart(frames: readonly string[]): string {
  let start = "";
  while (start.length < LONGEST_MARK) {
    const counts = new Map<string, number>();
    for (const frame of frames) {
      const next = frame.slice(0, start.length + 1);
      counts.set(next, (counts.get(next) ?? 0) + 1);
    }
    const [[next, count] = ["", 0]] = [...counts].sort(([, a], [, b]) => b - a);
    if (next.length <= start.length || count < MOST * frames.length || !isMark(next.slice(-1))) break;
    start = next;
  }
  return start;
}

function isMark(character: string): boolean {
  const code = character.charCodeAt(0);
  return START_SIGNS.includes(character) ? character !== "" : code < 0x20 && !/[\r\n\t]/.test(character);
}

/** Binary frames that begin alike: of one size, or with a number that says how long they are. */
function byStart(bytes: Buffer, bursts: readonly Buffer[]): readonly Candidate[] {
  const starts = new Set<string>();
  for (let length = 1; length <= 2; length++) {
    const heads = bursts.filter((burst) => burst.length > length).map((burst) => burst.subarray(0, length));
    for (const head of frequent(heads, Math.max(2, bursts.length / 2), 2)) starts.add(head);
    const all = Array.from({ length: Math.max(0, bytes.length - length + 1) }, (_, at) =>
      bytes.subarray(at, at + length),
    );
    for (const head of frequent(all, 3, 4)) starts.add(head);
  }
  return [...starts].flatMap((start) => {
    const places = placesOf(bytes, Buffer.from(start, "latin1"));
    return [...bySize(start, places), ...byLength(start, places, bytes)];
  });
}

function bySize(start: string, places: readonly number[]): readonly Candidate[] {
  const sizes = distances(places, 3).filter((size) => size > start.length);
  return frequentNumbers(sizes, Math.max(2, places.length / 2), 2).map((size) => ({
    fields: { start, size },
    behind: 0,
  }));
}

const LENGTH_TYPES = ["u8", "u16", "u16le"] as const;
const LATEST_LENGTH = 7;
const MOST_PLUS = 32;

/** The number stands at one place, and the next frame begins that many bytes later, but for those that it does not count. */
function byLength(start: string, places: readonly number[], bytes: Buffer): readonly Candidate[] {
  return LENGTH_TYPES.flatMap((as) =>
    Array.from({ length: LATEST_LENGTH + 1 - start.length }, (_, i) => i + start.length).flatMap((at) => {
      const plus: number[] = [];
      const said = new Set<number>();
      for (const [i, place] of places.entries()) {
        const number = numberAt(bytes, place + at, as);
        if (number === undefined || number > 4096) continue;
        said.add(number);
        for (const next of places.slice(i + 1, i + 4)) plus.push(next - place - number);
      }
      // A number that is always the same is that of any frame of one size.
      if (said.size < 2) return [];
      const usual = plus.filter((count) => count >= 0 && count <= MOST_PLUS);
      return frequentNumbers(usual, Math.max(2, places.length / 3), 1).map((count) => ({
        fields: { start, length: { at, as, plus: count } },
        behind: 0,
      }));
    }),
  );
}

function numberAt(bytes: Buffer, at: number, as: (typeof LENGTH_TYPES)[number]): number | undefined {
  if (at + (as === "u8" ? 1 : 2) > bytes.length) return undefined;
  switch (as) {
    case "u8":
      return bytes.readUInt8(at);
    case "u16":
      return bytes.readUInt16BE(at);
    case "u16le":
      return bytes.readUInt16LE(at);
  }
}

/** Silences, where nothing else tells: with the size, where all are of one. */
function byIdle(bursts: readonly Buffer[]): readonly Candidate[] {
  if (bursts.length < 2) return [];
  const [[size, count] = [0, 0]] = [...counted(bursts.map(({ length }) => length))].sort(([, a], [, b]) => b - a);
  const sized = bursts.length >= 3 && count >= MOST * bursts.length;
  return [{ fields: { idle: "50ms" }, behind: 0 }, ...(sized ? [{ fields: { size, idle: "50ms" }, behind: 0 }] : [])];
}

function placesOf(bytes: Buffer, mark: Buffer): readonly number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + mark.length)) places.push(at);
  return places;
}

/** From each place to the next ones: within a frame the mark may stand, too. */
function distances(places: readonly number[], ahead: number): readonly number[] {
  return places.flatMap((place, i) => places.slice(i + 1, i + 1 + ahead).map((next) => next - place));
}

/** The one thing that all of them are; undefined where they differ, or there is none. */
function sole<T>(all: readonly (T | undefined)[]): T | undefined {
  const [first] = all;
  return all.every((each) => each === first) ? first : undefined;
}

function frequent(all: readonly Buffer[], least: number, most: number): readonly string[] {
  const counts = [...counted(all.map((bytes) => bytes.toString("latin1")))].filter(([, count]) => count >= least);
  return counts
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([text]) => text);
}

function frequentNumbers(all: readonly number[], least: number, most: number): readonly number[] {
  const counts = [...counted(all)].filter(([, count]) => count >= least);
  return counts
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([number]) => number);
}

function counted<T>(all: Iterable<T>): ReadonlyMap<T, number> {
  const counts = new Map<T, number>();
  for (const each of all) counts.set(each, (counts.get(each) ?? 0) + 1);
  return counts;
}
