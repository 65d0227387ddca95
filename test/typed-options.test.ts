import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { typedOptions, typedSpan, WrongArguments } from "../src/typed-options.ts";

const schema = z.strictObject({
  server_name: z.string().min(1, "expected a name").optional(),
  port: z.int().optional(),
});
const wrong = (message: string) => (error: unknown) => error instanceof WrongArguments && error.message === message;

test("what is typed is what the schema makes of it, and a mistake is told with its option", () => {
  assert.deepEqual(typedOptions(schema, { port: 502 }), { port: 502 });
  assert.throws(() => typedOptions(schema, { server_name: "" }), wrong("--server-name: expected a name"));
  assert.throws(() => typedOptions(schema, { prot: 502 }), wrong('Unrecognized key: "prot"'));
});

test("a time is longer than 0, and absent where none is typed", () => {
  const args = (wait?: string) => ({ positionals: [], text: () => wait, texts: () => [], flag: () => false });
  assert.equal(typedSpan(args("1.5s"), "wait"), 1500);
  assert.equal(typedSpan(args(), "wait"), undefined);
  assert.throws(() => typedSpan(args("0"), "wait"), wrong("--wait: expected a time longer than 0"));
  assert.throws(() => typedSpan(args("5 metres"), "wait"), WrongArguments);
});
