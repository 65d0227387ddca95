/** SenML CBOR (Content-Format 112): RFC 8428 §6, Core 1.2 §7.5.7. */
import { ProtocolError } from "../../errors.ts";
import { isObjectLink } from "../sample.ts";
import { type Cbor, CborFloat, type CborInput, cborInteger, decodeCbor, encodeCbor } from "./cbor.ts";
import { CONTENT_FORMAT } from "./codec.ts";
import type { ReportCodec } from "./report.ts";
import { reportedValues, type SenmlInput, type SenmlOutput, toRecords, writtenValues } from "./senml.ts";
import { readRecord } from "./senml-fields.ts";
import { formatObjectLink } from "./value.ts";

export const senmlCbor: ReportCodec = {
  contentFormat: CONTENT_FORMAT.senmlCbor,
  carriesTime: true,
  singleValue: false,
  encode: (samples, _base, typeOf, options) => encodeCbor(toRecords(samples, typeOf, options).map(writeRecord)),
  decode: (payload, base, typeOf) => writtenValues(readPack(payload), base, typeOf),
  decodeReport: (payload, context) => reportedValues(readPack(payload), context),
};

/** RFC 8428 §6, Table 4. Object links have a text for a key (Core §7.5.7). */
const LABEL = {
  baseVersion: -1,
  baseName: -2,
  baseTime: -3,
  baseValue: -5,
  baseSum: -6,
  name: 0,
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
  [LABEL.baseValue, "bv"],
  [LABEL.baseSum, "bs"],
  [LABEL.name, "n"],
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
  else if (type === "float" || (type === undefined && !isWhole(value)))
    record.set(LABEL.value, new CborFloat(Number(value)));
  else record.set(LABEL.value, cborInteger(value));
  return record;
}

function isWhole(value: number | bigint): boolean {
  return typeof value === "bigint" || Number.isInteger(value);
}

/** Whole seconds as an integer; else the shorter float, as long as it still means the same millisecond. */
function seconds(time: number): CborInput {
  if (Number.isInteger(time)) return cborInteger(time);
  const short = Math.fround(time);
  return new CborFloat(Math.round(short * 1000) === Math.round(time * 1000) ? short : time);
}

function readPack(payload: Uint8Array): SenmlInput[] {
  const pack = decodeCbor(payload);
  if (!Array.isArray(pack)) throw new ProtocolError("SenML CBOR: expected an array of records");
  return pack.map((record: Cbor) => {
    if (!(record instanceof Map)) throw new ProtocolError("SenML CBOR: a record must be a map");
    const fields = [...record].map(([label, value]) => [fieldName(label), value] as const);
    return readRecord(fields, readData);
  });
}

/** RFC 8428 §6: fields without a label stand under their JSON name. Labels that we do not know are ignored. */
function fieldName(label: Cbor): string {
  return typeof label === "string" ? label : (FIELD_NAMES.get(label) ?? "");
}

function readData(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}
