import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { loadAdapters } from "../../adapters/index.ts";
import { parseCsv } from "../../src/config/csv.ts";
import { requestedDevices } from "../../src/config/device-entries.ts";
import { readEach } from "../../src/config/each.ts";
import { readLinks } from "../../src/config/links.ts";
import { configSchema } from "../../src/config/schema.ts";
import { ConfigError } from "../../src/errors.ts";
import { locateData } from "../../src/locate.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { exampleDevice } from "../../src/mapping/example-device.ts";
import { extendMapping } from "../../src/mapping/extend.ts";
import { parseMapping, readMappingTree } from "../../src/mapping/load.ts";
import { prepareMapping } from "../../src/mapping/prepare.ts";
import { runVectors } from "../../src/mapping/vectors.ts";
import { childOf, type MapNode } from "../../src/yaml/nodes.ts";
import { parseYaml } from "../../src/yaml/parse.ts";
import { readNode } from "../../src/yaml/read.ts";

const adapters = await loadAdapters();
const directory = locateData("mappings");
const ignore = (): void => {};

/** Words that stand in for others: what slips of the hand and of the mind look like. */
const WORDS = [
  "",
  "null",
  "~",
  "-1",
  "1e400",
  "0x",
  "99999999999999999999",
  "true",
  "$",
  "$x",
  "$$",
  "[]",
  "{}",
  "[1, 2]",
  "{ a: 1 }",
  "*x",
  "&x",
  "!secret k",
  "'",
  '"',
  "ABCD",
  "f32",
  "input",
  "4..1",
  "__proto__",
  "constructor",
  "5s",
  "\t",
  "\n",
  ":",
  "- ",
  "#",
  "é",
  "0",
  "const",
  "do",
];

interface Change {
  readonly at: number;
  readonly length: number;
  readonly word: string;
}

const changes = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(12),
    word: fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 6 })),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Replaces, inserts and removes text; most places are the beginning of a word, so that most results are YAML still. */
function mutate(text: string, list: readonly Change[]): string {
  return list.reduce((changed, { at, length, word }) => {
    const words = [...changed.matchAll(/[^\s,{}[\]:]+/g)];
    const chosen = words[Math.floor(at * words.length)];
    const start = chosen?.index ?? 0;
    const end = length % 2 === 0 ? start + (chosen?.[0].length ?? 0) : start + length;
    return changed.slice(0, start) + word + changed.slice(end);
  }, text);
}

function onlyConfigErrors(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof ConfigError) || error.problems.length === 0) throw error;
  }
}

const files = readdirSync(directory).filter((name) => name.endsWith(".yaml"));
/** In all, however many mappings there are: each run of the tests makes other slips. */
const RUNS_OF_ALL = 1000;

for (const file of files) {
  test(`${file} with slips in it is a plan or a list of problems, never a crash`, () => {
    const text = readFileSync(join(directory, file), "utf8");
    const name = basename(file, ".yaml");
    fc.assert(
      fc.property(changes, (list) =>
        onlyConfigErrors(() => {
          const mapping = parseMapping(mutate(text, list), file, name);
          const adapter = adapters.find((candidate) => candidate.name === mapping.protocol.text);
          if (adapter === undefined) return;
          const prepared = prepareMapping(mapping, adapter, catalogue, ignore);
          exampleDevice(prepared, ignore);
          runVectors(prepared);
        }),
      ),
      { numRuns: Math.ceil(RUNS_OF_ALL / files.length) },
    );
  });
}

test("config.example.yaml with slips in it is read or refused, never a crash", async () => {
  const text = readFileSync(locateData("config.example.yaml"), "utf8");
  await fc.assert(
    fc.asyncProperty(changes, async (list) => {
      const changed = mutate(text, list);
      let items: Parameters<typeof requestedDevices>[0] = [];
      onlyConfigErrors(() => {
        const root = parseYaml(changed, "/nowhere/config.yaml");
        readNode(root, configSchema, ignore);
        readLinks([childOf(root, "links") ?? root], { adapters, types: [] }, ignore);
        const devices = childOf(root, "devices");
        items = devices?.kind === "list" ? devices.items : [];
      });
      await requestedDevices(items);
    }),
    { numRuns: 100 },
  );
});

test("whatever a CSV file or each holds, it is rows or problems", () => {
  const cell = fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('"', ",", ";", "\n", "\r\n", '""', "a", "\t"));
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 30 }), (parts) => {
      onlyConfigErrors(() => void parseCsv(parts.join(""), "f.csv"));
      onlyConfigErrors(() => void readEach(parseYaml(`{ a: ${parts.join("")} }`, "f"), ignore));
    }),
    { numRuns: 500 },
  );
});

test("a mapping with slips in it that extends another is a plan or a list of problems, never a crash", () => {
  const below = readFileSync(join(directory, "eastron-sdm630.yaml"), "utf8");
  const above = `mapping: own
extends: eastron-sdm630
params: { ct_ratio: { default: 5 } }
every: { fast: 1s }
modbus: { block: { max: 40 } }
identity: { model: null }
objects:
  3-phase_power_meter: { tension_r: { input: 0x10, valid: null }, 14: null, current_r: { const: 5 } }
  10242[0]: { defaults: { as: f32 } }
  3303: { 0: { sensor_value: { input: 5 } }, 1: null }
`;
  const adapter = adapters.find(({ name }) => name === "modbus");
  if (adapter === undefined) throw new Error("no modbus");
  const { sources } = adapter;
  const rooted = (text: string, file: string): MapNode => {
    const root = parseYaml(text, file);
    if (root.kind !== "map") throw new ConfigError([{ severity: "error", code: "LG202", message: "no map" }]);
    return root;
  };
  fc.assert(
    fc.property(changes, changes, (lower, upper) =>
      onlyConfigErrors(() => {
        const root = rooted(mutate(below, lower), "below.yaml");
        const context = { catalogue, sources, report: ignore };
        const tree = extendMapping({ root, inherited: [] }, rooted(mutate(above, upper), "above.yaml"), context);
        const prepared = prepareMapping(readMappingTree(tree, "own"), adapter, catalogue, ignore);
        exampleDevice(prepared, ignore);
        runVectors(prepared);
      }),
    ),
    { numRuns: 150 },
  );
});
