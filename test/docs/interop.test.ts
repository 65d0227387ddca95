/** What docs/interop.md says is tried is tried: every test that it names is there, and every one that is there is named. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { ble } from "../../adapters/ble/index.ts";
import { modbus } from "../../adapters/modbus/index.ts";
import { mqtt } from "../../adapters/mqtt/index.ts";
import { serial } from "../../adapters/serial/index.ts";
import { LAYOUTS } from "../../src/config/types.ts";
import { locateData } from "../../src/locate.ts";

const page = readFileSync(locateData("docs/interop.md"), "utf8");
const files = readdirSync(locateData("test/interop"))
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => name.replace(".test.ts", ""));

const TESTS = new Set(
  ["test/interop", "test/killed", "test/scenarios"].flatMap((folder) =>
    readdirSync(locateData(folder)).map((name) => name.replace(".test.ts", "")),
  ),
);

/** Of every adapter, and of the gateway itself; `simulated` is for trials. */
const WAYS = new Set(["exec", ...[ble, modbus, mqtt, serial].flatMap(({ firmware = {} }) => Object.keys(firmware))]);

/** Of the table of the peers, the last column: names, with `*` for any letters. */
const named = [...page.matchAll(/^\| [^|]+ \| [\d.]+[^|]* \| .* \| ([^|]*`[^|]*) \|$/gm)].flatMap(([, where = ""]) =>
  [...where.matchAll(/`(?:test\/interop\/)?([\w*-]+)`/g)].map(([, name = ""]) => name),
);

test("every test that docs/interop.md names is there", () => {
  assert.ok(named.length > 20, `${named.length} names`);
  assert.deepEqual(
    named.filter((name) => !files.some((file) => matches(name, file))),
    [],
  );
});

test("every test of test/interop is named in docs/interop.md", () => {
  assert.deepEqual(
    files.filter((file) => !named.some((name) => matches(name, file))),
    [],
  );
});

test("the matrix says of every layout how it is tried at Leshan, in each format, and with its history", () => {
  const [, matrix = ""] = /\n## Server, layout, format, history\n(.*?)\n## /s.exec(page) ?? [];
  const rows = [...matrix.matchAll(/^\| (?:Leshan 2\.[^|]*)?\| `(\w+)`[^|]*\| (.*) \|$/gm)];
  const layouts = rows.map(([, layout = ""]) => layout);
  assert.deepEqual([...new Set(layouts)].sort(), [...LAYOUTS].sort());
  for (const [, layout = "", cells = ""] of rows) assert.equal(cells.split("|").length, 5, layout);
});

test("every way to bring an image to a device is in the matrix of firmware, with each case, and its tests are there", () => {
  const [, matrix = ""] = /\n## Firmware, way by way\n(.*?)\n## /s.exec(page) ?? [];
  const rows = matrix.split("\n").filter((line) => line.startsWith("| `"));
  const ways = new Set<string>();
  for (const row of rows) {
    const [way = "", ...cells] = row.slice(2, -2).split(" | ");
    ways.add(/`([\w-]+)`/.exec(way)?.[1] ?? way);
    const where = [...(cells.pop() ?? "").matchAll(/`([\w-]+)`/g)].map(([, name = ""]) => name);
    assert.equal(cells.length, 7, way);
    for (const cell of cells) assert.match(cell, /^[GST](?:, (?:on|anew))?$/, way);
    assert.ok(where.length > 0 && where.every((name) => TESTS.has(name)), `${way}: ${where}`);
  }
  assert.deepEqual([...ways].sort(), [...WAYS].sort());
});

function matches(name: string, file: string): boolean {
  return new RegExp(`^${name.replaceAll("*", ".*")}$`).test(file);
}
