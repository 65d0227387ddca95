/** What docs/mqtt.md shows is so: links load, mappings are right, and so are their vectors. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { mqtt } from "../../adapters/mqtt/index.ts";
import { vectorProblems } from "../../src/config/check.ts";
import { formatProblem } from "../../src/errors.ts";
import { locateData } from "../../src/locate.ts";
import { knownKeys } from "../../src/yaml/shape.ts";
import { loadFolder } from "../config/config-folder.ts";
import { aConfig } from "../support/command.ts";

const page = readFileSync(locateData("docs/mqtt.md"), "utf8");
const blocks = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = ""]) => text);
const LINK = "line: { type: mqtt, url: mqtt://127.0.0.1:1 }";
const [ABOVE_LINKS = ""] = aConfig({}).split(/^links:/m);

const mappings = new Map(
  blocks.flatMap((text) => {
    const [, name] = /^mapping: (\S+)/m.exec(text) ?? [];
    return name === undefined ? [] : [[name, text] as const];
  }),
);

for (const [at, text] of blocks.entries()) {
  const [, mapping] = /^mapping: (\S+)/m.exec(text) ?? [];
  test(`example ${at + 1} of docs/mqtt.md is right`, async (t) => {
    const config =
      mapping === undefined
        ? `${ABOVE_LINKS}${text}`
        : aConfig({ links: [LINK], devices: [`{ id: one, mapping: ${mapping}, link: line${parametersOf(text)} }`] });
    const { config: loaded, problems } = await loadFolder(t, {
      "config.yaml": config,
      "secrets.yaml": "mqtt_password: none-of-yours\n",
      ...Object.fromEntries([...mappings].map(([name, file]) => [`mappings/${name}.yaml`, file])),
    });
    assert.deepEqual(
      problems.filter((problem) => problem.includes("error")),
      [],
    );
    assert.ok(loaded !== undefined && loaded.devices.length > 0);
    assert.deepEqual(vectorProblems(loaded).map(formatProblem), []);
  });
}

/** A value for each parameter that must be given. */
function parametersOf(text: string): string {
  return [...text.matchAll(/(\w+): \{ type: string \}/g)].map(([, name]) => `, ${name}: any`).join("");
}

test("docs/mqtt.md and docs/configuration.md name every key of the links, and docs/mqtt.md every key of a mapping", () => {
  const configuration = readFileSync(locateData("docs/configuration.md"), "utf8");
  const links = Object.values(mqtt.linkTypes).flatMap((schema) => knownKeys(schema));
  const ofMappings = [
    ...knownKeys(mqtt.device),
    ...knownKeys(mqtt.device, ["topics", "any"]),
    ...knownKeys(mqtt.device, ["availability"]),
    ...knownKeys(mqtt.device, ["signal"]),
    ...knownKeys(mqtt.device, ["requests", "any"]),
    ...knownKeys(mqtt.device, ["requests", "any", "reply"]),
    ...knownKeys(mqtt.point).filter((key) => key !== "device"),
  ];
  for (const key of [...links, ...ofMappings]) assert.match(page, new RegExp(`[\`{,] ?${key}\\b`), key);
  for (const key of links) assert.match(configuration, new RegExp(`\`${key}\``), key);
});
