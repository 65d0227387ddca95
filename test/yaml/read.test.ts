import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import type { Schema } from "../../src/adapter.ts";
import { durationSchema } from "../../src/duration.ts";
import { problemText } from "../../src/errors.ts";
import { parseYaml } from "../../src/yaml/parse.ts";
import { type ReadOptions, readNode } from "../../src/yaml/read.ts";
import { knownKeys } from "../../src/yaml/shape.ts";

function read<T>(text: string, schema: Schema<T>, options?: ReadOptions): { value: T | undefined; problems: string[] } {
  const problems: string[] = [];
  const value = readNode(parseYaml(text, "f"), schema, (problem) => problems.push(problemText(problem)), options);
  return { value, problems };
}

function problems(text: string, schema: Schema<unknown>, options?: ReadOptions): readonly string[] {
  return read(text, schema, options).problems;
}

test("the schema decides the type of a scalar, from the text that was written", () => {
  const schema = z.strictObject({ text: z.string(), number: z.number() });
  assert.deepEqual(read("text: 00001\nnumber: 00001\n", schema).value, { text: "00001", number: 1 });
  assert.deepEqual(read("text: 2E19\nnumber: 2E19\n", schema).value, { text: "2E19", number: 2e19 });
  assert.deepEqual(read("text: true\nnumber: 0x1F\n", schema).value, { text: "true", number: 31 });
  assert.deepEqual(read("version: 1.1\n", z.strictObject({ version: z.enum(["1.0", "1.1"]) })).value, {
    version: "1.1",
  });
  assert.deepEqual(read("[5, 05]\n", z.array(z.union([z.boolean(), z.string()]))).value, ["5", "05"]);
  assert.deepEqual(read("a: 5\n", z.record(z.string(), z.union([z.number(), z.string()]))).value, { a: 5 });
});

test("a quoted scalar is text and nothing else", () => {
  const schema = z.strictObject({ port: z.number() });
  assert.deepEqual(problems('port: "502"\n', schema), ['f:1:7: error: port: expected a number, found "502"']);
});

test("an unknown key is told at the key, with the near miss or with all that there are", () => {
  const schema = z.strictObject({
    host: z.string().optional(),
    inner: z.strictObject({ port: z.int().optional() }).optional(),
  });
  assert.deepEqual(problems("hots: a\ninner: { prt: 1 }\n", schema), [
    'f:2:10: error: unknown key "prt"; did you mean "port"?',
    'f:1:1: error: unknown key "hots"; did you mean "host"?',
  ]);
  assert.deepEqual(problems("zzz: 1\n", schema), ['f:1:1: error: unknown key "zzz" (have: host, inner)']);
  assert.deepEqual(problems("tpye: 1\n", schema, { alsoKnown: ["type"] }), [
    'f:1:1: error: unknown key "tpye"; did you mean "type"?',
  ]);
});

test("a key of a later version is said to be one, at whatever depth", () => {
  const schema = z.strictObject({ inner: z.strictObject({}) });
  assert.deepEqual(problems("inner: { psk: 1 }\n", schema, { later: ["psk"] }), [
    "f:1:10: error: `psk` is not supported by this version",
  ]);
});

test("a missing key is told at the map that lacks it", () => {
  const schema = z.strictObject({ link: z.strictObject({ host: z.string() }) });
  assert.deepEqual(problems("link:\n  {}\n", schema), ['f:2:3: error: "host" is missing']);
  assert.deepEqual(problems("{}\n", schema), ['f:1:1: error: "link" is missing']);
  assert.deepEqual(problems("link: { host: }\n", schema), ["f:1:15: error: host: expected text, found nothing"]);
});

test("wrong kinds, ranges and words are told with what was expected and found", () => {
  const schema = z.strictObject({
    port: z.int().min(1).max(65535).optional(),
    mode: z.enum(["zero", "modicon"]).optional(),
    range: z.tuple([z.number(), z.number()]).optional(),
    name: z.string().max(3).optional(),
  });
  assert.deepEqual(problems("port: 70000\n", schema), ['f:1:7: error: port: must be at most 65535, found "70000"']);
  assert.deepEqual(problems("port: 1.5\n", schema), ['f:1:7: error: port: expected a whole number, found "1.5"']);
  assert.deepEqual(problems("port: [1]\n", schema), ["f:1:7: error: port: expected a number, found a list"]);
  assert.deepEqual(problems("mode: modicom\n", schema), [
    'f:1:7: error: mode: expected one of zero, modicon, found "modicom"; did you mean "modicon"?',
  ]);
  assert.deepEqual(problems("range: [0, x]\n", schema), ['f:1:12: error: range: expected a number, found "x"']);
  assert.deepEqual(problems("name: abcd\n", schema), ["f:1:7: error: name: too long: at most 3 characters"]);
  assert.deepEqual(problems("[1]\n", schema), ["f:1:1: error: expected a map, found a list"]);
});

test("of several shapes the one that was meant is told", () => {
  const schema = z.strictObject({ write: z.union([z.literal(true), z.strictObject({ fc: z.int() })]) });
  assert.deepEqual(problems("write: { fx: 6 }\n", schema), [
    'f:1:8: error: "fc" is missing',
    'f:1:10: error: unknown key "fx" (have: fc)',
  ]);
  assert.deepEqual(problems("write: yes\n", schema), ['f:1:8: error: write: expected true or a map, found "yes"']);
});

test("what a schema says in its own words is told as it is", () => {
  const schema = z.strictObject({ period: durationSchema });
  assert.deepEqual(read("period: 5s\n", schema).value, { period: 5000 });
  assert.deepEqual(read("period: 0\n", schema).value, { period: 0 });
  assert.match(
    problems("period: 5\n", schema)[0] ?? "",
    /^f:1:9: error: period: "5" is no duration; expected a number/,
  );
  const own: Schema<never> = {
    parse() {
      throw new Error("not today");
    },
  };
  assert.deepEqual(problems("a: 1\n", own), ["f:1:1: error: not today"]);
});

test("a tag stops the reading: no schema ever sees a secret's name as the secret", () => {
  assert.deepEqual(problems("a: !secret psk\n", z.record(z.string(), z.string())), [
    "f:1:12: error: !secret stands in config.yaml and devices.d alone; a mapping has a parameter of type secret for it",
  ]);
});

test("keys that are not the schema's are left out, and what the core adds is there", () => {
  const schema = z.strictObject({ own: z.number(), added: z.number() });
  const options = { without: new Set(["other"]), extra: { added: 7 } };
  assert.deepEqual(read("own: 1\nother: !secret x\n", schema, options).value, { own: 1, added: 7 });
});

test("a key like __proto__ is a key like any other", () => {
  const { value } = read("__proto__: { x: 1 }\n", z.record(z.string(), z.unknown()));
  assert.equal(Object.getPrototypeOf({}), Object.prototype);
  assert.ok(!("x" in (value ?? {})));
  assert.match(problems("__proto__: 1\nconstructor: 2\n", z.strictObject({})).join(), /"__proto__".*"constructor"/s);
});

test("the keys of a schema are known through transforms, unions and defaults", () => {
  const schema = z
    .strictObject({ a: z.string(), b: z.union([z.literal(true), z.strictObject({ c: z.int() })]).optional() })
    .transform(() => 1);
  assert.deepEqual(knownKeys(schema), ["a", "b"]);
  assert.deepEqual(knownKeys(schema, ["b"]), ["c"]);
  assert.deepEqual(knownKeys({ parse: () => 1 }), []);
});
