/** SenML CBOR (Content-Format 112): RFC 8428 §6, Core 1.2 §7.5.7. */
import { SECOND } from "../../clock.ts";
import { ProtocolError } from "../../errors.ts";
import { isObjectLink, type Sample } from "../sample.ts";
import { type Cbor, CborFloat, type CborInput, cborInteger, decodeCbor, encodeCbor } from "./cbor.ts";
import { cborNumber } from "./cbor-value.ts";
import { CONTENT_FORMAT } from "./codec.ts";
import type { ReportCodec } from "./report.ts";
import { reportedValues, type SenmlInput, type SenmlOutput, toRecords, writtenValues } from "./senml.ts";
import { type PackKind, RecordReader } from "./senml-fields.ts";
import { formatObjectLink } from "./value.ts";

export const senmlCbor: ReportCodec = {
  contentFormat: CONTENT_FORMAT.senmlCbor,
  carriesTime: true,
  singleValue: false,
  encode(samples, _base, typeOf, options) {
    const timed = options?.times === true ? samples.map(onGrid) : samples;
    return encodeCbor(toRecords(timed, typeOf, options).map(writeRecord));
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

const FIELD_NAMES: ReadonlyMap<Cbor, string> = new Map<Cbor, string>([
  [LABEL.baseVersion, "bver"],
  [LABEL.baseName, "bn"],
  [LABEL.baseTime, "bt"],
  [LABEL.baseUnit, "bu"],
  [LABEL.baseValue, "bv"],
  [LABEL.baseSum, "bs"],
  [LABEL.name, "n"],
  [LABEL.unit, "u"],
  [LABEL.value, "v"],
  [LABEL.stringValue, "vs"],
  [LABEL.booleanValue, "vb"],
  [LABEL.sum, "s"],
  [LABEL.time, "t"],
  [LABEL.dataValue, "vd"],
]);

function writeRecord({ baseName, baseTime, name, time, value, type }: SenmlOutput): CborInput {
  const record = new Map<CborInput, CborInput>();
  if (baseName !== undefined) record.set(LABEL.baseName, baseName);
  if (baseTime !== undefined) record.set(LABEL.baseTime, seconds(baseTime));
  if (name !== undefined) record.set(LABEL.name, name);
  if (time !== undefined) record.set(LABEL.time, seconds(time));
  if (typeof value === "string") record.set(LABEL.stringValue, value);
  else if (typeof value === "boolean") record.set(LABEL.booleanValue, value);
  else if (value instanceof Uint8Array) record.set(LABEL.dataValue, value);
  else if (isObjectLink(value)) record.set(LABEL.linkValue, formatObjectLink(value));
  else record.set(LABEL.value, cborNumber(value, type));
  return record;
}

/** Steps in which a fraction of a second is told. */
const STEPS_PER_SECOND = 512;

/**
 * The sample at the step next to its time, less than a millisecond away. Leshan takes a float digit by digit and refuses a
 * notification with a time finer than nanoseconds: nine decimal digits are what nine binary ones, 1/512 s, need.
 */
function onGrid(sample: Sample): Sample {
  if (sample.time % SECOND === 0) return sample;
  return { ...sample, time: (Math.round((sample.time / SECOND) * STEPS_PER_SECOND) / STEPS_PER_SECOND) * SECOND };
}

/** Whole seconds as an integer, else a float. */
function seconds(time: number): CborInput {
  return Number.isInteger(time) ? cborInteger(time) : new CborFloat(time);
}

/** Throws ProtocolError for what is no pack of this kind. */
export function readCborPack(payload: Uint8Array, kind: PackKind = "values"): SenmlInput[] {
  const pack = decodeCbor(payload);
  if (!Array.isArray(pack)) throw new ProtocolError("SenML CBOR: expected an array of records");
  return pack.map((fields: Cbor) => {
    if (!(fields instanceof Map)) throw new ProtocolError("SenML CBOR: a record must be a map");
    const record = new RecordReader(readData, kind);
    for (const [label, content] of fields) record.take(fieldName(label), content);
    return record.whole;
  });
}

/** RFC 8428 §6: fields without a label stand under their JSON name. Labels that we do not know are ignored. */
function fieldName(label: Cbor): string {
  return typeof label === "string" ? label : (FIELD_NAMES.get(label) ?? "");
}

function readData(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}
