/** The fields of requests for records of files, and of their answers. MODBUS Application Protocol V1.1b3 §6.14, §6.15. */
import { FILE_REFERENCE } from "../codec.ts";
import { byteCount, counted, type FieldReader } from "./field-reader.ts";

export function fileRequest(reader: FieldReader): undefined {
  byteCount(reader);
  if (reader.left === 0) reader.problems.push("a request without records");
  while (reader.left > 0) record(reader);
}

export function fileAnswer(reader: FieldReader): undefined {
  byteCount(reader);
  while (reader.left > 0) {
    const length = reader.byte("record length", (value) => `${counted(value, "byte")}, the reference type included`);
    if (length % 2 === 0) reader.problems.push(`record length: expected an odd number, found ${length}`);
    reader.byte("reference type", (value) => (value === FILE_REFERENCE ? "6, as always" : `${value}, not 6`));
    reader.registers(Math.floor(Math.max(0, length - 1) / 2));
  }
}

export function fileWrite(reader: FieldReader): undefined {
  byteCount(reader);
  if (reader.left === 0) reader.problems.push("a request without records");
  while (reader.left > 0) reader.registers(record(reader));
}

function record(reader: FieldReader): number {
  const type = reader.byte("reference type", (value) =>
    value === FILE_REFERENCE ? "6, as always" : `${value}, not 6`,
  );
  if (type !== FILE_REFERENCE) reader.problems.push(`reference type: expected 6, found ${type}`);
  reader.word("file", String);
  reader.word("record", String);
  return reader.word("length", (value) => counted(value, "register"));
}
