/** What a request sends: bytes, or text or bytes into which a value goes. */
import { DeviceError, type RawValue } from "../../../src/adapter.ts";
import type { Complain } from "../keys.ts";
import {
  decodeNumber,
  encodeNumber,
  type NumberType,
  numberType,
  unknownNumberType,
  widthOf,
} from "./binary-number.ts";
import type { FrameSettings } from "./framing/frame-settings.ts";
import { seal } from "./framing/seal.ts";
import { bytesOf, type Charset, textOf } from "./messages.ts";

export interface Template {
  /** Pieces; between two of them stands the value. */
  readonly parts: readonly Uint8Array[];
  /** How the value is written; absent: it takes none. */
  readonly value?: ValueSpelling | undefined;
  /** It is sent between the marks of a frame, with the checksum. */
  readonly wrap: boolean;
}

export type ValueSpelling =
  /** `{value}`, `{value:2}` in text; decimals where the mapping says how many. */
  | { readonly kind: "text"; readonly decimals?: number | undefined }
  /** `{value:u16}` in hexadecimal. */
  | { readonly kind: "number"; readonly type: NumberType }
  /** `{value}` in hexadecimal: the bytes that `as:` of the resource says. */
  | { readonly kind: "bytes" };

/** Whether a value goes into what is sent. */
export function takesValue({ value }: Template): boolean {
  return value !== undefined;
}

/** The bytes of a request; `value` are those that stand for the value. */
export function requestBytes({ parts, wrap }: Template, value: Uint8Array, frame: FrameSettings): Uint8Array {
  const body = Buffer.concat(parts.flatMap((part, i) => (i === 0 ? [part] : [value, part])));
  return wrap ? seal(body, frame) : body;
}

/** What stands for a value. Throws DeviceError `rejected` where the device could take it for something else. */
export function spelled(value: RawValue | undefined, { value: spelling }: Template, charset: Charset): Uint8Array {
  if (value === undefined || spelling === undefined) return new Uint8Array(0);
  switch (spelling.kind) {
    case "text":
      return spelledText(value, spelling.decimals, charset);
    case "number":
      return spelledNumber(value, spelling.type);
    case "bytes":
      if (value instanceof Uint8Array) return value;
      throw new DeviceError("rejected", `the request takes bytes, and "${value}" are none`);
  }
}

/** The value that these bytes of a request stand for; undefined where they are none. For devices that are played. */
export function valueIn(bytes: Uint8Array, spelling: ValueSpelling, charset: Charset): RawValue | undefined {
  switch (spelling.kind) {
    case "text":
      return textOf(bytes, charset);
    case "number":
      return bytes.length === widthOf(spelling.type) ? decodeNumber(bytes, spelling.type) : undefined;
    case "bytes":
      return bytes;
  }
}

const CONTROL = /\p{Cc}/u;

function spelledText(value: RawValue, decimals: number | undefined, charset: Charset): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const text = numberText(value, decimals);
  if (CONTROL.test(text))
    throw new DeviceError("rejected", "the text has control characters, which would end the request");
  const bytes = bytesOf(text, charset);
  if (bytes === undefined) throw new DeviceError("rejected", `"${text}" has characters that the device does not know`);
  return bytes;
}

function numberText(value: Exclude<RawValue, Uint8Array>, decimals: number | undefined): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  const number = decimals === undefined ? Number.NaN : Number(value);
  return Number.isNaN(number) ? String(value) : number.toFixed(decimals);
}

function spelledNumber(value: RawValue, type: NumberType): Uint8Array {
  const number = value instanceof Uint8Array || value === "" ? Number.NaN : Number(value);
  if (Number.isNaN(number)) throw new DeviceError("rejected", `"${String(value)}" is no number, which ${type} needs`);
  try {
    return encodeNumber(number, type);
  } catch (error) {
    if (error instanceof RangeError) throw new DeviceError("rejected", error.message, { cause: error });
    throw error;
  }
}

/** The keys of a request of which this is made. */
export interface TemplateFields {
  readonly send?: string | undefined;
  readonly hex?: string | undefined;
  readonly wrap: boolean;
}

/** Undefined where something is wrong, which `complain` has heard. */
export function templateOf(
  { send, hex, wrap }: TemplateFields,
  charset: Charset,
  complain: Complain,
): Template | undefined {
  if ((send === undefined) === (hex === undefined)) {
    complain([], "expected what is sent: either send (text) or hex (bytes)");
    return undefined;
  }
  const pieces = hex === undefined ? textPieces(send ?? "", charset, complain) : hexPieces(hex, complain);
  return pieces === undefined ? undefined : { ...pieces, wrap };
}

type Pieces = Omit<Template, "wrap">;

const TEXT_HOLE = /\{value(?::(\d))?\}/;
const HEX_HOLE = /\{value(?::([^{}]*))?\}/;

function textPieces(send: string, charset: Charset, complain: Complain): Pieces | undefined {
  const [before = "", decimals, after, ...more] = send.split(TEXT_HOLE);
  if (more.length > 0) {
    complain(["send"], MORE_THAN_ONCE);
    return undefined;
  }
  const texts = after === undefined ? [before] : [before, after];
  const typed = /\{value:([^{}\d][^{}]*|)\}/.exec(send);
  if (typed !== null) {
    complain(["send"], `${typed[0]}: text takes {value} or decimals, {value:2}; types of numbers are for hex`);
    return undefined;
  }
  const parts = texts.flatMap((text) => bytesOf(text, charset) ?? []);
  if (parts.length < texts.length) {
    complain(["send"], "it has characters that are no Latin-1: give `charset: utf-8`");
    return undefined;
  }
  if (after === undefined) return { parts };
  return { parts, value: { kind: "text", ...(decimals === undefined ? {} : { decimals: Number(decimals) }) } };
}

const MORE_THAN_ONCE = "{value} stands there more than once";

function hexPieces(hex: string, complain: Complain): Pieces | undefined {
  const [before = "", typeText, after, ...more] = hex.split(HEX_HOLE);
  const texts = after === undefined ? [before] : [before, after];
  const wrong = texts.find((text) => !/^\s*(?:[\da-f]{2}\s*)*$/i.test(text));
  const empty = after === undefined && before.trim() === "";
  if (more.length > 0) complain(["hex"], MORE_THAN_ONCE);
  else if (wrong !== undefined || empty)
    complain(
      ["hex"],
      `"${(wrong ?? hex).trim()}" are no bytes in hexadecimal; expected e.g. 02 10 00, or 02 {value:u16} 00`,
    );
  else return { parts: texts.map(bytesOfHex), ...spellingOf(after !== undefined, typeText, complain) };
  return undefined;
}

function spellingOf(
  hasValue: boolean,
  typeText: string | undefined,
  complain: Complain,
): { readonly value?: ValueSpelling } {
  if (!hasValue) return {};
  if (typeText === undefined) return { value: { kind: "bytes" } };
  const type = numberType(typeText);
  if (type !== undefined) return { value: { kind: "number", type } };
  complain(["hex"], unknownNumberType(typeText));
  return {};
}

function bytesOfHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));
}
