import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { adapters, loadAdapters } from "../../adapters/index.ts";

test("every folder of adapters is in the registry, under the name that mappings use", async () => {
  const root = new URL("../../adapters/", import.meta.url);
  const folders = readdirSync(root).filter((name) => existsSync(new URL(`${name}/index.ts`, root)));
  assert.deepEqual(Object.keys(adapters).sort(), folders.sort());
  for (const [name, { load, linkTypes }] of Object.entries(adapters)) {
    const adapter = await load();
    assert.equal(adapter.name, name);
    assert.deepEqual(linkTypes, Object.keys(adapter.linkTypes), name);
  }
});

test("a type of link belongs to one adapter, and so does no source key twice", async () => {
  const all = await loadAdapters();
  const types = all.flatMap(({ linkTypes }) => Object.keys(linkTypes));
  assert.deepEqual(types, [...new Set(types)]);
  for (const { name, sources } of all) assert.deepEqual(sources, [...new Set(sources)], name);
});
