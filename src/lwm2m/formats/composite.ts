/**
 * The payloads of composite operations (Core 1.2 §6.3.8, §6.3.9, §6.4): which paths to read or observe, what to write. They
 * name whole paths of any prefix (Gateway TS 1.1 §8.3.2). Answers are written by the codecs, with "/" for the base.
 */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError, ProtocolError } from "../../errors.ts";
import { LEVEL, makePath, type Path, pathDepth } from "../path.ts";
import type { PathValue } from "../sample.ts";
import { CONTENT_FORMAT, type TypeOf } from "./codec.ts";
import { expectedFormats } from "./format-names.ts";
import { lwm2mCbor } from "./lwm2m-cbor.ts";
import { pathOf, type Resolved, resolveRecords, type SenmlInput } from "./senml.ts";
import { readCborPack } from "./senml-cbor.ts";
import type { PackKind } from "./senml-fields.ts";
import { readJsonPack } from "./senml-json.ts";
import { checkKnown, fitValue, singleType } from "./value.ts";

export type CompositeRecord =
  | (PathValue & { readonly type: "value" })
  /** `"v": null` (RFC 8790 §3.2): this instance of a resource shall not be. */
  | { readonly type: "removal"; readonly path: Path };

/**
 * The paths of a Read-Composite or Observe-Composite, each once, in their order; "/" is everything of the gateway, "/meter-1"
 * everything of a device. SenML-ETCH or SenML, as JSON or CBOR. Throws Lwm2mError 4.15 for another format, 4.00 for anything
 * else that is wrong.
 */
export function decodePaths(contentFormat: number, payload: Uint8Array): Path[] {
  return refusing(() => {
    const records = readPack(contentFormat, payload, "fetch");
    if (records === undefined) throw unsupported(contentFormat, "paths to read", FOR_PATHS);
    if (records.length === 0) throw new ProtocolError("SenML: no record, so no path");
    return [...new Set(resolveRecords(records).map(namedPath))];
  });
}

/**
 * What a Write-Composite wants, in the order in which it applies: of two records of one path the later stands. SenML-ETCH,
 * SenML or LwM2M CBOR. Throws Lwm2mError 4.15 for another format, 4.04 for a path that `typeOf` does not know, 4.00 for
 * anything else that is wrong; what `typeOf` throws passes through.
 */
export function decodeRecords(contentFormat: number, payload: Uint8Array, typeOf: TypeOf): CompositeRecord[] {
  return refusing(() => {
    if (contentFormat === CONTENT_FORMAT.lwm2mCbor) return writtenAsMap(payload, typeOf);
    const records = readPack(contentFormat, payload, "patch");
    if (records === undefined) throw unsupported(contentFormat, "values to write", FOR_RECORDS);
    if (records.length === 0) throw new ProtocolError("SenML: no record, so nothing to write");
    return resolveRecords(records).map((record) => compositeRecord(record, typeOf));
  });
}

/** Bodies in plain SenML may have what RFC 8428 lets a reader skip; only SenML-ETCH has the stricter rules of RFC 8790. */
function readPack(contentFormat: number, payload: Uint8Array, kind: PackKind): SenmlInput[] | undefined {
  switch (contentFormat) {
    case CONTENT_FORMAT.senmlJson:
      return readJsonPack(payload);
    case CONTENT_FORMAT.senmlCbor:
      return readCborPack(payload);
    case CONTENT_FORMAT.senmlEtchJson:
      return readJsonPack(payload, kind);
    case CONTENT_FORMAT.senmlEtchCbor:
      return readCborPack(payload, kind);
    default:
      return undefined;
  }
}

function namedPath(record: Resolved): Path {
  const path = pathOf(record);
  if (record.value !== undefined)
    throw new ProtocolError(`SenML: the record of ${path} has a value, where paths are expected`);
  return path;
}

function compositeRecord(record: Resolved, typeOf: TypeOf): CompositeRecord {
  const { value, removal } = record;
  const path = pathOf(record);
  // A level that holds no value is wrong whatever may be there.
  const type = singleType(path, typeOf);
  if (removal) {
    if (pathDepth(path) === LEVEL.resourceInstance) return { type: "removal", path };
    throw new Lwm2mError(CODE.badRequest, `${path} cannot be removed: only an instance of a resource can`);
  }
  if (value === undefined) throw new ProtocolError(`SenML: the record of ${path} has no value`);
  return { type: "value", path, value: fitValue(value, type, path) };
}

/** A Write may skip what is unknown, a Write-Composite is done as a whole or not at all. */
function writtenAsMap(payload: Uint8Array, typeOf: TypeOf): CompositeRecord[] {
  const known: TypeOf = (path) => {
    checkKnown(path, typeOf);
    return typeOf(path);
  };
  const values = lwm2mCbor.decode(payload, ROOT, known);
  return values.map(({ path, value }) => ({ type: "value", path, value }));
}

const ROOT = makePath({ prefix: "" });

function refusing<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Lwm2mError(CODE.badRequest, error.message, { cause: error });
  }
}

const FOR_PATHS = [
  CONTENT_FORMAT.senmlJson,
  CONTENT_FORMAT.senmlCbor,
  CONTENT_FORMAT.senmlEtchJson,
  CONTENT_FORMAT.senmlEtchCbor,
];
const FOR_RECORDS = [...FOR_PATHS, CONTENT_FORMAT.lwm2mCbor];

function unsupported(contentFormat: number, wanted: string, possible: readonly number[]): Lwm2mError {
  const message = `Content-Format ${contentFormat} is not supported for ${wanted}: ${expectedFormats(possible)}`;
  return new Lwm2mError(CODE.unsupportedContentFormat, message);
}
