/**
 * Which operation a CoAP request is: Transport 1.2 §6.4.3 (Device Management), §6.4.4 (Information Reporting); paths with
 * a prefix by Gateway TS 1.1 §8.3. Method, Content-Format, Accept, Observe and query decide together.
 */
import { CODE } from "../coap/codes.ts";
import { type CoapMessage, OPTION, stringValues, uintValue } from "../coap/options.ts";
import { Lwm2mError } from "../errors.ts";
import {
  type AttributeChanges,
  type Attributes,
  parseAttributes,
  parseCompositeAttributes,
  parseObserveAttributes,
} from "./attributes.ts";
import { CONTENT_FORMAT } from "./formats/codec.ts";
import { LEVEL, type Path, PREFIX, pathDepth, pathOfSegments } from "./path.ts";
import { badRequest, notAllowed } from "./refusals.ts";

interface OnPath {
  readonly path: Path;
}
interface Answered {
  /** The Accept option. */
  readonly accept?: number;
}
interface WithPayload {
  readonly contentFormat: number;
  readonly payload: Uint8Array;
}

export type ReadOperation = OnPath & Answered & { readonly type: "read" };
/** `attributes` are those of the request itself; checked against the path by checkAttributes, which needs its type. */
export type ObserveOperation = OnPath & Answered & { readonly type: "observe"; readonly attributes?: Attributes };
export type CancelObservationOperation = OnPath & Answered & { readonly type: "cancelObservation" };
export type DiscoverOperation = OnPath & { readonly type: "discover"; readonly depth?: number };
export type WriteOperation = OnPath & WithPayload & { readonly type: "write"; readonly mode: "replace" | "update" };
export type WriteAttributesOperation = OnPath & {
  readonly type: "writeAttributes";
  readonly attributes: AttributeChanges;
};
export type ExecuteOperation = OnPath & { readonly type: "execute"; readonly args: string };
export type CreateOperation = OnPath & {
  readonly type: "create";
  /** Absent where there is no payload: the client chooses the instance, with its defaults. */
  readonly contentFormat?: number;
  readonly payload: Uint8Array;
};
export type DeleteOperation = OnPath & { readonly type: "delete" };
export type ReadCompositeOperation = WithPayload & Answered & { readonly type: "readComposite" };
export type ObserveCompositeOperation = WithPayload &
  Answered & { readonly type: "observeComposite"; readonly attributes?: Attributes };
export type CancelObservationCompositeOperation = WithPayload &
  Answered & { readonly type: "cancelObservationComposite" };
export type WriteCompositeOperation = WithPayload & { readonly type: "writeComposite" };

export type Operation =
  | ReadOperation
  | ObserveOperation
  | CancelObservationOperation
  | DiscoverOperation
  | WriteOperation
  | WriteAttributesOperation
  | ExecuteOperation
  | CreateOperation
  | DeleteOperation
  | ReadCompositeOperation
  | ObserveCompositeOperation
  | CancelObservationCompositeOperation
  | WriteCompositeOperation;

/**
 * Which operation a request is. Whether its path exists, and what is possible there, is the tree's to say. Throws
 * Lwm2mError: 4.00, 4.04 or 4.05.
 */
export function parseOperation(message: CoapMessage): Operation {
  const path = pathOf(message);
  switch (message.code) {
    case CODE.get:
      return parseGet(message, path);
    case CODE.put:
      return parsePut(message, path);
    case CODE.post:
      return parsePost(message, path);
    case CODE.delete:
      return parseDelete(path);
    case CODE.fetch:
      return parseFetch(message, path);
    case CODE.ipatch:
      checkRoot(path, "Write-Composite");
      return { type: "writeComposite", ...payloadOf(message) };
    default:
      throw notAllowed("LwM2M has no operation of this method");
  }
}

/**
 * A first segment that is no number is a prefix, and one that cannot be is an unknown one: 4.04. IDs that are none make the
 * path malformed: 4.00.
 */
function pathOf(message: CoapMessage): Path {
  const segments = stringValues(message, OPTION.uriPath);
  try {
    if (segments.some((segment) => segment.includes("/"))) throw new RangeError("a segment of the path has a slash");
    return pathOfSegments(segments);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const [first = ""] = segments;
    const code = /^[0-9]+$/.test(first) || PREFIX.test(first) ? CODE.badRequest : CODE.notFound;
    throw new Lwm2mError(code, error.message, { cause: error });
  }
}

function parseGet(message: CoapMessage, path: Path): Operation {
  if (pathDepth(path) < LEVEL.object) throw badRequest(`${path} names no object`);
  const accept = uintValue(message, OPTION.accept);
  if (accept === CONTENT_FORMAT.linkFormat) {
    return { type: "discover", path, ...depthOf(stringValues(message, OPTION.uriQuery)) };
  }
  const answered = accept === undefined ? { path } : { path, accept };
  switch (uintValue(message, OPTION.observe)) {
    case 0: {
      const attributes = parseObserveAttributes(stringValues(message, OPTION.uriQuery));
      return { type: "observe", ...answered, ...(attributes === undefined ? {} : { attributes }) };
    }
    case 1:
      return { type: "cancelObservation", ...answered };
    default:
      return { type: "read", ...answered };
  }
}

/** Core 1.2 §6.3.2: `depth` is 0 to 3; other arguments of a Discover mean nothing. */
function depthOf(queries: readonly string[]): { readonly depth?: number } {
  const [query, second] = queries.filter((query) => query === "depth" || query.startsWith("depth="));
  if (query === undefined) return {};
  if (second !== undefined) throw badRequest("depth is there twice");
  if (!/^depth=[0-3]$/.test(query)) throw badRequest(`${query}: expected depth=0, 1, 2 or 3`);
  return { depth: Number(query.slice("depth=".length)) };
}

/** A PUT with a format writes values; without format and payload it writes attributes. */
function parsePut(message: CoapMessage, path: Path): Operation {
  if (pathDepth(path) < LEVEL.object) throw badRequest(`${path} names no object`);
  const contentFormat = uintValue(message, OPTION.contentFormat);
  const queries = stringValues(message, OPTION.uriQuery);
  if (contentFormat === undefined && message.payload.length === 0) {
    if (queries.length === 0) throw badRequest("neither a Content-Format nor attributes: nothing to write");
    return { type: "writeAttributes", path, attributes: parseAttributes(queries) };
  }
  if (pathDepth(path) < LEVEL.instance) throw notAllowed(`${path} is an object; write to an instance or below`);
  if (queries.length > 0)
    throw badRequest(`a Write has no query, and Write-Attributes no payload: ${queries.join("&")}`);
  return { type: "write", mode: "replace", path, ...payloadOf(message) };
}

/** The level and the Content-Format tell Create, Write and Execute apart. */
function parsePost(message: CoapMessage, path: Path): Operation {
  const contentFormat = uintValue(message, OPTION.contentFormat);
  const likeExecute = contentFormat === undefined || contentFormat === CONTENT_FORMAT.text;
  switch (pathDepth(path)) {
    case LEVEL.object:
      return parseCreate(message, path);
    case LEVEL.instance:
      if (likeExecute) throw notExecutable(path);
      return { type: "write", mode: "update", path, ...payloadOf(message) };
    case LEVEL.resource:
      if (likeExecute) return { type: "execute", path, args: argumentsOf(message) };
      return { type: "write", mode: "update", path, ...payloadOf(message) };
    case LEVEL.resourceInstance:
      if (contentFormat === undefined) throw notExecutable(path);
      // One value has no parts: to update it is to replace it.
      return { type: "write", mode: "replace", path, ...payloadOf(message) };
    default:
      throw badRequest(`${path} names no object`);
  }
}

/** A POST with values looks the same where their format has been forgotten. */
function notExecutable(path: Path): Lwm2mError {
  return notAllowed(`${path} is no resource: it cannot be executed, and to be written a Content-Format must say how`);
}

/** A bare POST lets the client choose the instance and its values. */
function parseCreate(message: CoapMessage, path: Path): CreateOperation {
  const bare = message.payload.length === 0 && uintValue(message, OPTION.contentFormat) === undefined;
  return { type: "create", path, ...(bare ? { payload: message.payload } : payloadOf(message)) };
}

/** As payload; in the query too, where an example of the standard has the binding of /1/x/8 (`0=U`). */
function argumentsOf(message: CoapMessage): string {
  if (message.payload.length > 0) return decodeText(message.payload);
  const queries = stringValues(message, OPTION.uriQuery);
  return queries.map((query) => query.replace(/^([0-9])=([^'].*)$/, "$1='$2'")).join(",");
}

function parseDelete(path: Path): Operation {
  const depth = pathDepth(path);
  if (depth !== LEVEL.instance && depth !== LEVEL.resourceInstance) {
    throw notAllowed(`${path} cannot be deleted: only instances of objects and of resources can`);
  }
  return { type: "delete", path };
}

function parseFetch(message: CoapMessage, path: Path): Operation {
  checkRoot(path, "Read-Composite");
  const accept = uintValue(message, OPTION.accept);
  const request = { ...payloadOf(message), ...(accept === undefined ? {} : { accept }) };
  switch (uintValue(message, OPTION.observe)) {
    case 0: {
      const attributes = parseCompositeAttributes(stringValues(message, OPTION.uriQuery));
      return { type: "observeComposite", ...request, ...(attributes === undefined ? {} : { attributes }) };
    }
    case 1:
      return { type: "cancelObservationComposite", ...request };
    default:
      return { type: "readComposite", ...request };
  }
}

/** Composite operations name their paths, prefixes too, in the payload (Gateway TS 1.1 §8.3.2). */
function checkRoot(path: Path, operation: string): void {
  if (path !== "/") throw notAllowed(`${operation} has its paths in the payload, not in the URI`);
}

/** Transport 1.2 §6.5: what has data says in which format. */
function payloadOf(message: CoapMessage): WithPayload {
  const contentFormat = uintValue(message, OPTION.contentFormat);
  if (contentFormat === undefined) throw badRequest("the payload has no Content-Format");
  return { contentFormat, payload: message.payload };
}

function decodeText(payload: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(payload);
  } catch (error) {
    throw badRequest("the arguments are no UTF-8 text", { cause: error });
  }
}
