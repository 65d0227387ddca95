/** What docs/ble.md shows is so: links load, mappings are right, and so are their vectors. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { advertisementDecoders, characteristicDecoders } from "../../adapters/ble/decoders/index.ts";
import { ble } from "../../adapters/ble/index.ts";
import { locateData } from "../../src/locate.ts";
import { knownKeys } from "../../src/yaml/shape.ts";
import { testExamples } from "../support/page-examples.ts";

const page = readFileSync(locateData("docs/ble.md"), "utf8");
testExamples({
  name: "docs/ble.md",
  text: page,
  link: "air: { type: ble }",
  deviceOf: (mapping) => `{ id: one, mapping: ${mapping}, link: air, address: "A4:C1:38:8F:19:E9" }`,
  secrets: 'bind_key: "231d39c1d7cc1ab1aee224cd096db932"\n',
});

test("docs/ble.md and docs/configuration.md name every key of the links, and docs/ble.md every key of a mapping", () => {
  const configuration = readFileSync(locateData("docs/configuration.md"), "utf8");
  const links = Object.values(ble.linkTypes).flatMap((schema) => knownKeys(schema));
  const ofMappings = [
    ...knownKeys(ble.device),
    ...knownKeys(ble.device, ["match"]),
    ...knownKeys(ble.point).filter((key) => key !== "device"),
    ...knownKeys(ble.point, ["write"]),
    ...knownKeys(ble.step),
  ];
  for (const key of [...links, ...ofMappings]) assert.match(page, new RegExp(`[\`{,.] ?${key}\\b`), key);
  for (const key of links) assert.match(configuration, new RegExp(`\`${key}\``), key);
});

test("docs/ble.md names every format that is understood", () => {
  for (const name of [...advertisementDecoders.keys(), ...characteristicDecoders.keys()])
    assert.match(page, new RegExp(`\`${name}\``, "i"), name);
});
