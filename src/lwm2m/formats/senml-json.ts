/** SenML JSON (Content-Format 110): RFC 8428 §5, Core 1.2 §7.5.6. */
import { ProtocolError } from "../../errors.ts";
import { isObjectLink, type Value } from "../sample.ts";
import { CONTENT_FORMAT } from "./codec.ts";
import { jsonFields, jsonNumber, parseJson } from "./json.ts";
import { exact } from "./record-times.ts";
import type { ReportCodec } from "./report.ts";
import { reportedValues, type SenmlInput, type SenmlOutput, toRecords, writtenValues } from "./senml.ts";
import { type PackKind, RecordReader } from "./senml-fields.ts";
import { encodeUtf8, formatObjectLink, parseBase64 } from "./value.ts";

export const senmlJson: ReportCodec = {
  contentFormat: CONTENT_FORMAT.senmlJson,
  carriesTime: true,
  singleValue: false,
  encode(samples, _base, _typeOf, options) {
    const records = toRecords(samples, options?.times === true ? { grid: exact, undated: options.undated } : undefined);
    return encodeUtf8(`[${records.map(writeRecord).join(",")}]`);
  },
  decode: (payload, base, typeOf) => writtenValues(readJsonPack(payload), base, typeOf),
  decodeReport: (payload, context) => reportedValues(readJsonPack(payload), context),
};

function writeRecord({ baseName, baseTime, name, time, value }: SenmlOutput): string {
  const fields: string[] = [];
  if (baseName !== undefined) fields.push(`"bn":${JSON.stringify(baseName)}`);
  if (baseTime !== undefined) fields.push(`"bt":${baseTime}`);
  if (name !== undefined) fields.push(`"n":${JSON.stringify(name)}`);
  if (time !== undefined) fields.push(`"t":${time}`);
  fields.push(writeValue(value));
  return `{${fields.join(",")}}`;
}

function writeValue(value: Value): string {
  if (typeof value === "string") return `"vs":${JSON.stringify(value)}`;
  if (typeof value === "boolean") return `"vb":${value}`;
  if (value instanceof Uint8Array) return `"vd":"${base64url(value)}"`;
  if (isObjectLink(value)) return `"vlo":"${formatObjectLink(value)}"`;
  return `"v":${jsonNumber(value)}`;
}

/** RFC 8428 §5: the URL-safe alphabet, without padding. */
function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");
}

/** Throws ProtocolError for what is no pack of this kind. */
export function readJsonPack(payload: Uint8Array, kind: PackKind = "values"): SenmlInput[] {
  const pack = parseJson(payload, "SenML JSON");
  if (!Array.isArray(pack)) throw new ProtocolError("SenML JSON: expected an array of records");
  const reader = new RecordReader(readData, kind);
  try {
    return pack.map((item: unknown) => {
      const fields = jsonFields(item);
      if (fields === undefined) throw new ProtocolError("SenML JSON: a record must be an object");
      for (const [field, content] of fields) reader.take(field, content);
      return reader.end();
    });
  } catch (error) {
    throw reader.placed(error);
  }
}

function readData(value: unknown): Uint8Array | undefined {
  return typeof value === "string" ? parseBase64(value) : undefined;
}
