/** Every mapping that the documentation shows is one: it loads, and its vectors come out as they should. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadAdapters } from "../../adapters/index.ts";
import { AdapterShelf } from "../../src/config/adapter-shelf.ts";
import { MappingLibrary } from "../../src/config/mapping-library.ts";
import { type Problem, problemText } from "../../src/errors.ts";
import { locateData } from "../../src/locate.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { availabilitySchema } from "../../src/mapping/availability.ts";
import { connectivitySchema } from "../../src/mapping/connectivity.ts";
import { exampleDevice } from "../../src/mapping/example-device.ts";
import { identitySchema } from "../../src/mapping/identity.ts";
import { CORE_RESOURCE_KEYS } from "../../src/mapping/keys.ts";
import { mappingKeys } from "../../src/mapping/load.ts";
import { parameterSpec } from "../../src/mapping/parameters.ts";
import { runVectors, vectorSchema } from "../../src/mapping/vectors.ts";
import { knownKeys } from "../../src/yaml/shape.ts";
import { temporaryDirectory } from "../support/temp.ts";

const adapters = await loadAdapters();

interface Example {
  readonly page: string;
  readonly name: string;
  /** With empty lines before it, so that its lines are those of the page. */
  readonly text: string;
  /** The lists that it imports: the CSV blocks of the page. */
  readonly lists: ReadonlyMap<string, string>;
}

/** The YAML blocks of a page whose first key is `mapping:`. */
function examplesOf(page: string, text: string): readonly Example[] {
  return [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].flatMap((block) => {
    const [, yaml = ""] = block;
    const [, name] = /^(?:#[^\n]*\n)*mapping: ([\w-]+)/.exec(yaml) ?? [];
    const above = text.slice(0, block.index).split("\n").length;
    return name === undefined ? [] : [{ page, name, text: "\n".repeat(above) + yaml, lists: listsOf(yaml, text) }];
  });
}

/** A mapping that imports a list has it in the next CSV block. */
function listsOf(yaml: string, page: string): ReadonlyMap<string, string> {
  const [, list] = /^ +import: (\S+)$/m.exec(yaml) ?? [];
  const [, csv = ""] = /^```csv\n(.*?)^```$/ms.exec(page.slice(page.indexOf(yaml))) ?? [];
  return new Map(list === undefined ? [] : [[list, csv]]);
}

/** What is wrong with it; warnings are none: an example shows what it is about. */
async function problemsOf({ page, name, text, lists }: Example, directory: string): Promise<readonly string[]> {
  const file = join(directory, `${name}.yaml`);
  writeFileSync(file, text);
  for (const [list, csv] of lists) writeFileSync(join(directory, list), csv);
  const directories = [directory, locateData("mappings")];
  const library = new MappingLibrary({ adapters: AdapterShelf.of(adapters), catalogue, directories });
  const place = { file: page, line: 1, column: 1 };
  const { prepared, problems } = await library.find({ kind: "scalar", text: name, quoted: true, place });
  const all: Problem[] = [...problems];
  if (prepared !== undefined) {
    exampleDevice(prepared, (problem) => all.push(problem));
    all.push(...runVectors(prepared));
  }
  return all.filter(({ severity }) => severity === "error").map((problem) => problemText(problem).replace(file, page));
}

const pages = readdirSync(locateData("docs"), { encoding: "utf8", recursive: true }).filter((name) =>
  name.endsWith(".md"),
);
const examples = pages.flatMap((page) =>
  examplesOf(`docs/${page}`, readFileSync(join(locateData("docs"), page), "utf8")),
);

for (const example of examples) {
  test(`${example.page}: the mapping ${example.name} is right`, async (t) => {
    assert.deepEqual(await problemsOf(example, temporaryDirectory(t)), []);
  });
}

test("the reference has every key of the language, and an example of each", () => {
  const page = readFileSync(join(locateData("docs"), "mapping.md"), "utf8");
  const shown = examples.filter((example) => example.page === "docs/mapping.md").map(({ text }) => text);
  const sections = [mappingKeys, availabilitySchema, identitySchema, connectivitySchema, parameterSpec, vectorSchema];
  const keys = [
    ...CORE_RESOURCE_KEYS,
    ...sections.flatMap((section) => knownKeys(section)),
    "version",
    "defaults",
    "import",
  ];
  assert.deepEqual(
    keys.filter((key) => !page.includes(`\`${key}`)),
    [],
  );
  // What identity and connectivity fill is all alike.
  const alike = new Set([...knownKeys(identitySchema), ...knownKeys(connectivitySchema), "description"]);
  assert.deepEqual(
    keys.filter((key) => !alike.has(key) && !shown.some((text) => new RegExp(`(^|[ {])${key}:`, "m").test(text))),
    [],
  );
});
