/** Plain text (Content-Format 0): one value of one resource or resource instance (Core 1.2 §7.5.1, Table C-2). */
import { CODE } from "../../coap/codes.ts";
import { Lwm2mError } from "../../errors.ts";
import type { Path } from "../path.ts";
import type { ResourceType, Value } from "../sample.ts";
import { isObjectLink } from "../sample.ts";
import { CONTENT_FORMAT } from "./codec.ts";
import { numberText } from "./number-text.ts";
import type { ReportCodec } from "./report.ts";
import { onlySample } from "./single.ts";
import { decodeUtf8, encodeUtf8, fitValue, formatObjectLink, misfit, parseBase64, singleType } from "./value.ts";

export const text: ReportCodec = {
  contentFormat: CONTENT_FORMAT.text,
  carriesTime: false,
  singleValue: true,
  encode(samples, base, typeOf) {
    const { value } = onlySample(samples, base, typeOf);
    return typeof value === "number" ? encodeNumber(value) : encodeUtf8(formatText(value));
  },
  decode(payload, base, typeOf) {
    return [{ path: base, value: parseText(decodeUtf8(payload), singleType(base, typeOf), base) }];
  },
  decodeReport(payload, { base, typeOf }) {
    const spelled = decodeUtf8(payload);
    const type = typeOf(base)?.type;
    return [{ path: base, value: type === undefined ? spelled : reportedValue(spelled, type, base) }];
  },
};

const NEGATIVE_ZERO = "-0";

function encodeNumber(value: number): Uint8Array {
  if (!Number.isFinite(value)) throw new Lwm2mError(CODE.internalServerError, `${value} has no text form`);
  return Object.is(value, -0) ? encodeUtf8(NEGATIVE_ZERO) : numberText(value);
}

function formatText(value: Exclude<Value, number>): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64");
  return isObjectLink(value) ? formatObjectLink(value) : String(value);
}

/** Throws Lwm2mError 4.00 where the text does not spell a value of this type. */
function parseText(text: string, type: ResourceType, path: Path): Value {
  const value = spelledValue(text, type);
  if (value === undefined) throw misfit(path, type, text.length > 40 ? "other text" : JSON.stringify(text));
  return fitValue(value, type, path);
}

/** Undefined where the text spells nothing of the kind. Whole numbers may be written as "1.0" but not as "1e0". */
function spelledValue(text: string, type: ResourceType): Value | undefined {
  switch (type) {
    case "string":
    case "corelnk":
    case "objlnk":
      return text;
    case "opaque":
      return parseBase64(text);
    case "boolean":
      return text === "1" ? true : text === "0" ? false : undefined;
    case "integer":
    case "unsigned":
    case "time": {
      const digits = /^(-?\d{1,20})(?:\.0+)?$/.exec(text)?.[1];
      return digits === undefined ? undefined : BigInt(digits);
    }
    case "float":
      return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
  }
}

function reportedValue(text: string, type: ResourceType, path: Path): Value {
  try {
    return parseText(text, type, path);
  } catch (error) {
    if (error instanceof Lwm2mError) return text;
    throw error;
  }
}
