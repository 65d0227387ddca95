import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { type CompactObject, expandObject } from "../../../src/lwm2m/objects/compact.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";

const SCRIPT = fileURLToPath(new URL("../../../scripts/make-catalogue.mjs", import.meta.url));
const TYPES = {
  string: "String",
  integer: "Integer",
  unsigned: "Unsigned Integer",
  float: "Float",
  boolean: "Boolean",
  opaque: "Opaque",
  time: "Time",
  objlnk: "Objlnk",
  corelnk: "Corelnk",
};

test("the facts of an object go into the catalogue and come out of it", () => {
  const definitions = [5, 3, 65].flatMap((id) => catalogue.find(id) ?? []);
  const facts = definitions.map((definition) => ({
    ...definition,
    resources: [...definition.resources.values()].map(({ operations, type, unit, range, ...resource }) => ({
      ...resource,
      ops: operations,
      type: type === undefined ? null : TYPES[type],
      range: range ?? null,
      units: unit ?? null,
    })),
  }));
  const written = run(facts);
  assert.deepEqual(
    written.map(expandObject),
    definitions.toSorted((a, b) => a.id - b.id),
  );
});

test("an unknown type stops it", () => {
  const resource = {
    id: 1,
    name: "A",
    ops: "R",
    multiple: false,
    mandatory: false,
    type: "Word",
    range: null,
    units: null,
  };
  const facts = { id: 1, name: "B", version: "1.0", multiple: false, mandatory: false, resources: [resource] };
  assert.throws(() => run([facts]), /unknown type "Word"/);
});

function run(facts: unknown): readonly CompactObject[] {
  const folder = mkdtempSync(join(tmpdir(), "catalogue-"));
  try {
    const [input, output] = [join(folder, "facts.json"), join(folder, "catalogue.json")];
    writeFileSync(input, JSON.stringify(facts));
    execFileSync(process.execPath, [SCRIPT, input, output], { stdio: "pipe" });
    return JSON.parse(readFileSync(output, "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
