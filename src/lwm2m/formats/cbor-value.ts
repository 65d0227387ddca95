/** Values as CBOR items: the column "CBOR" of Core 1.2 Appendix C, Table C-2, for Content-Formats 60 and 11544. */
import type { Path } from "../path.ts";
import { isObjectLink, type Sample, type Value } from "../sample.ts";
import type { Cbor } from "./cbor-reader.ts";
import type { CborWriter } from "./cbor-writer.ts";
import type { TypeOf } from "./codec.ts";

/** Times are plain integers: every reader knows those. A type that is not known is taken from the value itself. */
export function writeValue(writer: CborWriter, { path, value }: Sample, typeOf: TypeOf): void {
  if (typeof value === "number" || typeof value === "bigint") writeNumber(writer, value, path, typeOf);
  else if (typeof value === "string") writer.text(value);
  else if (typeof value === "boolean") writer.boolean(value);
  else if (isObjectLink(value)) writer.link(value);
  else writer.data(value);
}

/** A float goes as a float even where it is whole: a strict reader would take 22 for an integer. */
export function writeNumber(writer: CborWriter, value: number | bigint, path: Path, typeOf: TypeOf): void {
  const broken = typeof value === "number" && !Number.isInteger(value);
  if (broken || typeOf(path)?.type === "float") writer.float(Number(value));
  else writer.integer(value);
}

/** Undefined for null, arrays and maps, which are no values. */
export function scalarValue(item: Cbor): Value | undefined {
  switch (typeof item) {
    case "number":
    case "bigint":
    case "string":
    case "boolean":
      return item;
    default:
      return item instanceof Uint8Array ? item : undefined;
  }
}

/** For the person who reads the error: what stands there instead of a value. */
export function describeItem(item: Cbor): string {
  if (item instanceof Map) return "a map";
  return Array.isArray(item) ? "an array" : "null";
}
