/** Values of samples as bytes, exactly as they are: a float in four bytes where they hold it, whole numbers as varints. */
import { isObjectLink, type Value } from "../../lwm2m/sample.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

/** One of sixteen, to be told to the reader. */
export function typeOf(value: Value): number {
  switch (typeof value) {
    case "boolean":
      return value ? TRUE : FALSE;
    case "number":
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) return value < 0 ? NEGATIVE : WHOLE;
      return Object.is(Math.fround(value), value) ? FLOAT32 : FLOAT64;
    case "string":
      return LONE_SURROGATE.test(value) ? UTF16 : UTF8;
    case "bigint":
      return value < 0n ? NEGATIVE_BIGINT : BIGINT;
    case "object":
      return isObjectLink(value) ? LINK : BYTES;
  }
}

export function writeValue(writer: ByteWriter, value: Value): void {
  switch (typeof value) {
    case "boolean":
      return;
    case "number":
      writeNumber(writer, value);
      return;
    case "string":
      writeLong(writer, Buffer.from(value, LONE_SURROGATE.test(value) ? "utf16le" : "utf8"));
      return;
    case "bigint":
      writeLong(writer, magnitude(value));
      return;
    case "object":
      if (isObjectLink(value)) {
        writer.varint(value.object);
        writer.varint(value.instance);
      } else {
        writeLong(writer, value);
      }
      return;
    default:
      value satisfies never;
  }
}

/** Throws DamagedSegment. */
export function readValue(reader: ByteReader, type: number): Value {
  switch (type) {
    case FALSE:
      return false;
    case TRUE:
      return true;
    case WHOLE:
      return reader.varint();
    case NEGATIVE:
      return -1 - reader.varint();
    case FLOAT32:
      return reader.float32();
    case FLOAT64:
      return reader.float64();
    case UTF8:
      return textOf(reader, "utf8");
    case UTF16:
      return textOf(reader, "utf16le");
    case BYTES:
      // A copy: a value must not keep a whole segment in memory.
      return new Uint8Array(reader.raw(reader.varint()));
    case LINK:
      return { object: reader.varint(), instance: reader.varint() };
    case BIGINT:
      return bigintOf(reader);
    case NEGATIVE_BIGINT:
      return -bigintOf(reader);
    default:
      return reader.fail("a value of an unknown type");
  }
}

export function skipValue(reader: ByteReader, type: number): void {
  switch (type) {
    case FALSE:
    case TRUE:
      return;
    case WHOLE:
    case NEGATIVE:
      reader.varint();
      return;
    case FLOAT32:
      reader.skip(4);
      return;
    case FLOAT64:
      reader.skip(8);
      return;
    case LINK:
      reader.varint();
      reader.varint();
      return;
    case UTF8:
    case UTF16:
    case BYTES:
    case BIGINT:
    case NEGATIVE_BIGINT:
      reader.skip(reader.varint());
      return;
    default:
      reader.fail("a value of an unknown type");
  }
}

function writeNumber(writer: ByteWriter, value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) writer.varint(value < 0 ? -1 - value : value);
  else if (Object.is(Math.fround(value), value)) writer.float32(value);
  else writer.float64(value);
}

function writeLong(writer: ByteWriter, bytes: Uint8Array): void {
  writer.varint(bytes.length);
  writer.raw(bytes);
}

function textOf(reader: ByteReader, encoding: "utf8" | "utf16le"): string {
  const { buffer, byteOffset, length } = reader.raw(reader.varint());
  return Buffer.from(buffer, byteOffset, length).toString(encoding);
}

function magnitude(value: bigint): Uint8Array {
  const hex = (value < 0n ? -value : value).toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

function bigintOf(reader: ByteReader): bigint {
  const { buffer, byteOffset, length } = reader.raw(reader.varint());
  return BigInt(`0x0${Buffer.from(buffer, byteOffset, length).toString("hex")}`);
}

const [FALSE, TRUE, WHOLE, NEGATIVE, FLOAT32, FLOAT64, LINK] = [0, 1, 2, 3, 4, 5, 6] as const;
/** Those that begin with their length. */
const [UTF8, UTF16, BYTES, BIGINT, NEGATIVE_BIGINT] = [7, 8, 9, 10, 11] as const;

/** UTF-8 has no bytes for half a character. */
const LONE_SURROGATE = /\p{Surrogate}/u;
