/** What a Discover lists, and where it shows attributes: Core 1.2 §6.3.2, as clarified in 1.2.2. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AttributeStore } from "../../src/lwm2m/attribute-store.ts";
import { parseAttributes } from "../../src/lwm2m/attributes.ts";
import { discoverPayload } from "../../src/lwm2m/links.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";

const objects = { 19: { instances: { 0: { 0: { several: { 0: 7 } }, 1: 5 } } } } as const;
const trees = [new ModelTree(new FakeBacking("", objects)), new ModelTree(new FakeBacking("d01", objects))];

/** What one server sees that has written these attributes, on the gateway and under a prefix alike. */
function discovered(target: string, depth: number | undefined, written: Readonly<Record<string, string>> = {}): string {
  const answers = trees.map((tree) => {
    const prefix = tree.prefix === "" ? "" : `/${tree.prefix}`;
    const store = new AttributeStore(() => ({ pmin: 99, pmax: 999 }));
    for (const [path, query] of Object.entries(written)) {
      store.set(at(`${prefix}${path}`), parseAttributes(query.split("&")), tree);
    }
    const operation = { path: at(`${prefix}${target}`), ...(depth === undefined ? {} : { depth }) };
    return discoverPayload(tree, operation, store, "1.2");
  });
  assert.equal(answers[0], answers[1]);
  return answers[0] ?? "";
}

const O = "</19>";
const I = "</19/0>";
const R = "</19/0/0>;dim=1";
const RI = "</19/0/0/0>";
const REST = "</19/0/1>";

/** By the depth; the last is what a request without depth gets. */
const TABLE: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "/19": [[O], [O, I], [O, I, R, REST], [O, I, R, RI, REST], [O, I, R, REST]],
  "/19/0": [[I], [I, R, REST], [I, R, RI, REST], [I, R, RI, REST], [I, R, REST]],
  "/19/0/0": [[R], [R, RI], [R, RI], [R, RI], [R, RI]],
};

for (const [target, row] of Object.entries(TABLE)) {
  test(`depth: what ${target} lists`, () => {
    for (const [column, links] of row.entries()) {
      const depth = column === 4 ? undefined : column;
      assert.equal(discovered(target, depth), links.join(","), `depth ${depth}`);
    }
  });
}

const WRITTEN = {
  "/19": "pmin=1&epmax=100",
  "/19/0": "pmax=4&pmin=2",
  "/19/0/0": "epmin=5&con=1",
  "/19/0/0/0": "epmin=6",
  "/19/0/1": "con=0&hqmax=3",
};

test("what a target inherits stands on its own link, the nearest level first; below stands what was written there", () => {
  assert.equal(
    discovered("/19", 3, WRITTEN),
    "</19>;pmin=1;epmax=100,</19/0>;pmin=2;pmax=4,</19/0/0>;dim=1;epmin=5;con=1,</19/0/0/0>;epmin=6,</19/0/1>;con=0;hqmax=3",
  );
  assert.equal(
    discovered("/19/0", 2, WRITTEN),
    "</19/0>;pmin=2;pmax=4;epmax=100,</19/0/0>;dim=1;epmin=5;con=1,</19/0/0/0>;epmin=6,</19/0/1>;con=0;hqmax=3",
  );
  assert.equal(
    discovered("/19/0/0", 1, WRITTEN),
    "</19/0/0>;dim=1;pmin=2;pmax=4;epmin=5;epmax=100;con=1,</19/0/0/0>;epmin=6",
  );
  assert.equal(discovered("/19/0/1", 0, WRITTEN), "</19/0/1>;pmin=2;pmax=4;epmax=100;con=0;hqmax=3");
});

// Example of Core TS 1.2 §6.3.2.
test("pmin of the object, pmax of the instance, epmin of the resource and of its instance", () => {
  const written = { "/19": "pmin=1", "/19/0": "pmax=4", "/19/0/0": "epmin=5", "/19/0/0/0": "epmin=6" };
  assert.equal(discovered("/19/0/0", undefined, written), "</19/0/0>;dim=1;pmin=1;pmax=4;epmin=5,</19/0/0/0>;epmin=6");
});

test("thresholds are shown as plain decimals with all their digits", () => {
  assert.equal(
    discovered("/19/0/1", 0, { "/19/0/1": "gt=9007199254740993&lt=-1e-7&st=2.5e3" }),
    "</19/0/1>;gt=9007199254740993;lt=-0.0000001;st=2500",
  );
});
