import assert from "node:assert/strict";
import test from "node:test";
import { loadAdapters } from "../../../adapters/index.ts";
import { chosenOf, skeletonText } from "../../../src/cli/mapping/skeleton.ts";
import { DIALECTS } from "../../../src/cli/mapping/skeleton-dialects.ts";
import { withVector } from "../../../src/cli/mapping/with-vector.ts";
import { type Problem, problemText } from "../../../src/errors.ts";
import { catalogue } from "../../../src/lwm2m/objects/index.ts";
import { exampleDevice } from "../../../src/mapping/example-device.ts";
import { parseMapping } from "../../../src/mapping/load.ts";
import { prepareMapping } from "../../../src/mapping/prepare.ts";
import { runVectors } from "../../../src/mapping/vectors.ts";

/** Its versions have one name for two resources: `mapping new` says so, and writes nothing. */
const TWO_NAMES = 10260;

const adapters = await loadAdapters();

/** What is wrong with a text, as `check` would say it, and how many vectors it has. */
function judged(text: string, adapter: (typeof adapters)[number]) {
  const problems: Problem[] = [];
  const file = parseMapping(text, "x.yaml", "x");
  const prepared = prepareMapping(file, adapter, catalogue, (problem) => problems.push(problem));
  exampleDevice(prepared, (problem) => problems.push(problem));
  const all = [...problems, ...runVectors(prepared)].filter(({ severity }) => severity === "error");
  return { prepared, errors: all.map(problemText), vectors: file.tests.length };
}

test("there is a skeleton for every protocol", () => {
  assert.deepEqual([...DIALECTS.keys()].sort(), adapters.map(({ name }) => name).sort());
});

for (const adapter of adapters) {
  test(`a skeleton of each object of the registry is a right mapping of protocol ${adapter.name}, and its vector passes`, () => {
    const dialect = DIALECTS.get(adapter.name) ?? assert.fail();
    const faults: string[] = [];
    let vectors = 0;
    for (const id of catalogue.ids().filter((id) => id > 3 && id !== TWO_NAMES)) {
      const definition = catalogue.find(id, catalogue.versions(id)[0]) ?? assert.fail();
      if (chosenOf(definition, dialect).length === 0) continue;
      const text = skeletonText({ name: "x", protocol: adapter.name, dialect, objects: [definition] });
      const bare = judged(text, adapter);
      const whole = judged(withVector(text, bare.prepared), adapter);
      vectors += whole.vectors;
      faults.push(...[...bare.errors, ...whole.errors].map((error) => `${id}: ${error}`));
    }
    assert.deepEqual(faults.slice(0, 50), []);
    assert.ok(vectors > 100, `${vectors}`);
  });

  test(`what a skeleton of protocol ${adapter.name} has behind a # may be taken in`, () => {
    const dialect = DIALECTS.get(adapter.name) ?? assert.fail();
    for (const id of [3303, 3306, 3308, 3316, 3331, 3424, 10242]) {
      const definition = catalogue.find(id, catalogue.versions(id)[0]) ?? assert.fail();
      const text = skeletonText({ name: "x", protocol: adapter.name, dialect, objects: [definition] });
      const all = text.replaceAll(/^ {4}# (?=\S+: \{)/gm, "    ");
      // What it reads of a serial device stands in the pattern above.
      if (adapter.name === "serial") continue;
      assert.deepEqual(judged(all, adapter).errors, [], `${id}`);
    }
  });
}

test("a skeleton says by which ways servers could update the device, where its protocol has any", () => {
  const definition = catalogue.find(3303) ?? assert.fail();
  for (const { name: protocol, firmware } of adapters) {
    const ways = Object.keys(firmware ?? {});
    const dialect = DIALECTS.get(protocol) ?? assert.fail();
    const text = skeletonText({ name: "x", protocol, dialect, objects: [definition], ways });
    assert.equal(
      /^# firmware: \{ via: \S+, version: 3\/0\/3 \} {3}# servers update it by /m.test(text),
      ways.length > 0,
    );
    assert.ok(ways.every((way) => text.includes(` ${way}`)));
  }
});
