import assert from "node:assert/strict";
import test from "node:test";
import data from "../../../src/lwm2m/objects/catalogue.json" with { type: "json" };
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import { parseRange } from "../../../src/lwm2m/objects/range.ts";
import type { ResourceType, Value } from "../../../src/lwm2m/sample.ts";

/** Spelling, type, values inside, values outside. */
const RANGES: readonly (readonly [string, ResourceType, readonly Value[], readonly Value[]])[] = [
  ["0..100", "integer", [0, 50, 100, 50n], [-1, 101, 2n ** 60n]],
  ["0-255", "integer", [0, 255], [-1, 256]],
  ["-1..1", "float", [-1, 0.5, 1], [-1.01, 1.01]],
  ["-100.0..100.0", "float", [-100, 100], [-100.5]],
  ["0.000001..1.0", "float", [0.000001, 1], [0]],
  ["-30..-120", "integer", [-30, -120, -75], [-29, -121]],
  ["1...15", "integer", [1, 15], [0, 16]],
  ["[1:4]", "integer", [1, 4], [0, 5]],
  ["255", "integer", [255], [254]],
  ["16,32,48", "integer", [16, 48], [17]],
  ["5, 10, 15, 20", "integer", [5, 20], [6]],
  ["0..3, 99", "integer", [0, 3, 99], [4, 98]],
  ["0; 3.8..20.5", "float", [0, 3.8, 20.5], [1, 21]],
  ["0..18446744073709551615", "unsigned", [0, 2n ** 64n - 1n], [-1]],
  ["0..2^32-1", "integer", [0, 2 ** 32 - 1], [-1, 2 ** 32]],
  ["8 bit", "integer", [-128, 255], [-129, 256]],
  ["16-bit", "unsigned", [0, 65535], [-1, 65536]],
  ["0..255 bytes", "string", ["", "é".repeat(127)], ["é".repeat(128)]],
  ["0-255 bytes", "string", ["a".repeat(255)], ["a".repeat(256)]],
  ["12", "string", ["a".repeat(12)], ["a".repeat(11)]],
  ["1..64 Bytes", "string", ["a"], ["", "a".repeat(65)]],
  ["0 or 26 Bytes", "string", ["", "a".repeat(26)], ["a"]],
  ["10,26", "string", ["a".repeat(10)], ["a".repeat(11)]],
  ["16-32-48 bytes", "opaque", [new Uint8Array(16), new Uint8Array(48)], [new Uint8Array(20)]],
  ["32 bytes", "string", ["", "a".repeat(32)], ["a".repeat(33)]],
  ["6 bytes", "opaque", [new Uint8Array(6)], [new Uint8Array(5)]],
  ["8 bit", "opaque", [new Uint8Array(1)], [new Uint8Array(2)]],
];

for (const [text, type, inside, outside] of RANGES) {
  test(`"${text}" of ${type} takes what lies inside, and nothing else`, () => {
    const check = parseRange(text, type);
    assert(check !== undefined);
    for (const value of inside) assert(check(value), String(value));
    for (const value of outside) assert(!check(value), String(value));
  });
}

test("prose, and types that have no range, are not checked", () => {
  const unchecked: readonly (readonly [string | undefined, ResourceType | undefined])[] = [
    [undefined, "integer"],
    ["0..100", undefined],
    ["The possible values are those listed in the LwM2M Core Specification", "string"],
    ["0: CONFIGURED_ON 1: FULL_ON 2: RECALL", "unsigned"],
    ["ON;OFF", "float"],
    ["<7 to >12.5", "integer"],
    ["2 Instances", "integer"],
    ["1 bytes", "integer"],
    ["0..65535", "boolean"],
    ["0..65535", "objlnk"],
  ];
  for (const [text, type] of unchecked) assert.equal(parseRange(text, type), undefined, text);
});

test("all but a few spellings of the registry are understood", () => {
  const prose = new Set<string>();
  for (const [id, , version] of data) {
    for (const { range, type } of catalogue.find(Number(id), String(version))?.resources.values() ?? []) {
      if (range !== undefined && type !== "boolean" && parseRange(range, type) === undefined) prose.add(range);
    }
  }
  assert.deepEqual(
    [...prose].filter((range) => !/[A-Za-z]/.test(range)),
    [],
  );
  assert(prose.size < 15, [...prose].join("\n"));
});
