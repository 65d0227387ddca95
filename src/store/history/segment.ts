/**
 * A segment: entries of many observations that were written together. Its directory says what is in it, so that the samples
 * are read only when a server gets them. Both parts carry a CRC-32, since a database does not notice when content changes.
 *
 *     directory   version, CRC of the body, base time, number of runs, runs, CRC of what stands before
 *     run         observation (as difference to the run before), first sequence, entries, samples, length in the body,
 *                 time of its oldest sample (as difference to the base), from there to its newest; from version 2 on its epoch
 *     body        of each run its paths and entries: see entries.ts
 */
import { crc32 } from "node:zlib";
import { isUndated, type UnixMillis } from "../../clock.ts";
import type { ObservationId } from "../../lwm2m/observation-id.ts";
import { ByteReader, DamagedSegment } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { readEntry, readPaths, skipEntry, skipPaths, writeEntries } from "./entries.ts";
import { DATED } from "./epochs.ts";
import type { HistoryEntry } from "./history.ts";

/** Entries of one observation with sequences one after the other. */
export interface Run {
  /** The number of its observation; its name is kept once, beside the segments. */
  readonly observation: number;
  readonly first: number;
  readonly entries: number;
  readonly samples: number;
  /** Of its samples, in whole milliseconds: at or below the oldest time, at or above the newest. */
  readonly oldest: UnixMillis;
  readonly newest: UnixMillis;
  /** Of its samples that have no date: see epochs.ts. */
  readonly epoch: number;
  /** Where its bytes lie in the body. */
  readonly offset: number;
  readonly length: number;
}

/** Each part in a buffer of its own, which can be given to another thread. */
export interface Segment {
  readonly directory: Uint8Array<ArrayBuffer>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A segment whose directory need not be read any more. */
export interface Piece {
  readonly segment: Segment;
  readonly runs: readonly Run[];
}

export function lastOf({ first, entries }: Pick<Run, "first" | "entries">): number {
  return first + entries - 1;
}

/** What a segment takes on disk. */
export function sizeOf({ directory, body }: Segment): number {
  return directory.length + body.length;
}

/** Builds one segment after the other. */
export class SegmentWriter {
  private readonly body = new ByteWriter();
  private readonly directory = new ByteWriter();
  private runs: Run[] = [];
  private readonly epoch: number;

  /** `epoch`: of samples without date. */
  constructor(epoch = DATED) {
    this.epoch = epoch;
  }

  get empty(): boolean {
    return this.runs.length === 0;
  }

  /** Entries in the order of their sequences. Where one is missing, another run begins. */
  add(observation: number, id: ObservationId, entries: readonly HistoryEntry[]): void {
    for (let start = 0; start < entries.length; ) {
      let end = start + 1;
      while (end < entries.length && entries[end]?.sequence === (entries[end - 1]?.sequence ?? 0) + 1) end++;
      this.addRun(observation, id, entries.slice(start, end));
      start = end;
    }
  }

  /** A run that was cut out of another segment. */
  addBytes(run: Omit<Run, "offset" | "length">, ...parts: readonly Uint8Array[]): void {
    const offset = this.body.length;
    for (const part of parts) this.body.raw(part);
    this.runs.push({ ...run, offset, length: this.body.length - offset });
  }

  /** What was added since the last one. */
  take(): Piece {
    const body = this.body.take();
    const { runs } = this;
    writeDirectory(this.directory, runs, crc32(body));
    this.runs = [];
    return { segment: { directory: this.directory.take(), body }, runs };
  }

  private addRun(observation: number, id: ObservationId, entries: readonly HistoryEntry[]): void {
    const first = entries[0]?.sequence;
    if (first === undefined) return;
    const { oldest, newest, samples } = spanOf(entries);
    const offset = this.body.length;
    writeEntries(this.body, id, entries, oldest);
    const length = this.body.length - offset;
    const epoch = samples > 0 && isUndated(oldest) ? this.epoch : DATED;
    this.runs.push({ observation, first, entries: entries.length, samples, oldest, newest, epoch, offset, length });
  }
}

/** Throws DamagedSegment. */
export function readDirectory(bytes: Uint8Array): readonly Run[] {
  const reader = checkedDirectory(bytes);
  const withEpochs = bytes[0] === WITH_EPOCHS;
  reader.skip(BODY_CRC_LENGTH);
  const base = reader.signed();
  const runs: Run[] = [];
  let observation = 0;
  let offset = 0;
  for (let left = reader.varint(); left > 0; left--) {
    observation += reader.signed();
    const [first, entries, samples, length] = [reader.varint(), reader.varint(), reader.varint(), reader.varint()];
    const oldest = base + reader.signed();
    const newest = oldest + reader.varint();
    const epoch = withEpochs ? reader.varint() : DATED;
    runs.push({ observation, first, entries, samples, oldest, newest, epoch, offset, length });
    offset += length;
    const numbers = [observation, first, entries, offset];
    if (observation < 0 || first === 0 || entries === 0 || !numbers.every(Number.isSafeInteger)) {
      reader.fail("a run that cannot be");
    }
  }
  if (reader.left > 0) reader.fail("bytes after the last run");
  return runs;
}

/** Throws DamagedSegment where the body is not the one that the directory was written for. */
export function checkBody(directory: Uint8Array, body: Uint8Array): void {
  if (checkedDirectory(directory).uint32() !== crc32(body)) throw new DamagedSegment("its content has changed");
}

/** The entries of a run whose sequences are above `after`. Throws DamagedSegment. */
export function readRun(body: Uint8Array, run: Run, id: ObservationId, after = 0): readonly HistoryEntry[] {
  const reader = new ByteReader(body, run.offset, run.offset + run.length);
  const paths = readPaths(reader, id);
  const entries: HistoryEntry[] = [];
  for (let sequence = run.first; sequence <= lastOf(run); sequence++) {
    if (sequence <= after) skipEntry(reader);
    else entries.push(readEntry(reader, sequence, paths, run.oldest));
  }
  if (reader.left > 0) reader.fail("bytes after the last entry");
  return entries;
}

/** Where in a body an entry begins. */
export interface EntryPlace {
  readonly sequence: number;
  readonly offset: number;
}

/** A part of a run, to be added to another segment. */
export interface Cut {
  readonly run: Omit<Run, "offset" | "length">;
  readonly parts: readonly Uint8Array[];
  /** The entry after it. */
  readonly next: EntryPlace;
}

/**
 * Cuts out the entries above `after`, up to `to`: whole entries of at most so many samples together, but one at least. `known`
 * may say where an entry begins that is not behind the first wanted, so that those before it need not be looked at. Throws
 * DamagedSegment.
 */
export function cutRun(
  body: Uint8Array,
  run: Run,
  wanted: { after: number; to: number; maxSamples: number; known?: EntryPlace },
): Cut {
  const reader = new ByteReader(body, run.offset, run.offset + run.length);
  skipPaths(reader);
  const paths = body.subarray(run.offset, reader.position);
  let { first: sequence } = run;
  const { after, to, known } = wanted;
  if (known !== undefined && known.sequence <= after + 1) {
    sequence = known.sequence;
    reader.skip(known.offset - reader.position);
  }
  for (; sequence <= after; sequence++) skipEntry(reader);
  const first = sequence;
  let end = reader.position;
  const start = end;
  let samples = 0;
  while (sequence <= Math.min(to, lastOf(run))) {
    const more = skipEntry(reader);
    if (samples > 0 && samples + more > wanted.maxSamples) break;
    samples += more;
    sequence++;
    end = reader.position;
  }
  return {
    run: { ...run, first, entries: sequence - first, samples },
    parts: [paths, body.subarray(start, end)],
    next: { sequence, offset: end },
  };
}

function writeDirectory(writer: ByteWriter, runs: readonly Run[], bodyCrc: number): void {
  const withEpochs = runs.some(({ epoch }) => epoch !== DATED);
  writer.byte(withEpochs ? WITH_EPOCHS : VERSION);
  writer.uint32(bodyCrc);
  const base = runs[0]?.oldest ?? 0;
  writer.signed(base);
  writer.varint(runs.length);
  let before = 0;
  for (const { observation, first, entries, samples, oldest, newest, epoch, length } of runs) {
    writer.signed(observation - before);
    writer.varint(first);
    writer.varint(entries);
    writer.varint(samples);
    writer.varint(length);
    writer.signed(oldest - base);
    writer.varint(newest - oldest);
    if (withEpochs) writer.varint(epoch);
    before = observation;
  }
  const written = writer.take();
  writer.raw(written);
  writer.uint32(crc32(written));
}

/** The reader stands behind the version, and ends before the CRC. */
function checkedDirectory(bytes: Uint8Array): ByteReader {
  const end = bytes.length - CRC_LENGTH;
  if (end < 1) throw new DamagedSegment("cut short");
  if (bytes[0] !== VERSION && bytes[0] !== WITH_EPOCHS) {
    throw new DamagedSegment(`version ${bytes[0]}, expected ${VERSION} or ${WITH_EPOCHS}`);
  }
  if (new ByteReader(bytes, end).uint32() !== crc32(bytes.subarray(0, end))) {
    throw new DamagedSegment("its directory has changed");
  }
  return new ByteReader(bytes, 1, end);
}

function spanOf(entries: readonly HistoryEntry[]): { oldest: UnixMillis; newest: UnixMillis; samples: number } {
  let oldest = LAST_TIME;
  let newest = -LAST_TIME;
  let count = 0;
  for (const { samples } of entries) {
    count += samples.length;
    for (const { time } of samples) {
      if (time < oldest) oldest = time;
      if (time > newest) newest = time;
    }
  }
  // Adding 0 makes of -0, which no varint has, 0. No time at all where there are no samples, or none that a clock could have told.
  if (newest < oldest) return { oldest: 0, newest: 0, samples: count };
  return {
    oldest: Math.max(-LAST_TIME, Math.floor(oldest)) + 0,
    newest: Math.min(LAST_TIME, Math.ceil(newest)) + 0,
    samples: count,
  };
}

const VERSION = 1;
/** Written where it is needed alone. */
const WITH_EPOCHS = 2;
const CRC_LENGTH = 4;
const BODY_CRC_LENGTH = 4;
/** Year 37,000: what fits into a varint as a difference, too. Times beyond it are kept, but count as this one. */
const LAST_TIME = 2 ** 50;
