/**
 * LwM2M JSON (Content-Format 11543): Core 1.0 §6.4.4. For servers of version 1.0 alone: later versions have SenML in its
 * place. Names are joined of base name and name; times count from the base time.
 */
import { isUndated } from "../../clock.ts";
import { ProtocolError } from "../../errors.ts";
import type { Path } from "../path.ts";
import { isObjectLink, type PathValue, type ResourceType, type Sample, type Value } from "../sample.ts";
import { CONTENT_FORMAT, type EncodeOptions, type TimedPathValue, type TypeOf } from "./codec.ts";
import { jsonFields, jsonNumber, parseJson } from "./json.ts";
import { commonName, mayName, outside, readName, withPrefixOf } from "./names.ts";
import { absoluteTime, datable, exact, offsetOf, settled } from "./record-times.ts";
import type { ReportCodec, ReportContext } from "./report.ts";
import {
  checkKnown,
  encodeUtf8,
  fitValue,
  formatObjectLink,
  parseBase64,
  parseObjectLink,
  tryFit,
  typeAtLeaf,
} from "./value.ts";

export const lwm2mJson: ReportCodec = {
  contentFormat: CONTENT_FORMAT.lwm2mJson,
  carriesTime: true,
  singleValue: false,
  encode: (samples, base, _typeOf, options) => encodeUtf8(write(samples, base, options)),
  decode,
  decodeReport,
};

const FORMAT = "LwM2M JSON";

/** The newest time is the base, so that the others are before it: negative, as the specification has them. */
function write(measured: readonly Sample[], base: Path, { times = false, undated }: EncodeOptions = {}): string {
  const samples = times && !datable(measured) ? settled(measured, undated) : measured;
  const baseName = samples.length === 0 ? base : commonName(samples);
  // A base time would count for what is relative to now.
  const baseTime =
    times && datable(samples) ? samples.reduce((newest, { time }) => Math.max(newest, time), 0) : undefined;
  const entries = samples.map(({ path, value, time }) => {
    const name = path.slice(baseName.length);
    const offset = times ? offsetOf(time, { grid: exact, undated }, isUndated(time) ? undefined : (baseTime ?? 0)) : 0;
    const fields = [
      ...(name === "" ? [] : [`"n":${JSON.stringify(name)}`]),
      writeValue(value),
      ...(offset === 0 ? [] : [`"t":${offset / 1000}`]),
    ];
    return `{${fields.join(",")}}`;
  });
  const time = baseTime === undefined || samples.length === 0 ? "" : `,"bt":${baseTime / 1000}`;
  return `{"bn":${JSON.stringify(baseName)},"e":[${entries.join(",")}]${time}}`;
}

function writeValue(value: Value): string {
  if (typeof value === "string") return `"sv":${JSON.stringify(value)}`;
  if (typeof value === "boolean") return `"bv":${value}`;
  if (value instanceof Uint8Array) {
    return `"sv":"${Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64")}"`;
  }
  return isObjectLink(value) ? `"ov":"${formatObjectLink(value)}"` : `"v":${jsonNumber(value)}`;
}

function decode(payload: Uint8Array, base: Path, typeOf: TypeOf): PathValue[] {
  checkKnown(base, typeOf);
  const values: PathValue[] = [];
  for (const { name, value } of readEntries(payload)) {
    const path = writtenPath(name, base);
    const type = typeAtLeaf(path, typeOf);
    if (type !== undefined) values.push({ path, value: fitValue(spelled(value, type), type, path) });
  }
  return values;
}

function decodeReport(payload: Uint8Array, { base, typeOf, now }: ReportContext): TimedPathValue[] {
  return readEntries(payload).map(({ name, value, time }) => {
    const path = reportedPath(name, base);
    const type = typeOf(path)?.type;
    const fitted = (type === undefined ? undefined : tryFit(spelled(value, type), type)) ?? value;
    const measured = time === undefined ? undefined : absoluteTime(time, now);
    return { path, value: fitted, ...(measured === undefined ? {} : { time: measured }) };
  });
}

interface Entry {
  readonly name: string;
  readonly value: Value;
  /** Seconds, absolute or relative to now; undefined where the payload has no time. */
  readonly time: number | undefined;
}

/** Throws ProtocolError for what is not this format. */
function readEntries(payload: Uint8Array): Entry[] {
  const root = fieldsOf(parseJson(payload, FORMAT));
  const baseName = readText(root, "bn") ?? "";
  const baseTime = readSeconds(root, "bt");
  const entries = root.get("e");
  if (!Array.isArray(entries)) throw new ProtocolError(`${FORMAT}: "e" must be an array`);
  return entries.map((entry: unknown) => {
    const fields = fieldsOf(entry);
    const time = readSeconds(fields, "t");
    return {
      name: baseName + (readText(fields, "n") ?? ""),
      value: readValue(fields),
      time: time === undefined && baseTime === undefined ? undefined : (baseTime ?? 0) + (time ?? 0),
    };
  });
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  const fields = jsonFields(value);
  if (fields === undefined) throw new ProtocolError(`${FORMAT}: expected an object`);
  return new Map(fields);
}

function readText(fields: ReadonlyMap<string, unknown>, name: string): string | undefined {
  const text = fields.get(name);
  if (text !== undefined && typeof text !== "string") throw new ProtocolError(`${FORMAT}: "${name}" must be text`);
  return text;
}

function readSeconds(fields: ReadonlyMap<string, unknown>, name: string): number | undefined {
  const content = fields.get(name);
  if (content === undefined) return undefined;
  const seconds = typeof content === "bigint" ? Number(content) : content;
  if (typeof seconds === "number" && Number.isFinite(seconds)) return seconds;
  throw new ProtocolError(`${FORMAT}: "${name}" must be a number of seconds`);
}

function readValue(fields: ReadonlyMap<string, unknown>): Value {
  const present = VALUE_FIELDS.filter((field) => fields.has(field));
  const [field] = present;
  if (field === undefined || present.length > 1) throw new ProtocolError(`${FORMAT}: an entry has exactly one value`);
  const value = contentValue(field, fields.get(field));
  if (value === undefined) throw new ProtocolError(`${FORMAT}: "${field}" must be ${EXPECTED[field]}`);
  return value;
}

const VALUE_FIELDS = ["v", "sv", "bv", "ov"] as const;
type ValueField = (typeof VALUE_FIELDS)[number];

const EXPECTED: Readonly<Record<ValueField, string>> = {
  v: "a number",
  sv: "text",
  bv: "a boolean",
  ov: 'an object link like "3303:0"',
};

function contentValue(field: ValueField, content: unknown): Value | undefined {
  switch (field) {
    case "v":
      return typeof content === "number" || typeof content === "bigint" ? content : undefined;
    case "sv":
      return typeof content === "string" ? content : undefined;
    case "bv":
      return typeof content === "boolean" ? content : undefined;
    case "ov":
      return typeof content === "string" ? parseObjectLink(content) : undefined;
  }
}

/** Only the type tells whether a text is one, or bytes in base64. */
function spelled(value: Value, type: ResourceType): Value {
  return type === "opaque" && typeof value === "string" ? (parseBase64(value) ?? value) : value;
}

/** Leshan leaves out the first slash, others leave out all that the request has said; a name that fits as a whole comes first. */
function writtenPath(name: string, base: Path): Path {
  const path = withPrefixOf(readName(name.startsWith("/") ? name : `/${name}`, FORMAT), base);
  if (mayName(path, base)) return path;
  if (name.startsWith("/")) throw outside(name, base, FORMAT);
  return readName(`${base}/${name}`, FORMAT);
}

function reportedPath(name: string, base: Path): Path {
  return name.startsWith("/") ? withPrefixOf(readName(name, FORMAT), base) : writtenPath(name, base);
}
