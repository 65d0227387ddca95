/**
 * Entries of one observation as bytes: a table of their paths, then entry by entry. Paths are written by what they do not share
 * with the one before, the first with the observed path, and times by their difference to the sample before, the first of an
 * entry to the oldest of all: so entries can be cut off at either end without being written anew.
 */
import type { UnixMillis } from "../../clock.ts";
import type { ObservationId } from "../../lwm2m/observation-id.ts";
import { type Path, parsePath } from "../../lwm2m/path.ts";
import type { Sample } from "../../lwm2m/sample.ts";
import { type ByteReader, DamagedSegment } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import type { HistoryEntry } from "./history.ts";
import { readValue, skipValue, typeOf, writeValue } from "./values.ts";

/** `base`: whole milliseconds; the differences of the first times of entries are against it. */
export function writeEntries(
  writer: ByteWriter,
  id: ObservationId,
  entries: readonly HistoryEntry[],
  base: UnixMillis,
): void {
  const paths = new Map<Path, number>();
  for (const { samples } of entries) {
    for (const { path } of samples) if (!paths.has(path)) paths.set(path, paths.size);
  }
  writer.varint(paths.size);
  let before = observedPath(id);
  for (const path of paths.keys()) {
    const shared = sharedLength(before, path);
    writer.varint(shared);
    writer.varint(path.length - shared);
    writer.ascii(path, shared);
    before = path;
  }
  for (const entry of entries) writeEntry(writer, entry, paths, base);
}

/** The table of paths, from where the entries follow. */
export function readPaths(reader: ByteReader, id: ObservationId): readonly Path[] {
  const paths: Path[] = [];
  let before = observedPath(id);
  for (let left = reader.varint(); left > 0; left--) {
    const shared = reader.varint();
    if (shared > before.length) reader.fail("a path shares more than there is");
    const rest = reader.raw(reader.varint());
    before = before.slice(0, shared) + (rest.length === 0 ? "" : latin1(rest));
    paths.push(pathOf(before));
  }
  return paths;
}

export function skipPaths(reader: ByteReader): void {
  for (let left = reader.varint(); left > 0; left--) {
    reader.varint();
    reader.skip(reader.varint());
  }
}

export function readEntry(
  reader: ByteReader,
  sequence: number,
  paths: readonly Path[],
  base: UnixMillis,
): HistoryEntry {
  const head = reader.varint();
  const samples: Sample[] = [];
  let time = base;
  for (let left = Math.floor(head / 2), index = 0; left > 0; left--, index++) {
    const tag = reader.byte();
    if ((tag & PATH_GIVEN) !== 0) index = reader.varint();
    const path = paths[index];
    if (path === undefined) reader.fail("a path that is not in the table");
    if ((tag & TIME_EXACT) !== 0) time = reader.float64();
    else if ((tag & TIME_GIVEN) !== 0) time += reader.signed();
    samples.push({ path, value: readValue(reader, tag & TYPE), time });
  }
  return { sequence, samples, confirmable: head % 2 === 1 };
}

/** Returns how many samples it had. */
export function skipEntry(reader: ByteReader): number {
  const samples = Math.floor(reader.varint() / 2);
  for (let left = samples; left > 0; left--) {
    const tag = reader.byte();
    if ((tag & PATH_GIVEN) !== 0) reader.varint();
    if ((tag & TIME_EXACT) !== 0) reader.skip(8);
    else if ((tag & TIME_GIVEN) !== 0) reader.varint();
    skipValue(reader, tag & TYPE);
  }
  return samples;
}

function writeEntry(
  writer: ByteWriter,
  { samples, confirmable }: HistoryEntry,
  paths: ReadonlyMap<Path, number>,
  base: UnixMillis,
): void {
  writer.varint(2 * samples.length + (confirmable ? 1 : 0));
  let before = base;
  let expected = 0;
  for (const { path, value, time } of samples) {
    const index = paths.get(path) ?? 0;
    const difference = time - before;
    // A time with fractions, or beyond all clocks, is kept as it is.
    const exact = !Number.isInteger(time) || !Number.isInteger(before) || Math.abs(difference) > MAX_DIFFERENCE;
    const timing = exact ? TIME_EXACT : difference === 0 ? 0 : TIME_GIVEN;
    writer.byte(typeOf(value) | timing | (index === expected ? 0 : PATH_GIVEN));
    if (index !== expected) writer.varint(index);
    if (exact) writer.float64(time);
    else if (difference !== 0) writer.signed(difference);
    writeValue(writer, value);
    before = time;
    expected = index + 1;
  }
}

/** What the first path of an observation is likely to begin with. */
function observedPath(id: ObservationId): string {
  const start = id.indexOf("/");
  return start < 0 ? "" : id.slice(start);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

function sharedLength(a: string, b: string): number {
  if (a === b) return a.length;
  const most = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < most && a.charCodeAt(shared) === b.charCodeAt(shared)) shared++;
  return shared;
}

function pathOf(text: string): Path {
  try {
    return parsePath(text);
  } catch (error) {
    throw new DamagedSegment("a path that is none", { cause: error });
  }
}

/** The first byte of a sample: the type of its value, and what stands before the value. */
const [TYPE, PATH_GIVEN, TIME_GIVEN, TIME_EXACT] = [0x0f, 0x10, 0x20, 0x40] as const;

/** Any two times of clocks that were ever right. */
const MAX_DIFFERENCE = 2 ** 50;
