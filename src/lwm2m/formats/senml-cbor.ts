/** SenML CBOR (Content-Format 112): RFC 8428 §6, Core 1.2 §7.5.7. */
import { SECOND, type UnixMillis } from "../../clock.ts";
import { ProtocolError } from "../../errors.ts";
import { isObjectLink, type Value } from "../sample.ts";
import { CborCursor, MAJOR } from "./cbor-cursor.ts";
import { type Cbor, KEY_TWICE, readItem } from "./cbor-reader.ts";
import { writeNumber } from "./cbor-value.ts";
import { type CborWriter, writeCbor } from "./cbor-writer.ts";
import { CONTENT_FORMAT, type TypeOf } from "./codec.ts";
import type { ReportCodec } from "./report.ts";
import { reportedValues, type SenmlInput, type SenmlOutput, toRecords, writtenValues } from "./senml.ts";
import { type PackKind, RecordReader } from "./senml-fields.ts";

export const senmlCbor: ReportCodec = {
  contentFormat: CONTENT_FORMAT.senmlCbor,
  carriesTime: true,
  singleValue: false,
  encode(samples, _base, typeOf, options) {
    const records = toRecords(
      samples,
      options?.times === true ? { grid: onGrid, undated: options.undated } : undefined,
    );
    return writeCbor((writer) => {
      writer.array(records.length);
      for (const record of records) writeRecord(writer, record, typeOf);
    });
  },
  decode: (payload, base, typeOf) => writtenValues(readCborPack(payload), base, typeOf),
  decodeReport: (payload, context) => reportedValues(readCborPack(payload), context),
};

/** RFC 8428 §6, Table 4. Object links have a text for a key (Core §7.5.7). */
const LABEL = {
  baseVersion: -1,
  baseName: -2,
  baseTime: -3,
  baseUnit: -4,
  baseValue: -5,
  baseSum: -6,
  name: 0,
  unit: 1,
  value: 2,
  stringValue: 3,
  booleanValue: 4,
  sum: 5,
  time: 6,
  dataValue: 8,
  linkValue: "vlo",
} as const;

/** Their names in JSON, by label, from the lowest on; 7 (`ut`) changes nothing for us. */
const LOWEST = LABEL.baseSum;
const FIELDS = ["bs", "bv", "bu", "bt", "bn", "bver", "n", "u", "v", "vs", "vb", "s", "t", undefined, "vd"] satisfies (
  | string
  | undefined
)[];

function writeRecord(writer: CborWriter, record: SenmlOutput, typeOf: TypeOf): void {
  const { baseName, baseTime, name, time, value, path } = record;
  writer.map(1 + present(baseName) + present(baseTime) + present(name) + present(time));
  if (baseName !== undefined) {
    writer.label(LABEL.baseName);
    writer.text(baseName);
  }
  if (baseTime !== undefined) {
    writer.label(LABEL.baseTime);
    writeSeconds(writer, baseTime);
  }
  if (name !== undefined) {
    writer.label(LABEL.name);
    writer.text(name);
  }
  if (time !== undefined) {
    writer.label(LABEL.time);
    writeSeconds(writer, time);
  }
  if (typeof value === "number" || typeof value === "bigint") {
    writer.label(LABEL.value);
    writeNumber(writer, value, path, typeOf);
  } else {
    writeOther(writer, value);
  }
}

function present(field: string | number | undefined): number {
  return field === undefined ? 0 : 1;
}

function writeOther(writer: CborWriter, value: Exclude<Value, number | bigint>): void {
  if (typeof value === "string") {
    writer.label(LABEL.stringValue);
    writer.text(value);
  } else if (typeof value === "boolean") {
    writer.label(LABEL.booleanValue);
    writer.boolean(value);
  } else if (isObjectLink(value)) {
    writer.text(LABEL.linkValue);
    writer.link(value);
  } else {
    writer.label(LABEL.dataValue);
    writer.data(value);
  }
}

/** Steps in which a fraction of a second is told. */
const STEPS_PER_SECOND = 512;

/**
 * The step next to a time, less than a millisecond away. Leshan takes a float digit by digit and refuses a notification with
 * a time finer than nanoseconds: nine decimal digits are what nine binary ones, 1/512 s, need.
 */
function onGrid(time: UnixMillis): UnixMillis {
  return (Math.round((time / SECOND) * STEPS_PER_SECOND) / STEPS_PER_SECOND) * SECOND;
}

/** Whole seconds as an integer, else a float. */
function writeSeconds(writer: CborWriter, time: number): void {
  if (Number.isInteger(time)) writer.integer(time);
  else writer.float(time);
}

/** Throws ProtocolError for what is no pack of this kind. */
export function readCborPack(payload: Uint8Array, kind: PackKind = "values"): SenmlInput[] {
  const cursor = new CborCursor(payload);
  if (cursor.major() !== MAJOR.array) throw new ProtocolError("SenML CBOR: expected an array of records");
  const reader = new RecordReader(readData, kind);
  const records: SenmlInput[] = [];
  try {
    for (let left = cursor.size(cursor.head() & 0x1f); cursor.more(left); left--) {
      if (cursor.major() !== MAJOR.map) throw new ProtocolError("SenML CBOR: a record must be a map");
      records.push(readRecord(cursor, reader));
    }
  } catch (error) {
    throw reader.placed(error);
  }
  cursor.end();
  return records;
}

/** How deep the fields of a record lie: in a map in an array. */
const FIELD_DEPTH = 2;

/** RFC 8428 §6: fields without a label stand under their JSON name. Labels that we do not know are ignored. */
function readRecord(cursor: CborCursor, reader: RecordReader): SenmlInput {
  let seen = 0;
  let others: Set<unknown> | undefined;
  for (let left = cursor.size(cursor.head() & 0x1f); cursor.more(left); left--) {
    const short = cursor.short();
    const label = short < 0 ? readItem(cursor, FIELD_DEPTH) : short;
    const place = typeof label === "number" ? label - LOWEST : -1;
    const field = FIELDS[place];
    if (field === undefined) {
      others ??= new Set();
      if (others.has(label)) cursor.fail(KEY_TWICE);
      others.add(label);
    } else {
      if ((seen & (1 << place)) !== 0) cursor.fail(KEY_TWICE);
      seen |= 1 << place;
    }
    reader.take(field ?? nameOf(label), readItem(cursor, FIELD_DEPTH));
  }
  return reader.end();
}

/** Of a field that we do not know: its JSON name, or what a person can look for. */
function nameOf(label: Cbor): string {
  if (typeof label === "string") return label;
  return typeof label === "number" ? `label ${label}` : "";
}

function readData(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}
