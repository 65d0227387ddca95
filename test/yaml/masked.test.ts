import assert from "node:assert/strict";
import test from "node:test";
import { maskedYaml, scalarsOf } from "../../src/yaml/masked.ts";

const TEXT = `# noted: hunter2
servers:
  - { id: 101, psk: { key: !secret psk } } # and here
  - password: "hun ter" # there
    pem: |  # a block
      line1
    next: one
      two
last: &a x
# end
`;

test("comments go, what is secret is hidden, and the rest stays as it is written", () => {
  const masked = maskedYaml(TEXT, ({ keys }) => ["password", "pem"].includes(keys.at(-1) ?? ""));
  assert.equal(
    masked,
    `#
servers:
  - { id: 101, psk: { key: !secret psk } } #
  - password: "(hidden)" #
    pem: "(hidden)"  #
    next: one
      two
last: &a x
#
`,
  );
});

test("each scalar comes with the keys above it and its tag", () => {
  const found = scalarsOf(TEXT).filter(({ keys }) => keys.length > 0);
  assert.deepEqual(found.slice(0, 3), [
    { keys: ["servers", "id"], text: "101" },
    { keys: ["servers", "psk", "key"], text: "psk", tag: "!secret" },
    { keys: ["servers", "password"], text: "hun ter" },
  ]);
});

test("what is no YAML is not shown at all", () => {
  for (const text of ["a: [1", "a: }", "\ta: 1", "a: 1\n---\nb: 2", "[".repeat(1000)]) {
    assert.equal(
      maskedYaml(text, () => false),
      undefined,
      text,
    );
    assert.deepEqual(scalarsOf(text), []);
  }
  assert.equal(
    maskedYaml("", () => true),
    "",
  );
});
