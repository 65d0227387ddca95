/** What the scripted server asks, as a CoAP message, and what it makes of the answer. Written with our own codecs: see `vectors/`. */
import type { UnixMillis } from "../../src/clock.ts";
import { formatCode } from "../../src/coap/codes.ts";
import {
  type CoapMessage,
  NO_PAYLOAD,
  OPTION,
  sortOptions,
  stringOptions,
  uintOption,
  uintValue,
} from "../../src/coap/options.ts";
import { CONTENT_FORMAT, type TimedPathValue } from "../../src/lwm2m/formats/codec.ts";
import { codecFor, decodeTimed } from "../../src/lwm2m/formats/index.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import type { Value } from "../../src/lwm2m/sample.ts";

/** What the gateway said to a request, or in a notification. */
export interface Answer {
  /** "2.05" */
  readonly code: string;
  /** The Content-Format; absent where there is none. */
  readonly format: number | undefined;
  readonly records: readonly TimedPathValue[];
  /** The records as a table, by path. */
  readonly values: Readonly<Record<string, Value>>;
  /** The payload as text: the diagnostic of an error, the links of a Discover. */
  readonly text: string;
  /** How it came: in the acknowledgement, or by itself. */
  readonly type: "ack" | "con" | "non";
  readonly at: UnixMillis;
}

export interface Asked {
  readonly accept?: number;
  readonly query?: readonly string[];
  readonly format?: number;
  readonly payload?: Uint8Array;
  readonly observe?: 0 | 1;
}

export function answerOf(path: string, message: CoapMessage, { type, at }: Pick<Answer, "type" | "at">): Answer {
  const format = uintValue(message, OPTION.contentFormat);
  const hasValues = format !== undefined && format !== CONTENT_FORMAT.linkFormat;
  const context = { base: parsePath(hasValues ? path : "/"), typeOf: catalogue.typeOf, now: at };
  const records = hasValues ? decodeTimed(format, message.payload, context) : [];
  const values = Object.fromEntries(records.map((record) => [record.path, record.value]));
  const text = new TextDecoder().decode(message.payload);
  return { code: formatCode(message.code), format, records, values, text, type, at };
}

export function requestOf(
  code: number,
  path: string,
  { accept, query = [], format, payload, observe }: Asked,
): CoapMessage {
  const uint = (number: number, value: number | undefined) => (value === undefined ? [] : [uintOption(number, value)]);
  const segments = path.split("/").filter((segment) => segment !== "");
  return {
    code,
    options: sortOptions([
      ...stringOptions(OPTION.uriPath, segments),
      ...uint(OPTION.observe, observe),
      ...uint(OPTION.contentFormat, format),
      ...stringOptions(OPTION.uriQuery, query),
      ...uint(OPTION.accept, accept),
    ]),
    payload: payload ?? NO_PAYLOAD,
  };
}

/** Values below a path in this format; the names are whole paths. */
export function encoded(base: string, values: Readonly<Record<string, Value>>, format: number): Uint8Array {
  const codec = codecFor(format);
  if (codec === undefined) throw new RangeError(`no codec for Content-Format ${format}`);
  const samples = Object.entries(values).map(([path, value]) => ({ path: parsePath(path), value, time: 0 }));
  return codec.encode(samples, parsePath(base), catalogue.typeOf);
}
