import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { reportSchema } from "../../src/config/report-entries.ts";
import { jsonSchemaOf } from "../../src/yaml/shape.ts";
import { misfits } from "../support/json-schema.ts";

test("an editor takes what the gateway takes, and points at typos", () => {
  const schema = jsonSchemaOf(reportSchema);
  const entries = parse(`
- { paths: ["/*/10242/0/*", /3/0/9], every: 15s }
- { paths: [/meter-1], every: change, name: 7, pmin: 0, pmax: 1h, gt: 10.5, lt: -2, st: 0.5, edge: 1, keep: 100 }
- { paths: [/meter-1], every: sample }
`);
  assert.deepEqual(misfits(schema, entries), []);
  assert.equal(reportSchema.parse([{ ...entries[1], name: "7" }]).length, 1);
  const typos = parse(
    "- { path: [/3], every: 15s }\n- { paths: [/3], every: 15, edge: 2 }\n- { paths: [], every: 1s }",
  );
  assert.deepEqual(misfits(schema, typos), [
    "/0: required paths",
    "/0: unknown path",
    "/1/every: type string",
    "/1/edge: none of anyOf",
    "/2/paths: minItems 1",
  ]);
});

test("whatever stands there is an entry or a list of what is wrong", () => {
  const some = fc.oneof(fc.constantFrom("change", "sample", "15s", "/*/3303", "/meter-1", 5, -1, "0"), fc.anything());
  const entry = fc.record(
    {
      paths: fc.oneof(fc.array(some, { maxLength: 3 }), some),
      every: some,
      name: some,
      pmin: some,
      pmax: some,
      gt: some,
      lt: some,
      st: some,
      edge: some,
      keep: some,
    },
    { requiredKeys: ["paths", "every"] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.array(entry, { maxLength: 3 }), fc.anything()), (input) => {
      const { success, data, error } = reportSchema.safeParse(input);
      if (success) assert.equal(new Set(data.map(({ name }) => name)).size, data.length);
      else assert.ok(error.issues.length > 0);
    }),
  );
});
