/** What docs/mqtt.md shows is so: links load, mappings are right, and so are their vectors. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { mqtt } from "../../adapters/mqtt/index.ts";
import { locateData } from "../../src/locate.ts";
import { knownKeys } from "../../src/yaml/shape.ts";
import { testExamples } from "../support/page-examples.ts";

const page = readFileSync(locateData("docs/mqtt.md"), "utf8");
testExamples({
  name: "docs/mqtt.md",
  text: page,
  link: "line: { type: mqtt, url: mqtt://127.0.0.1:1 }",
  deviceOf: (mapping, text) => `{ id: one, mapping: ${mapping}, link: line${parametersOf(text)} }`,
  secrets: "mqtt_password: none-of-yours\n",
});

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
