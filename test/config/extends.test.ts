import assert from "node:assert/strict";
import { test } from "node:test";
import { formatCheck, vectorProblems } from "../../src/config/check.ts";
import { problemText } from "../../src/errors.ts";
import type { DevicePlan, PointSource } from "../../src/mapping/plan-types.ts";
import { type Loaded, loadFolder, withDevices } from "./config-folder.ts";

const METER = `mapping: meter
description: The plain one
protocol: modbus
params:
  unit_id: { type: int, range: [1, 247], default: 1 }
  ratio: { type: number, default: 1 }
modbus: { unit_id: $unit_id, block: { max: 40, gap: 2 } }
every: { fast: 2s, slow: 5m }
identity: { manufacturer: Acme, model: M-1, serial_number: { holding: 9, as: u32 } }
objects:
  10242:
    defaults: { as: f32 }
    tension_r: { input: 0x00, unit: V, poll: fast, valid: [0, 400] }
    tension_s: { input: 0x02, unit: V }
    tension_t: { input: 0x04, unit: V }
    current_r: { input: 0x06, unit: A, scale: $ratio }
  3303:
    sensor_value: { input: 0x20, as: s16, scale: 0.1 }
test:
  - { raw: { "input:0x00": "4366 8000", "input:0x02": "4366 8000" }, expect: { 10242/0/4: 230.5, 10242/0/14: 230.5 } }
  - { raw: { "input:0x06": "40A0 0000" }, expect: { 10242/0/5: 5 } }
  - { raw: { "input:0x20": "00E1" }, expect: { 3303/0/5700: 22.5 } }
`;

function files(own: string): Readonly<Record<string, string>> {
  return {
    ...withDevices("{ id: m, mapping: own, link: bus }"),
    "mappings/meter.yaml": METER,
    "mappings/own.yaml": own,
  };
}

function planOf({ config, problems }: Loaded): DevicePlan {
  const plan = config?.devices[0];
  assert.ok(plan !== undefined, problems.join("\n"));
  return plan;
}

function pointOf(plan: DevicePlan, id: string): PointSource {
  const source = plan.resources.get(id)?.source;
  assert.ok(source?.kind === "point", `${id} in ${[...plan.resources.keys()].join(", ")}`);
  return source;
}

/** What the test vectors say. */
function vectors({ config }: Loaded): readonly string[] {
  return config === undefined ? ["not loaded"] : vectorProblems(config).map(problemText);
}

test("a mapping may be another one under its own name", async (t) => {
  const loaded = await loadFolder(t, files("mapping: own\nextends: meter\n"));
  assert.deepEqual(
    loaded.problems.filter((problem) => !problem.includes("warning")),
    [],
  );
  const plan = planOf(loaded);
  assert.equal(plan.mapping, "own");
  assert.deepEqual(pointOf(plan, "10242/0/4").poll, { every: 2000 });
  assert.deepEqual(vectors(loaded), []);
  const { config } = loaded;
  assert.ok(config !== undefined);
  assert.match(formatCheck(config), /own\.yaml: 8 resources, 3 test vectors\n {3}extends .*meter\.yaml\n/);
});

test("what the upper mapping says of a resource stands beside what it leaves unsaid", async (t) => {
  const loaded = await loadFolder(
    t,
    files(`mapping: own
extends: meter
every: { fast: 1s }
modbus: { block: { max: 20 } }
identity: { model: M-2 }
objects:
  3-phase_power_meter:
    4: { input: 0x40 }
    tension_s: { holding: 0x02 }
    tension_t: { const: 230 }
    current_s: { input: 0x08, unit: A }
`),
  );
  const plan = planOf(loaded);
  assert.deepEqual(pointOf(plan, "10242/0/4"), {
    ...pointOf(plan, "10242/0/4"),
    point: { table: "input", address: 0x40, count: 2 },
    poll: { every: 1000 },
  });
  assert.deepEqual(pointOf(plan, "10242/0/14").point, { table: "holding", address: 2, count: 2 });
  assert.deepEqual(plan.resources.get("10242/0/24")?.source, { kind: "constant", value: 230 });
  assert.deepEqual(plan.resources.get("3/0/0")?.source, { kind: "constant", value: "Acme" });
  assert.deepEqual(plan.resources.get("3/0/1")?.source, { kind: "constant", value: "M-2" });
  assert.deepEqual(JSON.parse(JSON.stringify(plan.device)).block, { max: 20, gap: 2 });
  // The vector of tension_r and tension_s has nothing left to say; the others run.
  assert.deepEqual(vectors(loaded), []);
});

test("nothing behind a key takes away an object, a resource or a key of it", async (t) => {
  const loaded = await loadFolder(
    t,
    files(`mapping: own
extends: meter
objects:
  10242: { tension_s: null, tension_t:, tension_r: { valid: null } }
  temperature: null
`),
  );
  const plan = planOf(loaded);
  assert.deepEqual([...plan.resources.keys()].sort(), ["10242/0/4", "10242/0/5", "3/0/0", "3/0/1", "3/0/2"]);
  assert.deepEqual(pointOf(plan, "10242/0/4").toValue(Uint8Array.of(0x44, 0x7a, 0, 0)), { good: 1000 });
  assert.deepEqual(vectors(loaded), []);
});

test("a section with nothing in it says nothing", async (t) => {
  const loaded = await loadFolder(t, files("mapping: own\nextends: meter\nidentity:\nevery:\nobjects:\n"));
  const plan = planOf(loaded);
  assert.deepEqual(plan.resources.get("3/0/0")?.source, { kind: "constant", value: "Acme" });
  assert.deepEqual(pointOf(plan, "10242/0/4").poll, { every: 2000 });
});

test("a parameter with a type of its own is another one: nothing of the old one stays; without it the rest stays", async (t) => {
  const other = await loadFolder(t, files("mapping: own\nextends: meter\nparams: { ratio: { type: int } }\n"));
  assert.equal(other.config?.devices.length ?? 0, 0);
  assert.ok(
    other.problems.some((problem) => /error: .*"?ratio"?/.test(problem)),
    other.problems.join("\n"),
  );
  const same = await loadFolder(t, files("mapping: own\nextends: meter\nparams: { ratio: { range: [0, 5] } }\n"));
  assert.deepEqual(pointOf(planOf(same), "10242/0/5").toValue(Uint8Array.of(0x40, 0xa0, 0, 0)), { good: 5 });
});

test("taking away what is not there is told where it stands", async (t) => {
  const { problems: all } = await loadFolder(
    t,
    files("mapping: own\nextends: meter\nobjects:\n  10242:\n    tension_q: null\n    current_r: { valid: null }\n"),
  );
  const problems = all.filter((problem) => problem.includes(": error:"));
  assert.match(
    problems[0] ?? "",
    /^mappings\/own\.yaml:5:5: error: "tension_q" has nothing behind it, .*meter\.yaml has no such key/,
  );
  assert.match(problems[1] ?? "", /^mappings\/own\.yaml:6:18: error: "valid" has nothing behind it/);
});

test("a problem is told at the text that causes it, in whichever file that stands", async (t) => {
  const broken = METER.replace("unit: V, poll: fast", "unit: A, poll: fast");
  const { problems } = await loadFolder(t, {
    ...files("mapping: own\nextends: meter\nobjects: { 10242: { tension_s: { valid: [5, 1] } } }\n"),
    "mappings/meter.yaml": broken,
  });
  assert.ok(
    problems.some((problem) => problem.startsWith("mappings/meter.yaml:13:37: error: unit A cannot become V")),
    problems.join("\n"),
  );
  assert.ok(
    problems.some((problem) => problem.startsWith("mappings/own.yaml:3:")),
    problems.join("\n"),
  );
});

test("instances are laid over instances, and resources without one over instance 0", async (t) => {
  const one = await loadFolder(
    t,
    files("mapping: own\nextends: meter\nobjects: { 3303: { 1: { sensor_value: { input: 0x21, as: s16 } } } }\n"),
  );
  assert.deepEqual(
    [...planOf(one).resources.keys()].filter((point) => point.startsWith("3303")),
    ["3303/0/5700", "3303/1/5700"],
  );
  const several = METER.replace(
    "    sensor_value: {",
    "    1: { sensor_value: { input: 0x21, as: s16 } }\n    0:\n      sensor_value: {",
  );
  const removed = await loadFolder(t, {
    ...files("mapping: own\nextends: meter\nobjects: { 3303: { 1: null } }\n"),
    "mappings/meter.yaml": several,
  });
  assert.deepEqual(
    [...planOf(removed).resources.keys()].filter((point) => point.startsWith("3303")),
    ["3303/0/5700"],
  );
  const changed = await loadFolder(t, {
    ...files("mapping: own\nextends: meter\nobjects: { 3303: { sensor_value: { input: 0x30 } } }\n"),
    "mappings/meter.yaml": several,
  });
  assert.deepEqual(pointOf(planOf(changed), "3303/0/5700").point, { table: "input", address: 0x30, count: 1 });
  assert.deepEqual(vectors(changed), []);
});

test("vectors of what is extended run with the defaults that they were written for", async (t) => {
  const loaded = await loadFolder(
    t,
    files(
      'mapping: own\nextends: meter\nparams: { ratio: { default: 40 } }\ntest:\n  - { raw: { "input:0x06": 40A00000 }, expect: { 10242/0/5: 200 } }\n',
    ),
  );
  assert.deepEqual(vectors(loaded), []);
  const wrong = await loadFolder(t, files("mapping: own\nextends: meter\nmodbus: { order: CDAB }\n"));
  assert.deepEqual(vectors(wrong), [], "another order of bytes: the old vectors say nothing");
});

test("a vector that no longer holds is told at its place in the file that is extended", async (t) => {
  const loaded = await loadFolder(t, {
    ...files("mapping: own\nextends: meter\n"),
    "mappings/meter.yaml": METER.replace("3303/0/5700: 22.5", "3303/0/5700: 22.6"),
  });
  assert.match(
    vectors(loaded).join("\n"),
    /meter\.yaml:22:\d+: error: test: \/3303\/0\/5700 Sensor Value: expected "22.6", found 22.5/,
  );
});

test("a mapping of a packaged name may extend the packaged one", async (t) => {
  const loaded = await loadFolder(t, {
    ...withDevices("{ id: m, mapping: eastron-sdm630, link: bus }"),
    "mappings/eastron-sdm630.yaml":
      "mapping: eastron-sdm630\nextends: eastron-sdm630\nobjects: { 10242: { neutral_current: null } }\n",
  });
  assert.ok(!planOf(loaded).resources.has("10242/0/45"));
  assert.ok(planOf(loaded).resources.has("10242/0/4"));
  assert.deepEqual(vectors(loaded), []);
});

test("chains are laid over one another; what is missing, round or of another protocol is told at its line", async (t) => {
  const chain = await loadFolder(t, {
    ...files("mapping: own\nextends: middle\nobjects: { 10242: { tension_r: { poll: slow } } }\n"),
    "mappings/middle.yaml": "mapping: middle\nextends: meter\nobjects: { 10242: { tension_r: { input: 0x50 } } }\n",
  });
  const { point, poll } = pointOf(planOf(chain), "10242/0/4");
  assert.deepEqual([point, poll], [{ table: "input", address: 0x50, count: 2 }, { every: 300_000 }]);
  const missing = await loadFolder(t, files("mapping: own\nextends: metre\n"));
  assert.match(
    missing.problems[0] ?? "",
    /^mappings\/own\.yaml:2:10: error: there is no mapping "metre" in .*; did you mean "meter"\?$/,
  );
  const round = await loadFolder(t, {
    ...files("mapping: own\nextends: middle\n"),
    "mappings/middle.yaml": "mapping: middle\nextends: own\n",
  });
  assert.match(
    round.problems[0] ?? "",
    /^mappings\/middle\.yaml:2:10: error: extends goes round in a circle: own → middle → own$/,
  );
  const self = await loadFolder(t, files("mapping: own\nextends: own\n"));
  assert.match(self.problems[0] ?? "", /^mappings\/own\.yaml:2:10: error: there is no mapping "own"/);
  const foreign = await loadFolder(t, files("mapping: own\nextends: meter\nprotocol: simulated\n"));
  assert.match(
    foreign.problems[0] ?? "",
    /^mappings\/own\.yaml:3:11: error: what is extended speaks modbus, not simulated/,
  );
  const list = await loadFolder(t, files("mapping: own\nextends: [meter]\n"));
  assert.match(
    list.problems[0] ?? "",
    /^mappings\/own\.yaml:2:10: error: extends: expected the name of a mapping, found a list$/,
  );
});

test("what inherited vectors say of computed resources is left out: what they are computed from may be another", async (t) => {
  const base = METER.replace("  3303:\n", '    34: { expr: "{4} * {5}", unit: W }\n  3303:\n').replace(
    "expect: { 10242/0/5: 5 } }",
    'expect: { 10242/0/5: 5 } }\n  - { raw: { "input:0": 43668000, "input:6": 40A00000 }, expect: { 10242/0/34: 1.1525 } }',
  );
  const own = "mapping: own\nextends: meter\nobjects: { 10242: { current_r: { scale: 2 } } }\n";
  const loaded = await loadFolder(t, { ...files(own), "mappings/meter.yaml": base });
  assert.deepEqual(planOf(loaded).resources.get("10242/0/34")?.source.kind, "derived");
  assert.deepEqual(vectors(loaded), []);
  const plain = await loadFolder(t, { ...files("mapping: own\nextends: meter\n"), "mappings/meter.yaml": base });
  assert.deepEqual(vectors(plain), []);
});
