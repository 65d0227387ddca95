/** The fields of an encapsulated interface, of which meters speak one: device identification. MODBUS Application Protocol V1.1b3 §6.19, §6.21. */
import { DEVICE_IDENTIFICATION } from "../codec.ts";
import { counted, type FieldReader, printable } from "./field-reader.ts";

const ID_CODES: Readonly<Record<number, string>> = { 1: "basic", 2: "regular", 3: "extended", 4: "one object" };

/** The names of the standard objects. */
const IDENT_OBJECTS: Readonly<Record<number, string>> = {
  0: "VendorName",
  1: "ProductCode",
  2: "MajorMinorRevision",
  3: "VendorUrl",
  4: "ProductName",
  5: "ModelName",
  6: "UserApplicationName",
};

export function meiRequest(reader: FieldReader): undefined {
  if (!meiType(reader)) return;
  idCode(reader);
  reader.byte("first object", objectName);
}

export function meiAnswer(reader: FieldReader): undefined {
  if (!meiType(reader)) return;
  idCode(reader);
  reader.byte(
    "conformity",
    (value) => `${ID_CODES[value & 0x7f] ?? "unknown"} objects${value & 0x80 ? ", also one by one" : ""}`,
  );
  reader.byte("more follows", (value) => (value === 0xff ? "yes: ask again from the next object" : "no"));
  reader.byte("next object", objectName);
  const count = reader.byte("objects", String);
  for (let i = 0; i < count && reader.left > 0; i++) {
    reader.byte("object", objectName);
    const length = reader.byte("length", (value) => counted(value, "byte"));
    if (length > 0) reader.take(length, "value", printable);
  }
}

function meiType(reader: FieldReader): boolean {
  const words = (value: number): string =>
    value === DEVICE_IDENTIFICATION ? "read device identification" : value === 13 ? "CANopen" : "reserved";
  const type = reader.byte("MEI type", (value) => `${value}: ${words(value)}`);
  if (type === DEVICE_IDENTIFICATION) return true;
  if (reader.left > 0) reader.take(reader.left, "data", printable);
  return false;
}

function idCode(reader: FieldReader): void {
  const code = reader.byte("read code", (value) => `${value}: ${ID_CODES[value] ?? "not in the specification"}`);
  if (ID_CODES[code] === undefined) reader.problems.push(`read code: expected 1 to 4, found ${code}`);
}

function objectName(id: number): string {
  return `${id}: ${IDENT_OBJECTS[id] ?? (id < 0x80 ? "reserved" : "of the vendor's own")}`;
}
