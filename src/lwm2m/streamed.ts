/** Which requests bring more than memory should hold: the Package of object 5 (Core 1.2, Firmware Update), in blocks of RFC 7959. */
import { CODE } from "../coap/codes.ts";
import { type CoapMessage, OPTION, stringValues, uintValue } from "../coap/options.ts";
import { CONTENT_FORMAT } from "./formats/codec.ts";
import { type Path, PREFIX, pathOfSegments } from "./path.ts";

/**
 * The path of a Package that is written as the bytes that it is: by PUT or by POST, since both are used, and also where nothing
 * says its format. Undefined for any other request: a Package inside of another format is written as any value.
 */
export function streamedPath(message: CoapMessage): Path | undefined {
  if (message.code !== CODE.put && message.code !== CODE.post) return undefined;
  const format = uintValue(message, OPTION.contentFormat);
  const { payload } = message;
  // The reset of object 5 as a text: it is no Base64, as other texts for bytes are.
  const isNul = format === CONTENT_FORMAT.text && payload.length === 1 && payload[0] === 0;
  if (format !== undefined && format !== CONTENT_FORMAT.opaque && !isNul) return undefined;
  const segments = stringValues(message, OPTION.uriPath);
  const [object, instance, resource, ...more] = PREFIX.test(segments[0] ?? "") ? segments.slice(1) : segments;
  const isPackage = object === FIRMWARE_UPDATE && resource === PACKAGE && more.length === 0;
  if (!isPackage || !INSTANCE.test(instance ?? "")) return undefined;
  return stringValues(message, OPTION.uriQuery).length > 0 ? undefined : pathOfSegments(segments);
}

const FIRMWARE_UPDATE = "5";
const PACKAGE = "0";
const INSTANCE = /^(?:0|[1-9][0-9]{0,3})$/;
