// Makes src/lwm2m/objects/catalogue.json: the facts of the OMA registry in a compact form.
//
//   node scripts/make-catalogue.mjs FACTS.json [OUTPUT.json]
//
// FACTS.json holds the facts of the registry's XML files: an array of object versions,
//   { id, name, version, multiple, mandatory, resources: [{ id, name, ops, multiple, mandatory, type, range, units }] },
// with absent types, ranges and units as null. The output is one line for each object version; the reader is
// src/lwm2m/objects/index.ts, which also describes its shape.
import { readFileSync, writeFileSync } from "node:fs";

const TYPES = {
  String: "s",
  Integer: "i",
  "Unsigned Integer": "u",
  Float: "f",
  Boolean: "b",
  Opaque: "o",
  Time: "t",
  Objlnk: "l",
  Corelnk: "c",
};

const [input, output = new URL("../src/lwm2m/objects/catalogue.json", import.meta.url)] = process.argv.slice(2);
if (input === undefined) {
  console.error("usage: node scripts/make-catalogue.mjs FACTS.json [OUTPUT.json]");
  process.exit(2);
}

const objects = JSON.parse(readFileSync(input, "utf8")).sort(byIdAndVersion).map(compactObject);
writeFileSync(output, `[\n${objects.map((object) => JSON.stringify(object)).join(",\n")}\n]\n`);
console.log(`${objects.length} object versions`);

function compactObject({ id, name, version, multiple, mandatory, resources }) {
  return [id, name.trim(), version, flags("", multiple, mandatory), resources.map(compactResource)];
}

function compactResource({ id, name, ops, multiple, mandatory, type, range, units }) {
  const row = [id, name.trim(), flags(ops, multiple, mandatory), letter(type, ops, id), range, units];
  while (row.at(-1) === null) row.pop();
  return row;
}

function flags(ops, multiple, mandatory) {
  return `${ops}${multiple ? "*" : ""}${mandatory ? "!" : ""}`;
}

/** An executable resource has no type, whatever the file says; a value without a type is read as text. */
function letter(type, ops, id) {
  if (ops === "E") return "";
  if (type === null) return "s";
  const found = TYPES[type];
  if (found === undefined) throw new Error(`resource ${id}: unknown type ${JSON.stringify(type)}`);
  return found;
}

function byIdAndVersion(a, b) {
  const [aMajor = 0, aMinor = 0] = a.version.split(".").map(Number);
  const [bMajor = 0, bMinor = 0] = b.version.split(".").map(Number);
  return a.id - b.id || aMajor - bMajor || aMinor - bMinor;
}
