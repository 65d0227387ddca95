import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { loadAdapters } from "../adapters/index.ts";
import { AdapterShelf } from "../src/config/adapter-shelf.ts";
import { formatCheck, vectorProblems } from "../src/config/check.ts";
import { loadConfig } from "../src/config/load.ts";
import { MappingLibrary } from "../src/config/mapping-library.ts";
import { problemText } from "../src/errors.ts";
import { locateData } from "../src/locate.ts";
import { catalogue } from "../src/lwm2m/objects/index.ts";
import { exampleDevice } from "../src/mapping/example-device.ts";
import { firmwareText } from "../src/mapping/firmware-text.ts";
import { CORE_RESOURCE_KEYS } from "../src/mapping/keys.ts";
import { mappingKeys, parseMapping } from "../src/mapping/load.ts";
import { type PreparedMapping, prepareMapping } from "../src/mapping/prepare.ts";
import { runVectors } from "../src/mapping/vectors.ts";
import { childOf } from "../src/yaml/nodes.ts";

const adapters = await loadAdapters();
const directory = locateData("mappings");
const drafts = join(directory, "drafts");
const packagedFiles = mappingsIn(directory);
const draftFiles = mappingsIn(drafts);

function mappingsIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .sort();
}

/** As a device that names it would have it; a draft once it is copied beside the configuration, with what it extends. */
async function packaged(file: string): Promise<PreparedMapping> {
  const directories = draftFiles.includes(file) ? [drafts, directory] : [directory];
  const library = new MappingLibrary({ adapters: AdapterShelf.of(adapters), catalogue, directories });
  const place = { file: "test", line: 1, column: 1 };
  const { prepared, problems } = await library.find({
    kind: "scalar",
    text: basename(file, ".yaml"),
    quoted: true,
    place,
  });
  assert.deepEqual(problems.map(problemText), []);
  assert.ok(prepared !== undefined);
  return prepared;
}

function preparedText(file: string, text: string) {
  const mapping = parseMapping(text, file, basename(file, ".yaml"));
  const adapter = adapters.find(({ name }) => name === mapping.protocol.text);
  assert.ok(adapter !== undefined, `protocol ${mapping.protocol.text}`);
  return prepareMapping(mapping, adapter, catalogue, (problem) => assert.fail(problemText(problem)));
}

for (const file of [...packagedFiles, ...draftFiles]) {
  test(`${file} has no error and no warning, and its vectors come out as they should`, async () => {
    const mapping = await packaged(file);
    assert.deepEqual(runVectors(mapping).map(problemText), []);
    assert.ok(
      mapping.file.tests.length + mapping.file.inheritedTests.length > 0,
      "a packaged mapping has test vectors",
    );
  });

  test(`every resource of ${file} can be simulated, and what is simulated is a good value`, async () => {
    const device = exampleDevice(await packaged(file), (problem) => assert.fail(problemText(problem)));
    for (const { point, source } of device?.plan.resources.values() ?? []) {
      if (source.kind !== "point" || !source.readable) continue;
      const raw = source.simulate?.(1)(Date.UTC(2026, 0, 1)) ?? assert.fail(point);
      assert.ok("good" in source.toValue(raw), `${point}: ${JSON.stringify(source.toValue(raw))}`);
    }
  });
}

test("every mapping with a firmware: section has devices that can be updated, and says by which way", async () => {
  for (const file of [...packagedFiles, ...draftFiles]) {
    const mapping = await packaged(file);
    if (mapping.file.firmware === undefined) continue;
    const device = exampleDevice(mapping, (problem) => assert.fail(problemText(problem)));
    const { firmware } = device?.plan ?? {};
    assert.ok(firmware !== undefined || device?.plan.variants !== undefined, file);
    if (firmware !== undefined) assert.match(firmwareText(firmware), /^by \S+, (?:on|before)-update, /, file);
  }
});

test("docs/devices.md lists every packaged device type and then every draft, with the values that it has", async () => {
  const page = readFileSync(locateData("docs/devices.md"), "utf8");
  const listed = page.split("\n").filter((line) => line.startsWith("|") && line.includes("(../mappings/"));
  const rows = await Promise.all([...packagedFiles, ...draftFiles].map(deviceRow));
  assert.equal(listed.join("\n"), rows.join("\n"));
});

test("a draft has no source, and no packaged mapping has its name or extends it", async () => {
  for (const file of draftFiles) {
    assert.equal((await packaged(file)).file.source, undefined, file);
    assert.ok(!packagedFiles.includes(file), file);
  }
  for (const file of packagedFiles) {
    const base = /^extends: (\S+)/m.exec(readFileSync(join(directory, file), "utf8"))?.[1];
    assert.ok(!draftFiles.includes(`${base}.yaml`), `${file} extends the draft ${base}`);
  }
});

/** A row of docs/devices.md: type, file, values that are read, values that servers may write or execute; source, but of drafts. */
async function deviceRow(file: string): Promise<string> {
  const prepared = await packaged(file);
  const device = exampleDevice(prepared, (problem) => assert.fail(problemText(problem)));
  const sources = [...(device?.plan.resources.values() ?? [])].map(({ source }) => source);
  const read = sources.filter((source) => source.kind === "point" && source.readable).length;
  const changed = sources.filter((source) => source.kind === "execute" || (source.kind === "point" && source.writable));
  const description = childOf(prepared.file.root, "description");
  const isDraft = draftFiles.includes(file);
  const cells = [
    description?.kind === "scalar" ? description.text : "",
    `[${prepared.file.name}](../mappings/${isDraft ? "drafts/" : ""}${file})`,
    read,
    changed.length === 0 ? "" : changed.length,
    ...(isDraft ? [] : [prepared.file.source ?? ""]),
  ];
  return `| ${cells.join(" | ")} |`;
}

test("a mapping of a real device, and a draft, names its manual, and what was checked against what", async () => {
  for (const file of [...packagedFiles, ...draftFiles]) {
    const mapping = await packaged(file);
    if (mapping.file.source === undefined && !draftFiles.includes(file)) continue;
    const text = readFileSync(mapping.file.file, "utf8");
    assert.match(text, /^# Manual: {1,2}\S/m, file);
    assert.match(text, /^# Checked: \S/m, file);
  }
});

test("the README says how many device types there are", async () => {
  const all = await Promise.all(packagedFiles.map(packaged));
  const real = all.filter(({ file }) => file.source !== undefined);
  const readme = readFileSync(locateData("README.md"), "utf8");
  assert.ok(readme.includes(`[${real.length} device types](docs/devices.md)`), `${real.length} device types`);
});

test("config.example.yaml is a complete configuration", async () => {
  const config = await loadConfig(locateData("config.example.yaml"), {
    adapters: AdapterShelf.of(adapters),
    catalogue,
    packagedMappings: directory,
  });
  assert.deepEqual([...config.problems, ...vectorProblems(config)].map(problemText), []);
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
  assert.deepEqual(runVectors(mapping).map(problemText), []);
});

test("the README names every key of a resource and of the top of a mapping", () => {
  const readme = readFileSync(join(directory, "README.md"), "utf8");
  for (const key of [...CORE_RESOURCE_KEYS, ...Object.keys(mappingKeys.shape)]) {
    assert.ok(readme.includes(`\`${key}`) || readme.includes(`${key}:`), key);
  }
});
