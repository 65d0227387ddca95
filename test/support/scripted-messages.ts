/** What the scripted server asks, as a CoAP message, and what it makes of the answer. Written with our own codecs: see `vectors/`. */
import type { UnixMillis } from "../../src/clock.ts";
import { formatCode } from "../../src/coap/codes.ts";
import {
  type CoapMessage,
  NO_PAYLOAD,
  OPTION,
  sortOptions,
  stringOptions,
  stringValues,
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
  /** The Location-Path, as a path: what a Create made where the choice was the gateway's. */
  readonly location: string;
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
  /** What an observation is called in `notifications`, where its path is not its name. */
  readonly name?: string;
}

export function answerOf(path: string, message: CoapMessage, { type, at }: Pick<Answer, "type" | "at">): Answer {
  const format = uintValue(message, OPTION.contentFormat);
  const hasValues = format !== undefined && format !== CONTENT_FORMAT.linkFormat;
  const context = { base: parsePath(hasValues ? path : "/"), typeOf: catalogue.typeOf, now: at };
  const records = hasValues ? decodeTimed(format, message.payload, context) : [];
  const values = Object.fromEntries(records.map((record) => [record.path, record.value]));
  const text = new TextDecoder().decode(message.payload);
  const location = stringValues(message, OPTION.locationPath)
    .map((segment) => `/${segment}`)
    .join("");
  return { code: formatCode(message.code), format, records, values, location, text, type, at };
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

/** The body of a FETCH, byte by byte: our codecs read such a thing only. */
export function namesOf(paths: readonly string[], format: number): Uint8Array {
  if (format === CONTENT_FORMAT.senmlJson || format === CONTENT_FORMAT.senmlEtchJson) {
    return Buffer.from(JSON.stringify(paths.map((n) => ({ n }))));
  }
  const records = paths.flatMap((path) => [0xa1, 0x00, ...head(0x60, path.length), ...Buffer.from(path)]);
  return Uint8Array.from([...head(0x80, paths.length), ...records]);
}

/** Of a CBOR item: its major type, and a length below 65536. */
function head(major: number, length: number): number[] {
  if (length < 24) return [major | length];
  return length < 256 ? [major | 24, length] : [major | 25, length >> 8, length & 0xff];
}

/** The body of an iPATCH; null is an instance of a resource that shall not be, and only in SenML-ETCH JSON. */
export function changesOf(changes: Readonly<Record<string, Value | null>>, format: number): Uint8Array {
  const { senmlJson, senmlCbor, senmlEtchJson, senmlEtchCbor } = CONTENT_FORMAT;
  const set = Object.fromEntries(Object.entries(changes).flatMap(([n, v]) => (v === null ? [] : [[n, v]])));
  const removed = Object.keys(changes).filter((n) => changes[n] === null);
  if (format === senmlEtchCbor) return encoded("/", set, senmlCbor);
  if (format !== senmlEtchJson) return encoded("/", set, format);
  const records: readonly unknown[] = JSON.parse(Buffer.from(encoded("/", set, senmlJson)).toString());
  return Buffer.from(JSON.stringify([...records, ...removed.map((n) => ({ bn: "", n, v: null }))]));
}

/** Values below a path in this format; the names are whole paths. */
export function encoded(base: string, values: Readonly<Record<string, Value>>, format: number): Uint8Array {
  const codec = codecFor(format);
  if (codec === undefined) throw new RangeError(`no codec for Content-Format ${format}`);
  const samples = Object.entries(values).map(([path, value]) => ({ path: parsePath(path), value, time: 0 }));
  return codec.encode(samples, parsePath(base), catalogue.typeOf);
}
