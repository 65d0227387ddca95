/** Bytes on the wire ⇄ numbers, text and opaque values: the first steps of the pipeline (bytes, order, type). */
import type { PointShape } from "../adapter.ts";
import type { Value } from "../lwm2m/sample.ts";
import { type Places, placesOf, textPlaces } from "./byte-order.ts";
import { type ByteOrder, ConversionError } from "./conversion-types.ts";
import { bcdCodec, type Codec, floatCodec, integerCodec } from "./number-codecs.ts";
import type { RawType } from "./raw-types.ts";
import { Bad, describe, refuse, refuseKind, type Stage, type WriteMode, wrongKind } from "./stage.ts";

export interface Layout {
  readonly shape: PointShape;
  readonly length?: number;
  readonly order?: ByteOrder;
}

/** How many bytes a value takes on the wire, and the stage that reads and writes them. */
export interface BytesStage extends Stage {
  readonly length?: number;
  write(value: Value, mode: WriteMode): Uint8Array;
}

/** Throws ConversionError (`as`, `length`, `order`). */
export function bytesStage(type: RawType, layout: Layout): BytesStage {
  switch (type.kind) {
    case "string":
    case "bytes":
      return textStage(type.name, layout);
    case "integer":
      return numberStage(integerCodec(type), type.bytes, type.name, layout);
    case "float":
      return numberStage(floatCodec(type), type.bytes, type.name, layout);
    case "bcd":
      return numberStage(bcdCodec(type), type.bytes, type.name, layout);
    case "bool":
      return numberStage(boolCodec, layout.shape.wordBytes ?? 1, type.name, layout);
    case "number":
      throw new ConversionError(
        "as",
        `"as: number" is for text and JSON; here the wire carries bytes, e.g. u16 or f32`,
      );
  }
}

/** Zero is false, all else true, as in C; true is written as 1. */
const boolCodec: Codec = {
  decode(bytes, places) {
    return places.some((place) => bytes[place] !== 0);
  },
  encode(value, places) {
    if (typeof value !== "boolean") return refuseKind("true or false", value);
    const bytes = new Uint8Array(places.length);
    bytes[places.at(-1) ?? 0] = value ? 1 : 0;
    return bytes;
  },
};

/** A number smaller than its words stands in their low bytes: a u8 in a register is its lower half. */
function numberStage(codec: Codec, bytes: number, name: string, layout: Layout): BytesStage {
  const { shape, order = "ABCD" } = layout;
  if (layout.length !== undefined && layout.length !== bytes) {
    throw new ConversionError("length", `${name} has ${bytes} bytes by itself: "length" is for string and bytes`);
  }
  const word = shape.wordBytes ?? 1;
  const length = Math.ceil(bytes / word) * word;
  const places = placesOf(order, length, name);
  return {
    length,
    read(value) {
      if (!(value instanceof Uint8Array)) return wrongKind("bytes", value);
      if (value.length !== length) return new Bad(`${describe(value)} where ${name} takes ${length}`);
      return codec.decode(value, places);
    },
    write: (value, mode) => codec.encode(value, places, mode),
  };
}

function textStage(name: "string" | "bytes", layout: Layout): BytesStage {
  const { length, shape, order = "ABCD" } = layout;
  const word = shape.wordBytes ?? 1;
  if (length === undefined) {
    if (word > 1) throw new ConversionError("length", `"as: ${name}" needs "length" in bytes, e.g. length: 16`);
    return name === "string" ? textOf([]) : opaqueOf([]);
  }
  if (!Number.isSafeInteger(length) || length < 1 || length > 65_535) {
    throw new ConversionError("length", `length counts bytes, 1 to 65535, found ${length}`);
  }
  if (length % word !== 0) {
    throw new ConversionError(
      "length",
      `length counts bytes and must fill whole registers of ${word}, found ${length}`,
    );
  }
  const places = textPlaces(order, length, name);
  return { length, ...(name === "string" ? textOf(places) : opaqueOf(places)) };
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text ends at the first NUL or with its last character that is no space: devices pad with either. */
function textOf(places: Places): BytesStage {
  const opaque = opaqueOf(places);
  return {
    read(value) {
      const bytes = opaque.read(value);
      if (!(bytes instanceof Uint8Array)) return bytes;
      const end = bytes.indexOf(0);
      try {
        return UTF8.decode(end < 0 ? bytes : bytes.subarray(0, end)).trimEnd();
      } catch {
        return new Bad(`the text is not UTF-8: ${Buffer.from(bytes.subarray(0, 16)).toString("hex")}`);
      }
    },
    write(value, mode) {
      if (typeof value !== "string") return refuseKind("text", value);
      if (value.includes("\0")) return refuse("the text has a NUL character, where the device would end it");
      const bytes = new TextEncoder().encode(value);
      if (places.length === 0) return bytes;
      if (bytes.length > places.length && mode === "exact") {
        return refuse(`the text has ${describe(bytes)}; the device takes at most ${places.length}`);
      }
      const padded = new Uint8Array(places.length);
      padded.set(bytes.subarray(0, places.length));
      return arrange(padded, places);
    },
  };
}

function opaqueOf(places: Places): BytesStage {
  return {
    read(value) {
      if (!(value instanceof Uint8Array)) return wrongKind("bytes", value);
      if (places.length > 0 && value.length !== places.length) {
        return new Bad(`${describe(value)} where the mapping says length: ${places.length}`);
      }
      return arrange(value, places);
    },
    write(value) {
      if (!(value instanceof Uint8Array)) return refuseKind("bytes", value);
      if (places.length > 0 && value.length !== places.length) {
        return refuse(`${describe(value)} where the device takes exactly ${places.length}`);
      }
      return arrange(value, places);
    },
  };
}

/** Swapping bytes within words is its own inverse: the same for both ways. Always a copy. */
function arrange(bytes: Uint8Array, places: Places): Uint8Array {
  return Uint8Array.from(bytes, (byte, i) => bytes[places[i] ?? i] ?? byte);
}
