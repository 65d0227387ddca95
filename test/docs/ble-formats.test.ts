import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { advertisementDecoders, characteristicDecoders } from "../../adapters/ble/decoders/index.ts";
import { locateData } from "../../src/locate.ts";

const page = readFileSync(locateData("docs/ble.md"), "utf8");

test("docs/ble.md names every format and its fields", () => {
  for (const { name, fields } of advertisementDecoders.values()) {
    const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
    assert.ok(row !== undefined, name);
    const text = name === "bthome" ? page.slice(page.indexOf("#### BTHome")) : row;
    const missing = [...fields.keys()].filter((field) => !text.includes(`\`${field}\``));
    assert.deepEqual(missing, [], name);
  }
});

test("docs/ble.md names every characteristic whose parts are known", () => {
  for (const { uuid, fields } of characteristicDecoders.values()) {
    const row = page.split("\n").find((line) => line.startsWith("| `2A") && line.includes(uuid.toUpperCase()));
    const missing = [...fields.keys()].filter((field) => row === undefined || !row.includes(`\`${field}\``));
    assert.deepEqual(missing, [], uuid);
  }
});
