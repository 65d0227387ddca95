import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { renameDevice } from "../../src/yaml/rename-device.ts";

test("in a flow map the id changes and was: stands behind it; all else stays to the last space", () => {
  const text = `# the cabinet
devices:
  - { id: m1,   mapping: x,  link: bus }   # left
  - { id: "m2", mapping: x,  link: bus }
`;
  assert.equal(renameDevice(text, "m1", "left-1"), text.replace("id: m1,", "id: left-1, was: m1,"));
  assert.equal(renameDevice(text, "m2", "right"), text.replace('id: "m2",', "id: right, was: m2,"));
});

test("in a block map was: is a line of its own, at the column of its neighbours", () => {
  const text = "devices:\n  - id: m1 # left\n    mapping: x\n  - mapping: x\n    id: m2\n";
  // The comment keeps to its line.
  assert.equal(
    renameDevice(text, "m1", "a"),
    "devices:\n  - id: a\n    was: m1 # left\n    mapping: x\n  - mapping: x\n    id: m2\n",
  );
  assert.equal(renameDevice(text, "m2", "b"), `${text.replace("id: m2\n", "id: b\n    was: m2\n")}`);
});

test("an older was: gives way: the store knows the device by the id that it has now", () => {
  const text = "devices: [{ id: b, was: a, mapping: x }]\n";
  assert.equal(renameDevice(text, "b", "c"), "devices: [{ id: c, was: b, mapping: x }]\n");
});

test("an id that does not stand there in so many words is not touched", () => {
  const each = "devices:\n  - { id: m-$unit_id, each: { unit_id: 1..3 } }\n";
  assert.equal(renameDevice(each, "m-1", "x"), undefined);
  assert.equal(renameDevice("devices:\n  - { id: m, each: { unit_id: 1..3 } }\n", "m", "x"), undefined);
  for (const text of ["", "devices:\n", "links: {}\n", "- a\n"]) assert.equal(renameDevice(text, "m", "x"), undefined);
});

test("any text is renamed in or left alone", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      renameDevice(text, "a", "b");
      renameDevice(`devices:\n${text}`, "a", "b");
    }),
  );
});
