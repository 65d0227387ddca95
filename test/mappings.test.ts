import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { loadAdapters } from "../adapters/index.ts";
import { formatCheck, vectorProblems } from "../src/config/check.ts";
import { loadConfig } from "../src/config/load.ts";
import { MappingLibrary } from "../src/config/mapping-library.ts";
import { formatProblem } from "../src/errors.ts";
import { locateData } from "../src/locate.ts";
import { catalogue } from "../src/lwm2m/objects/index.ts";
import { CORE_RESOURCE_KEYS } from "../src/mapping/keys.ts";
import { mappingKeys, parseMapping } from "../src/mapping/load.ts";
import { type PreparedMapping, prepareMapping } from "../src/mapping/resolve.ts";
import { exampleDevice, runVectors } from "../src/mapping/vectors.ts";

const adapters = await loadAdapters();
const directory = locateData("mappings");

/** As a device that names it would have it. */
async function packaged(file: string): Promise<PreparedMapping> {
  const library = new MappingLibrary({ adapters, catalogue, directories: [directory] });
  const place = { file: "test", line: 1, column: 1 };
  const { prepared, problems } = await library.find({
    kind: "scalar",
    text: basename(file, ".yaml"),
    quoted: true,
    place,
  });
  assert.deepEqual(problems.map(formatProblem), []);
  assert.ok(prepared !== undefined);
  return prepared;
}

function preparedText(file: string, text: string) {
  const mapping = parseMapping(text, file, basename(file, ".yaml"));
  const adapter = adapters.find(({ name }) => name === mapping.protocol.text);
  assert.ok(adapter !== undefined, `protocol ${mapping.protocol.text}`);
  return prepareMapping(mapping, adapter, catalogue, (problem) => assert.fail(formatProblem(problem)));
}

for (const file of readdirSync(directory).filter((name) => name.endsWith(".yaml"))) {
  test(`${file} has no error and no warning, and its vectors come out as they should`, async () => {
    const mapping = await packaged(file);
    assert.deepEqual(runVectors(mapping).map(formatProblem), []);
    assert.ok(
      mapping.file.tests.length + mapping.file.inheritedTests.length > 0,
      "a packaged mapping has test vectors",
    );
  });

  test(`every resource of ${file} can be simulated, and what is simulated is a good value`, async () => {
    const device = exampleDevice(await packaged(file), (problem) => assert.fail(formatProblem(problem)));
    for (const { point, source } of device?.plan.resources.values() ?? []) {
      if (source.kind !== "point" || !source.readable) continue;
      const raw = source.simulate?.(1)(Date.UTC(2026, 0, 1)) ?? assert.fail(point);
      assert.ok("good" in source.toValue(raw), `${point}: ${JSON.stringify(source.toValue(raw))}`);
    }
  });
}

test("config.example.yaml is a complete configuration", async () => {
  const config = await loadConfig(locateData("config.example.yaml"), {
    adapters,
    catalogue,
    packagedMappings: directory,
  });
  assert.deepEqual([...config.problems, ...vectorProblems(config)].map(formatProblem), []);
  assert.deepEqual(
    config.devices.map(({ id }) => id),
    ["meter-1", "meter-2", "valve-1", "climate-1"],
  );
  assert.equal(config.mappings.get("eastron-sdm630")?.hides, undefined);
  const plan = formatCheck(config);
  assert.match(plan, /config\.example\.yaml: 1 server, 3 links, 4 devices\n/);
  assert.match(
    plan,
    /eastron-sdm630\.yaml: 20 resources, 4 test vectors\n {3}2 devices: meter-1, meter-2\n {3}source: from-manual/,
  );
  assert.match(plan, / {3}note: \/10242\/0\/6 Active Power R: W -> kW \(x0\.001\)\n/);
  assert.match(plan, / {3}poll every 2s: 10 values in 2 reads: input\[0x0\.\.0x11\], input\[0x34\.\.0x35\]\n/);
  assert.match(plan, / {3}execute: \/3\/0\/4 Reboot\n/);
});

test("the mapping that the README shows is right", () => {
  const [, text = ""] =
    /```yaml\n(mapping: my-meter.*?)```/s.exec(readFileSync(join(directory, "README.md"), "utf8")) ?? [];
  const mapping = preparedText("my-meter.yaml", text);
  assert.deepEqual(runVectors(mapping).map(formatProblem), []);
});

test("the README names every key of a resource and of the top of a mapping", () => {
  const readme = readFileSync(join(directory, "README.md"), "utf8");
  for (const key of [...CORE_RESOURCE_KEYS, ...Object.keys(mappingKeys.shape)]) {
    assert.ok(readme.includes(`\`${key}`) || readme.includes(`${key}:`), key);
  }
});
