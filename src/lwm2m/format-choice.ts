/** Which content format an answer has, and how a payload is read: Core 1.2 §7.4, Transport 1.2 §6.5. */
import { CODE } from "../coap/codes.ts";
import { Lwm2mError, ProtocolError } from "../errors.ts";
import { CONTENT_FORMAT, type ContentCodec, type TypeOf } from "./formats/codec.ts";
import { type CompositeRecord, decodeRecords } from "./formats/composite.ts";
import { type CreateContext, type Creation, decodeCreate } from "./formats/create.ts";
import { expectedFormats } from "./formats/format-names.ts";
import { CONTENT_FORMATS, codecFor } from "./formats/index.ts";
import type { Lwm2mVersion } from "./objects/versions.ts";
import type { CreateOperation, WriteCompositeOperation, WriteOperation } from "./operation.ts";
import { LEVEL, type Path, pathDepth } from "./path.ts";
import { badRequest, notAllowed } from "./refusals.ts";
import type { PathValue } from "./sample.ts";

export interface FormatWish {
  /** The Accept option. */
  readonly accept?: number | undefined;
  /** Of the registration: what is the default depends on it. */
  readonly version: Lwm2mVersion;
}

/**
 * The format for what stands at a path, the same for a Read and all notifications of an Observe. Throws Lwm2mError 4.06
 * where the server accepts only what we do not speak or what cannot hold this.
 */
export function chooseFormat(path: Path, typeOf: TypeOf, { accept, version }: FormatWish): ContentCodec {
  const wanted = accept ?? defaultFormat(path, typeOf, version);
  const codec = spoken(wanted, version);
  const problem = problemOf(codec, path, typeOf);
  if (codec !== undefined && problem === undefined) return codec;
  throw notAcceptable(wanted, version, problem, possibleAt(path, typeOf, version));
}

/**
 * The format of the answer to a composite request, and of all notifications of one: those that name whole paths (Core 1.2
 * §6.3.8). Throws Lwm2mError 4.06.
 */
export function chooseCompositeFormat({ accept = CONTENT_FORMAT.senmlCbor, version }: FormatWish): ContentCodec {
  const codec = COMPOSITE_ANSWERS.includes(accept) ? spoken(accept, version) : undefined;
  if (codec !== undefined) return codec;
  throw notAcceptable(accept, version, "is not for composite answers", spokenOf(COMPOSITE_ANSWERS, version));
}

/**
 * What a Write-Composite wants; `typeOf` may throw for what is not there. Throws Lwm2mError: 4.15 for a format that we do not
 * speak, 4.00 for bytes that are not this format and values that do not fit.
 */
export function decodeChanges(
  { contentFormat, payload }: WriteCompositeOperation,
  typeOf: TypeOf,
  version: Lwm2mVersion,
): CompositeRecord[] {
  if (contentFormat === CONTENT_FORMAT.lwm2mCbor && spoken(contentFormat, version) === undefined) {
    throw unsupported(contentFormat, version, undefined, COMPOSITE_BODIES);
  }
  return decodeRecords(contentFormat, payload, typeOf);
}

/**
 * The values in the payload of a Write; the path must exist (see ObjectTree.check). Throws Lwm2mError: 4.15 for a format that
 * we do not speak or that cannot hold what the path stands for, 4.05 for an executable resource, 4.00 for bytes
 * that are not this format or values that do not fit.
 */
export function decodeValues(
  { path, contentFormat, payload }: WriteOperation,
  typeOf: TypeOf,
  version: Lwm2mVersion,
): PathValue[] {
  if (pathDepth(path) >= LEVEL.resource && typeOf(path) === undefined) {
    throw notAllowed(`${path} holds no value: it cannot be written`);
  }
  const codec = spoken(contentFormat, version);
  // Bytes for what is no opaque resource are a value of the wrong type.
  const problem = tooFew(codec, path, typeOf);
  if (codec === undefined || problem !== undefined) {
    throw unsupported(contentFormat, version, problem, possibleAt(path, typeOf, version));
  }
  try {
    return codec.decode(payload, path, typeOf);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw badRequest(error.message, { cause: error });
  }
}

/**
 * Which instance a Create makes, and with what; without format and payload one of our choice, with nothing. Throws Lwm2mError:
 * 4.15 for a format that we do not speak or that cannot hold an instance, 4.00 for bytes that are not this format, values
 * that do not fit, and two instances; what `choose` throws passes through.
 */
export function decodeCreation(
  { contentFormat, payload }: Pick<CreateOperation, "contentFormat" | "payload">,
  context: CreateContext,
  version: Lwm2mVersion,
): Creation {
  if (contentFormat === undefined) return { instance: context.choose(), values: [] };
  const codec = spoken(contentFormat, version);
  if (codec === undefined || codec.singleValue) {
    const problem = codec === undefined ? undefined : "cannot carry an instance";
    throw unsupported(contentFormat, version, problem, spokenOf(INSTANCES, version));
  }
  return decodeCreate(contentFormat, payload, context);
}

const COMPOSITE_ANSWERS: readonly number[] = [
  CONTENT_FORMAT.senmlJson,
  CONTENT_FORMAT.senmlCbor,
  CONTENT_FORMAT.lwm2mCbor,
];
/** But for LwM2M CBOR, which not every version has. */
const COMPOSITE_BODIES: readonly number[] = [
  CONTENT_FORMAT.senmlJson,
  CONTENT_FORMAT.senmlCbor,
  CONTENT_FORMAT.senmlEtchJson,
  CONTENT_FORMAT.senmlEtchCbor,
];
const INSTANCES: readonly number[] = CONTENT_FORMATS.filter((format) => codecFor(format)?.singleValue === false);

/**
 * The codec of a format that this version has. Later versions must not use the JSON of 1.0, CBOR came with 1.1 and LwM2M CBOR
 * with 1.2; what else a server asks for by name it knows.
 */
function spoken(format: number, version: Lwm2mVersion): ContentCodec | undefined {
  if (format === CONTENT_FORMAT.lwm2mJson && version !== "1.0") return undefined;
  if (format === CONTENT_FORMAT.cbor && version === "1.0") return undefined;
  if (format === CONTENT_FORMAT.lwm2mCbor && version !== "1.2") return undefined;
  return codecFor(format);
}

function spokenOf(formats: readonly number[], version: Lwm2mVersion): readonly number[] {
  return formats.filter((format) => spoken(format, version) !== undefined);
}

/** Why a format cannot hold what stands at the path; undefined where it can. */
function problemOf(codec: ContentCodec | undefined, path: Path, typeOf: TypeOf): string | undefined {
  const isMisfit = codec?.contentFormat === CONTENT_FORMAT.opaque && typeOf(path)?.type !== "opaque";
  return tooFew(codec, path, typeOf) ?? (isMisfit ? `is for opaque values, and ${path} is not opaque` : undefined);
}

function tooFew(codec: ContentCodec | undefined, path: Path, typeOf: TypeOf): string | undefined {
  if (codec?.singleValue !== true || isSingle(path, typeOf)) return undefined;
  return `holds one value, and ${path} may have several`;
}

/** What a server may ask for, or write, at this path. */
function possibleAt(path: Path, typeOf: TypeOf, version: Lwm2mVersion): readonly number[] {
  // Without an object TLV has nothing to begin with.
  const formats = CONTENT_FORMATS.filter((format) => format !== CONTENT_FORMAT.tlv || pathDepth(path) > 0);
  return spokenOf(formats, version).filter((format) => problemOf(codecFor(format), path, typeOf) === undefined);
}

/** One value is text; the rest is SenML CBOR, and TLV where 1.0 knows nothing else. */
function defaultFormat(path: Path, typeOf: TypeOf, version: Lwm2mVersion): number {
  if (isSingle(path, typeOf)) return CONTENT_FORMAT.text;
  return version === "1.0" ? CONTENT_FORMAT.tlv : CONTENT_FORMAT.senmlCbor;
}

/** A resource without instances, or one instance of a resource. What may have several values is never single, even with one. */
function isSingle(path: Path, typeOf: TypeOf): boolean {
  const depth = pathDepth(path);
  return depth === LEVEL.resourceInstance || (depth === LEVEL.resource && typeOf(path)?.multiple !== true);
}

function notAcceptable(...refused: Parameters<typeof explained>): Lwm2mError {
  return new Lwm2mError(CODE.notAcceptable, explained(...refused));
}

function unsupported(...refused: Parameters<typeof explained>): Lwm2mError {
  return new Lwm2mError(CODE.unsupportedContentFormat, explained(...refused));
}

/** "Content-Format 0 holds one value, and /3/0 may have several: expected Content-Format 110 (SenML JSON), …" */
function explained(
  format: number,
  version: Lwm2mVersion,
  problem: string | undefined,
  possible: readonly number[],
): string {
  const refused =
    problem === undefined
      ? `there is no Content-Format ${format} here with LwM2M ${version}`
      : `Content-Format ${format} ${problem}`;
  return `${refused}: ${expectedFormats(possible)}`;
}
