/** The fields of a SenML record (RFC 8428 §4, §5; `vlo` is Core 1.2 §7.5.6), by their names in JSON: checks that JSON and CBOR share. */
import { ProtocolError } from "../../errors.ts";
import type { Value } from "../sample.ts";
import type { SenmlInput } from "./senml.ts";
import { parseObjectLink } from "./value.ts";

/** What a pack is for: values (RFC 8428), paths to read (RFC 8790 §3, Fetch Pack), changes (Patch Pack). */
export type PackKind = "values" | "fetch" | "patch";

/** The bytes that a `vd` holds: text in base64 for JSON, bytes for CBOR. Undefined: it does not. */
export type ReadData = (value: unknown) => Uint8Array | undefined;

/** Reads the fields of one record after the other, those of a record in any order. */
export class RecordReader {
  private record = emptyRecord();
  private readonly readData: ReadData;
  private readonly kind: PackKind;
  /** How many records there were. */
  private ended = 0;

  constructor(readData: ReadData, kind: PackKind) {
    this.readData = readData;
    this.kind = kind;
  }

  /** The record of the fields so far; the next field is of the next record. */
  end(): SenmlInput {
    const { record } = this;
    this.record = emptyRecord();
    this.ended++;
    return record;
  }

  /** The error of the record that has not ended, with its number; counted from 1, as a person does. */
  placed(error: unknown): unknown {
    if (!(error instanceof ProtocolError)) return error;
    return new ProtocolError(`${error.message} (record ${this.ended + 1})`, { cause: error });
  }

  /** Throws ProtocolError for a field of the wrong kind, a second value, or a field that the kind of pack may not have. */
  take(field: string, content: unknown): void {
    const { record, kind } = this;
    if (kind !== "values" && !isAllowed(field, kind))
      throw new ProtocolError(`SenML: a ${kind} record may not have "${field}"`);
    switch (field) {
      case "bn":
        record.baseName = readText(field, content);
        break;
      case "n":
        record.name = readText(field, content);
        break;
      case "bt":
        record.baseTime = readSeconds(field, content);
        break;
      case "t":
        record.time = readSeconds(field, content);
        break;
      case "v":
      case "vs":
      case "vb":
      case "vd":
      case "vlo":
        this.takeValue(field, content);
        break;
      default:
        checkOther(field, content);
    }
  }

  private takeValue(field: ValueField, content: unknown): void {
    const { record } = this;
    if (record.value !== undefined || record.removal)
      throw new ProtocolError("SenML: a record has more than one value");
    if (this.kind === "patch" && field === "v" && content === null) record.removal = true;
    else record.value = readValue(field, content, this.readData);
  }
}

type Fields = { -readonly [key in keyof SenmlInput]: SenmlInput[key] };

function emptyRecord(): Fields {
  return {
    baseName: undefined,
    baseTime: undefined,
    name: undefined,
    time: undefined,
    value: undefined,
    removal: false,
  };
}

type ValueField = "v" | "vs" | "vb" | "vd" | "vlo";
const VALUE_FIELDS: ReadonlySet<string> = new Set(["v", "vs", "vb", "vd", "vlo"]);
const PATH_FIELDS: ReadonlySet<string> = new Set(["bn", "n", "bt", "t", "bu", "u"]);
/** Base value, base sum, sum: with them `v` is not the value. */
const CHANGING: ReadonlySet<string> = new Set(["bv", "bs", "s"]);
/** RFC 8428 §4.4: the version of this SenML. */
const MAX_VERSION = 10;

/** RFC 8790 §3.1, §3.2: a Fetch Record has no value, a Patch Record nothing that the receiver could not apply. */
function isAllowed(field: string, kind: Exclude<PackKind, "values">): boolean {
  switch (kind) {
    case "fetch":
      return PATH_FIELDS.has(field);
    case "patch":
      return PATH_FIELDS.has(field) || VALUE_FIELDS.has(field) || field === "bver";
  }
}

function readText(field: string, content: unknown): string {
  if (typeof content !== "string") throw wrongKind(field, "text");
  return content;
}

function readSeconds(field: string, content: unknown): number {
  const seconds = typeof content === "bigint" ? Number(content) : content;
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) throw wrongKind(field, "a number of seconds");
  return seconds;
}

function readValue(field: ValueField, content: unknown, readData: ReadData): Value {
  const value = contentValue(field, content, readData);
  if (value === undefined) throw wrongKind(field, EXPECTED[field]);
  return value;
}

function contentValue(field: ValueField, content: unknown, readData: ReadData): Value | undefined {
  switch (field) {
    case "v":
      return typeof content === "number" || typeof content === "bigint" ? content : undefined;
    case "vs":
      return typeof content === "string" ? content : undefined;
    case "vb":
      return typeof content === "boolean" ? content : undefined;
    case "vlo":
      return typeof content === "string" ? parseObjectLink(content) : undefined;
    case "vd":
      return readData(content);
  }
}

const EXPECTED: { readonly [field in ValueField]: string } = {
  v: "a number",
  vs: "text",
  vb: "a boolean",
  vd: "bytes",
  vlo: 'an object link like "3303:0"',
};

/** RFC 8428 §4.4: a field whose name ends in `_` must be understood; units and the like are not for us. */
function checkOther(field: string, content: unknown): void {
  if (field === "bver" && !(typeof content === "number" && content <= MAX_VERSION)) {
    throw new ProtocolError("SenML: a version above 10 is not supported");
  }
  if (field.endsWith("_") || CHANGING.has(field)) throw new ProtocolError(`SenML: field "${field}" is not supported`);
}

function wrongKind(field: string, expected: string): ProtocolError {
  return new ProtocolError(`SenML: "${field}" must be ${expected}`);
}
