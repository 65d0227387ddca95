/** Which content format an answer has, and how a payload is read: Core 1.2 §7.4, Transport 1.2 §6.5. */
import { CODE } from "../coap/codes.ts";
import { Lwm2mError, ProtocolError } from "../errors.ts";
import { CONTENT_FORMAT, type ContentCodec, type TypeOf } from "./formats/codec.ts";
import { type CompositeRecord, decodeRecords } from "./formats/composite.ts";
import { type CreateContext, type Creation, decodeCreate } from "./formats/create.ts";
import { codecFor } from "./formats/index.ts";
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
  if (codec === undefined) throw notAcceptable(`there is no Content-Format ${wanted} here with LwM2M ${version}`);
  if (codec.singleValue && !isSingle(path, typeOf)) {
    throw notAcceptable(`Content-Format ${wanted} holds one value; ${path} may have several`);
  }
  if (wanted === CONTENT_FORMAT.opaque && typeOf(path)?.type !== "opaque") {
    throw notAcceptable(`${path} is not opaque`);
  }
  return codec;
}

/**
 * The format of the answer to a composite request, and of all notifications of one: those that name whole paths (Core 1.2
 * §6.3.8). Throws Lwm2mError 4.06.
 */
export function chooseCompositeFormat({ accept = CONTENT_FORMAT.senmlCbor, version }: FormatWish): ContentCodec {
  const codec = COMPOSITE_ANSWERS.has(accept) ? spoken(accept, version) : undefined;
  if (codec === undefined) {
    throw notAcceptable(`Content-Format ${accept} is not for composite answers here with LwM2M ${version}`);
  }
  return codec;
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
    throw unspoken(contentFormat, version);
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
  if (codec === undefined) throw unspoken(contentFormat, version);
  if (codec.singleValue && !isSingle(path, typeOf)) {
    throw unsupported(`Content-Format ${contentFormat} holds one value; ${path} may have several`);
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
  if (spoken(contentFormat, version) === undefined) throw unspoken(contentFormat, version);
  return decodeCreate(contentFormat, payload, context);
}

const COMPOSITE_ANSWERS: ReadonlySet<number> = new Set([
  CONTENT_FORMAT.senmlJson,
  CONTENT_FORMAT.senmlCbor,
  CONTENT_FORMAT.lwm2mCbor,
]);

/**
 * The codec of a format that this version has. Later versions must not use the JSON of 1.0, LwM2M CBOR came with 1.2; what else
 * a server asks for by name it knows.
 */
function spoken(format: number, version: Lwm2mVersion): ContentCodec | undefined {
  if (format === CONTENT_FORMAT.lwm2mJson && version !== "1.0") return undefined;
  if (format === CONTENT_FORMAT.lwm2mCbor && version !== "1.2") return undefined;
  return codecFor(format);
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

function notAcceptable(message: string): Lwm2mError {
  return new Lwm2mError(CODE.notAcceptable, message);
}

function unspoken(format: number, version: Lwm2mVersion): Lwm2mError {
  return unsupported(`there is no Content-Format ${format} here with LwM2M ${version}`);
}

function unsupported(message: string): Lwm2mError {
  return new Lwm2mError(CODE.unsupportedContentFormat, message);
}
